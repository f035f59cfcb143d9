//! Illegal edits of LeNet-5: each is reported at its node with its arithmetic, and undoing it
//! restores the network.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use engine::graph::{Edit, EditError};
use engine::{Analysis, Graph, Layer, NodeId, zoo};

fn lenet() -> Graph {
    zoo::lenet5().expect("the zoo is valid")
}

fn id(graph: &Graph, name: &str) -> NodeId {
    graph.named(name).expect("in the graph").id
}

fn layer(graph: &Graph, name: &str) -> Layer {
    graph.named(name).expect("in the graph").layer.clone()
}

/// The sentence of the problem at this node once it has this layer.
fn sentence(node: &str, layer: Layer) -> String {
    let graph = lenet();
    let node = id(&graph, node);
    let edited = graph
        .apply(&Edit::SetLayer { node, layer })
        .expect("a problem is no refusal");
    let problems = Analysis::of(&edited).problems;
    let own = problems.iter().find(|problem| problem.node == node);
    own.expect("a problem at the node").error.to_string()
}

fn conv(node: &str, change: impl FnOnce(&mut engine::layer::Conv)) -> String {
    let Layer::Conv(mut conv) = layer(&lenet(), node) else {
        panic!("{node} is no convolution")
    };
    change(&mut conv);
    sentence(node, conv.into())
}

fn pool(node: &str, change: impl FnOnce(&mut engine::layer::AvgPool)) -> String {
    let Layer::AvgPool(mut pool) = layer(&lenet(), node) else {
        panic!("{node} is no average pooling")
    };
    change(&mut pool);
    sentence(node, pool.into())
}

fn linear(node: &str, features: u32) -> String {
    let Layer::Linear(mut linear) = layer(&lenet(), node) else {
        panic!("{node} is no linear layer")
    };
    linear.features = features;
    sentence(node, linear.into())
}

#[test]
fn every_illegal_setting_is_answered_at_its_node_with_its_arithmetic() {
    // LeNet-5's input has 1 channel of 32 × 32, S2 gives 6 channels; 2²⁰ channels are the limit.
    let answers = [
        (
            conv("C1", |it| it.channels = 0),
            "channels is 0; it must be at least 1",
        ),
        (
            conv("C1", |it| it.channels = 2_000_000),
            "channels is 2,000,000; the limit is 1,048,576",
        ),
        (
            conv("C1", |it| it.kernel = [99, 99]),
            "a 99-pixel kernel does not fit a 32-pixel-high map (32 + 0 + 0 < 99)",
        ),
        (conv("C1", |it| it.kernel = [0, 0]), "kernel is 0"),
        (conv("C1", |it| it.stride = [0, 0]), "stride is 0"),
        // Five taps, 40 apart: 1 + 4 · 40 = 161.
        (
            conv("C1", |it| it.dilation = [40, 40]),
            "dilated by 40, 161 pixels in all, does not fit a 32-pixel-high map (32 + 0 + 0 < 161)",
        ),
        (
            conv("C1", |it| it.groups = 2),
            "2 groups do not divide 1 input channels",
        ),
        (
            conv("C3", |it| it.groups = 4),
            "4 groups do not divide 6 input channels",
        ),
        (pool("S2", |it| it.kernel = [0, 0]), "kernel is 0"),
        (pool("S2", |it| it.stride = [0, 0]), "stride is 0"),
        (linear("F5", 0), "features is 0"),
        (
            linear("F6", 3_000_000),
            "features is 3,000,000; the limit is 1,048,576",
        ),
    ];
    for (sentence, wanted) in answers {
        assert!(sentence.contains(wanted), "{sentence:?} is not {wanted:?}");
    }
}

#[test]
fn a_linear_layer_on_maps_is_a_problem_with_its_way_out() {
    let graph = lenet();
    let edited = graph
        .apply(&Edit::Remove {
            node: id(&graph, "flatten"),
        })
        .expect("a layer may go");
    let problem = &Analysis::of(&edited).problems[0];
    assert_eq!(problem.node, id(&edited, "F5"));
    let sentence = problem.error.to_string();
    assert!(
        sentence.contains("a linear layer takes a vector") && sentence.contains("Flatten"),
        "{sentence}"
    );
}

#[test]
fn a_circle_and_a_layers_name_that_is_empty_or_taken_are_refused() {
    let graph = lenet();
    let [c1, s2] = ["C1", "S2"].map(|name| id(&graph, name));
    let circle = graph.apply(&Edit::Connect {
        from: s2,
        to: c1,
        slot: 0,
    });
    assert!(matches!(circle, Err(EditError::Circle { .. })));
    let named = |name: &str| {
        graph.apply(&Edit::Rename {
            node: c1,
            name: name.into(),
        })
    };
    assert_eq!(named("C3"), Err(EditError::NameTaken("C3".into())));
    assert!(named("").is_err());
}
