//! One case of the reference's operations through the WGSL plan: natively by a test, and in a
//! browser's worker by the program `plan_cases`.

use std::collections::BTreeMap;
use std::rc::Rc;

use engine::plan::gpu::{Gpu, GpuExecutor};
use engine::plan::wgsl::Program;
use engine::plan::{LowerError, Packer, Params};
use engine::{Graph, NodeId};
use serde::Deserialize;

use super::Array;
use super::op_graph::{Imported, Op, import};

/// Of the largest value: sums of 32-bit floats in another order than the reference's.
const BOUND: f64 = 2e-5;

/// Kinds that the plan leaves to burn, always or in some forms.
const REFUSED: [&str; 7] = [
    "TransposedConv",
    "GroupNorm",
    "LayerNorm",
    "InstanceNorm",
    "PRelu",
    "MaxPool",
    "Upsample",
];

#[derive(Deserialize)]
pub struct PlanCase {
    pub name: String,
    pub file: String,
    graph: Vec<Op>,
}

fn with_prefix(tensors: &BTreeMap<String, Array>, prefix: &str) -> BTreeMap<String, Array> {
    let stripped = |(name, array): (&String, &Array)| {
        Some((name.strip_prefix(prefix)?.to_owned(), array.clone()))
    };
    tensors.iter().filter_map(stripped).collect()
}

impl PlanCase {
    /// Runs the case fused, and with all maps to be read. How many runs were compared, and what was
    /// wrong.
    pub async fn run(
        &self,
        tensors: &BTreeMap<String, Array>,
        gpu: &Rc<Gpu>,
    ) -> (usize, Vec<String>) {
        let inputs = with_prefix(tensors, "input.");
        let mut weights = with_prefix(tensors, "param.");
        weights.extend(with_prefix(tensors, "buffer."));
        let dims = |name: &str| Some(weights.get(name)?.dims.clone());
        let Imported {
            graph,
            loss,
            training,
            packing,
            ..
        } = import(&self.graph, &inputs, dims);
        // Losses, and batch norm and dropout while training, are not a plan's.
        if loss.is_some() || training == Some(true) {
            return (0, Vec::new());
        }
        let params = Params::made(&graph, |parameter| weights[&parameter.name].floats());
        let input = packing.packed(&inputs);
        let all: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        let (mut compared, mut wrong) = (0, Vec::new());
        for watched in [Vec::new(), all] {
            match self.answers(&graph, &params, watched, &input, gpu).await {
                Ok(Some(got)) => {
                    compared += 1;
                    let error = error(&got, &tensors["output"].values);
                    if error > BOUND {
                        wrong.push(format!("{}: {error:e}", self.name));
                    }
                }
                Ok(None) => {}
                Err(why) => wrong.push(format!("{}: {why}", self.name)),
            }
        }
        (compared, wrong)
    }

    /// The outputs of all pictures; `None` for a layer that the plan leaves to burn.
    async fn answers(
        &self,
        graph: &Graph,
        params: &Params,
        watched: Vec<NodeId>,
        input: &Array,
        gpu: &Rc<Gpu>,
    ) -> Result<Option<Vec<f32>>, String> {
        let program = match Program::lower(graph, params, watched, &mut Packer::default()) {
            Ok(program) => program,
            Err(LowerError::Unlowered { kind, .. }) if REFUSED.contains(&kind) => return Ok(None),
            Err(why) => return Err(why.to_string()),
        };
        let executor = GpuExecutor::new(Rc::clone(gpu), program, false).await;
        let mut executor = executor.map_err(|why| why.to_string())?;
        let floats = input.floats();
        let mut got = Vec::new();
        for picture in floats.chunks_exact(floats.len() / input.dims[0]) {
            let ran = executor.run(picture, &[]).await;
            ran.map_err(|why| why.to_string())?;
            got.extend_from_slice(executor.values().output());
        }
        Ok(Some(got))
    }
}

/// The largest difference, as a share of the largest wanted value.
fn error(got: &[f32], wanted: &[f64]) -> f64 {
    if got.len() != wanted.len() {
        return f64::INFINITY;
    }
    let scale = wanted.iter().fold(0.0, |most: f64, it| most.max(it.abs()));
    let worst = got.iter().zip(wanted).map(|(&got, &wanted)| {
        let error = (f64::from(got) - wanted).abs();
        // NaN, too, must not pass.
        if error.is_nan() { f64::INFINITY } else { error }
    });
    worst.fold(0.0, f64::max) / scale.max(f64::MIN_POSITIVE)
}
