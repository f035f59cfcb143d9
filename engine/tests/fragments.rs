//! Parts of graphs: taken out, put into others, duplicated.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use std::collections::HashSet;

use engine::format::json;
use engine::graph::{Block, Edit, EditError, Fragment, Piece, Place};
use engine::layer::Activation;
use engine::{Analysis, Graph, GraphBuilder, Node, NodeId, Shape, zoo};

fn lenet() -> Graph {
    zoo::lenet5().expect("the zoo is valid")
}

fn built(name: &str) -> Graph {
    zoo::build(name, &Default::default()).expect("the zoo is valid")
}

fn id(graph: &Graph, name: &str) -> NodeId {
    graph.named(name).expect("in the graph").id
}

fn ids<const N: usize>(graph: &Graph, names: [&str; N]) -> Vec<NodeId> {
    names.map(|name| id(graph, name)).to_vec()
}

fn names(graph: &Graph) -> Vec<&str> {
    let nodes = graph.nodes().iter();
    nodes.map(|node| node.name.as_str()).collect()
}

fn paste(graph: &Graph, after: NodeId, fragment: &Fragment) -> Graph {
    let fragment = fragment.clone();
    graph
        .apply(&Edit::Paste { after, fragment })
        .expect("the node is there")
}

/// The nodes that are in `after` and not in `before`.
fn new<'a>(before: &Graph, after: &'a Graph) -> Vec<&'a Node> {
    let nodes = after.nodes().iter();
    nodes
        .filter(|node| before.node(node.id).is_none())
        .collect()
}

/// ResNet-18's blocks without a projection have seven nodes.
fn plain_block(graph: &Graph) -> (usize, &Block) {
    let mut blocks = graph.blocks().iter().enumerate();
    blocks
        .find(|(_, block)| block.nodes.len() == 7)
        .expect("a block without a projection")
}

#[test]
fn a_fragment_pasted_behind_its_own_place_doubles_it() {
    let graph = built("resnet-18");
    let (_, block) = plain_block(&graph);
    let fragment = graph.extract(&block.nodes).expect("they are there");
    let part = fragment.graph();
    assert_eq!(part.input(), Shape::new(64, 56, 56));
    assert_eq!(part.nodes().len(), block.nodes.len());
    assert!(
        Analysis::of(part).is_valid(),
        "the skip connection of the fragment starts at its input"
    );
    let last = *block.nodes.last().unwrap();
    let whole = paste(&graph, last, &fragment);
    assert_eq!(new(&graph, &whole).len(), block.nodes.len());
    assert_eq!(whole.blocks().len(), graph.blocks().len() + 1);
    assert!(Analysis::of(&whole).is_valid());
}

#[test]
fn a_fragment_belongs_to_a_block_inside_it_and_not_behind_it() {
    let graph = built("resnet-18");
    let (at, block) = plain_block(&graph);
    let fragment = graph.extract(&block.nodes[..1]).expect("they are there");
    for (behind, joins) in [(block.nodes[0], true), (block.nodes[6], false)] {
        let whole = paste(&graph, behind, &fragment);
        assert!(Analysis::of(&whole).is_valid());
        let pasted = new(&graph, &whole)[0].id;
        assert_eq!(whole.blocks()[at].nodes.contains(&pasted), joins);
        // As it is for an inserted layer.
        let place = Place::After {
            node: behind,
            with: Vec::new(),
        };
        let piece = Piece::Layer(fragment.graph().nodes()[0].layer.clone());
        let name = None;
        let inserted = graph.apply(&Edit::Insert { place, piece, name }).unwrap();
        assert_eq!(whole.blocks()[at].nodes, inserted.blocks()[at].nodes);
    }
}

#[test]
fn a_fragment_behind_the_output_gives_the_new_output() {
    let graph = lenet();
    let fragment = graph.extract(&[graph.output()]).expect("it is there");
    let whole = paste(&graph, graph.output(), &fragment);
    assert_eq!(whole.output(), new(&graph, &whole)[0].id);
}

#[test]
fn a_fragment_behind_the_input_feeds_all_that_took_the_input() {
    let graph = lenet();
    let fragment = graph.extract(&ids(&graph, ["tanh1"])).expect("there");
    let whole = paste(&graph, NodeId::INPUT, &fragment);
    assert_eq!(names(&whole)[..3], ["tanh2", "C1", "tanh1"]);
    assert_eq!(
        whole.node(id(&whole, "C1")).unwrap().inputs,
        [id(&whole, "tanh2")]
    );
    assert!(Analysis::of(&whole).is_valid());
}

