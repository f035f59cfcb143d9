//! The network as a document: layers placed in topological order. An immutable value that knows
//! nothing of pixels or weights.

mod build;
mod edit;
mod fragment;
mod index;
mod shape_of;
mod template;

pub use build::GraphBuilder;
pub use edit::{Edit, EditError, Piece, Place};
pub use fragment::Fragment;
pub use template::BlockTemplate;

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use index::Index;

use crate::layer::{MAX_ELEMENTS, MAX_FIELD};
use crate::{Layer, Shape};

/// Names a node for as long as the graph's history lives; 0 is the graph's input.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The picture that goes into the network.
    pub const INPUT: Self = Self(0);
}

/// A layer placed in a graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    /// Unique in the graph; the weights of the node are stored under it.
    pub name: String,
    pub layer: Layer,
    /// The nodes whose outputs it takes, in order.
    pub inputs: Vec<NodeId>,
}

/// A named, foldable run of nodes. Views and the zoo use it; the rules ignore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub name: String,
    pub nodes: Vec<NodeId>,
}

/// Nodes in topological order and the shape of the input. The last node is the output.
///
/// A clone shares everything with its original, so that a history of graphs is cheap. Two graphs
/// are equal when name, input, nodes and blocks are, whatever numbers the next nodes will get.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Graph {
    parts: Arc<Parts>,
    index: Arc<Index>,
}

/// What a graph is made of, before it is known to be one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parts {
    name: String,
    input: Shape,
    nodes: Vec<Node>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
    /// The number of the next new node, where it is not one more than the largest in use: the
    /// number of a removed node is not given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_id: Option<u32>,
}

/// Why these nodes are not a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("two nodes have the number {0}, or one has the input's number 0")]
    RepeatedId(u32),
    #[error("a node has the number {got}; the limit is {limit}")]
    IdTooLarge { got: u32, limit: u32 },
    #[error("a node has no name; weights are stored under it, so it must have one")]
    EmptyName,
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
        "“{block}” needs to know the shape that goes into it; solve the problem before it first"
    )]
    UnknownShape { block: String },
    #[error("two nodes are named “{0}”; names must differ, because weights are stored under them")]
    RepeatedName(String),
    #[error("“{name}” takes its input from node {input}, which does not stand before it")]
    NotBefore { name: String, input: u32 },
    #[error("“{name}” has no input")]
    NoInput { name: String },
    #[error("the block “{block}” names node {node}, which does not exist")]
    BlockNode { block: String, node: u32 },
    #[error("the input must have at least one channel, row and column; it is {0}")]
    EmptyInput(Shape),
    #[error("the graph has {got} nodes; the limit is {limit}")]
    TooManyNodes { got: usize, limit: usize },
}

/// How many nodes a graph may have: several times the deepest published network.
pub const MAX_NODES: usize = 4096;

/// How many inputs a node may have: several times the widest published concatenation.
pub const MAX_INPUTS: usize = 256;

/// The longest name of a graph, node or block, in bytes: what is saved can be opened again.
pub const MAX_NAME: usize = 200;

/// The largest number of a node; a history of edits cannot reach it.
pub const MAX_ID: u32 = 1 << 30;

impl Graph {
    /// The graph's name, for people.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The shape of the picture that goes in.
    pub fn input(&self) -> Shape {
        self.parts.input
    }

    /// The nodes, each after all of its inputs.
    pub fn nodes(&self) -> &[Node] {
        &self.parts.nodes
    }

    /// The foldable runs.
    pub fn blocks(&self) -> &[Block] {
        &self.parts.blocks
    }

    /// The node of this number, found in logarithmic time.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.position(id)
            .and_then(|position| self.parts.nodes.get(position))
    }

    /// Where in [`Self::nodes`] the node of this number stands; `None` for the input.
    pub fn position(&self, id: NodeId) -> Option<usize> {
        self.index.position(id)
    }

    /// Who takes this node's output: the consumer and which of its inputs, in the graph's order.
    pub fn consumers(&self, id: NodeId) -> impl Iterator<Item = (&Node, usize)> {
        self.parts.nodes.iter().flat_map(move |node| {
            let slots = node.inputs.iter().enumerate();
            slots
                .filter(move |&(_, &input)| input == id)
                .map(move |(slot, _)| (node, slot))
        })
    }

    /// The number that the next new node gets; none in this graph's history had it.
    pub fn next_id(&self) -> NodeId {
        let used = self.index.largest().0 + 1;
        NodeId(self.parts.next_id.map_or(used, |next| next.max(used)))
    }

    pub(crate) fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index)
    }

    /// The node of this name.
    pub fn named(&self, name: &str) -> Option<&Node> {
        self.parts.nodes.iter().find(|node| node.name == name)
    }

    /// The node whose value is the network's answer: the last one, or the input when empty.
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
        let largest = parts.nodes.iter().map(|node| node.id.0).max();
        if let Some(got) = largest.max(parts.next_id).filter(|&number| number > MAX_ID) {
            return Err(GraphError::IdTooLarge { got, limit: MAX_ID });
        }
        ids.remove(&NodeId::INPUT);
        for block in &parts.blocks {
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
