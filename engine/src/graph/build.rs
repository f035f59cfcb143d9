//! Builds graphs layer by layer; the zoo is written with it.

use super::{Block, Graph, GraphError, Node, NodeId, Parts};
use crate::{Layer, Shape};

/// Adds nodes one after another. Each call returns the new node, from which branches can start.
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    parts: Parts,
    last: NodeId,
    /// The output shape of each node; `None` where a layer does not fit.
    shapes: Vec<Option<Shape>>,
}

impl GraphBuilder {
    /// An empty graph with this input shape.
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

    /// Adds a node after the last one.
    pub fn then(&mut self, name: impl Into<String>, layer: impl Into<Layer>) -> NodeId {
        self.from(&[self.last], name, layer)
    }

    /// Adds a node with these inputs; it becomes the last one.
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
            shares: None,
        });
        self.last = id;
        id
    }

    /// Adds a node after the last one that uses the parameters of `source`, as one layer that is
    /// called once more.
    pub fn again(&mut self, name: impl Into<String>, source: NodeId) -> NodeId {
        self.again_from(&[self.last], name, source)
    }

    /// Adds a node with these inputs that uses the parameters of `source`.
    pub fn again_from(
        &mut self,
        inputs: &[NodeId],
        name: impl Into<String>,
        source: NodeId,
    ) -> NodeId {
        let found = self.parts.nodes.iter().find(|node| node.id == source);
        let Some((layer, owner)) = found.map(|node| (node.layer.clone(), node.owner())) else {
            return self.last;
        };
        let id = self.from(inputs, name, layer);
        if let Some(node) = self.parts.nodes.last_mut() {
            node.shares = Some(owner);
        }
        id
    }

    /// The node after which [`Self::then`] adds the next.
    pub const fn last(&self) -> NodeId {
        self.last
    }

    /// The layer of this node.
    pub fn layer(&self, node: NodeId) -> Option<&Layer> {
        let place = (node.0 as usize).checked_sub(1)?;
        self.parts.nodes.get(place).map(|node| &node.layer)
    }

    /// The output shape of this node; `None` where a layer up to it does not fit.
    pub fn shape(&self, node: NodeId) -> Option<Shape> {
        if node == NodeId::INPUT {
            return Some(self.parts.input);
        }
        let place = (node.0 as usize).checked_sub(1)?;
        self.shapes.get(place).copied().flatten()
    }

    /// Makes this node the last one, so that the next follows it.
    pub fn go_to(&mut self, node: NodeId) {
        self.last = node;
    }

    /// Makes one block of all nodes that `build` adds.
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

impl Graph {
    /// The same graph with other layers at some nodes.
    #[must_use]
    pub(crate) fn with_layers(&self, mut layer: impl FnMut(&Node) -> Option<Layer>) -> Self {
        let mut parts = Parts::from(self.clone());
        for node in &mut parts.nodes {
            if let Some(layer) = layer(node) {
                node.layer = layer;
            }
        }
        super::shared::settle(&mut parts.nodes);
        Self {
            parts: std::sync::Arc::new(parts),
            index: self.index(),
        }
    }

    /// The same graph whose next new node has at least the number `next`.
    #[must_use]
    pub fn with_next_id(self, next: NodeId) -> Self {
        if self.next_id() >= next {
            return self;
        }
        let mut parts = Parts::from(self.clone());
        parts.next_id = Some(next.0);
        Self {
            parts: std::sync::Arc::new(parts),
            index: self.index,
        }
    }
}
