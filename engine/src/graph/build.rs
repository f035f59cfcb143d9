//! The small language the zoo is written in.

use super::{Block, Graph, GraphError, Node, NodeId, Parts};
use crate::{Layer, Shape};

/// Puts nodes one after another; each call gives the new node, to be branched from.
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    parts: Parts,
    last: NodeId,
    /// The output's shape of each node, where it has one.
    shapes: Vec<Option<Shape>>,
}

impl GraphBuilder {
    /// An empty graph for pictures of this shape.
    pub fn new(name: impl Into<String>, input: Shape) -> Self {
        let parts = Parts {
            name: name.into(),
            input,
            nodes: Vec::new(),
            blocks: Vec::new(),
            next_id: None,
        };
        Self {
            parts,
            last: NodeId::INPUT,
            shapes: Vec::new(),
        }
    }

    /// A node after the last one.
    pub fn then(&mut self, name: impl Into<String>, layer: impl Into<Layer>) -> NodeId {
        self.from(&[self.last], name, layer)
    }

    /// A node that takes these nodes' outputs; it becomes the last one.
    pub fn from(
        &mut self,
        inputs: &[NodeId],
        name: impl Into<String>,
        layer: impl Into<Layer>,
    ) -> NodeId {
        let id = NodeId(self.parts.nodes.len() as u32 + 1);
        let (name, layer, inputs) = (name.into(), layer.into(), inputs.to_vec());
        let shapes: Option<Vec<Shape>> = inputs.iter().map(|&input| self.shape(input)).collect();
        let shape = shapes.and_then(|shapes| layer.measure(&shapes).ok());
        self.shapes.push(shape.map(|(shape, _)| shape));
        self.parts.nodes.push(Node {
            id,
            name,
            layer,
            inputs,
        });
        self.last = id;
        id
    }

    /// The node that [`Self::then`] goes on from.
    pub const fn last(&self) -> NodeId {
        self.last
    }

    /// The shape of this node's output; `None` behind a layer that does not fit.
    pub fn shape(&self, node: NodeId) -> Option<Shape> {
        if node == NodeId::INPUT {
            return Some(self.parts.input);
        }
        let place = (node.0 as usize).checked_sub(1)?;
        self.shapes.get(place).copied().flatten()
    }

    /// Goes on from this node instead.
    pub fn go_to(&mut self, node: NodeId) {
        self.last = node;
    }

    /// Everything that `build` adds becomes one foldable block.
    pub fn block<T>(&mut self, name: impl Into<String>, build: impl FnOnce(&mut Self) -> T) -> T {
        let first = self.parts.nodes.len();
        let result = build(self);
        let nodes = self.parts.nodes[first..]
            .iter()
            .map(|node| node.id)
            .collect();
        self.parts.blocks.push(Block {
            name: name.into(),
            nodes,
        });
        result
    }

    pub(super) fn into_parts(self) -> Parts {
        self.parts
    }

    /// The finished graph.
    ///
    /// # Errors
    /// When two nodes share a name or the input is empty.
    pub fn finish(self) -> Result<Graph, GraphError> {
        Graph::try_from(self.parts)
    }
}
