//! The operations and models of the reference through the compiled plan: forward picture by picture,
//! and the gradients of its training step.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;

use engine::plan::Options;
use engine::{Layer, NodeId};
use reference_run::op_graph::{Op, import};
use reference_run::plan_case::{DIRECT, WINOGRAD, by_plan, error, executor, params, pictures};
use reference_run::{Array, arrays, json};
use serde::Deserialize;

/// Kinds that the plan leaves to burn.
const UNLOWERED: [&str; 5] = [
    "TransposedConv",
    "GroupNorm",
    "LayerNorm",
    "InstanceNorm",
    "PRelu",
];

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    graph: Vec<Op>,
    suggested_rtol_atol: f64,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    graph: Vec<Op>,
}

fn options(watched: Vec<NodeId>, winograd: bool) -> Options {
    Options::watching(watched, winograd)
}

#[test]
fn every_case_equals_the_reference_forward_and_backward() {
    let folder = common::folder().join("ops");
    let cases: Vec<Case> = json(&folder.join("cases.json"));
    let (mut wrong, mut kinds) = (Vec::new(), Vec::new());
    let (mut forward, mut passes, mut backward, mut gradients) = (0, 0, 0, 0);
    for case in &cases {
        let tensors = arrays(&folder.join(&case.file));
        let bound = case.suggested_rtol_atol;
        let planned = by_plan(&case.name, &case.graph, bound, &tensors);
        forward += usize::from(planned.forward > 0);
        backward += usize::from(planned.gradients > 0);
        passes += planned.forward;
        gradients += planned.gradients;
        kinds.extend(planned.kinds);
        wrong.extend(planned.wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(forward > 90, "{forward} cases forward");
    assert_eq!(passes, 3 * forward);
    assert!(backward > 50, "{backward} cases backward");
    assert!(gradients > 2 * backward, "{gradients} gradients");
    for kind in Layer::KINDS {
        assert!(
            kinds.contains(kind) || UNLOWERED.contains(kind),
            "{kind} has no case"
        );
    }
}

#[test]
fn every_node_of_every_model_equals_the_reference() {
    let folder = common::folder().join("models");
    let models: Vec<Model> = json(&folder.join("models.json"));
    let mut wrong = Vec::new();
    for Model { name, graph: ops } in &models {
        let weights = arrays(&folder.join(format!("{name}.safetensors")));
        let io = arrays(&folder.join(format!("{name}.io.safetensors")));
        let inputs = BTreeMap::from([("x".to_owned(), io["input"].clone())]);
        let dims = |name: &str| Some(weights.get(name)?.dims.clone());
        let imported = import(ops, &inputs, dims);
        let graph = &imported.graph;
        let params = params(graph, &weights);
        let all: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        for winograd in [false, true] {
            let bound = if winograd { WINOGRAD } else { DIRECT };
            let mut watching = executor(graph, &params, &options(all.clone(), winograd));
            let mut fused = executor(graph, &params, &options(vec![], winograd));
            assert!(
                fused.plan().steps.len() < watching.plan().steps.len(),
                "{name}"
            );
            let pictures = pictures(&io["input"]);
            let batch = pictures.len();
            for (number, picture) in pictures.iter().enumerate() {
                let part = |array: &Array| {
                    let size = array.values.len() / batch;
                    array.values[number * size..][..size].to_vec()
                };
                watching.run(picture).unwrap();
                for node in graph.nodes() {
                    let wanted = part(&io[&format!("act.{}", node.name)]);
                    let error = error(watching.map(node.id).unwrap(), &wanted);
                    if error > bound {
                        wrong.push(format!("{name}, {}: {error:e}", node.name));
                    }
                }
                let error = error(fused.run(picture).unwrap(), &part(&io["output"]));
                if error > bound {
                    wrong.push(format!("{name}, fused: {error:e}"));
                }
            }
        }
    }
    assert!(models.len() >= 6);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
