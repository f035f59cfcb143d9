//! The network as a document: nodes in topological order. An immutable value without weights and
//! without positions on a screen.

mod build;
mod edit;
mod fragment;
mod index;
mod logits;
mod names;
mod shape_of;
mod shared;
mod template;

pub use build::GraphBuilder;
pub use edit::{Edit, EditError, Piece, Place};
pub use fragment::Fragment;
pub use names::{INPUT_NAME, RESERVED_PREFIX, is_reserved};
pub use template::BlockTemplate;

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use index::Index;

use crate::layer::{MAX_ELEMENTS, MAX_FIELD};
use crate::{Layer, Shape};

/// The number of a node. It is never reused in the history of a graph; 0 is the graph's input.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The input of the network.
    pub const INPUT: Self = Self(0);
}

/// A layer in a graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    /// Unique in the graph; the weights of the node are stored under it.
    pub name: String,
    pub layer: Layer,
    /// The nodes whose outputs are its inputs, in order.
    pub inputs: Vec<NodeId>,
    /// The node before it whose parameters it uses, if it has none of its own; it has the same layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<NodeId>,
}

/// A named group of nodes that can be folded in a view. It does not change what is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub name: String,
    pub nodes: Vec<NodeId>,
}

/// Nodes in topological order and the shape of the input. The last node is the output.
///
/// A clone shares its data with the original, so a history of graphs is cheap. Two graphs are equal
/// when their names, inputs, nodes and blocks are; the number of the next new node does not count.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Graph {
    parts: Arc<Parts>,
    index: Arc<Index>,
}

/// The parts of a graph before validation.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parts {
    name: String,
    input: Shape,
    nodes: Vec<Node>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
    /// The number of the next new node, if it is not one more than the largest in use: the number of
    /// a removed node is not reused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_id: Option<u32>,
}

/// Why a list of nodes is not a valid graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("two nodes have the number {0}, or one has the input's number 0")]
    RepeatedId(u32),
    #[error("a node has the number {got}; the limit is {limit}")]
    IdTooLarge { got: u32, limit: u32 },
    #[error("a node has no name; weights are stored under it, so it must have one")]
    EmptyName,
    #[error(
        "a node cannot be named “{0}”: files of weights and maps use that name for something else; \
         choose another"
    )]
    ReservedName(String),
    #[error("a block needs a name, to be told from others when it is folded")]
    EmptyBlockName,
    #[error("the name “{start}…” has {got} bytes; the limit is {limit}: choose a shorter one")]
    NameTooLong {
        start: String,
        got: usize,
        limit: usize,
    },
    #[error("“{name}” has {got} inputs; the limit is {limit}")]
    TooManyInputs {
        name: String,
        got: usize,
        limit: usize,
    },
    #[error("the input is {got}; the limit is {side} on each side and {elements} values in all")]
    InputTooLarge {
        got: Shape,
        side: u32,
        elements: u64,
    },
    #[error(
        "the input shape of “{block}” is unknown; solve the problem of the layer before it first"
    )]
    UnknownShape { block: String },
    #[error("two nodes are named “{0}”; names must differ, because weights are stored under them")]
    RepeatedName(String),
    #[error("an input of “{name}” is node {input}, which does not come before it")]
    NotBefore { name: String, input: u32 },
    #[error("“{name}” has no input")]
    NoInput { name: String },
    #[error(
        "“{name}” shares the weights of node {source_node}, which does not come before it with \
         weights of its own"
    )]
    SharesNone { name: String, source_node: u32 },
    #[error(
        "“{name}” ({layer}) shares the weights of “{source_name}” ({source_layer}); both must be \
         the same layer with the same settings"
    )]
    SharesUnlike {
        name: String,
        layer: String,
        source_name: String,
        source_layer: String,
    },
    #[error("“{name}” ({layer}) has no weights to share")]
    SharesNothing { name: String, layer: String },
    #[error("the block “{block}” names node {node}, which does not exist")]
    BlockNode { block: String, node: u32 },
    #[error("the input must have at least one channel, row and column; it is {0}")]
    EmptyInput(Shape),
    #[error("the graph has {got} nodes; the limit is {limit}")]
    TooManyNodes { got: usize, limit: usize },
}

/// The most nodes of a graph: several times as many as in the deepest published network.
pub const MAX_NODES: usize = 4096;

/// The most inputs of a node: several times as many as in the widest published concatenation.
pub const MAX_INPUTS: usize = 256;

/// The longest name of a graph, node or block, in bytes. The document format has the same limit.
pub const MAX_NAME: usize = 200;

/// The largest number of a node, larger than any history of edits needs.
pub const MAX_ID: u32 = 1 << 30;

impl Graph {
    /// The graph's name, for people.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The shape of the input.
    pub fn input(&self) -> Shape {
        self.parts.input
    }

    /// The nodes, each after all of its inputs.
    pub fn nodes(&self) -> &[Node] {
        &self.parts.nodes
    }

    /// The groups of nodes that can be folded.
    pub fn blocks(&self) -> &[Block] {
        &self.parts.blocks
    }