#[test]
fn layers_that_are_not_neighbours_are_connected_one_behind_another() {
    let graph = lenet();
    let fragment = graph.extract(&ids(&graph, ["S4", "C1", "S2"])).unwrap();
    let part = fragment.graph();
    let fed = |name: &str| part.named(name).unwrap().inputs.clone();
    assert_eq!(part.input(), Shape::new(1, 32, 32));
    assert_eq!(fed("C1"), [NodeId::INPUT]);
    assert_eq!(fed("S2"), [id(&graph, "C1")]);
    assert_eq!(fed("S4"), [id(&graph, "S2")]);
}

#[test]
fn no_node_is_no_fragment() {
    let graph = lenet();
    for none in [&[][..], &[NodeId::INPUT], &[NodeId(4096)]] {
        assert_eq!(graph.extract(none), Err(EditError::NothingSelected));
    }
    let nodes = Vec::new();
    let refused = graph.apply(&Edit::DuplicateNodes { nodes });
    assert_eq!(refused, Err(EditError::NothingSelected));
}

#[test]
fn pasting_after_a_missing_node_is_refused() {
    let graph = lenet();
    let after = NodeId(4096);
    let fragment = graph.clone().into();
    let refused = graph.apply(&Edit::Paste { after, fragment });
    assert_eq!(refused, Err(EditError::NoNode(4096)));
}

/// As the published names go on: torchvision's ResNet-50 has layer1.0 to layer1.2.
#[test]
fn a_pasted_block_and_its_nodes_have_the_next_free_name() {
    let graph = built("resnet-50");
    let mut blocks = graph.blocks().iter();
    let block = blocks.find(|block| block.name == "layer1.1").unwrap();
    let fragment = graph.extract(&block.nodes).expect("they are there");
    let whole = paste(&graph, *block.nodes.last().unwrap(), &fragment);
    assert!(whole.blocks().iter().any(|it| it.name == "layer1.3"));
    let pasted = new(&graph, &whole);
    let pasted: Vec<&str> = pasted.iter().map(|node| node.name.as_str()).collect();
    assert!(pasted.contains(&"layer1.3.conv1"), "{pasted:?}");
    let original = block.nodes.iter().map(|&id| &graph.node(id).unwrap().name);
    let expected: Vec<_> = original
        .map(|it| it.replace("layer1.1.", "layer1.3."))
        .collect();
    assert_eq!(pasted, expected);
}

#[test]
fn a_layer_named_as_the_copy_of_a_pasted_block_would_be_keeps_its_name_unique() {
    let part = |block: &str, other: &str| {
        let mut net = GraphBuilder::new("net", Shape::new(1, 4, 4));
        net.block(block, |net| {
            net.then(format!("{block}.relu"), Activation::Relu)
        });
        net.then(other, Activation::Tanh);
        net.finish().expect("valid")
    };
    let graph = part("layer1", "head");
    // Copied, the block is “layer2” and its node “layer2.relu”.
    let whole = paste(
        &graph,
        graph.output(),
        &part("layer1", "layer2.relu").into(),
    );
    let all = names(&whole);
    assert_eq!(all[..3], ["layer1.relu", "head", "layer2.relu"]);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4);
}

#[test]
fn nested_blocks_are_pasted_with_all_names_going_on() {
    let mut net = GraphBuilder::new("net", Shape::new(1, 4, 4));
    net.block("stage1", |net| {
        net.block("stage1.0", |net| {
            net.then("stage1.0.relu", Activation::Relu)
        });
        net.then("stage1.tanh", Activation::Tanh)
    });
    let graph = net.finish().expect("valid");
    let whole = paste(&graph, graph.output(), &graph.clone().into());
    let pasted = names(&whole)[2..].to_vec();
    assert_eq!(pasted, ["stage2.0.relu", "stage2.tanh"]);
    let blocks: HashSet<_> = whole.blocks().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        blocks,
        HashSet::from(["stage1", "stage1.0", "stage2", "stage2.0"])
    );
}

