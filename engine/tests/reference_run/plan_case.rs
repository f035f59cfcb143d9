//! One case of the reference's operations by the compiled plan: forward, and its gradients by the
//! training step where that has every layer of the case.

use std::collections::BTreeMap;

use engine::plan::{Executor, LowerError, Options, Packer, Params, Plan, Trainer};
use engine::{Graph, NodeId};

use super::op_graph::{Imported, Op, import, optional};
use super::{Array, Budget};

/// Of the largest value of a map: sums of 32-bit floats in another order than the reference's.
pub const DIRECT: f64 = 2e-5;
pub const WINOGRAD: f64 = 1e-4;

/// Kinds that the plan leaves to burn, always or in some forms (dilated, bilinear).
const REFUSED: [&str; 7] = [
    "TransposedConv",
    "GroupNorm",
    "LayerNorm",
    "InstanceNorm",
    "PRelu",
    "MaxPool",
    "Upsample",
];

/// What a case came to.
#[derive(Default)]
pub struct Planned {
    /// The kinds of its layers, where it ran forward by the plan.
    pub kinds: Vec<&'static str>,
    /// Passes that were compared.
    pub forward: usize,
    /// Gradients that were compared.
    pub gradients: usize,
    pub wrong: Vec<String>,
}

pub fn with_prefix(tensors: &BTreeMap<String, Array>, prefix: &str) -> BTreeMap<String, Array> {
    let stripped = |(name, array): (&String, &Array)| {
        Some((name.strip_prefix(prefix)?.to_owned(), array.clone()))
    };
    tensors.iter().filter_map(stripped).collect()
}

pub fn params(graph: &Graph, weights: &BTreeMap<String, Array>) -> Params {
    Params::made(graph, |parameter| weights[&parameter.name].floats())
}

pub fn executor(graph: &Graph, params: &Params, options: &Options) -> Executor {
    Executor::new(Plan::lower_with(graph, params, options, &mut Packer::default()).unwrap())
}

/// The largest difference, as a share of the largest wanted value.
pub fn error(got: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(got.len(), wanted.len());
    let scale = wanted.iter().fold(0.0, |most: f64, it| most.max(it.abs()));
    let worst = got.iter().zip(wanted).map(|(&got, &wanted)| {
        let error = (f64::from(got) - wanted).abs();
        // NaN, too, must not pass.
        if error.is_nan() { f64::INFINITY } else { error }
    });
    worst.fold(0.0, f64::max) / scale.max(f64::MIN_POSITIVE)
}

/// Each picture's values.
pub fn pictures(array: &Array) -> Vec<Vec<f32>> {
    let floats = array.floats();
    let size = floats.len() / array.dims[0];
    floats.chunks_exact(size).map(<[f32]>::to_vec).collect()
}

/// Runs a case. `bound` is the reference's for 32-bit arithmetic, `rtol` and `atol` at once, which
/// gradients keep to as burn's do.
pub fn by_plan(name: &str, ops: &[Op], bound: f64, tensors: &BTreeMap<String, Array>) -> Planned {
    let inputs = with_prefix(tensors, "input.");
    let mut weights = with_prefix(tensors, "param.");
    weights.extend(with_prefix(tensors, "buffer."));
    let dims = |name: &str| Some(weights.get(name)?.dims.clone());
    let imported = import(ops, &inputs, dims);
    let params = params(&imported.graph, &weights);
    let mut planned = Planned::default();
    forward(name, &imported, &params, [tensors, &inputs], &mut planned);
    let budget = Budget {
        absolute: bound,
        relative: bound,
    };
    gradients(
        name,
        &imported,
        &params,
        [tensors, &inputs],
        budget,
        &mut planned,
    );
    planned
}

