//! The walk back from the loss to the input.

use engine::explain::{Backward, Scope};
use engine::session::{DeviceKind, Unit};
use engine::{Graph, NodeId, Shape};

use crate::answer::{Ranges, Trace};

/// A place of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Loss,
    Logits,
    Node(NodeId),
}

impl Stop {
    /// The node whose gradient is seen here.
    pub const fn node(self) -> Option<NodeId> {
        match self {
            Self::Node(node) => Some(node),
            Self::Loss | Self::Logits => None,
        }
    }
}

/// The stops in a graph, from the loss to the input; only the loss where it has no classes.
pub fn stops(graph: &Graph) -> Vec<Stop> {
    let mut stops = vec![Stop::Loss];
    if let Ok(scope) = Scope::of(graph) {
        stops.push(Stop::Logits);
        let before = scope.nodes.iter().rev().filter(|it| **it != scope.logits);
        stops.extend(before.map(|&node| Stop::Node(node)));
        stops.push(Stop::Node(NodeId::INPUT));
    }
    stops
}

/// The unit at this place among a node's values.
pub fn unit_at(node: NodeId, shape: Shape, place: u32) -> Unit {
    let (width, height) = (shape.width.max(1), shape.height.max(1));
    Unit {
        node,
        channel: place / (width * height),
        row: place / width % height,
        column: place % width,
    }
}

/// The gradients' maps as an answer has its maps, so that what paints those paints these.
pub fn as_trace(told: &Backward, values: Vec<f32>) -> Trace {
    Trace {
        generation: 0,
        device: DeviceKind::Cpu,
        forward_ms: 0.0,
        blank: false,
        note: None,
        steps: Vec::new(),
        maps: told.maps.clone(),
        answer: told.shares.clone(),
        values,
        ranges: Ranges::default(),
    }
}

#[cfg(test)]
mod tests {
    use engine::layer::Conv;
    use engine::{GraphBuilder, zoo};

    use super::*;

    #[test]
    fn the_walk_goes_from_the_loss_to_the_input() {
        let graph = zoo::lenet5().unwrap();
        let stops = stops(&graph);
        assert_eq!(stops[..2], [Stop::Loss, Stop::Logits]);
        let names: Vec<&str> = { stops[2..].iter() }
            .filter_map(|stop| graph.node(stop.node()?))
            .map(|node| node.name.as_str())
            .collect();
        assert_eq!(names[0], "tanh6");
        assert_eq!(names.last(), Some(&"C1"));
        assert_eq!(stops.last(), Some(&Stop::Node(NodeId::INPUT)));
        let mut maps = GraphBuilder::new("maps", Shape::new(1, 8, 8));
        maps.then("conv", Conv::new(2, 3));
        assert_eq!(super::stops(&maps.finish().unwrap()), [Stop::Loss]);
    }

    #[test]
    fn a_place_is_a_unit() {
        let unit = unit_at(NodeId(3), Shape::new(4, 2, 5), 37);
        assert_eq!((unit.channel, unit.row, unit.column), (3, 1, 2));
    }
}
