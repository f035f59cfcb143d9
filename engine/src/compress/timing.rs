//! How long the compiled plan takes in floats and with layers in whole numbers.

use web_time::Instant;

use super::quantise::{Activations, source};
use super::report::Times;
use super::weights::Weights;
use crate::plan::{Executor, Integers, LowerError, Options, Packer, Params, Plan, RunError, Steps};
use crate::session::{Repeats, milliseconds};
use crate::{Graph, Layer};

/// Measurements of each plan; the median counts.
const ROUNDS: usize = 9;

/// The layers that run in whole numbers, each with the grid of its input.
pub fn integers(graph: &Graph, activations: &Activations) -> Integers {
    let grid = |node: &crate::Node| {
        let is_layer = matches!(
            node.layer,
            Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
        );
        let input = source(graph, *node.inputs.first()?);
        let mut grids = activations.grids.iter().filter(|_| is_layer);
        let (_, grid) = grids.find(|(site, _)| *site == input)?;
        let steps = Steps {
            scale: grid.scale,
            zero_point: grid.zero_point,
        };
        Some((node.id, steps))
    };
    Integers {
        inputs: graph.nodes().iter().filter_map(grid).collect(),
        per_tensor: activations.granularity == super::quantise::Granularity::Tensor,
    }
}

/// The plan of a network with layers in whole numbers.
///
/// # Errors
/// When it has no plan.
pub fn integer_plan(
    graph: &Graph,
    weights: &Weights,
    activations: &Activations,
    mut options: Options,
) -> Result<Executor, LowerError> {
    options.integers = integers(graph, activations);
    lowered(graph, weights, &options)
}

fn lowered(graph: &Graph, weights: &Weights, options: &Options) -> Result<Executor, LowerError> {
    let params = Params::made(graph, |parameter| {
        let found = weights.get(parameter.node, parameter.role);
        found.map_or_else(Vec::new, |it| it.values.clone())
    });
    let plan = Plan::lower_with(graph, &params, options, &mut Packer::default())?;
    Ok(Executor::new(plan))
}

/// Both plans, timed by turns so that both meet the same machine.
#[derive(Debug)]
pub(super) struct Timing {
    plans: [Executor; 2],
    picture: Vec<f32>,
    repeats: Repeats,
    times: [Vec<f64>; 2],
}

impl Timing {
    pub const TURNS: u64 = 2 * ROUNDS as u64;

    /// # Errors
    /// When the network has no plan.
    pub fn new(
        graph: &Graph,
        weights: &Weights,
        activations: &Activations,
    ) -> Result<Self, LowerError> {
        let options = Options::default;
        Ok(Self {
            plans: [
                lowered(graph, weights, &options())?,
                integer_plan(graph, weights, activations, options())?,
            ],
            picture: crate::data::made_up(graph.input().elements() as usize),
            repeats: Repeats::here(),
            times: Default::default(),
        })
    }

    /// One measurement; the medians with the last.
    pub fn advance(&mut self) -> Result<Option<Times>, RunError> {
        let [floats, wholes] = &self.times;
        let number = usize::from(wholes.len() < floats.len());
        let plan = &mut self.plans[number];
        if self.times[number].is_empty() {
            // The first pass is compiled while it runs.
            plan.run(&self.picture)?;
        }
        let (began, mut count) = (Instant::now(), 0);
        let elapsed = loop {
            plan.run(&self.picture)?;
            count += 1;
            let elapsed = milliseconds(began);
            if self.repeats.is_enough(elapsed, count) {
                break elapsed;
            }
        };
        self.times[number].push(self.repeats.each(elapsed, count));
        let [floats, wholes] = &mut self.times;
        if wholes.len() < ROUNDS {
            return Ok(None);
        }
        let [float_ms, integer_ms] = [floats, wholes].map(|times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        Ok(Some(Times {
            float_ms,
            integer_ms,
        }))
    }
}
