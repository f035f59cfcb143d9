//! Where a layer can be put: on every wire and at every end; and the edits that move and connect.

use std::collections::HashSet;

use engine::graph::Edit;
use engine::layer::Family;
use engine::{Graph, NodeId};
use state::palette::Spot;
use state::stages::{Layout, Point, Stages};

/// A wire, or an end of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// “between C1 and S2”.
    pub label: String,
    pub at: Point,
    pub from: NodeId,
    /// The consumers on the wire with the slot of each; none at an end.
    pub takers: Vec<(NodeId, usize)>,
    /// The index of the edge.
    pub edge: Option<usize>,
}

impl Place {
    pub fn spot(&self) -> Spot {
        Spot::on(self.from, self.takers.clone())
    }
}

/// The name of a node.
pub fn name(graph: &Graph, id: NodeId) -> &str {
    graph.node(id).map_or("input", |node| node.name.as_str())
}

/// Every place, in the order of reading.
pub fn places(graph: &Graph, stages: &Stages, layout: &Layout) -> Vec<Place> {
    let stage_name = |at: usize, node: NodeId| match stages.all[at].block {
        Some(block) => graph.blocks()[block].name.as_str(),
        None => name(graph, node),
    };
    let mut places: Vec<Place> = { layout.wires.iter() }
        .map(|wire| {
            let edge = &stages.edges[wire.edge];
            let to = edge.takers.first().map_or(edge.source, |taker| taker.0);
            Place {
                label: format!(
                    "between {} and {}",
                    name(graph, edge.source),
                    stage_name(edge.to, to)
                ),
                at: middle(&wire.points),
                from: edge.source,
                takers: edge.takers.clone(),
                edge: Some(wire.edge),
            }
        })
        .collect();
    let taken: HashSet<NodeId> = { graph.nodes().iter() }
        .flat_map(|node| node.inputs.iter().copied())
        .collect();
    for (stage, card) in stages.all.iter().zip(&layout.cards) {
        let last = stage.last();
        if !taken.contains(&last) {
            let rect = card.rect;
            // At the height at which the wire comes in.
            let wires = layout.wires.iter().filter(|wire| !wire.skip);
            let mut incoming = wires.filter(|wire| stages.edges[wire.edge].to == card.stage);
            let height = incoming.next().and_then(|wire| wire.points.last());
            let at = if layout.narrow {
                (rect.x + 20.0, rect.bottom() + 6.0)
            } else {
                let middle = rect.y + rect.height / 2.0;
                (rect.right(), height.map_or(middle, |point| point.1))
            };
            places.push(Place {
                label: format!("behind {}", name(graph, last)),
                at,
                from: last,
                takers: Vec::new(),
                edge: None,
            });
        }
    }
    let order = |place: &Place| graph.position(place.from).map_or(0, |at| at + 1);
    places.sort_by_key(order);
    places
}

/// The middle of the last part of a line that is long enough for a button, else of the longest.
fn middle(points: &[Point]) -> Point {
    let lines = points.windows(2).map(|pair| (pair[0], pair[1]));
    let length = |(from, to): &(Point, Point)| (from.0 - to.0).abs() + (from.1 - to.1).abs();
    let longest = lines.max_by(|one, other| length(one).total_cmp(&length(other)));
    longest.map_or((0.0, 0.0), |(from, to)| {
        ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0)
    })
}

/// The place at this point, at most `reach` away.
pub fn nearest(places: &[Place], layout: &Layout, at: Point, reach: f32) -> Option<usize> {
    let far = |place: &Place| {
        let button = (place.at.0 - at.0).hypot(place.at.1 - at.1);
        let wire = place
            .edge
            .and_then(|edge| layout.wires.iter().find(|it| it.edge == edge));
        wire.map_or(button, |wire| distance(&wire.points, at).min(button))
    };
    let all = places.iter().map(far).enumerate();
    let within = all.filter(|&(_, far)| far <= reach);
    within
        .min_by(|one, other| one.1.total_cmp(&other.1))
        .map(|(at, _)| at)
}

/// How far a point is from a line.
fn distance(points: &[Point], (x, y): Point) -> f32 {
    let one = |pair: &[Point]| {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        let nearest = |at: f32, one: f32, other: f32| at.clamp(one.min(other), one.max(other));
        (x - nearest(x, x1, x2)).hypot(y - nearest(y, y1, y2))
    };
    points.windows(2).map(one).fold(f32::INFINITY, f32::min)
}

