//! Memory worked out by hand, step by step.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use engine::analysis::{Analysis, Precision, Quantity};
use engine::layer::{Activation, Conv, Merge, Padding};
use engine::{Graph, GraphBuilder, NodeId, Shape};

/// On 2×4×4 = 32 values: a convolution to 4 channels (64 values), ReLU (64), a convolution back
/// (32), and the sum with the input (32).
fn residual_block() -> Graph {
    let same = |channels| Conv {
        padding: Padding::Same,
        ..Conv::new(channels, 3)
    };
    let mut net = GraphBuilder::new("residual", Shape::new(2, 4, 4));
    net.then("conv1", same(4));
    net.then("relu", Activation::Relu);
    let main = net.then("conv2", same(2));
    net.from(&[main, NodeId::INPUT], "add", Merge::Add);
    net.finish().expect("valid")
}

#[test]
fn a_skip_connection_keeps_the_input_alive_at_inference() {
    // conv1: 32 + 64. relu: 32 + 64 + 64. conv2: 32 + 64 + 32, conv1's map is gone. add: 3 × 32.
    let graph = residual_block();
    let analysis = Analysis::of(&graph);
    let relu = graph.named("relu").map(|node| node.id);
    assert_eq!(Some(analysis.inference.node), relu);
    assert_eq!(analysis.inference.activations, 32 + 64 + 64);
    assert_eq!(analysis.inference.bytes(Precision::F16), 2 * 160);
}

#[test]
fn training_keeps_every_map_and_frees_them_backwards() {
    // add: all 224 values, the gradients of add and conv2 (64). conv2: without add's map and
    // gradient 192, conv2's and relu's gradients 96. relu: 160 and 128. conv1: 96 and 64.
    let peak = Analysis::of(&residual_block()).training;
    assert_eq!((peak.activations, peak.gradients), (224, 64));
}

#[test]
fn a_peak_names_the_feature_maps_that_are_alive() {
    let graph = residual_block();
    let analysis = Analysis::of(&graph);
    let explain = |quantity| analysis.explain_total(&graph, quantity).expect("known");
    let inference = explain(Quantity::InferencePeak(Precision::F32));
    assert_eq!(
        inference.formula,
        "(input + conv1 + relu) × bytes of one f32"
    );
    assert_eq!(inference.to_string(), "(32 + 64 + 64) × 4 = 640 bytes");
    let training = explain(Quantity::TrainingPeak(Precision::F32));
    assert_eq!(
        training.formula,
        "(input + conv1 + relu + conv2 + add + gradient of conv2 + gradient of add) × bytes of \
         one f32"
    );
    assert_eq!(training.result, "1,152 bytes");
}

#[test]
fn intensity_is_flops_over_bytes_read_and_written() {
    // conv1: 18 weights a channel and a bias, 4 × 19 = 76 parameters; 4 × 18 × 16 = 1,152 MACs
    // and 64 biases, 2,368 FLOPs; 76 + 32 + 64 values moved, 4 bytes each.
    let graph = residual_block();
    let analysis = Analysis::of(&graph);
    let conv1 = &analysis.nodes[0];
    assert_eq!(conv1.cost.flops(), 2_368);
    assert_eq!(conv1.moved_bytes(Precision::F32), 688);
    assert_eq!(conv1.intensity(Precision::F32), Some(2_368.0 / 688.0));
}
