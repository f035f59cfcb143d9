//! The difference of two graphs.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use common::import::import;
use engine::format::GraphDiff;
use engine::layer::{BatchNorm, Conv, MaxPool};
use engine::{Graph, GraphBuilder, Shape};

fn reference(name: &str) -> Graph {
    import(&common::architecture(name)).graph
}

fn chain(names: &[&str]) -> GraphBuilder {
    let mut net = GraphBuilder::new("chain", Shape::new(1, 32, 32));
    for name in names {
        net.then(*name, Conv::new(4, 3));
    }
    net
}

fn names(nodes: &[engine::Node]) -> Vec<&str> {
    nodes.iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_graph_does_not_differ_from_itself() {
    for name in [
        "torchvision/googlenet",
        "paper/lenet5_1998",
        "keras/ResNet50",
    ] {
        let graph = reference(name);
        let diff = GraphDiff::between(&graph, &graph);
        assert!(diff.is_empty(), "{name}");
        assert_eq!(diff.same, graph.nodes().len(), "{name}");
    }
}

#[test]
fn an_inserted_node_is_the_only_difference() {
    let before = chain(&["a", "b", "c"]).finish().unwrap();
    let mut net = chain(&["a", "b"]);
    net.then("norm", BatchNorm::new());
    net.then("c", Conv::new(4, 3));
    let after = net.finish().unwrap();
    let diff = GraphDiff::between(&before, &after);
    assert_eq!(names(&diff.added), ["norm"]);
    assert!(diff.removed.is_empty() && diff.changed.is_empty());
    assert_eq!(diff.same, 3);
    let back = GraphDiff::between(&after, &before);
    assert_eq!(names(&back.removed), ["norm"]);
    assert!(back.added.is_empty() && back.changed.is_empty());
}

#[test]
fn another_kernel_under_the_same_name_is_a_changed_layer() {
    let before = chain(&["a", "b"]).finish().unwrap();
    let mut net = chain(&["a"]);
    net.then("b", Conv::new(4, 5));
    let diff = GraphDiff::between(&before, &net.finish().unwrap());
    let [change] = diff.changed.as_slice() else {
        panic!("{diff:?}")
    };
    assert_eq!(
        (change.layer, change.inputs, change.name),
        (true, false, false)
    );
}

#[test]
fn another_source_is_changed_wiring() {
    let before = chain(&["a", "b", "c"]).finish().unwrap();
    let mut net = chain(&["a", "b"]);
    let a = engine::NodeId(1);
    net.from(&[a], "c", Conv::new(4, 3));
    let diff = GraphDiff::between(&before, &net.finish().unwrap());
    let [change] = diff.changed.as_slice() else {
        panic!("{diff:?}")
    };
    assert_eq!(
        (change.layer, change.inputs, change.name),
        (false, true, false)
    );
}

#[test]
fn two_authors_names_of_one_network_match_by_structure() {
    let diff = GraphDiff::between(&reference("keras/VGG16"), &reference("article/vgg16"));
    assert!(diff.added.is_empty() && diff.removed.is_empty(), "{diff:?}");
    assert!(
        diff.changed
            .iter()
            .all(|change| !change.layer && !change.inputs)
    );
}

#[test]
fn replaced_kinds_under_one_name_are_changes_not_pairs_of_added_and_removed() {
    let mut before = chain(&["a"]);
    before.then("pool", MaxPool::new(2));
    let mut after = chain(&["a"]);
    after.then("pool", Conv::new(4, 2));
    let diff = GraphDiff::between(&before.finish().unwrap(), &after.finish().unwrap());
    assert_eq!(diff.changed.len(), 1);
    assert!(diff.added.is_empty() && diff.removed.is_empty());
}