fn forward(
    name: &str,
    imported: &Imported,
    params: &Params,
    [tensors, inputs]: [&BTreeMap<String, Array>; 2],
    planned: &mut Planned,
) {
    // Losses, and batch norm and dropout while training, are not a pass's.
    if imported.loss.is_some() || imported.training == Some(true) {
        return;
    }
    let graph = &imported.graph;
    if let Err(why) = Plan::lower(graph, params) {
        assert!(
            matches!(why, LowerError::Unlowered { kind, .. } if REFUSED.contains(&kind)),
            "{name}: {why}"
        );
        return;
    }
    planned.kinds = graph.nodes().iter().map(|node| node.layer.kind()).collect();
    let all: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
    for (watched, winograd) in [(vec![], false), (vec![], true), (all, false)] {
        let mut run = executor(graph, params, &Options::watching(watched, winograd));
        assert_eq!(imported.output, graph.output(), "{name}");
        let got: Vec<f32> = pictures(&imported.packing.packed(inputs))
            .iter()
            .flat_map(|picture| run.run(picture).unwrap().to_vec())
            .collect();
        let error = error(&got, &tensors["output"].values);
        planned.forward += 1;
        if error > if winograd { WINOGRAD } else { DIRECT } {
            planned.wrong.push(format!("{name} by the plan: {error:e}"));
        }
    }
}

fn gradients(
    name: &str,
    imported: &Imported,
    params: &Params,
    [tensors, inputs]: [&BTreeMap<String, Array>; 2],
    budget: Budget,
    planned: &mut Planned,
) {
    let graph = &imported.graph;
    let has_norm = graph
        .nodes()
        .iter()
        .any(|node| node.layer.kind() == "BatchNorm");
    // Norms as they are in inference have no step; a last softmax is the loss's.
    let as_in_inference = has_norm && imported.training != Some(true);
    if as_in_inference || graph.logits() != graph.output() {
        return;
    }
    let Ok(mut trainer) = Trainer::new(graph, params) else {
        return;
    };
    let pictures = imported.packing.packed(inputs).floats();
    let cotangent = &tensors["cotangent"];
    let mut all: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    match &imported.loss {
        None => {
            let back = trainer.pull_back(&pictures, &cotangent.floats()).unwrap();
            all.insert("output".to_owned(), back.output);
            for (name, values) in imported.packing.unpack(&back.input) {
                all.insert(format!("grad.input.{name}"), values);
            }
        }
        // The mean over labels; other losses, and other targets, are burn's.
        Some(loss) => {
            let target = &inputs[&loss.inputs[1]];
            let is_mean = optional::<String>(loss, "reduction").as_deref() != Some("sum")
                && optional::<String>(loss, "reduction").as_deref() != Some("none");
            if loss.op != "cross_entropy" || !is_mean || target.dims.len() != 1 {
                return;
            }
            let smoothing = optional(loss, "label_smoothing").unwrap_or(0.0);
            let loss = trainer.slopes_of(&pictures, &target.labels(), smoothing);
            all.insert("output".to_owned(), vec![loss.unwrap()]);
        }
    }
    let slopes = trainer.last_slopes();
    for parameter in engine::checkpoint::parameters(graph) {
        let wanted = format!("grad.param.{}", parameter.name);
        let Some(of) = slopes.get(parameter.node, parameter.role) else {
            continue;
        };
        if tensors.contains_key(&wanted) {
            all.insert(wanted, of.values.to_vec());
        }
    }
    for (what, got) in &all {
        let Some(wanted) = tensors.get(what) else {
            continue;
        };
        planned.gradients += usize::from(what.starts_with("grad."));
        if let Err(error) = budget.check(what, got, &wanted.values) {
            planned
                .wrong
                .push(format!("{name} by the plan's step: {error}"));
        }
    }
    // Nothing that the reference has and the step should have may be missing.
    let is_plain = imported.loss.is_none();
    for missing in tensors.keys().filter(|what| what.starts_with("grad.")) {
        if is_plain && !all.contains_key(missing) {
            let why = format!("{name} by the plan's step: {missing} was not computed");
            planned.wrong.push(why);
        }
    }
}
