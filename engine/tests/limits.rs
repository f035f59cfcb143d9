//! What a person made is not lost, and the largest graph is answered in bounded time.

// Tests and their helpers may unwrap; these run natively, where std's clock works.
#![allow(clippy::unwrap_used, clippy::disallowed_types)]

use std::time::{Duration, Instant};

use engine::format::{GraphDiff, json, share};
use engine::graph::{Edit, GraphError, MAX_NODES};
use engine::layer::{AdaptiveAvgPool, Conv, Linear, Lrn, Merge, Pad, Padding};
use engine::{Analysis, Graph, GraphBuilder, Layer, NodeId, Shape};

fn chain(count: usize, layer: impl Fn(usize) -> Layer) -> Graph {
    let mut net = GraphBuilder::new("chain", Shape::new(1, 28, 28));
    for place in 0..count {
        net.then(format!("conv{}", place + 1), layer(place));
    }
    net.finish().unwrap()
}

fn same(channels: u32) -> Layer {
    let padding = Padding::Same;
    Conv {
        padding,
        ..Conv::new(channels, 3)
    }
    .into()
}

/// A bound for an unoptimised build on a busy machine, not a benchmark.
fn at_once<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "{what} took {took:?}");
    result
}

#[test]
fn whatever_an_edit_accepts_can_be_saved_and_opened() {
    let graph = chain(3, |_| same(4));
    let node = graph.nodes()[1].id;
    let lrn = Lrn {
        size: u32::MAX,
        alpha: 1e300,
        beta: -1.0,
        k: 0.0,
        alpha_divided_by_size: true,
    };
    let layers: [Layer; 6] = [
        Conv::new(u32::MAX, 3).into(),
        Conv::new(0, u32::MAX).into(),
        Linear::new(1 << 21).into(),
        Pad {
            sides: [u32::MAX; 4],
            value: 1e8,
        }
        .into(),
        lrn.into(),
        AdaptiveAvgPool {
            output: [0, u32::MAX],
        }
        .into(),
    ];
    for layer in layers {
        let edited = graph.apply(&Edit::SetLayer { node, layer }).unwrap();
        let document = json::write(&edited).unwrap();
        assert_eq!(json::read(document).unwrap(), edited);
        let link = share::encode(&edited).unwrap();
        assert_eq!(share::decode(&link).unwrap(), edited);
    }
}

#[test]
fn a_name_too_long_to_be_opened_again_is_refused_when_it_is_given() {
    let graph = chain(3, |_| same(4));
    let node = graph.nodes()[1].id;
    let name = "é".repeat(101);
    let (block, nodes) = (name.clone(), vec![node]);
    for edit in [
        Edit::RenameGraph { name: name.clone() },
        Edit::Rename { node, name },
        Edit::Wrap { nodes, name: block },
    ] {
        let error = graph.apply(&edit).unwrap_err();
        assert!(error.to_string().contains("202 bytes; the limit is 200"));
    }
    let name = "é".repeat(100);
    let longest = graph.apply(&Edit::Rename { node, name }).unwrap();
    assert_eq!(json::read(json::write(&longest).unwrap()).unwrap(), longest);
    let mut net = GraphBuilder::new("x".repeat(201), Shape::new(1, 1, 1));
    net.then("a", same(1));
    assert!(matches!(
        net.finish(),
        Err(GraphError::NameTooLong { got: 201, .. })
    ));
}

#[test]
fn the_largest_graph_is_saved_and_opened() {
    let graph = chain(MAX_NODES, |place| same(place as u32 % 7 + 1));
    let document = at_once("writing", || json::write(&graph).unwrap());
    assert_eq!(at_once("reading", || json::read(document).unwrap()), graph);
    let link = at_once("encoding", || share::encode(&graph).unwrap());
    assert_eq!(at_once("decoding", || share::decode(&link).unwrap()), graph);
}

