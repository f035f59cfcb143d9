//! The layers that networks of other programs bring: as PyTorch's exporter writes them, there and back
//! again, and what their values see.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use burn::tensor::{Tensor, TensorData};
use engine::checkpoint::{Weights, parameters};
use engine::layer::{
    AdaptiveMaxPool, Conv, GroupNorm, InstanceNorm, LayerNorm, LayerNormAxes, MaxPool, PRelu,
    Padding, TransposedConv, Upsample, UpsampleMode,
};
use engine::onnx::{self, Options};
use engine::run::{Network, cpu};
use engine::{Analysis, Graph, GraphBuilder, NodeId, Shape};
use pollster::block_on;
use reference_run::{Budget, arrays};

fn folder() -> std::path::PathBuf {
    common::folder().join("models")
}

fn network(graph: &Graph, weights: &Weights) -> Network {
    let mut network = Network::seeded(graph.clone(), 1, &cpu()).unwrap();
    let all = parameters(graph);
    let tensors: Vec<_> = { all.iter() }
        .map(|it| {
            let values = weights.get(it.node, it.role).unwrap();
            let bytes: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
            (it.name.clone(), it.dims.clone(), bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, dims, bytes)| {
        let dtype = safetensors::Dtype::F32;
        let view = safetensors::tensor::TensorView::new(dtype, dims.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    let file = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
    engine::run::read_weights(&mut network, &file).unwrap();
    network
}

fn output(graph: &Graph, weights: &Weights, picture: &[f32]) -> Vec<f32> {
    let network = network(graph, weights);
    let given = vec![(NodeId::INPUT, picture.to_vec())];
    let mut outputs = block_on(network.outputs_from(given, &[graph.output()])).unwrap();
    outputs.remove(0)
}

/// tests/reference/onnx_torch.py
#[test]
fn pytorch_s_export_gives_pytorch_s_output() {
    let bytes = std::fs::read(folder().join("foreign_layers.onnx")).unwrap();
    let import = onnx::read(&bytes, &Options::default()).unwrap();
    assert_eq!(import.unsupported, []);
    // Counted by PyTorch.
    assert_eq!(Analysis::of(&import.graph).total.params(), 2198);
    let kinds: Vec<&str> = { import.graph.nodes().iter() }
        .map(|node| node.layer.kind())
        .collect();
    for kind in [
        "TransposedConv",
        "GroupNorm",
        "InstanceNorm",
        "LayerNorm",
        "PRelu",
        "Upsample",
    ] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let io = arrays(&folder().join("foreign_layers.io.safetensors"));
    let got = output(&import.graph, &import.weights, &io["input"].floats());
    // PyTorch's own 32-bit arithmetic is off by 8e-7.
    let budget = Budget {
        absolute: 2e-5,
        relative: 1e-5,
    };
    budget.check("output", &got, &io["output"].values).unwrap();
}

/// Every form of these layers, in one network.
fn all_forms() -> Graph {
    let mut net = GraphBuilder::new("forms", Shape::new(2, 9, 10));
    net.then("conv", Conv::new(6, 3));
    net.then("groups", GroupNorm::new(3));
    let plain = GroupNorm {
        scale: false,
        shift: false,
        ..GroupNorm::new(2)
    };
    net.then("plain", plain);
    net.then("slopes", PRelu { per_channel: true });
    net.then("instance", InstanceNorm::new());
    let unscaled = InstanceNorm {
        scale: false,
        ..InstanceNorm::new()
    };
    net.then("unscaled", unscaled);
    let dilated = MaxPool {
        stride: [1, 1],
        dilation: [2, 1],
        padding: Padding::Sides([1, 0, 1, 0]),
        ..MaxPool::new(2)
    };
    net.then("pool", dilated);
    net.then("channels", LayerNorm::new(LayerNormAxes::Channels));
    let lopsided = TransposedConv {
        crop: [0, 1, 2, 0],
        output_padding: [1, 0],
        groups: 2,
        ..TransposedConv::new(4, 3)
    };
    net.then("larger", lopsided);
    net.then("one", PRelu { per_channel: false });
    net.then("whole", LayerNorm::new(LayerNormAxes::All));
    net.then(
        "bilinear",
        Upsample {
            mode: UpsampleMode::Bilinear,
            ..Upsample::new(2)
        },
    );
    net.then(
        "corners",
        Upsample {
            factor: [1, 2],
            mode: UpsampleMode::Bilinear,
            align_corners: true,
        },
    );
    net.then("nearest", Upsample::new(2));
    let shape = net.shape(net.last()).unwrap();
    let output = [shape.height / 2, shape.width / 4];
    net.then("largest", AdaptiveMaxPool { output });
    net.finish().unwrap()
}

#[test]
fn every_form_comes_back_from_onnx() {
    let graph = all_forms();
    let mut weights = Weights::default();
    let mut number = 0.3_f32;
    for parameter in parameters(&graph) {
        let values = (0..parameter.count()).map(|_| {
            number = (number * 97.3).sin();
            number
        });
        let values = values.collect();
        weights.push(parameter, values);
    }
    let bytes = onnx::write(&graph, &weights, &[]).unwrap();
    let back = onnx::read(&bytes, &Options::default()).unwrap();
    assert_eq!(back.unsupported, []);
    let [before, after] = [&graph, &back.graph].map(|it| Analysis::of(it).total);
    assert_eq!(after, before);
    let kinds = |graph: &Graph| -> Vec<&str> {
        let nodes = graph.nodes().iter();
        nodes.map(|node| node.layer.kind()).collect()
    };
    // An adaptive pool with equal bins is written as a pool.
    let mut wanted = kinds(&graph);
    *wanted.last_mut().unwrap() = "MaxPool";
    assert_eq!(kinds(&back.graph), wanted);
    let picture: Vec<f32> = (0..180).map(|it| (it as f32 * 0.37).sin()).collect();
    let wanted = output(&graph, &weights, &picture);
    let wanted: Vec<f64> = wanted.into_iter().map(f64::from).collect();
    let got = output(&back.graph, &back.weights, &picture);
    let budget = Budget {
        absolute: 1e-4,
        relative: 1e-4,
    };
    budget.check("forms", &got, &wanted).unwrap();
}

/// Where the gradient of one value is not 0 is what it sees: always within the stated window, and
/// together, over all values, the whole of it.
#[test]
fn values_of_larger_maps_see_what_is_stated() {
    let double = |crop, output_padding| TransposedConv {
        stride: [2, 2],
        crop: [crop; 4],
        output_padding: [output_padding; 2],
        ..TransposedConv::new(2, 3)
    };
    let bilinear = |factor| Upsample {
        mode: UpsampleMode::Bilinear,
        ..Upsample::new(factor)
    };
    let four = TransposedConv {
        stride: [2, 2],
        crop: [1; 4],
        ..TransposedConv::new(2, 4)
    };
    for (name, larger) in [
        ("transposed 3×3", double(1, 1).into()),
        ("transposed 3×3 whole", double(0, 0).into()),
        ("transposed 4×4", four.into()),
        ("nearest 2", Upsample::new(2).into()),
        ("nearest 4", Upsample::new(4).into()),
        ("bilinear 2", bilinear(2).into()),
        ("bilinear 4", bilinear(4).into()),
    ] {
        let larger: engine::Layer = larger;
        let mut net = GraphBuilder::new("larger", Shape::new(1, 24, 24));
        for number in 0..2 {
            let halved = Conv {
                stride: [2, 2],
                padding: Padding::Sides([1; 4]),
                ..Conv::new(2, 3)
            };
            net.then(format!("halve{number}"), halved);
        }
        net.then("larger", larger);
        let graph = net.finish().unwrap();
        let analysis = Analysis::of(&graph);
        let facts = analysis.node(graph.output()).unwrap();
        let (shape, field) = (facts.shape.unwrap(), facts.receptive_field.unwrap());
        let network = Network::seeded(graph.clone(), 3, &cpu()).unwrap();
        // The farthest that values of the middle see on each side of their window's start.
        let mut hull = [i64::MAX, i64::MIN];
        let middle = shape.height / 2 - 2..shape.height / 2 + 2;
        for row in middle.clone() {
            let at = (row * shape.width + shape.width / 2) as usize;
            let one = move |values: &[f32]| {
                let mut upstream = vec![0.0; values.len()];
                upstream[at] = 1.0;
                upstream
            };
            let picture: Vec<f32> = (0..576).map(|it| (it as f32 * 0.37).sin()).collect();
            let given = vec![(NodeId::INPUT, picture)];
            let pulled = network.pull_back(given, graph.output(), &[NodeId::INPUT], one);
            let gradient = block_on(pulled).unwrap().gradients.remove(0);
            let [rows, _] = field.window_of([row, shape.width / 2]);
            for (place, &value) in gradient.iter().enumerate() {
                let from = (place / 24) as i64;
                if value == 0.0 {
                    continue;
                }
                assert!(
                    (rows[0]..rows[1]).contains(&from),
                    "{name}: row {row} sees {from}"
                );
                hull[0] = hull[0].min(from - rows[0]);
                hull[1] = hull[1].max(from + 1 - rows[1]);
            }
        }
        assert_eq!(hull, [0, 0], "{name}: {field:?}");
    }
}

/// PyTorch's documentation of `ConvTranspose2d`: 20 × 16 × 50 × 100 by a kernel of 3 and a stride of 2
/// gives 101 × 201; with the kernel (3, 5), the stride (2, 1) and the padding (4, 2) 93 × 100.
#[test]
fn transposed_convolutions_have_pytorch_s_sizes() {
    let input = Shape::new(16, 50, 100);
    let square = TransposedConv {
        stride: [2, 2],
        ..TransposedConv::new(33, 3)
    };
    let shape = |conv: TransposedConv| engine::Layer::from(conv).measure(&[input]).unwrap().0;
    assert_eq!(shape(square), Shape::new(33, 101, 201));
    let other = TransposedConv {
        kernel: [3, 5],
        stride: [2, 1],
        crop: [4, 2, 4, 2],
        ..TransposedConv::new(33, 3)
    };
    assert_eq!(shape(other), Shape::new(33, 93, 100));
}

/// By the definition, one bin after the other.
#[test]
fn maxima_of_equal_bins_are_those_of_a_pool() {
    let values: Vec<f32> = (0..36).map(|it| ((it * 7) % 36) as f32).collect();
    let mut net = GraphBuilder::new("bins", Shape::new(1, 6, 6));
    net.then("bins", AdaptiveMaxPool { output: [3, 2] });
    let graph = net.finish().unwrap();
    let network = Network::seeded(graph.clone(), 1, &cpu()).unwrap();
    let picture = Tensor::<4>::from_data(TensorData::new(values.clone(), [1, 1, 6, 6]), &cpu());
    let output = network
        .forward(picture, &[graph.output()])
        .unwrap()
        .remove(0);
    let got: Vec<f32> = output.into_data().try_into_vec().unwrap();
    let mut wanted = Vec::new();
    for (row, column) in (0..3).flat_map(|row| (0..2).map(move |column| (row, column))) {
        let rows = 2 * row..2 * row + 2;
        let places = rows.flat_map(|y| (3 * column..3 * column + 3).map(move |x| 6 * y + x));
        wanted.push(places.map(|at| values[at]).fold(0.0, f32::max));
    }
    assert_eq!(got, wanted);
}
