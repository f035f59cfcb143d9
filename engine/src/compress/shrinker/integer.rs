//! The network in whole numbers: its accuracy, and the milliseconds of its passes.

use std::collections::HashMap;

use super::{Shrinker, Stage};
use crate::compress::quantise::{Activations, Granularity, Grid, Scheme, Width};
use crate::compress::simulate::IntegerNetwork;
use crate::compress::{Failed, Shrink};
use crate::data::DataSet;
use crate::plan::{Executor, RunError};
use crate::run::NetworkError;
use crate::train::logits;
use crate::{Graph, NodeId};

/// What runs a network in whole numbers.
#[derive(Debug)]
pub(super) enum Integer {
    Plan(Box<Executor>),
    /// Of a network that has no plan.
    Loops(IntegerNetwork),
}

impl Shrinker {
    pub(super) async fn in_integers(&mut self, data: Option<&DataSet>) -> Result<(), Failed> {
        let (Some(made), Some(integer), Some(tally), Some(data)) =
            (&mut self.result, &mut self.integer, &mut self.tally, data)
        else {
            self.stage = Stage::Time;
            return Ok(());
        };
        let network = &made.network;
        let run = |inputs: Vec<f32>| async move {
            match integer {
                Integer::Plan(plan) => by_plan(plan, network.graph(), &inputs),
                Integer::Loops(loops) => loops.logits(network, inputs).await,
            }
        };
        let found = tally.advance(network.graph(), data, run).await?;
        if found.is_some() {
            if let Some(report) = &mut made.report {
                report.integer = found;
            }
            self.stage = Stage::Time;
        }
        Ok(())
    }

    pub(super) fn time(&mut self) -> Result<(), Failed> {
        let Some(timing) = &mut self.timing else {
            self.stage = Stage::Finish;
            return Ok(());
        };
        let times = timing.advance()?;
        if times.is_some() {
            let made = self.result.as_mut();
            if let Some(report) = made.and_then(|it| it.report.as_mut()) {
                report.times = times;
            }
            self.stage = Stage::Finish;
        }
        Ok(())
    }
}

/// The grids in the order of their nodes.
pub(super) fn activations(grids: &HashMap<NodeId, Grid>, granularity: Granularity) -> Activations {
    let mut grids: Vec<(NodeId, Grid)> = grids.iter().map(|(&node, &grid)| (node, grid)).collect();
    grids.sort_by_key(|(node, _)| *node);
    Activations { granularity, grids }
}

/// The logits, one picture after the other.
fn by_plan(plan: &mut Executor, graph: &Graph, inputs: &[f32]) -> Result<Vec<f32>, NetworkError> {
    let (each, logits) = (graph.input().elements() as usize, logits(graph));
    let mut all = Vec::new();
    for picture in inputs.chunks_exact(each.max(1)) {
        plan.run(picture).map_err(|error| input(graph, &error))?;
        all.extend_from_slice(plan.map(logits).ok_or(NetworkError::NoNode(logits.0))?);
    }
    Ok(all)
}

fn input(graph: &Graph, error: &RunError) -> NetworkError {
    let RunError::InputLength { got, .. } = *error;
    let shape = graph.input();
    let wanted = shape.elements() as usize;
    NetworkError::Input { got, wanted, shape }
}

/// Whether convolutions and linear layers run in whole numbers afterwards.
pub(super) fn runs_in_integers(shrink: &Shrink) -> bool {
    matches!(shrink, Shrink::Quantise(it) if it.width == Width::Int8
        && it.scheme == Scheme::Symmetric && it.activations.is_some() && it.layers.is_empty())
}
