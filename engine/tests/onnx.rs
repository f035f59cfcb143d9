//! ONNX in: the reference's files, whose weights and outputs other programs wrote. ONNX out and in
//! again: every small network of the zoo.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::path::PathBuf;

use engine::analysis::Analysis;
use engine::checkpoint::{Weights, parameters};
use engine::layer::Layer;
use engine::onnx::{self, Import, Options};
use engine::plan::{Executor, Options as PlanOptions, Packer, Params, Plan};
use engine::{Graph, Node, NodeId, zoo};
use reference_run::{Array, Budget, arrays, json, read};
use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    name: String,
    float32_torch_max_abs_diff: f64,
}

fn folder() -> PathBuf {
    common::folder().join("models")
}

/// Every ONNX file of the reference: its model, its variant, its bytes.
fn files() -> Vec<(Model, String, Vec<u8>)> {
    let models: Vec<Model> = json(&folder().join("models.json"));
    let mut files = Vec::new();
    for model in models {
        for variant in ["", "native.", "raw.", "unfused."] {
            let path = folder().join(format!("{}.{variant}onnx", model.name));
            if path.exists() {
                let Model { ref name, .. } = model;
                let model = Model {
                    name: name.clone(),
                    ..model
                };
                files.push((model, variant.to_owned(), read(&path)));
            }
        }
    }
    assert!(files.len() >= 11, "{} files", files.len());
    files
}

fn opened(bytes: &[u8]) -> Import {
    let import = onnx::read(bytes, &Options::default()).unwrap();
    assert_eq!(import.unsupported, []);
    import
}

/// The outputs for these pictures, each by the layers as they are.
fn outputs(graph: &Graph, weights: &Weights, input: &[f32]) -> Vec<f32> {
    let params = Params::made(graph, |it| weights.get(it.node, it.role).unwrap().to_vec());
    let options = PlanOptions::watching(graph.nodes().iter().map(|node| node.id).collect(), false);
    let plan = Plan::lower_with(graph, &params, &options, &mut Packer::default()).unwrap();
    let mut run = Executor::new(plan);
    let pictures = input.chunks(graph.input().elements() as usize);
    pictures
        .flat_map(|picture| run.run(picture).unwrap().to_vec())
        .collect()
}

#[test]
fn the_reference_s_files_have_its_parameters() {
    for (model, variant, bytes) in files() {
        let import = opened(&bytes);
        let stored = arrays(&folder().join(format!("{}.safetensors", model.name)));
        let count = |array: &Array| array.dims.iter().product::<usize>();
        let all: usize = stored.values().map(count).sum();
        let kernels = || stored.values().filter(|array| array.dims.len() > 1);
        let outputs: usize = kernels().map(|array| array.dims[0]).sum();
        let has_norms = stored.keys().any(|name| name.ends_with(".running_mean"));
        let is_folded = has_norms && matches!(variant.as_str(), "" | "raw.");
        // PyTorch's exporter folds batch norm: a kernel and a bias each are left.
        let wanted = if is_folded {
            kernels().map(count).sum::<usize>() + outputs
        } else {
            all
        };
        assert_eq!(import.weights.count(), wanted, "{} {variant}", model.name);
        let total = Analysis::of(&import.graph).total;
        assert_eq!(total.params(), wanted as u64, "{} {variant}", model.name);
    }
}

