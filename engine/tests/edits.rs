//! Edits give a new graph or an error, and nothing between.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

mod random;

use engine::graph::{BlockTemplate, Edit, EditError, Piece, Place};
use engine::layer::{Activation, BatchNorm, Conv, Linear, Merge};
use engine::{Analysis, Graph, GraphBuilder, GraphError, Layer, Node, NodeId, Shape, zoo};
use proptest::prelude::*;

fn lenet() -> Graph {
    zoo::lenet5().expect("the zoo is valid")
}

fn id(graph: &Graph, name: &str) -> NodeId {
    graph.named(name).expect("in the graph").id
}

fn names(graph: &Graph) -> Vec<&str> {
    graph
        .nodes()
        .iter()
        .map(|node| node.name.as_str())
        .collect()
}

fn after(node: NodeId) -> Place {
    Place::After {
        node,
        with: Vec::new(),
    }
}

fn insert(place: Place, layer: impl Into<Layer>) -> Edit {
    Edit::Insert {
        place,
        piece: Piece::Layer(layer.into()),
        name: None,
    }
}

fn inputs_of(graph: &Graph, name: &str) -> Vec<NodeId> {
    graph.named(name).expect("in the graph").inputs.clone()
}

#[test]
fn a_layer_inserted_after_a_node_is_between_it_and_all_its_consumers() {
    let graph = lenet();
    let edited = graph
        .apply(&insert(after(id(&graph, "C1")), BatchNorm::new()))
        .expect("fits");
    assert_eq!(names(&edited)[..3], ["C1", "norm", "tanh1"]);
    assert_eq!(inputs_of(&edited, "norm"), [id(&graph, "C1")]);
    assert_eq!(inputs_of(&edited, "tanh1"), [id(&edited, "norm")]);
    assert!(Analysis::of(&edited).is_valid());
}

#[test]
fn a_layer_put_before_the_first_takes_the_picture() {
    let edited = lenet()
        .apply(&insert(after(NodeId::INPUT), BatchNorm::new()))
        .expect("fits");
    assert_eq!(names(&edited)[0], "norm");
    assert_eq!(inputs_of(&edited, "C1"), [id(&edited, "norm")]);
}

#[test]
fn a_layer_put_behind_the_last_becomes_the_output() {
    let graph = lenet();
    let edited = graph
        .apply(&insert(after(graph.output()), Linear::new(3)))
        .expect("fits");
    assert_eq!(edited.output(), id(&edited, "linear"));
}

#[test]
fn removing_an_inserted_node_gives_the_same_graph() {
    let graph = lenet();
    let edited = graph
        .apply(&insert(after(id(&graph, "S2")), BatchNorm::new()))
        .expect("fits");
    let back = edited
        .apply(&Edit::Remove {
            node: id(&edited, "norm"),
        })
        .expect("it is there");
    assert_eq!(back, graph);
}

#[test]
fn a_number_is_never_given_twice() {
    let graph = lenet();
    let edited = graph
        .apply(&insert(after(graph.output()), Linear::new(3)))
        .expect("fits");
    let first = edited.output();
    let removed = edited
        .apply(&Edit::Remove { node: first })
        .expect("it is there");
    // Not even after the graph was written and read.
    let text = serde_json::to_string(&removed).expect("writable");
    let removed: Graph = serde_json::from_str(&text).expect("readable");
    let again = removed
        .apply(&insert(after(removed.output()), Linear::new(3)))
        .expect("fits");
    assert!(again.output() > first);
}

#[test]
fn a_skip_connection_is_one_edit() {
    let mut net = GraphBuilder::new("plain", Shape::new(8, 9, 9));
    let first = net.then("first", Activation::Relu);
    let second = net.then("second", Activation::Tanh);
    net.then("third", Activation::Relu);
    let graph = net.finish().expect("valid");
    let skip = insert(
        Place::After {
            node: second,
            with: vec![first],
        },
        Merge::Add,
    );
    let edited = graph.apply(&skip).expect("fits");
    assert_eq!(inputs_of(&edited, "merge"), [second, first]);
    assert_eq!(inputs_of(&edited, "third"), [id(&edited, "merge")]);
    assert!(Analysis::of(&edited).is_valid());
}

