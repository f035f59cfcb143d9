//! Drop targets, and the edits of a drop.

use std::collections::HashMap;

use engine::graph::Edit;
use engine::layer::Family;
use engine::{Graph, NodeId};

use super::layout::{Item, Layout, Point};
use super::path::distance;

/// A drop target: a wire, or the end of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct DropTarget {
    /// Such as “between C1 and S2”.
    pub label: String,
    pub at: Point,
    pub from: NodeId,
    /// The consumers of the wire with the slot of each; several where a folded block uses it more
    /// than once; none at an end.
    pub takers: Vec<(NodeId, usize)>,
}

/// Offset below a node without consumers.
const BELOW: f32 = 16.0;

/// Every drop target of a picture, from top to bottom.
pub fn drop_targets(graph: &Graph, layout: &Layout) -> Vec<DropTarget> {
    let mut drop_targets: Vec<DropTarget> = Vec::new();
    let mut bundles: HashMap<(NodeId, Item), usize> = HashMap::new();
    for wire in &layout.wires {
        let taker = (wire.to, wire.slot);
        let folded = matches!(wire.ends.1, Item::Block(_));
        if let Some(&known) = bundles.get(&(wire.from, wire.ends.1)).filter(|_| folded) {
            drop_targets[known].takers.push(taker);
            continue;
        }
        bundles.insert((wire.from, wire.ends.1), drop_targets.len());
        let to = match wire.ends.1 {
            Item::Block(block) => graph.blocks()[block].name.as_str(),
            Item::Input | Item::Node(_) => name(graph, wire.to),
        };
        drop_targets.push(DropTarget {
            label: format!("between {} and {to}", name(graph, wire.from)),
            at: middle(&wire.points),
            from: wire.from,
            takers: vec![taker],
        });
    }
    let mut taken: Vec<bool> = vec![false; graph.nodes().len() + 1];
    let place = |id: NodeId| graph.position(id).map_or(0, |place| place + 1);
    for &input in graph.nodes().iter().flat_map(|node| &node.inputs) {
        taken[place(input)] = true;
    }
    let nodes = graph.nodes().iter().map(|node| node.id);
    for id in [NodeId::INPUT]
        .into_iter()
        .chain(nodes)
        .filter(|&id| !taken[place(id)])
    {
        let item = layout.showing(id, graph);
        if let Some(placed) = item.and_then(|item| layout.placed(item)) {
            let rect = placed.rect;
            drop_targets.push(DropTarget {
                label: format!("behind {}", name(graph, id)),
                at: (rect.x + rect.width / 2.0, rect.bottom() + BELOW),
                from: id,
                takers: Vec::new(),
            });
        }
    }
    drop_targets.sort_by(|one, other| {
        one.at
            .1
            .total_cmp(&other.at.1)
            .then(one.at.0.total_cmp(&other.at.0))
    });
    drop_targets
}

/// The label of an item.
pub fn name(graph: &Graph, id: NodeId) -> &str {
    graph.node(id).map_or("input", |node| node.name.as_str())
}

/// The midpoint of a wire's longest segment.
fn middle(points: &[Point]) -> Point {
    let lines = points.windows(2).map(|pair| (pair[0], pair[1]));
    let length = |(from, to): &(Point, Point)| (from.0 - to.0).abs() + (from.1 - to.1).abs();
    let longest = lines.max_by(|one, other| length(one).total_cmp(&length(other)));
    longest.map_or((0.0, 0.0), |(from, to)| {
        ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0)
    })
}

/// The drop target at this point of the picture, at most `reach` away.
pub fn nearest(
    drop_targets: &[DropTarget],
    layout: &Layout,
    at: Point,
    reach: f32,
) -> Option<usize> {
    let far = |drop_target: &DropTarget| {
        let (x, y) = (drop_target.at.0 - at.0, drop_target.at.1 - at.1);
        let wires = layout
            .wires
            .iter()
            .filter(|wire| drop_target.takers.contains(&(wire.to, wire.slot)));
        wires
            .map(|wire| distance(&wire.points, at))
            .fold(x.hypot(y), f32::min)
    };
    let all = drop_targets
        .iter()
        .enumerate()
        .map(|(number, drop_target)| (number, far(drop_target)));
    let within = all.filter(|&(_, far)| far <= reach);
    within
        .min_by(|one, other| one.1.total_cmp(&other.1))
        .map(|(number, _)| number)
}

/// The edits that move a node there; none when it is there already.
pub fn relocate(graph: &Graph, drop_target: &DropTarget, id: NodeId) -> Vec<Edit> {
    let before = graph.node(id).and_then(|node| node.inputs.first().copied());
    let Some(before) = before.filter(|_| drop_target.from != id) else {
        return Vec::new();
    };
    if drop_target.takers.iter().any(|&(to, _)| to == id) {
        return Vec::new();
    }
    let takers = |of: NodeId| graph.consumers(of).map(|(node, slot)| (node.id, slot));
    let connect = |from: NodeId| move |(to, slot)| Edit::Connect { from, to, slot };
    if drop_target.from == before {
        // It only changes branches: its consumers get its input.
        let mut edits: Vec<Edit> = takers(id).map(connect(before)).collect();
        edits.extend(drop_target.takers.iter().copied().map(connect(id)));
        return edits;
    }
    // A move inserts it before all consumers of the drop target's output; other branches are
    // reconnected.
    let mut edits = vec![Edit::Move {
        node: id,
        after: drop_target.from,
    }];
    let others = takers(drop_target.from)
        .filter(|taker| taker.0 != id && !drop_target.takers.contains(taker));
    edits.extend(others.map(connect(drop_target.from)));
    edits
}

