use std::collections::{HashMap, HashSet};

use engine::graph::{Edit, Piece, Place};
use engine::layer::{Activation, Conv, Merge};
use engine::zoo::{CATALOGUE, Options};
use engine::{Graph, GraphBuilder, NodeId, Shape};

use super::*;

const SIZES: Sizes = Sizes {
    input: Size {
        width: 208.0,
        height: 92.0,
    },
    node: Size {
        width: 208.0,
        height: 92.0,
    },
    block: Size {
        width: 208.0,
        height: 60.0,
    },
};

/// Every network of the zoo and graphs of any kind, open and folded.
fn networks() -> impl Iterator<Item = (String, Graph, Folding)> {
    let known = zoo().map(|(name, graph, folding)| (name.to_owned(), graph, folding));
    let thrown = (0..300).flat_map(|seed| {
        let graph = thrown(seed);
        let all = Folding::all(&graph);
        let name = format!("seed {seed}");
        [
            (name.clone(), graph.clone(), Folding::default()),
            (name, graph, all),
        ]
    });
    known.chain(thrown)
}

/// Every network of the zoo, open and folded.
fn zoo() -> impl Iterator<Item = (&'static str, Graph, Folding)> {
    CATALOGUE.iter().flat_map(|entry| {
        let graph = entry.graph(&Options::default()).unwrap();
        let all = Folding::all(&graph);
        [
            (entry.name, graph.clone(), Folding::default()),
            (entry.name, graph, all),
        ]
    })
}

fn open(graph: &Graph) -> Layout {
    place(graph, &Folding::default(), &SIZES)
}

/// What a node is drawn as: itself, or the outermost folded block around it.
fn shown(graph: &Graph, folding: &Folding) -> HashMap<NodeId, Item> {
    let mut shown = HashMap::from([(NodeId::INPUT, Item::Input)]);
    shown.extend(
        graph
            .nodes()
            .iter()
            .map(|node| (node.id, Item::Node(node.id))),
    );
    let mut blocks: Vec<(usize, &engine::graph::Block)> =
        graph.blocks().iter().enumerate().collect();
    blocks.sort_by_key(|(_, block)| block.nodes.len());
    for (number, block) in blocks {
        if folding.folds(block) {
            shown.extend(block.nodes.iter().map(|&id| (id, Item::Block(number))));
        }
    }
    shown
}

#[test]
fn no_two_boxes_overlap_in_any_network() {
    for (name, graph, folding) in networks() {
        let mut items = place(&graph, &folding, &SIZES).items;
        items.sort_by(|one, other| one.rect.y.total_cmp(&other.rect.y));
        for (number, one) in items.iter().enumerate() {
            let below = items[number + 1..].iter();
            for other in below.take_while(|other| other.rect.y < one.rect.bottom()) {
                assert!(!one.rect.overlaps(&other.rect), "{name}: {one:?} {other:?}");
            }
        }
    }
}

#[test]
fn every_node_has_one_place_and_every_wire_one_way() {
    for (name, graph, folding) in zoo() {
        let layout = place(&graph, &folding, &SIZES);
        let shown = shown(&graph, &folding);
        let wanted: HashSet<Item> = shown.values().copied().collect();
        let items: HashSet<Item> = layout.items.iter().map(|placed| placed.item).collect();
        assert_eq!(items, wanted, "{name}");
        assert_eq!(layout.items.len(), wanted.len(), "{name}");
        let wires: Vec<_> = layout
            .wires
            .iter()
            .map(|wire| (wire.from, wire.to, wire.slot))
            .collect();
        let visible: Vec<_> = { graph.nodes().iter() }
            .flat_map(|node| {
                let inputs = node.inputs.iter().enumerate();
                inputs.map(move |(slot, &from)| (from, node.id, slot))
            })
            .filter(|(from, to, _)| shown[from] != shown[to])
            .collect();
        assert_eq!(wires, visible, "{name}");
    }
}