    /// The node with this number, in logarithmic time.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.position(id)
            .and_then(|position| self.parts.nodes.get(position))
    }

    /// The index in [`Self::nodes`] of the node with this number; `None` for the input.
    pub fn position(&self, id: NodeId) -> Option<usize> {
        self.index.position(id)
    }

    /// The nodes that take this node's output, each with the index of the input, in the graph's order.
    pub fn consumers(&self, id: NodeId) -> impl Iterator<Item = (&Node, usize)> {
        self.parts.nodes.iter().flat_map(move |node| {
            let slots = node.inputs.iter().enumerate();
            slots
                .filter(move |&(_, &input)| input == id)
                .map(move |(slot, _)| (node, slot))
        })
    }

    /// The number of the next new node; no node in the history of this graph had it.
    pub fn next_id(&self) -> NodeId {
        let used = self.index.largest().0 + 1;
        NodeId(self.parts.next_id.map_or(used, |next| next.max(used)))
    }

    pub(crate) fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index)
    }

    /// The node with this name.
    pub fn named(&self, name: &str) -> Option<&Node> {
        self.parts.nodes.iter().find(|node| node.name == name)
    }

    /// The node whose output is the network's: the last one, or the input of an empty graph.
    pub fn output(&self) -> NodeId {
        self.parts
            .nodes
            .last()
            .map_or(NodeId::INPUT, |node| node.id)
    }
}

impl TryFrom<Parts> for Graph {
    type Error = GraphError;

    fn try_from(parts: Parts) -> Result<Self, GraphError> {
        let Shape {
            channels,
            height,
            width,
        } = parts.input;
        if channels == 0 || height == 0 || width == 0 {
            return Err(GraphError::EmptyInput(parts.input));
        }
        if channels.max(height).max(width) > MAX_FIELD || parts.input.elements() > MAX_ELEMENTS {
            let (got, side, elements) = (parts.input, MAX_FIELD, MAX_ELEMENTS);
            return Err(GraphError::InputTooLarge {
                got,
                side,
                elements,
            });
        }
        if parts.nodes.len() > MAX_NODES {
            return Err(GraphError::TooManyNodes {
                got: parts.nodes.len(),
                limit: MAX_NODES,
            });
        }
        let node_names = parts.nodes.iter().map(|node| &node.name);
        let block_names = parts.blocks.iter().map(|block| &block.name);
        let too_long = |name: &&String| name.len() > MAX_NAME;
        let all_names = node_names.chain(block_names).chain([&parts.name]);
        if let Some(name) = { all_names }.find(too_long) {
            return Err(GraphError::NameTooLong {
                start: name.chars().take(20).collect(),
                got: name.len(),
                limit: MAX_NAME,
            });
        }
        let mut ids = HashSet::from([NodeId::INPUT]);
        let mut names = HashSet::new();
        for node in &parts.nodes {
            if node.inputs.is_empty() {
                return Err(GraphError::NoInput {
                    name: node.name.clone(),
                });
            }
            if node.name.trim().is_empty() {
                return Err(GraphError::EmptyName);
            }
            if is_reserved(&node.name) {
                return Err(GraphError::ReservedName(node.name.clone()));
            }
            if node.inputs.len() > MAX_INPUTS {
                let (name, got) = (node.name.clone(), node.inputs.len());
                return Err(GraphError::TooManyInputs {
                    name,
                    got,
                    limit: MAX_INPUTS,
                });
            }
            if let Some(input) = node.inputs.iter().find(|input| !ids.contains(input)) {
                return Err(GraphError::NotBefore {
                    name: node.name.clone(),
                    input: input.0,
                });
            }
            if !ids.insert(node.id) {
                return Err(GraphError::RepeatedId(node.id.0));
            }
            if !names.insert(node.name.as_str()) {
                return Err(GraphError::RepeatedName(node.name.clone()));
            }
        }
        shared::check(&parts.nodes)?;
        let largest = parts.nodes.iter().map(|node| node.id.0).max();
        if let Some(got) = largest.max(parts.next_id).filter(|&number| number > MAX_ID) {
            return Err(GraphError::IdTooLarge { got, limit: MAX_ID });
        }
        ids.remove(&NodeId::INPUT);
        for block in &parts.blocks {
            if block.name.trim().is_empty() {
                return Err(GraphError::EmptyBlockName);
            }
            if let Some(node) = block.nodes.iter().find(|node| !ids.contains(node)) {
                return Err(GraphError::BlockNode {
                    block: block.name.clone(),
                    node: node.0,
                });
            }
        }
        let index = Index::new(parts.nodes.iter().map(|node| node.id));
        Ok(Self {
            parts: Arc::new(parts),
            index: Arc::new(index),
        })
    }
}

impl From<Graph> for Parts {
    fn from(graph: Graph) -> Self {
        Arc::unwrap_or_clone(graph.parts)
    }
}

impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&*self.parts, &*other.parts);
        Arc::ptr_eq(&self.parts, &other.parts)
            || (&a.name, a.input, &a.nodes, &a.blocks) == (&b.name, b.input, &b.nodes, &b.blocks)
    }
}