/// Connects `from` to `to`: as a further input of a merge, else in place of the input. An existing
/// input of a merge is disconnected instead.
pub fn connect(graph: &Graph, from: NodeId, to: NodeId) -> Option<Edit> {
    let node = graph.node(to)?;
    if node.layer.family() != Family::Merge {
        return Some(Edit::Connect { from, to, slot: 0 });
    }
    Some(match node.inputs.iter().position(|&input| input == from) {
        Some(slot) if node.inputs.len() > 1 => Edit::Disconnect { to, slot },
        _ => Edit::Connect {
            from,
            to,
            slot: node.inputs.len(),
        },
    })
}

#[cfg(test)]
mod tests {
    use engine::layer::{Activation, Merge};
    use engine::{GraphBuilder, Shape};

    use super::super::SIZES;
    use super::super::layout::{Folding, place};
    use super::*;

    /// a → b → add(b, a) → c.
    fn residual() -> Graph {
        let mut net = GraphBuilder::new("residual", Shape::new(1, 8, 8));
        let a = net.then("a", Activation::Relu);
        net.block("block", |net| {
            let b = net.then("b", Activation::Relu);
            net.from(&[b, a], "add", Merge::Add);
        });
        net.then("c", Activation::Relu);
        net.finish().unwrap()
    }

    fn at<'a>(drop_targets: &'a [DropTarget], label: &str) -> &'a DropTarget {
        drop_targets
            .iter()
            .find(|drop_target| drop_target.label == label)
            .unwrap_or_else(|| panic!("{label}: {drop_targets:?}"))
    }

    fn inputs(graph: &Graph, of: &str) -> Vec<String> {
        let node = graph.named(of).unwrap();
        node.inputs
            .iter()
            .map(|&id| name(graph, id).to_owned())
            .collect()
    }

    #[test]
    fn every_wire_and_the_end_of_the_network_are_drop_targets() {
        let graph = residual();
        let drop_targets = drop_targets(&graph, &place(&graph, &Folding::default(), &SIZES));
        let mut labels: Vec<&str> = drop_targets
            .iter()
            .map(|drop_target| drop_target.label.as_str())
            .collect();
        labels.sort_unstable();
        let mut wanted = [
            "between input and a",
            "between a and b",
            "between b and add",
            "between a and add",
            "between add and c",
            "behind c",
        ];
        wanted.sort_unstable();
        assert_eq!(labels, wanted);
    }

    #[test]
    fn a_moved_node_stands_on_that_wire_only_and_keeps_its_number() {
        let graph = residual();
        let c = graph.named("c").unwrap().id;
        let drop_targets = drop_targets(&graph, &place(&graph, &Folding::default(), &SIZES));
        let edited = graph
            .apply_all(&relocate(&graph, at(&drop_targets, "between a and b"), c))
            .unwrap();
        assert_eq!(edited.named("c").unwrap().id, c);
        assert_eq!(inputs(&edited, "c"), ["a"]);
        assert_eq!(inputs(&edited, "b"), ["c"]);
        assert_eq!(inputs(&edited, "add"), ["b", "a"]);
    }

    #[test]
    fn a_node_moves_from_one_branch_to_the_other() {
        let graph = residual();
        let b = graph.named("b").unwrap().id;
        let drop_targets = drop_targets(&graph, &place(&graph, &Folding::default(), &SIZES));
        let edited = graph
            .apply_all(&relocate(&graph, at(&drop_targets, "between a and add"), b))
            .unwrap();
        assert_eq!(inputs(&edited, "b"), ["a"]);
        assert_eq!(inputs(&edited, "add"), ["a", "b"]);
    }

    #[test]
    fn moving_a_node_to_its_own_wire_makes_no_edits() {
        let graph = residual();
        let b = graph.named("b").unwrap().id;
        let drop_targets = drop_targets(&graph, &place(&graph, &Folding::default(), &SIZES));
        for label in ["between a and b", "between b and add"] {
            assert_eq!(relocate(&graph, at(&drop_targets, label), b), []);
        }
    }

    #[test]
    fn a_merge_takes_one_more_input_and_gives_it_back() {
        let graph = residual();
        let id = |name| graph.named(name).unwrap().id;
        let more = graph
            .apply(&connect(&graph, NodeId::INPUT, id("add")).unwrap())
            .unwrap();
        assert_eq!(inputs(&more, "add"), ["b", "a", "input"]);
        let back = more
            .apply(&connect(&more, NodeId::INPUT, id("add")).unwrap())
            .unwrap();
        assert_eq!(back, graph);
        let other = graph
            .apply(&connect(&graph, id("a"), id("c")).unwrap())
            .unwrap();
        assert_eq!(inputs(&other, "c"), ["a"]);
    }

    #[test]
    fn the_nearest_drop_target_is_that_of_the_nearest_wire() {
        let graph = residual();
        let layout = place(&graph, &Folding::default(), &SIZES);
        let drop_targets = drop_targets(&graph, &layout);
        for (number, drop_target) in drop_targets.iter().enumerate() {
            assert_eq!(
                nearest(&drop_targets, &layout, drop_target.at, 4.0),
                Some(number),
                "{}",
                drop_target.label
            );
        }
        assert_eq!(nearest(&drop_targets, &layout, (9000.0, 0.0), 4.0), None);
    }
}