/// The edits that move a node there; none when it is there already.
pub fn relocate(graph: &Graph, place: &Place, id: NodeId) -> Vec<Edit> {
    let before = graph.node(id).and_then(|node| node.inputs.first().copied());
    let Some(before) = before.filter(|_| place.from != id) else {
        return Vec::new();
    };
    if place.takers.iter().any(|&(to, _)| to == id) {
        return Vec::new();
    }
    let takers = |of: NodeId| graph.consumers(of).map(|(node, slot)| (node.id, slot));
    let connect = |from: NodeId| move |(to, slot)| Edit::Connect { from, to, slot };
    if place.from == before {
        // It only changes branches: its consumers get its input.
        let mut edits: Vec<Edit> = takers(id).map(connect(before)).collect();
        edits.extend(place.takers.iter().copied().map(connect(id)));
        return edits;
    }
    // A move inserts it before all consumers; those on other wires are reconnected.
    let mut edits = vec![Edit::Move {
        node: id,
        after: place.from,
    }];
    let others = takers(place.from).filter(|taker| taker.0 != id && !place.takers.contains(taker));
    edits.extend(others.map(connect(place.from)));
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
    use std::collections::HashSet;

    use engine::layer::{Activation, Merge};
    use engine::{Analysis, GraphBuilder, Shape};
    use state::selection::Folding;
    use state::stages::{Level, Room, layout, stages};

    use super::*;

    /// a → b → add(b, a) → c; each layer is a card of its own.
    fn residual() -> Graph {
        let mut net = GraphBuilder::new("residual", Shape::new(1, 8, 8));
        let a = net.then("a", Merge::Add);
        net.block("block", |net| {
            let b = net.then("b", Merge::Add);
            net.from(&[b, a], "add", Merge::Add);
        });
        net.then("c", Merge::Add);
        net.finish().unwrap()
    }

    fn all(graph: &Graph, folding: &Folding) -> (Vec<Place>, Layout) {
        let stages = stages(graph, &Analysis::of(graph), folding, &HashSet::new());
        let room = Room {
            width: 1160.0,
            height: 776.0,
            level: Some(Level::Far),
            costs: true,
            list: false,
        };
        let layout = layout(&stages, room);
        (places(graph, &stages, &layout), layout)
    }

    fn at<'a>(places: &'a [Place], label: &str) -> &'a Place {
        let mut all = places.iter();
        let found = all.find(|place| place.label == label);
        found.unwrap_or_else(|| panic!("{label}: {places:?}"))
    }

    fn inputs(graph: &Graph, of: &str) -> Vec<String> {
        let node = graph.named(of).unwrap();
        node.inputs
            .iter()
            .map(|&id| name(graph, id).to_owned())
            .collect()
    }

    #[test]
    fn every_wire_and_the_end_of_the_network_are_places() {
        let (places, layout) = all(&residual(), &Folding::default());
        let mut labels: Vec<&str> = places.iter().map(|place| place.label.as_str()).collect();
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
        for (number, place) in places.iter().enumerate() {
            assert_eq!(
                nearest(&places, &layout, place.at, 4.0),
                Some(number),
                "{}",
                place.label
            );
        }
        assert_eq!(nearest(&places, &layout, (9000.0, 0.0), 4.0), None);
    }

    #[test]
    fn a_wire_into_a_folded_block_goes_to_all_that_take_it() {
        let graph = residual();
        let (places, _) = all(&graph, &Folding::all(&graph));
        let id = |name| graph.named(name).unwrap().id;
        let place = at(&places, "between a and block");
        assert_eq!(place.takers, [(id("b"), 0), (id("add"), 1)]);
    }

    #[test]
    fn a_moved_node_stands_on_that_wire_only_and_keeps_its_number() {
        let graph = residual();
        let c = graph.named("c").unwrap().id;
        let (places, _) = all(&graph, &Folding::default());
        let edits = relocate(&graph, at(&places, "between a and b"), c);
        let edited = graph.apply_all(&edits).unwrap();
        assert_eq!(edited.named("c").unwrap().id, c);
        assert_eq!(inputs(&edited, "c"), ["a"]);
        assert_eq!(inputs(&edited, "b"), ["c"]);
        assert_eq!(inputs(&edited, "add"), ["b", "a"]);
    }

    #[test]
    fn a_node_moves_from_one_branch_to_the_other() {
        let graph = residual();
        let b = graph.named("b").unwrap().id;
        let (places, _) = all(&graph, &Folding::default());
        let edits = relocate(&graph, at(&places, "between a and add"), b);
        let edited = graph.apply_all(&edits).unwrap();
        assert_eq!(inputs(&edited, "b"), ["a"]);
        assert_eq!(inputs(&edited, "add"), ["a", "b"]);
    }

    #[test]
    fn moving_a_node_to_its_own_wire_makes_no_edits() {
        let graph = residual();
        let b = graph.named("b").unwrap().id;
        let (places, _) = all(&graph, &Folding::default());
        for label in ["between a and b", "between b and add"] {
            assert_eq!(relocate(&graph, at(&places, label), b), []);
        }
    }

    #[test]
    fn a_merge_takes_one_more_input_and_gives_it_back() {
        let mut net = GraphBuilder::new("plain", Shape::new(1, 8, 8));
        let a = net.then("a", Activation::Relu);
        let b = net.then("b", Activation::Relu);
        net.from(&[b, a], "add", Merge::Add);
        net.then("c", Activation::Relu);
        let graph = net.finish().unwrap();
        let id = |name| graph.named(name).unwrap().id;
        let edit = connect(&graph, NodeId::INPUT, id("add")).unwrap();
        let more = graph.apply(&edit).unwrap();
        assert_eq!(inputs(&more, "add"), ["b", "a", "input"]);
        let edit = connect(&more, NodeId::INPUT, id("add")).unwrap();
        assert_eq!(more.apply(&edit).unwrap(), graph);
        let edit = connect(&graph, id("a"), id("c")).unwrap();
        assert_eq!(inputs(&graph.apply(&edit).unwrap(), "c"), ["a"]);
    }
}