#[test]
fn the_reference_s_files_give_its_outputs() {
    let mut wrong = Vec::new();
    for (model, variant, bytes) in files() {
        let import = opened(&bytes);
        let io = arrays(&folder().join(format!("{}.io.safetensors", model.name)));
        let got = outputs(&import.graph, &import.weights, &io["input"].floats());
        let budget = Budget {
            absolute: 10.0 * model.float32_torch_max_abs_diff,
            relative: 1e-5,
        };
        let place = format!("{} {variant}", model.name);
        wrong.extend(budget.check(&place, &got, &io["output"].values).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_of_pytorch_s_modules_stay() {
    let bytes = read(&folder().join("resnet_mini.unfused.onnx"));
    let import = opened(&bytes);
    let stored = arrays(&folder().join("resnet_mini.safetensors"));
    let mut names: Vec<&str> = import
        .weights
        .iter()
        .map(|(it, _)| it.name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, stored.keys().map(String::as_str).collect::<Vec<_>>());
}

/// The networks of the zoo that a test can run.
fn small() -> Vec<(&'static str, Graph)> {
    let all = zoo::CATALOGUE.iter().map(|entry| {
        let graph = entry.graph(&zoo::Options::default()).unwrap();
        (entry.name, graph)
    });
    let small: Vec<_> = all
        .filter(|(_, graph)| {
            let total = Analysis::of(graph).total;
            // The plan, which runs them here, has no transposed convolution: foreign_layers.rs.
            let is_lowered = |node: &Node| !matches!(node.layer, Layer::TransposedConv(_));
            let lowered = graph.nodes().iter().all(is_lowered);
            lowered && total.params() < 1_500_000 && total.macs < 60_000_000
        })
        .collect();
    assert!(small.len() > 15, "{}", small.len());
    small
}

fn made_up(graph: &Graph) -> Weights {
    let params = Params::made_up(graph);
    let mut weights = Weights::default();
    for parameter in parameters(graph) {
        let array = params.get(parameter.node, parameter.role).unwrap();
        weights.push(parameter, array.values.to_vec());
    }
    weights
}

fn shapes(graph: &Graph) -> Vec<String> {
    let analysis = Analysis::of(graph);
    let weighted = graph
        .nodes()
        .iter()
        .filter(|node| node.layer.rule().arithmetic().is_some());
    weighted
        .map(|node| {
            let shape = analysis.node(node.id).unwrap().shape.unwrap();
            format!("{} {shape}", node.name)
        })
        .collect()
}

#[test]
fn the_zoo_s_networks_come_back_from_onnx() {
    for (name, graph) in small() {
        let weights = made_up(&graph);
        let bytes = onnx::write(&graph, &weights, &[]).unwrap();
        let back = opened(&bytes);
        let is_table = |graph: &Graph| {
            let mut nodes = graph.nodes().iter();
            nodes.any(|node| matches!(node.layer, Layer::Subsample(_)))
        };
        let [before, after] = [&graph, &back.graph].map(|it| Analysis::of(it).total);
        assert_eq!(after.params(), before.params(), "{name}");
        // A subsampling layer becomes a pool and a convolution of one weight for each map.
        if !is_table(&graph) {
            assert_eq!(after.macs, before.macs, "{name}");
            assert_eq!(after.trainable, before.trainable, "{name}");
            assert_eq!(shapes(&back.graph), shapes(&graph), "{name}");
        }
        let shape = |graph: &Graph| {
            let analysis = Analysis::of(graph);
            (graph.input(), analysis.node(graph.output()).unwrap().shape)
        };
        assert_eq!(shape(&back.graph), shape(&graph), "{name}");
        let count = graph.input().elements() as usize;
        let input: Vec<f32> = (0..2 * count).map(|it| (it as f32 * 0.37).sin()).collect();
        let wanted = outputs(&graph, &weights, &input);
        let got = outputs(&back.graph, &back.weights, &input);
        let wanted: Vec<f64> = wanted.into_iter().map(f64::from).collect();
        let largest = wanted
            .iter()
            .fold(0.0, |largest: f64, it| largest.max(it.abs()));
        let budget = Budget {
            absolute: 1e-5 * largest.max(1.0),
            relative: 1e-5,
        };
        budget.check(name, &got, &wanted).unwrap();
    }
}

#[test]
fn a_network_with_a_problem_is_not_written() {
    let graph = zoo::build("lenet-5", &zoo::Options::default()).unwrap();
    let edit = engine::graph::Edit::SetInput {
        shape: engine::Shape::new(1, 3, 3),
    };
    let graph = graph.apply(&edit).unwrap();
    let error = onnx::write(&graph, &Weights::default(), &[]).unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert_eq!(
        graph.output(),
        graph.nodes().last().map_or(NodeId::INPUT, |it| it.id)
    );
}