#[test]
fn an_edge_that_closes_a_circle_is_refused_by_name() {
    let graph = lenet();
    let (from, to) = (id(&graph, "F6"), id(&graph, "C3"));
    let error = graph
        .apply(&Edit::Connect { from, to, slot: 0 })
        .expect_err("a circle");
    assert!(matches!(error, EditError::Circle { .. }), "{error}");
}

#[test]
fn an_edge_from_a_later_node_reorders_the_nodes() {
    let mut net = GraphBuilder::new("two", Shape::new(8, 9, 9));
    let first = net.then("first", Activation::Relu);
    net.go_to(NodeId::INPUT);
    let second = net.then("second", Activation::Tanh);
    net.from(&[first, second], "sum", Merge::Add);
    let graph = net.finish().expect("valid");
    let edit = Edit::Connect {
        from: second,
        to: first,
        slot: 0,
    };
    let edited = graph.apply(&edit).expect("no circle");
    assert_eq!(names(&edited), ["second", "first", "sum"]);
}

#[test]
fn a_moved_node_leaves_no_gap() {
    let graph = lenet();
    let edit = Edit::Move {
        node: id(&graph, "tanh1"),
        after: id(&graph, "S2"),
    };
    let edited = graph.apply(&edit).expect("one input");
    assert_eq!(names(&edited)[..4], ["C1", "S2", "tanh1", "C3"]);
    assert_eq!(inputs_of(&edited, "S2"), [id(&graph, "C1")]);
    assert_eq!(Analysis::of(&edited).total.trainable, 61_706);
}

#[test]
fn a_duplicate_is_after_its_original_with_a_free_name() {
    let graph = lenet();
    let edited = graph
        .apply(&Edit::Duplicate {
            node: id(&graph, "tanh1"),
        })
        .expect("fits");
    assert_eq!(names(&edited)[..4], ["C1", "tanh1", "tanh2", "S2"]);
    assert_eq!(inputs_of(&edited, "S2"), [id(&edited, "tanh2")]);
}

#[test]
fn a_taken_name_is_refused() {
    let graph = lenet();
    let edit = Edit::Rename {
        node: id(&graph, "C1"),
        name: "C3".into(),
    };
    assert_eq!(graph.apply(&edit), Err(EditError::NameTaken("C3".into())));
    // The picture that goes in is called so.
    let edit = Edit::Rename {
        node: id(&graph, "C1"),
        name: "input".into(),
    };
    assert_eq!(
        graph.apply(&edit),
        Err(GraphError::ReservedName("input".into()).into())
    );
}

#[test]
fn the_only_input_stays_connected() {
    let graph = lenet();
    let edit = Edit::Disconnect {
        to: id(&graph, "C1"),
        slot: 0,
    };
    assert!(matches!(
        graph.apply(&edit),
        Err(EditError::OnlyInput { .. })
    ));
}

#[test]
fn blocks_lie_inside_or_beside_each_other() {
    let graph = lenet();
    let wrap = |names: &[&str]| Edit::Wrap {
        nodes: names.iter().map(|name| id(&graph, name)).collect(),
        name: "part".into(),
    };
    let wrapped = graph
        .apply(&wrap(&["S2", "C1", "tanh1"]))
        .expect("no other block");
    let inside: Vec<_> = ["C1", "tanh1", "S2"].map(|name| id(&graph, name)).to_vec();
    assert_eq!(wrapped.blocks()[0].nodes, inside);
    assert!(wrapped.apply(&wrap(&["C1", "tanh1"])).is_ok());
    let crossing = wrapped.apply(&wrap(&["S2", "C3"]));
    assert_eq!(crossing, Err(EditError::BlocksCross("part".into())));
    let unwrapped = wrapped
        .apply(&Edit::Unwrap { block: 0 })
        .expect("it is there");
    assert_eq!(unwrapped, graph);
}

