//! The network as a document: layers placed in topological order. An immutable value that knows
//! nothing of pixels or weights.

mod build;

pub use build::GraphBuilder;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Graph {
    parts: Parts,
}

/// What a graph is made of, before it is known to be one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Parts {
    name: String,
    input: Shape,
    nodes: Vec<Node>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
}

/// Why these nodes are not a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("two nodes have the number {0}")]
    RepeatedId(u32),
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

impl Graph {
    /// The graph's name, for people.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The shape of the picture that goes in.
    pub const fn input(&self) -> Shape {
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

    /// The node of this number.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.parts.nodes.iter().find(|node| node.id == id)
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
        if parts.nodes.len() > MAX_NODES {
            return Err(GraphError::TooManyNodes {
                got: parts.nodes.len(),
                limit: MAX_NODES,
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
        for block in &parts.blocks {
            if let Some(node) = block.nodes.iter().find(|node| !ids.contains(node)) {
                return Err(GraphError::BlockNode {
                    block: block.name.clone(),
                    node: node.0,
                });
            }
        }
        Ok(Self { parts })
    }
}

impl From<Graph> for Parts {
    fn from(graph: Graph) -> Self {
        graph.parts
    }
}
