//! A plan as dispatches of WGSL kernels: which shader with which numbers on which buffers. Nothing
//! here needs a device; `gpu` carries it out.
//!
//! Maps lie as in the CPU's plan, with borders of zeros, and weights are packed as for its kernels: a
//! panel's eight outputs are two vectors for each input.

mod dense;
mod each;
mod maps;
mod params;
mod shader;
mod text;
mod then;
pub mod train;
mod windows;

use std::sync::Arc;

use kernels::{Eight, Four};

pub use params::{Numbers, TrainNumbers};
pub use shader::Shader;

use super::{LowerError, Map, Options, Packer, Params, Plan, Step};
use crate::{Graph, NodeId};

/// Workgroups of a dispatch in one direction, at most.
const MOST_GROUPS: usize = 65_535;

/// A plan for a device.
#[derive(Clone, Debug)]
pub struct Program {
    pub plan: Plan,
    /// In the order in which they run.
    pub dispatches: Vec<Dispatch>,
}

/// One shader on buffers of the plan.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The place of the plan's step.
    pub step: usize,
    pub shader: Shader,
    pub numbers: Numbers,
    /// The buffer that it reads, and another one.
    pub reads: Vec<usize>,
    /// The buffer that it writes.
    pub writes: usize,
    pub weights: Vec<Part>,
    /// Workgroups, across and down.
    pub groups: [u32; 2],
}

/// A part of the numbers that a step brings; they lie one behind the other.
#[derive(Clone, Debug)]
pub enum Part {
    Eights(Arc<[Eight]>),
    Fours(Arc<[Four]>),
    Floats(Arc<[f32]>),
    /// Whole numbers.
    Words(Arc<[u32]>),
}

impl Part {
    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        4 * match self {
            Self::Eights(it) => 8 * it.len(),
            Self::Fours(it) => 4 * it.len(),
            Self::Floats(it) => it.len(),
            Self::Words(it) => it.len(),
        }
    }
}

impl Program {
    /// Lowers a graph for a device, with these nodes' maps to be read.
    ///
    /// # Errors
    /// When the graph has a problem, a parameter is missing, or a layer has no kernel.
    pub fn lower(
        graph: &Graph,
        params: &Params,
        watched: Vec<NodeId>,
        packer: &mut Packer,
    ) -> Result<Self, LowerError> {
        let plan = Plan::lower_with(graph, params, &Options::for_device(watched), packer)?;
        let mut dispatches = Vec::with_capacity(plan.steps.len());
        for (place, step) in plan.steps.iter().enumerate() {
            let made = of_step(step).ok_or_else(|| unlowered(graph, step))?;
            dispatches.extend(made.into_iter().map(|it| Dispatch { step: place, ..it }));
        }
        Ok(Self { plan, dispatches })
    }

    /// Dispatches that look whether all values of each map that can be read are finite numbers. One
    /// for each reading writes its own word of a buffer: 1 for infinity, 2 for not a number.
    pub fn looks(&self) -> Vec<Dispatch> {
        let readings = self.plan.readings.iter().enumerate();
        readings
            .map(|(number, reading)| each::finite(&reading.map, number))
            .collect()
    }

    /// Bytes of the largest buffer.
    pub fn largest_bytes(&self) -> usize {
        let weights = |it: &Dispatch| it.weights.iter().map(Part::bytes).sum();
        let weights = self.dispatches.iter().map(weights);
        let maps = self.plan.buffers.iter().map(|floats| 4 * floats);
        weights.chain(maps).max().unwrap_or(0)
    }
}

fn unlowered(graph: &Graph, step: &Step) -> LowerError {
    let node = step.nodes.first().and_then(|&id| graph.node(id));
    LowerError::Unlowered {
        node: node.map_or_else(String::new, |node| node.name.clone()),
        kind: node.map_or("layer", |node| node.layer.kind()),
    }
}

/// The dispatches of one step.
fn of_step(step: &Step) -> Option<Vec<Dispatch>> {
    use super::Kernel;
    let one = |dispatch: Option<Dispatch>| dispatch.map(|it| vec![it]);
    match &step.kernel {
        Kernel::Conv(conv) => one(dense::conv(conv, step)),
        Kernel::Linear(linear) => one(dense::linear(linear, step)),
        Kernel::Depthwise(conv) => one(windows::depthwise(conv, step)),
        Kernel::Pool(pool) => match step.tails.first() {
            Some(Kernel::Linear(linear)) => one(dense::of_means(pool, linear, step)),
            _ => one(windows::pool(pool, step)),
        },
        Kernel::Lrn(norm) => one(windows::lrn(norm, step)),
        Kernel::Softmax { log } => one(each::softmax(*log, step)),
        Kernel::Affine { scale, shift, then } => one(each::affine([scale, shift], *then, step)),
        Kernel::Activate(function) => one(each::activate(*function, step)),
        Kernel::Combine { multiply, then } => each::combine(*multiply, *then, step),
        Kernel::Join { channels } => Some(each::join(channels, step)),
        Kernel::Surround { top, left, value } => one(each::surround([*top, *left], *value, step)),
        Kernel::Shuffle { groups } => one(each::shuffle(*groups, step)),
        Kernel::Flatten { by_channel } => one(each::flatten(*by_channel, step)),
        Kernel::Rbf { codes } => one(each::rbf(codes, step)),
        Kernel::Winograd(_) => None,
        #[cfg(feature = "integer")]
        Kernel::Integer(_) => None,
    }
}

impl Dispatch {
    /// One thread for each of `count` results.
    fn of_threads(
        shader: Shader,
        mut numbers: Numbers,
        count: usize,
        reads: &[Map],
        to: &Map,
    ) -> Self {
        let groups = count.div_ceil(shader::THREADS).max(1);
        let across = groups.min(MOST_GROUPS);
        numbers.count = count as u32;
        numbers.line = (across * shader::THREADS) as u32;
        let groups = [across as u32, groups.div_ceil(across) as u32];
        Self::of_groups(shader, numbers, groups, reads, to)
    }

    fn of_groups(
        shader: Shader,
        numbers: Numbers,
        groups: [u32; 2],
        reads: &[Map],
        to: &Map,
    ) -> Self {
        Self {
            step: 0,
            shader,
            numbers,
            reads: reads.iter().map(|map| map.buffer).collect(),
            writes: to.buffer,
            weights: Vec::new(),
            groups,
        }
    }
}