/// Folded, a block that others lie between would feed itself.
#[test]
fn a_block_contains_all_nodes_between_its_nodes() {
    let graph = lenet();
    let wrap = |nodes| Edit::Wrap {
        nodes,
        name: "part".into(),
    };
    let named = |name: &str| id(&graph, name);
    let refused = graph.apply(&wrap(vec![named("C1"), named("C3")]));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "“S2” lies between “C1” and “C3”: a block holds all that lies between its nodes, so select \
         it as well"
    );
    // tanh1 lies between as well.
    let refused = graph.apply(&wrap(vec![named("C1"), named("S2"), named("C3")]));
    assert!(matches!(refused, Err(EditError::BlockPassed { passed, .. }) if passed == "tanh1"));
    let all = ["C1", "tanh1", "S2", "C3"].map(named).to_vec();
    assert!(graph.apply(&wrap(all)).is_ok());
}

#[test]
fn a_block_of_two_ends_is_not_duplicated_as_one() {
    let graph = zoo::build("googlenet", &Default::default()).expect("it is there");
    let merge = |node: &&Node| matches!(node.layer, Layer::Merge(_)) && node.inputs.len() == 4;
    let merge = graph.nodes().iter().find(merge).expect("an inception");
    // The ends of two branches that stand side by side.
    let nodes = merge.inputs[..2].to_vec();
    let wrap = Edit::Wrap {
        nodes,
        name: "two ends".into(),
    };
    let wrapped = graph.apply(&wrap).expect("none lies between");
    let mut blocks = wrapped.blocks().iter();
    let block = blocks.position(|block| block.name == "two ends").unwrap();
    let refused = wrapped.apply(&Edit::DuplicateBlock { block });
    assert!(matches!(refused, Err(EditError::BlockEnds { .. })));
    // All blocks that are published have one.
    for entry in zoo::CATALOGUE {
        let graph = entry.graph(&Default::default()).expect("it is there");
        for (block, it) in graph.blocks().iter().enumerate() {
            let copied = graph.apply(&Edit::DuplicateBlock { block });
            assert!(copied.is_ok(), "{}: {}", entry.name, it.name);
        }
    }
}

#[test]
fn a_node_inserted_into_a_block_belongs_to_it() {
    let graph = lenet();
    let nodes = vec![id(&graph, "C1"), id(&graph, "tanh1")];
    let wrapped = graph
        .apply(&Edit::Wrap {
            nodes,
            name: "part".into(),
        })
        .expect("fits");
    let inside = wrapped
        .apply(&insert(after(id(&graph, "C1")), BatchNorm::new()))
        .expect("fits");
    assert_eq!(inside.blocks()[0].nodes.len(), 3);
    let behind = wrapped.apply(&insert(after(id(&graph, "tanh1")), BatchNorm::new()));
    assert_eq!(behind.expect("fits").blocks()[0].nodes.len(), 2);
}

#[test]
fn an_edit_survives_being_written_and_read() {
    let edit = Edit::Insert {
        place: Place::On {
            to: NodeId(3),
            slot: 1,
        },
        piece: Piece::Block(BlockTemplate::SqueezeExcite { reduction: 4 }),
        name: Some("gate".into()),
    };
    let text = serde_json::to_string(&edit).expect("writable");
    assert_eq!(serde_json::from_str::<Edit>(&text).expect("readable"), edit);
}