#[test]
fn a_graph_too_large_to_be_opened_again_is_not_written() {
    let mut net = GraphBuilder::new("wide", Shape::new(1, 2, 2));
    let mut made = vec![NodeId::INPUT];
    for place in 0..3_000 {
        let from: Vec<NodeId> = (0..200)
            .map(|input| made[(place * 7 + input * 13) % made.len()])
            .collect();
        made.push(net.from(&from, format!("add{place}"), Merge::Add));
    }
    let graph = net.finish().unwrap();
    at_once("analysis", || assert!(Analysis::of(&graph).is_valid()));
    let error = at_once("writing", || json::write(&graph).unwrap_err());
    assert!(
        error.to_string().contains("the limit is 2097152"),
        "{error}"
    );
    assert!(at_once("encoding", || share::encode(&graph)).is_err());
}

#[test]
fn a_chain_of_thousands_that_shrinks_to_nothing_is_answered_at_once() {
    let graph = chain(MAX_NODES, |_| Conv::new(4, 3).into());
    let problems = Analysis::of(&graph).problems;
    // 28 − 2 · 13 = 2: the fourteenth 3×3 does not fit.
    assert_eq!(problems[0].node, graph.nodes()[13].id);
    let repairs = at_once("repairs", || problems[0].repairs(&graph));
    let first = repairs.first().expect("a repair");
    let repaired = graph.apply_all(&first.edits).unwrap();
    let left = Analysis::of(&repaired).problems;
    assert!(left.iter().all(|left| left.node != problems[0].node));
    assert!(left.is_empty() || first.title.ends_with("problems behind it are left"));
}

#[test]
fn a_merge_of_256_shapes_offers_a_few_repairs_at_once() {
    let mut net = GraphBuilder::new("wide", Shape::new(4, 300, 300));
    let bins = |side| AdaptiveAvgPool {
        output: [side, side],
    };
    let parts: Vec<NodeId> = (1..=256)
        .map(|side| net.from(&[NodeId::INPUT], format!("pool{side}"), bins(side)))
        .collect();
    net.from(&parts, "concat", Merge::Concat);
    let graph = net.finish().unwrap();
    let problem = &Analysis::of(&graph).problems[0];
    let repairs = at_once("repairs", || problem.repairs(&graph));
    assert!((2..8).contains(&repairs.len()), "{}", repairs.len());
    let repaired = graph.apply_all(&repairs[0].edits).unwrap();
    assert!(Analysis::of(&repaired).is_valid(), "{}", repairs[0].title);
}

#[test]
fn a_merge_is_brought_first_to_the_shape_most_of_its_inputs_have() {
    let mut net = GraphBuilder::new("merge", Shape::new(4, 8, 8));
    let small = net.from(
        &[NodeId::INPUT],
        "small",
        AdaptiveAvgPool { output: [4, 4] },
    );
    let one = net.from(&[NodeId::INPUT], "one", same(4));
    let two = net.from(&[NodeId::INPUT], "two", same(4));
    net.from(&[small, one, two], "concat", Merge::Concat);
    let graph = net.finish().unwrap();
    let repairs = Analysis::of(&graph).problems[0].repairs(&graph);
    assert_eq!(repairs[0].title, "Pool its inputs to 8×8");
}

#[test]
fn the_largest_graphs_differ_at_once() {
    let before = chain(MAX_NODES, |place| same(place as u32 + 1));
    let mut net = GraphBuilder::new("other", Shape::new(1, 28, 28));
    for place in 0..MAX_NODES {
        net.then(format!("other{place}"), same(10_000 + place as u32));
    }
    let after = net.finish().unwrap();
    let diff = at_once("diff", || GraphDiff::between(&before, &after));
    assert_eq!(diff.changed.len(), MAX_NODES);
}

#[test]
fn a_block_of_two_thousand_nodes_is_copied_and_taken_out_at_once() {
    let graph = chain(2_000, |_| same(4));
    let nodes = graph.nodes().iter().map(|node| node.id).collect();
    let name = "all".to_owned();
    let wrapped = graph.apply(&Edit::Wrap { nodes, name }).unwrap();
    let copy = Edit::DuplicateBlock { block: 0 };
    let copied = at_once("copy", || wrapped.apply(&copy).unwrap());
    assert_eq!(copied.nodes().len(), 4_000);
    assert_eq!(copied.nodes()[2_000].name, "conv2001");
    let remove = Edit::RemoveBlock { block: 0 };
    let removed = at_once("removal", || copied.apply(&remove).unwrap());
    assert_eq!(removed.nodes().len(), 2_000);
}
