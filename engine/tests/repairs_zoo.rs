//! Networks that people know, broken in nasty ways: every problem has a repair that makes the
//! whole network valid again, and no edit that is refused changes anything.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use engine::graph::{Edit, EditError, GraphError, Place};
use engine::layer::{Activation, Conv, Merge};
use engine::zoo::{self, Options};
use engine::{Analysis, Graph, Layer, Node, NodeId, Shape};

fn network(name: &str) -> Graph {
    zoo::build(name, &Options::default()).expect("in the zoo")
}

/// A setting that makes this node or one after it invalid.
fn blows(graph: &Graph, node: &Node) -> Vec<Edit> {
    let id = node.id;
    let set = |layer: Layer| Edit::SetLayer { node: id, layer };
    let mut blows = match &node.layer {
        Layer::Conv(conv) => {
            let conv = conv.clone();
            let wide = Conv {
                channels: conv.channels + 1,
                ..conv.clone()
            };
            let grouped = Conv {
                groups: 7,
                ..conv.clone()
            };
            let strided = Conv {
                stride: [64, 3],
                ..conv.clone()
            };
            let reaching = Conv {
                kernel: [300, 1],
                dilation: [2, 2],
                ..conv
            };
            vec![
                set(wide.into()),
                set(grouped.into()),
                set(strided.into()),
                set(reaching.into()),
            ]
        }
        Layer::Merge(merge) => {
            let other = if *merge == Merge::Add {
                Merge::Concat
            } else {
                Merge::Add
            };
            let from = NodeId::INPUT;
            vec![
                set(other.into()),
                Edit::Connect {
                    from,
                    to: id,
                    slot: 0,
                },
                Edit::Disconnect { to: id, slot: 0 },
            ]
        }
        Layer::MaxPool(pool) => {
            let mut pool = pool.clone();
            pool.kernel = [300, 300];
            vec![set(pool.into())]
        }
        Layer::Flatten(_) | Layer::GlobalPool(_) | Layer::AdaptiveAvgPool(_) => {
            vec![set(Activation::Relu.into())]
        }
        Layer::Linear(linear) => {
            let mut linear = linear.clone();
            linear.features = 0;
            vec![set(linear.into())]
        }
        Layer::TableConv(_)
        | Layer::TransposedConv(_)
        | Layer::AdaptiveMaxPool(_)
        | Layer::GroupNorm(_)
        | Layer::LayerNorm(_)
        | Layer::InstanceNorm(_)
        | Layer::PRelu(_)
        | Layer::Upsample(_)
        | Layer::AvgPool(_)
        | Layer::Subsample(_)
        | Layer::BatchNorm(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Rbf(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => vec![set(Conv::new(3, 9).into())],
    };
    blows.push(Edit::Remove { node: id });
    blows.retain(|blow| graph.apply(blow).is_ok());
    blows
}

/// Breaks every `each`-th node and takes each repair of the first problem.
fn survives(name: &str, each: usize) {
    let graph = network(name);
    let mut broken_times = 0;
    for node in graph.nodes().iter().step_by(each) {
        for blow in blows(&graph, node) {
            let broken = graph.apply(&blow).expect("tried before");
            let Some(problem) = Analysis::of(&broken).problems.into_iter().next() else {
                continue;
            };
            broken_times += 1;
            let place = format!("{name}, {blow:?}: {}", problem.message(&broken));
            let repairs = problem.repairs(&broken);
            assert!(!repairs.is_empty(), "{place}");
            let others = Analysis::of(&broken).problems.len() - 1;
            for repair in repairs {
                let repaired = broken.apply_all(&repair.edits).expect("a repair applies");
                let left = Analysis::of(&repaired).problems.len();
                assert!(left <= others, "{place}: {} leaves {left}", repair.title);
            }
        }
    }
    assert!(broken_times > 5, "{name} was broken {broken_times} times");
}

#[test]
fn a_broken_lenet_5_is_repaired_whatever_broke_it() {
    survives("lenet-5", 1);
    survives("lenet-5-1998", 1);
}

#[test]
fn a_broken_resnet_18_is_repaired_whatever_broke_it() {
    survives("resnet-18", 4);
}

#[test]
fn a_broken_googlenet_is_repaired_whatever_broke_it() {
    survives("googlenet", 7);
}

#[test]
fn a_broken_mobilenet_v3_is_repaired_whatever_broke_it() {
    survives("mobilenet-v3-mini", 2);
}

#[test]
fn a_picture_too_small_for_googlenet_is_repaired_in_one_click() {
    let shape = Shape::new(3, 17, 5);
    let small = network("googlenet")
        .apply(&Edit::SetInput { shape })
        .expect("a picture");
    let problem = &Analysis::of(&small).problems[0];
    let repairs = problem.repairs(&small);
    let first = repairs.first().expect("a repair");
    let repaired = small.apply_all(&first.edits).expect("applies");
    assert!(Analysis::of(&repaired).is_valid());
}

#[test]
fn a_refused_edit_changes_nothing() {
    let graph = network("resnet-18");
    let id = |name: &str| graph.named(name).expect("in the network").id;
    let (first, last) = (graph.nodes()[0].id, graph.output());
    let nowhere = NodeId(9_999);
    let twice = graph.nodes()[1].name.clone();
    let add = graph
        .nodes()
        .iter()
        .find(|node| matches!(node.layer, Layer::Merge(_)));
    let add = add.expect("a sum").id;
    let name = |name: &str| name.to_owned();
    let refused = [
        Edit::Rename {
            node: first,
            name: twice,
        },
        Edit::Rename {
            node: first,
            name: name("  "),
        },
        Edit::Rename {
            node: first,
            name: "x".repeat(1 << 20),
        },
        Edit::Rename {
            node: NodeId::INPUT,
            name: name("x"),
        },
        Edit::Remove {
            node: NodeId::INPUT,
        },
        Edit::Remove { node: nowhere },
        Edit::Connect {
            from: last,
            to: first,
            slot: 0,
        },
        Edit::Connect {
            from: first,
            to: first,
            slot: 0,
        },
        Edit::Connect {
            from: first,
            to: add,
            slot: 7,
        },
        Edit::Connect {
            from: nowhere,
            to: add,
            slot: 0,
        },
        Edit::Disconnect { to: first, slot: 0 },
        Edit::Disconnect {
            to: add,
            slot: usize::MAX,
        },
        Edit::Move {
            node: add,
            after: first,
        },
        Edit::Move {
            node: first,
            after: first,
        },
        Edit::Move {
            node: first,
            after: nowhere,
        },
        Edit::Wrap {
            nodes: vec![first],
            name: name(" "),
        },
        Edit::Wrap {
            nodes: Vec::new(),
            name: name("x"),
        },
        Edit::Wrap {
            nodes: vec![NodeId::INPUT],
            name: name("x"),
        },
        Edit::Wrap {
            nodes: vec![first, id("layer1.0.conv1")],
            name: name("x"),
        },
        Edit::RenameBlock {
            block: 0,
            name: name(""),
        },
        Edit::Unwrap { block: usize::MAX },
        Edit::RemoveBlock { block: 1_000 },
        Edit::DuplicateBlock { block: 1_000 },
        Edit::SetInput {
            shape: Shape::new(0, 1, 1),
        },
        Edit::SetInput {
            shape: Shape::new(u32::MAX, u32::MAX, u32::MAX),
        },
        Edit::Replace {
            node: add,
            piece: engine::graph::Piece::Block(engine::graph::BlockTemplate::CATALOGUE[0].clone()),
            name: None,
        },
        Edit::Insert {
            place: Place::Branch { from: Vec::new() },
            piece: engine::graph::Piece::Layer(Activation::Relu.into()),
            name: None,
        },
    ];
    let before = graph.clone();
    for edit in refused {
        let Err(error) = graph.apply(&edit) else {
            panic!("{edit:?} is accepted")
        };
        assert!(error.to_string().len() > 15, "{error}");
        assert!(error.to_string().len() < 300, "{}", error.to_string().len());
        assert_eq!(graph, before);
    }
    let long = graph.apply(&Edit::RenameGraph {
        name: "x".repeat(201),
    });
    assert!(matches!(
        long,
        Err(EditError::Graph(GraphError::NameTooLong { got: 201, .. }))
    ));
}

#[test]
fn a_network_can_be_taken_apart_from_the_end_to_nothing() {
    let mut graph = network("googlenet-mini");
    while let Some(node) = graph.nodes().last().map(|node| node.id) {
        graph = graph.apply(&Edit::Remove { node }).expect("it is there");
        let _ = Analysis::of(&graph);
    }
    assert_eq!(graph.output(), NodeId::INPUT);
    assert!(graph.blocks().is_empty());
    assert!(Analysis::of(&graph).is_valid());
}