/// Any edit, often of nodes that are there.
fn any_edit() -> impl Strategy<Value = Edit> {
    let numbers = (0..18_u8, 0..24_u32, 0..24_u32, 0..3_usize);
    numbers.prop_map(|(kind, first, second, slot)| {
        let (node, other) = (NodeId(first), NodeId(second));
        let layer = Layer::from(Conv::new(1 + second, 1 + first % 4));
        let piece = Piece::Layer(layer.clone());
        let block = BlockTemplate::CATALOGUE[first as usize % 8].clone();
        match kind {
            0 => Edit::Insert {
                place: after(node),
                piece,
                name: None,
            },
            1 => Edit::Insert {
                place: Place::After {
                    node,
                    with: vec![other],
                },
                piece: Piece::Layer(Merge::Add.into()),
                name: None,
            },
            2 => Edit::Insert {
                place: Place::On { to: node, slot },
                piece,
                name: None,
            },
            3 => Edit::Insert {
                place: Place::Branch { from: vec![node] },
                piece,
                name: None,
            },
            4 => Edit::Insert {
                place: after(node),
                piece: Piece::Block(block),
                name: None,
            },
            5 => Edit::Remove { node },
            6 => Edit::Connect {
                from: node,
                to: other,
                slot,
            },
            7 => Edit::Disconnect { to: node, slot },
            8 => Edit::SetLayer { node, layer },
            9 => Edit::Replace {
                node,
                piece: Piece::Block(block),
                name: None,
            },
            10 => Edit::Duplicate { node },
            11 => Edit::DuplicateBlock { block: slot },
            12 => Edit::Move { node, after: other },
            13 => Edit::Wrap {
                nodes: vec![node, other],
                name: "wrapped".into(),
            },
            14 => Edit::RemoveBlock { block: slot },
            15 => Edit::DuplicateNodes {
                nodes: vec![node, other],
            },
            16 => Edit::Paste {
                after: node,
                fragment: lenet().into(),
            },
            _ => Edit::SetInput {
                shape: Shape::new(1 + first, first, second),
            },
        }
    })
}

/// Settings of a node that is often there: several in a row are made in one step.
fn set_layer() -> impl Strategy<Value = Edit> {
    (1..20_u32, 1..64_u32).prop_map(|(node, channels)| Edit::SetLayer {
        node: NodeId(node),
        layer: Conv::new(channels, 3).into(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_history_of_edits_keeps_a_graph_a_graph(
        graph in random::graphs(16),
        edits in proptest::collection::vec(any_edit(), 1..24),
    ) {
        let mut graph = graph;
        let mut next = graph.next_id();
        for edit in edits {
            let Ok(edited) = graph.apply(&edit) else { continue };
            prop_assert!(edited.next_id() >= next, "a number was given back by {:?}", edit);
            next = edited.next_id();
            // Reading checks numbers, names, order and blocks.
            let text = serde_json::to_string(&edited).expect("writable");
            prop_assert_eq!(&serde_json::from_str::<Graph>(&text).expect("still a graph"), &edited);
            let analysis = Analysis::of(&edited);
            prop_assert_eq!(analysis.nodes.len(), edited.nodes().len());
            graph = edited;
        }
    }

    #[test]
    fn edits_at_once_are_those_edits_one_by_one(
        graph in random::graphs(16),
        edits in proptest::collection::vec(
            prop_oneof![any_edit(), set_layer()],
            1..12,
        ),
    ) {
        let one_by_one = edits
            .iter()
            .try_fold(graph.clone(), |graph, edit| graph.apply(edit));
        let at_once = graph.apply_all(&edits);
        prop_assert_eq!(&at_once, &one_by_one);
        if let (Ok(at_once), Ok(one_by_one)) = (at_once, one_by_one) {
            prop_assert_eq!(at_once.next_id(), one_by_one.next_id());
        }
    }

    #[test]
    fn a_node_keeps_its_number_and_layer_whatever_happens_to_others(
        graph in random::graphs(16),
        edit in any_edit(),
    ) {
        if let Ok(edited) = graph.apply(&edit) {
            for node in graph.nodes() {
                let changed = matches!(&edit, Edit::SetLayer { node: set, .. } if *set == node.id);
                if let Some(after) = edited.node(node.id) {
                    prop_assert_eq!(&after.name, &node.name);
                    prop_assert!(changed || after.layer == node.layer);
                }
            }
        }
    }
}
