//! Runs a plan on the CPU.

use kernels::{Map, conv, depthwise, elementwise, linear, norm, pool, winograd};

use super::step::{Kernel, Step};
use super::values::Values;
use super::{Plan, arena};
use crate::NodeId;

/// A plan with its buffers. After the first run nothing is allocated.
#[derive(Debug)]
pub struct Executor {
    plan: Plan,
    values: Values,
    scratch: Scratch,
}

/// What steps need while they run.
#[derive(Debug, Default)]
struct Scratch {
    floats: Vec<f32>,
    #[cfg(feature = "integer")]
    wholes: Vec<i16>,
}

/// Why a plan did not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    #[error(
        "the input has {got} values; {name} takes {wanted}: one picture, channel after channel"
    )]
    InputLength {
        name: String,
        got: usize,
        wanted: usize,
    },
}

impl Executor {
    /// With buffers of zeros.
    pub fn new(plan: Plan) -> Self {
        let buffers = plan.buffers.iter().map(|&size| vec![0.0; size]).collect();
        let values = Values::new(&plan, buffers);
        let most = |of: fn(&Step) -> usize| plan.steps.iter().map(of).max().unwrap_or(0);
        let scratch = Scratch {
            floats: vec![0.0; most(|step| step.kernel.scratch(&step.inputs, &step.output))],
            #[cfg(feature = "integer")]
            wholes: vec![0; most(|step| step.kernel.wholes(&step.inputs, &step.output))],
        };
        Self {
            values,
            scratch,
            plan,
        }
    }

    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs one picture, channel after channel (C, H, W), and gives the output in the same order.
    ///
    /// # Errors
    /// When the input has another number of values than the network takes.
    pub fn run(&mut self, input: &[f32]) -> Result<&[f32], RunError> {
        self.put(input)?;
        for place in 0..self.plan.steps.len() {
            self.step(place);
        }
        Ok(self.values.output())
    }

    /// The first part of a run: the picture into its buffer.
    ///
    /// # Errors
    /// When the input has another number of values than the network takes.
    pub fn put(&mut self, input: &[f32]) -> Result<(), RunError> {
        let map = self.plan.input;
        if input.len() != map.elements() {
            return Err(RunError::InputLength {
                name: self.plan.name.clone(),
                got: input.len(),
                wanted: map.elements(),
            });
        }
        let buffer = &mut self.values.buffers[map.buffer];
        if let Some(border) = &self.plan.input_border {
            arena::clear(border, buffer);
        }
        elementwise::from_channels(&map, input, buffer);
        Ok(())
    }

    /// Runs the step of this number alone; the ones before it must have run on this picture.
    pub fn step(&mut self, place: usize) {
        let Some(step) = self.plan.steps.get(place) else {
            return;
        };
        // No step reads the buffer that it writes.
        let mut output = std::mem::take(&mut self.values.buffers[step.output.buffer]);
        if let Some(border) = &step.clears {
            arena::clear(border, &mut output);
        }
        compute(step, &self.values.buffers, &mut output, &mut self.scratch);
        self.values.buffers[step.output.buffer] = output;
    }

    /// The map of a node that is watched, of the last picture: channel after channel (C, H, W).
    /// `None` for another node.
    pub fn map(&mut self, node: NodeId) -> Option<&[f32]> {
        self.values.map(node)
    }

    /// What can be read of the last picture.
    pub const fn values(&mut self) -> &mut Values {
        &mut self.values
    }
}

/// Computes one step.
fn compute(step: &Step, buffers: &[Vec<f32>], output: &mut [f32], scratch: &mut Scratch) {
    let to = &step.output;
    let Some(from) = step.inputs.first() else {
        return;
    };
    let values = |map: &Map| buffers[map.buffer].as_slice();
    let input = values(from);
    let maps = [from, to];
    let residual = |wanted: bool| {
        let other = step.inputs.get(1).filter(|_| wanted);
        other.map(|map| (map, values(map)))
    };
    let floats = &mut scratch.floats;
    match &step.kernel {
        Kernel::Conv(it) => conv::convolve(it, maps, input, residual(it.residual), output),
        #[cfg(feature = "integer")]
        Kernel::Integer(it) => {
            let residual = residual(it.residual);
            let scratch = &mut scratch.wholes;
            kernels::integer::run(it, maps, input, residual, output, scratch);
        }
        Kernel::Winograd(it) => {
            let residual = residual(it.residual);
            winograd::convolve(it, maps, input, residual, output, floats);
        }
        Kernel::Depthwise(it) => depthwise::convolve(it, to, input, output),
        Kernel::Linear(it) => linear::product(it, to, input, residual(it.residual), output),
        Kernel::Pool(it) => pool::pool(it, maps, input, output, floats),
        Kernel::Affine { scale, shift, then } => {
            elementwise::affine([scale, shift], *then, maps, input, output);
        }
        Kernel::Lrn(it) => norm::lrn(it, maps, input, output, floats),
        Kernel::Softmax { log } => norm::softmax(*log, maps, input, output),
        Kernel::Activate(function) => elementwise::activate(*function, maps, input, output),
        Kernel::Combine { multiply, then } => {
            for (place, from) in step.inputs.iter().enumerate() {
                let (first, input) = (place == 0, values(from));
                elementwise::combine(*multiply, first, [from, to], input, output);
            }
            elementwise::finish_map(*then, to, output);
        }
        Kernel::Join { channels } => {
            for (from, &channel) in step.inputs.iter().zip(channels) {
                let place = Map {
                    start: to.start + channel,
                    channels: from.channels,
                    ..*to
                };
                elementwise::copy([from, &place], values(from), output);
            }
        }
        Kernel::Surround { top, left, value } => {
            elementwise::fill(*value, to, output);
            let place = Map {
                start: to.at(*top, *left),
                height: from.height,
                width: from.width,
                ..*to
            };
            elementwise::copy([from, &place], input, output);
        }
        Kernel::Shuffle { groups } => elementwise::shuffle(*groups, maps, input, output),
        Kernel::Flatten { by_channel } => {
            let output = &mut output[to.start..][..to.channels];
            if *by_channel {
                elementwise::by_channel(from, input, output);
            } else {
                elementwise::by_position(from, input, output);
            }
        }
        Kernel::Rbf { codes } => elementwise::rbf(codes, maps, input, output),
    }
}