#[test]
fn every_wire_goes_down_from_its_source_to_its_target() {
    for (name, graph, folding) in networks() {
        let layout = place(&graph, &folding, &SIZES);
        let rects = layout.rects();
        for wire in &layout.wires {
            let (source, target) = (rects[&wire.ends.0], rects[&wire.ends.1]);
            let (first, last) = (wire.points[0], wire.points[wire.points.len() - 1]);
            assert_eq!(first.1, source.bottom(), "{name}: {wire:?}");
            assert_eq!(last.1, target.y, "{name}: {wire:?}");
            assert!(
                source.x < first.0 && first.0 < source.right(),
                "{name}: {wire:?} {source:?}"
            );
            assert!(
                target.x < last.0 && last.0 < target.right(),
                "{name}: {wire:?} {target:?}"
            );
            for pair in wire.points.windows(2) {
                assert!(
                    pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1,
                    "{name}: {wire:?}"
                );
                assert!(pair[0].1 <= pair[1].1, "{name}: {wire:?}");
            }
        }
    }
}

#[test]
fn no_wire_goes_through_a_box() {
    for (name, graph, folding) in networks() {
        let layout = place(&graph, &folding, &SIZES);
        let mut items = layout.items.clone();
        items.sort_by(|one, other| one.rect.y.total_cmp(&other.rect.y));
        for wire in &layout.wires {
            for pair in wire.points.windows(2) {
                let [(x1, y1), (x2, y2)] = [pair[0], pair[1]];
                let line = Rect {
                    x: x1.min(x2) - 0.25,
                    y: y1,
                    width: (x1 - x2).abs() + 0.5,
                    height: y2 - y1,
                };
                let hit = { items.iter() }
                    .take_while(|placed| placed.rect.y < line.bottom())
                    .find(|placed| placed.rect.overlaps(&line));
                assert_eq!(hit, None, "{name}: {wire:?}");
            }
        }
    }
}

#[test]
fn a_frame_holds_its_block_s_nodes_and_no_others() {
    for (name, graph, folding) in zoo() {
        let layout = place(&graph, &folding, &SIZES);
        for frame in &layout.frames {
            let nodes: HashSet<NodeId> =
                graph.blocks()[frame.block].nodes.iter().copied().collect();
            for placed in &layout.items {
                let inside = match placed.item {
                    Item::Input => false,
                    Item::Node(id) => nodes.contains(&id),
                    Item::Block(block) => nodes.contains(&graph.blocks()[block].nodes[0]),
                };
                assert_eq!(
                    frame.rect.overlaps(&placed.rect),
                    inside,
                    "{name}: {placed:?}"
                );
            }
        }
    }
}

#[test]
fn every_block_of_the_zoo_is_a_frame_when_open() {
    for entry in CATALOGUE {
        let graph = entry.graph(&Options::default()).unwrap();
        assert_eq!(
            open(&graph).frames.len(),
            graph.blocks().len(),
            "{}",
            entry.name
        );
    }
}

#[test]
fn other_settings_of_a_layer_move_nothing() {
    let graph = engine::zoo::build("googlenet", &Options::default()).unwrap();
    let node = graph
        .nodes()
        .iter()
        .find(|node| node.layer.title().starts_with("conv"))
        .unwrap();
    let edit = Edit::SetLayer {
        node: node.id,
        layer: Conv::new(7, 9).into(),
    };
    assert_eq!(open(&graph.apply(&edit).unwrap()), open(&graph));
}

/// All that the node feeds, directly or not.
fn after(graph: &Graph, id: NodeId) -> HashSet<NodeId> {
    let mut after = HashSet::from([id]);
    for node in graph.nodes() {
        if node.inputs.iter().any(|input| after.contains(input)) {
            after.insert(node.id);
        }
    }
    after
}

/// All that feeds the node, directly or not.
fn before(graph: &Graph, id: NodeId) -> HashSet<NodeId> {
    let mut before = HashSet::from([id]);
    for node in graph.nodes().iter().rev() {
        if before.contains(&node.id) {
            before.extend(&node.inputs);
        }
    }
    before
}

