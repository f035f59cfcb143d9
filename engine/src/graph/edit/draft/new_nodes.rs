//! New nodes with numbers, names and inputs, before they are added to the graph.

use super::super::super::{Block, GraphBuilder, GraphError, Node, NodeId, Parts};
use super::super::{EditError, Piece};
use super::Draft;
use crate::graph::shape_of::shape_of;

/// New nodes and blocks with their final numbers, not yet in the graph.
pub(super) struct NewNodes {
    pub(super) nodes: Vec<Node>,
    pub(super) blocks: Vec<Block>,
    pub(super) output: NodeId,
}

impl NewNodes {
    /// One node and no block.
    pub(super) fn single(node: Node) -> Self {
        Self {
            output: node.id,
            nodes: vec![node],
            blocks: Vec::new(),
        }
    }
}

impl Draft {
    /// The nodes of a piece with `sources` as inputs, numbered and named.
    pub(super) fn new_nodes(
        &mut self,
        sources: &[NodeId],
        piece: &Piece,
        name: Option<&str>,
    ) -> Result<NewNodes, EditError> {
        for &source in sources {
            self.check_source(source)?;
        }
        let name = match (name, piece) {
            (Some(name), _) => self.unused(name)?,
            (None, Piece::Layer(layer)) => self.free_name(layer.rule().name_stem()),
            (None, Piece::Block(block)) => self.free_name(block.stem()),
        };
        match piece {
            Piece::Layer(layer) => {
                let (layer, inputs) = (layer.clone(), sources.to_vec());
                let id = self.new_id();
                Ok(NewNodes::single(Node {
                    id,
                    name,
                    layer,
                    inputs,
                    shares: None,
                }))
            }
            Piece::Block(block) => {
                let [source] = *sources else {
                    return Err(EditError::BlockInputs { got: sources.len() });
                };
                let Some(input) = shape_of(self.input, &self.nodes, source) else {
                    return Err(GraphError::UnknownShape { block: name }.into());
                };
                let mut net = GraphBuilder::new("", input);
                let output = net.template(&name, block)?;
                let parts = net.into_parts();
                Ok(self.graft(parts, source, output))
            }
        }
    }

    /// The parts with new numbers, and `source` in place of their input.
    pub(super) fn graft(&mut self, parts: Parts, source: NodeId, output: NodeId) -> NewNodes {
        let first = self.next_id;
        let number = |id: NodeId| {
            if id == NodeId::INPUT {
                source
            } else {
                NodeId(first + id.0 - 1)
            }
        };
        let mut nodes = parts.nodes;
        for node in &mut nodes {
            node.id = number(node.id);
            node.inputs
                .iter_mut()
                .for_each(|input| *input = number(*input));
            node.shares = node.shares.map(number);
        }
        let mut blocks = parts.blocks;
        for block in &mut blocks {
            block.nodes.iter_mut().for_each(|id| *id = number(*id));
        }
        self.next_id += nodes.len() as u32;
        NewNodes {
            nodes,
            blocks,
            output: number(output),
        }
    }
}
