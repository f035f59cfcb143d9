//! Whether the weights that a node shares fit its input.

use super::{Analysis, NodeFacts, Problem};
use crate::layer::{Cost, LayerError};
use crate::{Graph, Node, NodeId, Shape};

/// The problem of a node whose parameters, those of `source`, have the shapes of another input. `own`
/// is its input and what it would cost alone. A source with a problem says so itself.
pub(super) fn problem(
    graph: &Graph,
    before: &[NodeFacts],
    node: &Node,
    source: NodeId,
    own: (Shape, Cost),
) -> Option<Problem> {
    let place = graph.position(source)?;
    let source = graph.nodes().get(place)?;
    let facts = before.get(place)?;
    facts.shape?;
    let input = match *source.inputs.first()? {
        NodeId::INPUT => graph.input(),
        id => before.get(graph.position(id)?)?.shape?,
    };
    if node.layer.has_like_parameters((input, facts.cost), own) {
        return None;
    }
    Some(Problem {
        node: node.id,
        error: LayerError::Shares {
            source_name: source.name.clone(),
            source_input: input,
            input: own.0,
        },
    })
}

impl Analysis {
    /// The nodes whose weights this one could use: of the same layer, on an input for which they have
    /// the same shapes. Of those that share weights already only the owner.
    ///
    /// `graph` is the graph that was analysed.
    pub fn partners(&self, graph: &Graph, id: NodeId) -> Vec<NodeId> {
        let Some((node, own)) = graph
            .node(id)
            .and_then(|it| Some((it, self.alone(graph, it)?)))
        else {
            return Vec::new();
        };
        if !node.layer.has_parameters() {
            return Vec::new();
        }
        let fits = |other: &&Node| {
            other.shares.is_none() && other.id != node.owner() && other.layer == node.layer && {
                self.alone(graph, other)
            }
            .is_some_and(|theirs| node.layer.has_like_parameters(theirs, own))
        };
        graph.nodes().iter().filter(fits).map(|it| it.id).collect()
    }

    /// The first input of a node, and what the node would cost without sharing.
    fn alone(&self, graph: &Graph, node: &Node) -> Option<(Shape, Cost)> {
        let shape = |&id: &NodeId| match id {
            NodeId::INPUT => Some(graph.input()),
            id => self.node(id)?.shape,
        };
        let inputs: Vec<Shape> = node.inputs.iter().map(shape).collect::<Option<_>>()?;
        let (_, cost) = node.layer.measure(&inputs).ok()?;
        Some((*inputs.first()?, cost))
    }
}
