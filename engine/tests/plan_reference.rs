//! The operations and models of the reference through the compiled plan, picture by picture.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;

use engine::plan::{Executor, Options, Packer, Params, Plan};
use engine::{Graph, Layer, NodeId};
use reference_run::op_graph::{Imported, Op, import};
use reference_run::{Array, arrays, json};
use serde::Deserialize;

/// Of the largest value of a map: sums of 32-bit floats in another order than the reference's.
const DIRECT: f64 = 2e-5;
const WINOGRAD: f64 = 1e-4;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    graph: Vec<Op>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    graph: Vec<Op>,
}

fn with_prefix(tensors: &BTreeMap<String, Array>, prefix: &str) -> BTreeMap<String, Array> {
    let stripped = |(name, array): (&String, &Array)| {
        Some((name.strip_prefix(prefix)?.to_owned(), array.clone()))
    };
    tensors.iter().filter_map(stripped).collect()
}

fn params(graph: &Graph, weights: &BTreeMap<String, Array>) -> Params {
    Params::made(graph, |parameter| weights[&parameter.name].floats())
}

fn options(watched: Vec<NodeId>, winograd: bool) -> Options {
    Options { watched, winograd }
}

fn executor(graph: &Graph, params: &Params, options: &Options) -> Executor {
    Executor::new(Plan::lower_with(graph, params, options, &mut Packer::default()).unwrap())
}

/// The largest difference, as a share of the largest wanted value.
fn error(got: &[f32], wanted: &[f64]) -> f64 {
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
fn pictures(array: &Array) -> Vec<Vec<f32>> {
    let floats = array.floats();
    let size = floats.len() / array.dims[0];
    floats.chunks_exact(size).map(<[f32]>::to_vec).collect()
}

#[test]
fn every_case_equals_the_reference() {
    let folder = common::folder().join("ops");
    let cases: Vec<Case> = json(&folder.join("cases.json"));
    let (mut wrong, mut kinds, mut count) = (Vec::new(), Vec::new(), 0);
    for case in &cases {
        let tensors = arrays(&folder.join(&case.file));
        let inputs = with_prefix(&tensors, "input.");
        let mut weights = with_prefix(&tensors, "param.");
        weights.extend(with_prefix(&tensors, "buffer."));
        let dims = |name: &str| Some(weights.get(name)?.dims.clone());
        let Imported {
            graph,
            output,
            loss,
            training,
            packing,
            ..
        } = import(&case.graph, &inputs, dims);
        // Losses, and batch norm and dropout while training, are not a plan's.
        if loss.is_some() || training == Some(true) {
            continue;
        }
        count += 1;
        kinds.extend(graph.nodes().iter().map(|node| node.layer.kind()));
        let params = params(&graph, &weights);
        let all: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        for (watched, winograd) in [(vec![], false), (vec![], true), (all, false)] {
            let mut run = executor(&graph, &params, &options(watched, winograd));
            assert_eq!(output, graph.output(), "{}", case.name);
            let got: Vec<f32> = pictures(&packing.packed(&inputs))
                .iter()
                .flat_map(|picture| run.run(picture).unwrap().to_vec())
                .collect();
            let error = error(&got, &tensors["output"].values);
            if error > if winograd { WINOGRAD } else { DIRECT } {
                wrong.push(format!("{}: {error:e}", case.name));
            }
        }
    }
    assert!(count > 90, "{count} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in Layer::KINDS {
        assert!(kinds.contains(kind), "{kind} has no case");
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