#[test]
fn a_node_put_into_a_chain_moves_nothing_that_feeds_it() {
    for (name, graph, folding) in zoo().filter(|(_, graph, _)| graph.nodes().len() < 220) {
        let old = place(&graph, &folding, &SIZES).rects();
        for node in graph.nodes().iter().step_by(7) {
            let alone = graph.consumers(node.inputs[0]).count() == 1;
            if node.inputs.len() > 1 || !alone {
                continue;
            }
            let edit = Edit::Insert {
                place: Place::On {
                    to: node.id,
                    slot: 0,
                },
                piece: Piece::Layer(Activation::Tanh.into()),
                name: None,
            };
            let edited = graph.apply(&edit).unwrap();
            let new = edited
                .named(
                    &edited
                        .nodes()
                        .iter()
                        .find(|it| graph.node(it.id).is_none())
                        .unwrap()
                        .name,
                )
                .unwrap()
                .id;
            let (after, before) = (after(&edited, new), before(&edited, new));
            for placed in place(&edited, &folding, &SIZES).items {
                let Some(id) = placed.item.node() else {
                    continue;
                };
                if id == new {
                    continue;
                }
                let was = old[&placed.item];
                if before.contains(&id) {
                    assert_eq!(
                        placed.rect, was,
                        "{name}: {id:?} feeds the new {}",
                        node.name
                    );
                } else if after.contains(&id) {
                    assert!(placed.rect.y >= was.y, "{name}: {id:?} went up");
                }
            }
        }
    }
}

#[test]
fn the_branches_of_an_inception_module_stand_side_by_side_in_the_paper_s_order() {
    let graph = engine::zoo::build("googlenet", &Options::default()).unwrap();
    let rects = open(&graph).rects();
    // Szegedy et al. 2015, figure 2b: 1×1; 3×3 behind its reduction; 5×5; pooling.
    let heads = ["branch1", "branch2.0", "branch3.0", "branch4.0"];
    let rect = |branch: &str| {
        let name = format!("inception3a.{branch}");
        rects[&Item::Node(graph.named(&name).unwrap_or_else(|| panic!("{name}")).id)]
    };
    let heads: Vec<Rect> = heads.into_iter().map(rect).collect();
    for pair in heads.windows(2) {
        assert_eq!(pair[0].y, pair[1].y);
        assert!(pair[0].right() < pair[1].x);
    }
}

/// A chain of four activations.
fn chain() -> (GraphBuilder, [NodeId; 4]) {
    let mut net = GraphBuilder::new("chain", Shape::new(1, 8, 8));
    let nodes = ["a", "b", "c", "d"].map(|name| net.then(name, Activation::Relu));
    (net, nodes)
}

#[test]
fn a_skip_goes_down_a_lane_beside_the_chain() {
    let (mut net, [a, _, _, d]) = chain();
    let add = net.from(&[d, a], "add", Merge::Add);
    let layout = open(&net.finish().unwrap());
    let skip = layout
        .wires
        .iter()
        .find(|wire| (wire.to, wire.slot) == (add, 1))
        .unwrap();
    let right = layout.items[0].rect.right();
    // Down, across, down the lane, across, down.
    assert_eq!(skip.points.len(), 6);
    assert!(skip.points[2].0 > right && skip.points[3].0 == skip.points[2].0);
    let straight = layout
        .items
        .iter()
        .all(|placed| placed.rect.x == layout.items[0].rect.x);
    assert!(straight, "a chain stays on its axis");
}

#[test]
fn blocks_that_feed_each_other_in_a_circle_are_not_both_boxes() {
    let (mut net, _) = chain();
    let _ = net.then("e", Activation::Relu);
    let text = serde_json::to_value(net.finish().unwrap()).unwrap();
    let with = |blocks: serde_json::Value| {
        let mut text = text.clone();
        text["blocks"] = blocks;
        serde_json::from_value::<Graph>(text).unwrap()
    };
    // a→b→c→d: the first two blocks cross in time, the next two share a node.
    for blocks in [
        serde_json::json!([{ "name": "x", "nodes": [1, 4] }, { "name": "y", "nodes": [2, 3, 5] }]),
        serde_json::json!([{ "name": "x", "nodes": [1, 2] }, { "name": "y", "nodes": [2, 3] }]),
    ] {
        let graph = with(blocks);
        let layout = place(&graph, &Folding::all(&graph), &SIZES);
        let boxes = layout
            .items
            .iter()
            .filter(|placed| matches!(placed.item, Item::Block(_)));
        assert!(boxes.count() <= 1);
        let nodes: HashSet<Item> = layout.items.iter().map(|placed| placed.item).collect();
        assert_eq!(nodes.len(), layout.items.len());
    }
}