/// A block that one node feeds is the same copy whichever way it is made.
#[test]
fn duplicating_a_block_is_pasting_it_behind_itself() {
    let mut compared = 0;
    for entry in zoo::CATALOGUE {
        let graph = entry.graph(&Default::default()).expect("it is there");
        for (block, it) in graph.blocks().iter().enumerate() {
            let inside = |id: &NodeId| it.nodes.contains(id);
            let inputs = it
                .nodes
                .iter()
                .flat_map(|&id| &graph.node(id).unwrap().inputs);
            let feeding: HashSet<_> = inputs.filter(|id| !inside(id)).collect();
            if feeding.len() != 1 {
                continue;
            }
            let fragment = graph.extract(&it.nodes).expect("they are there");
            let pasted = paste(&graph, *it.nodes.last().unwrap(), &fragment);
            let duplicated = graph.apply(&Edit::DuplicateBlock { block });
            assert_eq!(
                duplicated.as_ref(),
                Ok(&pasted),
                "{}: {}",
                entry.name,
                it.name
            );
            let nodes = it.nodes.clone();
            let selected = graph.apply(&Edit::DuplicateNodes { nodes });
            assert_eq!(
                selected.as_ref(),
                Ok(&pasted),
                "{}: {}",
                entry.name,
                it.name
            );
            compared += 1;
        }
    }
    assert!(
        compared > 50,
        "only {compared} blocks have one feeding node"
    );
}

#[test]
fn neighbours_are_duplicated_as_a_unit() {
    let graph = lenet();
    let nodes = ids(&graph, ["C3", "S2", "tanh3"]);
    let whole = graph.apply(&Edit::DuplicateNodes { nodes }).unwrap();
    let expected = ["S2", "C3", "tanh3", "S3", "C2", "tanh2", "S4"];
    let at = names(&whole).iter().position(|&name| name == "S2").unwrap();
    assert_eq!(names(&whole)[at..at + 7], expected);
    let fed = |name: &str| whole.named(name).unwrap().inputs.clone();
    assert_eq!(fed("S3"), ids(&whole, ["tanh3"]));
    assert_eq!(fed("S4"), ids(&whole, ["tanh2"]));
}

#[test]
fn layers_that_several_nodes_feed_are_duplicated_each_behind_itself() {
    let graph = lenet();
    let nodes = ids(&graph, ["tanh3", "tanh1"]);
    let whole = graph.apply(&Edit::DuplicateNodes { nodes }).unwrap();
    let inputs = new(&graph, &whole).into_iter().map(|node| node.inputs[0]);
    assert_eq!(inputs.collect::<Vec<_>>(), ids(&graph, ["tanh1", "tanh3"]));
    assert!(Analysis::of(&whole).is_valid());
}

#[test]
fn branches_side_by_side_are_duplicated_each_behind_itself() {
    let graph = built("googlenet");
    let merge = |node: &&Node| node.inputs.len() == 4;
    let merge = graph.nodes().iter().find(merge).expect("an inception");
    let nodes = merge.inputs.clone();
    let whole = graph.apply(&Edit::DuplicateNodes { nodes }).unwrap();
    assert!(Analysis::of(&whole).is_valid());
    for (&was, &is) in merge
        .inputs
        .iter()
        .zip(&whole.node(merge.id).unwrap().inputs)
    {
        assert_eq!(whole.node(is).unwrap().inputs, [was]);
    }
    // With the merge behind them they have one end, and four nodes feed them.
    let mut nodes = merge.inputs.clone();
    nodes.push(merge.id);
    let whole = graph.apply(&Edit::DuplicateNodes { nodes }).unwrap();
    assert_eq!(new(&graph, &whole).len(), 5);
}

#[test]
fn a_fragment_s_document_opens_as_a_network_and_pastes_again() {
    let graph = lenet();
    let fragment = graph.extract(&ids(&graph, ["C3", "tanh3"])).unwrap();
    let text = json::write(fragment.graph()).expect("finite numbers");
    let read = json::read(&text).expect("what was written");
    assert_eq!(read.name(), "part of LeNet-5");
    assert_eq!(Fragment::from(read), fragment);
    let after = graph.output();
    let edit = Edit::Paste { after, fragment };
    let text = serde_json::to_string(&edit).expect("finite numbers");
    assert_eq!(serde_json::from_str::<Edit>(&text).ok(), Some(edit));
}

/// What copying two layers of LeNet-5 gave when the page wrote the clipboard's text itself.
#[test]
fn a_clipboard_text_of_an_earlier_version_still_pastes() {
    let text = r#"{
      "cnn-lab": 1,
      "graph": {
        "input": { "channels": 6, "height": 28, "width": 28 },
        "name": "part of LeNet-5",
        "nodes": [
          { "id": 2, "inputs": [0], "layer": { "kind": "activation", "function": "tanh" }, "name": "tanh1" },
          { "id": 5, "inputs": [2], "layer": { "kind": "activation", "function": "tanh" }, "name": "tanh3" }
        ]
      }
    }"#;
    let graph = lenet();
    let fragment = Fragment::from(json::read(text).expect("a document of version 1"));
    let whole = paste(&graph, id(&graph, "tanh6"), &fragment);
    assert_eq!(new(&graph, &whole).len(), 2);
    assert!(Analysis::of(&whole).is_valid());
}
