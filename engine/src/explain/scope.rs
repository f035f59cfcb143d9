//! What of a network an explanation is about: its logits, and the nodes that they depend on.

use std::collections::HashSet;

use super::ExplainError;
use crate::session::answers;
use crate::{Analysis, Graph, Node, NodeId, Shape};

/// The logits and the way to them.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The node whose values are the logits.
    pub logits: NodeId,
    pub classes: usize,
    /// The nodes that the logits depend on, themselves among them, in the graph's order.
    pub nodes: Vec<NodeId>,
    /// Those of `nodes` that give maps, and the input before them if it has places.
    pub maps: Vec<NodeId>,
}

impl Scope {
    /// Of a valid graph.
    ///
    /// # Errors
    /// When its last node, softmax apart, does not give one value for each class.
    pub fn of(graph: &Graph) -> Result<Self, ExplainError> {
        let analysis = Analysis::of(graph);
        let shape = |id: NodeId| match id {
            NodeId::INPUT => Some(graph.input()),
            id => analysis.node(id).and_then(|facts| facts.shape),
        };
        let logits = graph.logits();
        let of_logits = shape(logits).unwrap_or(graph.input());
        if logits == NodeId::INPUT || !answers(of_logits) {
            let node = graph.node(logits).map(|node| node.name.clone());
            return Err(ExplainError::NoClasses {
                node: node.unwrap_or_else(|| graph.name().to_owned()),
                shape: of_logits,
            });
        }
        let mut needed = HashSet::from([logits]);
        for node in graph.nodes().iter().rev() {
            if needed.contains(&node.id) {
                needed.extend(&node.inputs);
            }
        }
        let on_the_way = graph.nodes().iter().map(|node| node.id);
        let nodes: Vec<NodeId> = on_the_way.filter(|id| needed.contains(id)).collect();
        let has_places = |id: &NodeId| shape(*id).is_some_and(|it| it.positions() > 1);
        let maps = nodes.iter().copied().filter(has_places).collect();
        Ok(Self {
            logits,
            classes: of_logits.elements() as usize,
            nodes,
            maps,
        })
    }

    /// This class, if it is one.
    ///
    /// # Errors
    /// When it is not.
    pub fn class(&self, class: u32) -> Result<usize, ExplainError> {
        let last = self.classes.saturating_sub(1) as u64;
        match class as usize {
            known if known < self.classes => Ok(known),
            _ => Err(ExplainError::NoClass { class, last }),
        }
    }

    /// The node of Grad-CAM: this one, or the last one with maps.
    ///
    /// # Errors
    /// When it has no maps, or the logits do not depend on it.
    pub fn cam_node(&self, graph: &Graph, node: Option<NodeId>) -> Result<NodeId, ExplainError> {
        let Some(id) = node else {
            return self.maps.last().copied().ok_or(ExplainError::NoMapsAtAll);
        };
        let Node { name, .. } = graph.node(id).ok_or(ExplainError::NoNode { node: id.0 })?;
        let node = name.clone();
        if self.maps.contains(&id) {
            Ok(id)
        } else if self.nodes.contains(&id) {
            Err(ExplainError::NoMaps { node })
        } else {
            Err(ExplainError::NotOnTheWay { node })
        }
    }

    /// The nodes with weights, from the logits down to the input, in at most `most` groups.
    pub fn from_the_top(&self, graph: &Graph, most: usize) -> Vec<Vec<NodeId>> {
        let analysis = Analysis::of(graph);
        let weighted = |id: &NodeId| analysis.node(*id).is_some_and(|it| it.cost.params() > 0);
        let nodes: Vec<NodeId> = { self.nodes.iter().rev().copied() }
            .filter(weighted)
            .collect();
        let groups = most.clamp(1, nodes.len().max(1));
        let end = |group: usize| nodes.len() * group / groups;
        let group = |at| nodes[end(at)..end(at + 1)].to_vec();
        (0..groups).map(group).filter(|it| !it.is_empty()).collect()
    }
}

#[cfg(feature = "run")]
/// Whether all values are finite.
#[cfg(feature = "run")]
pub(super) fn finite(values: &[f32]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[cfg(feature = "run")]
/// The first of the largest values.
#[cfg(feature = "run")]
pub(super) fn largest(values: &[f32]) -> usize {
    let best = values.iter().enumerate().rev();
    best.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |it| it.0)
}

/// The shape's sides as counts.
pub(super) fn sides(shape: Shape) -> [usize; 3] {
    [shape.channels, shape.height, shape.width].map(|side| side as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Activation, Conv, Flatten, GlobalPool, Linear, PoolMode};
    use crate::{GraphBuilder, zoo};

    fn names(graph: &Graph, ids: &[NodeId]) -> Vec<String> {
        let name = |id: &NodeId| graph.node(*id).unwrap().name.clone();
        ids.iter().map(name).collect()
    }

    #[test]
    fn lenet_5_has_ten_classes_before_its_softmax_and_maps_up_to_s4() {
        let graph = zoo::lenet5().unwrap();
        let scope = Scope::of(&graph).unwrap();
        assert_eq!(names(&graph, &[scope.logits]), ["output"]);
        assert_eq!(scope.classes, 10);
        assert!(!names(&graph, &scope.nodes).contains(&"softmax".to_owned()));
        let cam = scope.cam_node(&graph, None).unwrap();
        assert_eq!(names(&graph, &[cam]), ["S4"]);
        let levels = scope.from_the_top(&graph, 12);
        let first: Vec<NodeId> = levels.iter().map(|it| it[0]).collect();
        assert_eq!(names(&graph, &first), ["output", "F6", "F5", "C3", "C1"]);
        let two = scope.from_the_top(&graph, 2);
        assert_eq!(two.concat(), first);
        assert_eq!(two.len(), 2);
    }

    #[test]
    fn an_auxiliary_classifier_is_not_on_the_way() {
        let mut net = GraphBuilder::new("two heads", Shape::new(1, 4, 4));
        let conv = net.then("conv", Conv::new(2, 3));
        net.then("side", Conv::new(3, 1));
        net.then("side/softmax", Activation::Softmax);
        net.from(
            &[conv],
            "pool",
            GlobalPool {
                mode: PoolMode::Avg,
            },
        );
        net.then("flatten", Flatten::default());
        net.then("fc", Linear::new(3));
        let graph = net.finish().unwrap();
        let scope = Scope::of(&graph).unwrap();
        assert_eq!(
            names(&graph, &scope.nodes),
            ["conv", "pool", "flatten", "fc"]
        );
        let side = graph.named("side").unwrap().id;
        let refused = scope.cam_node(&graph, Some(side)).unwrap_err();
        assert!(matches!(refused, ExplainError::NotOnTheWay { .. }));
        let pool = graph.named("pool").unwrap().id;
        let refused = scope.cam_node(&graph, Some(pool)).unwrap_err();
        assert!(matches!(refused, ExplainError::NoMaps { .. }));
    }

    #[test]
    fn maps_are_no_classes() {
        let mut net = GraphBuilder::new("maps", Shape::new(1, 4, 4));
        net.then("conv", Conv::new(2, 3));
        let refused = Scope::of(&net.finish().unwrap()).unwrap_err().to_string();
        assert!(refused.contains("“conv” gives"), "{refused}");
    }
}