#[test]
fn arrows_follow_the_wires_and_go_to_what_stands_beside() {
    let (mut net, [a, b, _, d]) = chain();
    net.go_to(a);
    let side = net.then("side", Activation::Tanh);
    let add = net.from(&[d, side], "add", Merge::Add);
    let layout = open(&net.finish().unwrap());
    let next = |from, direction| layout.next(Item::Node(from), direction);
    assert_eq!(next(d, Direction::Down), Some(Item::Node(add)));
    assert_eq!(next(b, Direction::Up), Some(Item::Node(a)));
    assert_eq!(next(b, Direction::Right), Some(Item::Node(side)));
    assert_eq!(next(side, Direction::Left), Some(Item::Node(b)));
    assert_eq!(next(side, Direction::Down), Some(Item::Node(add)));
    assert_eq!(next(add, Direction::Down), None);
    assert_eq!(next(a, Direction::Up), Some(Item::Input));
}

/// `cargo test -p app --release -- --ignored places_in --nocapture` prints the times.
#[test]
#[ignore = "a measurement"]
fn places_in() {
    for name in ["resnet-152", "densenet-121", "vgg-19"] {
        let graph = engine::zoo::build(name, &Options::default()).unwrap();
        let start = std::time::Instant::now();
        for _ in 0..100 {
            std::hint::black_box(open(std::hint::black_box(&graph)));
        }
        println!(
            "{name}: {} nodes, {:?}",
            graph.nodes().len(),
            start.elapsed() / 100
        );
    }
}

/// Numbers as from a die, the same every time (Knuth's MMIX constants).
struct Die(u64);

impl Die {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Any graph: nodes that take whatever stands before them, blocks of whatever nodes.
fn thrown(seed: u64) -> Graph {
    let mut die = Die(seed);
    let mut net = GraphBuilder::new("thrown", Shape::new(1, 8, 8));
    let mut ids = vec![NodeId::INPUT];
    for number in 0..2 + die.below(40) {
        let near = ids.len().min(2 + die.below(8));
        let inputs: Vec<NodeId> = (0..1 + die.below(3))
            .map(|_| ids[ids.len() - 1 - die.below(near)])
            .collect();
        ids.push(net.from(&inputs, format!("n{number}"), Merge::Add));
    }
    let mut text = serde_json::to_value(net.finish().unwrap()).unwrap();
    let blocks: Vec<_> = (0..die.below(6))
        .map(|number| {
            let first = 1 + die.below(ids.len() - 1);
            let run = ids[first..].iter().take(1 + die.below(10));
            let some: Vec<NodeId> = run.copied().filter(|_| die.below(8) > 0).collect();
            serde_json::json!({ "name": format!("b{number}"), "nodes": some })
        })
        .filter(|block| block["nodes"] != serde_json::json!([]))
        .collect();
    text["blocks"] = blocks.into();
    serde_json::from_value(text).unwrap()
}

#[test]
fn a_wire_that_passes_by_crosses_and_one_beside_does_not() {
    let rect = Rect {
        x: 0.0,
        y: 100.0,
        width: 50.0,
        height: 50.0,
    };
    let wire = |points: [(f32, f32); 2]| Wire {
        from: NodeId::INPUT,
        to: NodeId(1),
        slot: 0,
        ends: (Item::Input, Item::Node(NodeId(1))),
        points: points.to_vec(),
    };
    // Neither of its ends is seen.
    assert!(wire([(20.0, 0.0), (20.0, 900.0)]).crosses(&rect));
    assert!(!wire([(60.0, 0.0), (60.0, 900.0)]).crosses(&rect));
    assert!(!wire([(20.0, 160.0), (20.0, 900.0)]).crosses(&rect));
}
