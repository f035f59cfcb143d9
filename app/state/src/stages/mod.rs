//! The network as stage cards: what people read as one step. A convolution or linear layer with its
//! normalisation, activation and dropout is a *part*; a convolution part with the pooling behind it
//! is one *stage*; a folded block is one stage. Every node of the graph is in exactly one part.

mod face;
mod grouping;
mod layout;
mod words;

use std::collections::HashMap;

use engine::NodeId;

pub use self::face::{Face, Shown};
pub use self::grouping::stages;
pub use self::layout::{
    Card, Cells, Frame, Layout, Level, MapBox, PartBox, Point, Rect, Room, Wire, layout,
};

/// What a stage is known by while the network is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageId {
    Input,
    /// By its first layer.
    Layers(NodeId),
    /// By the first and last node of a folded block.
    Block(NodeId, NodeId),
}

/// Layers that are read as one: the head and what follows it without changing the maps' number.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// In the graph's order; of a folded block all of its nodes.
    pub nodes: Vec<NodeId>,
    /// Whose maps are shown: the layer itself, before its activation; of a block its last node.
    pub head: NodeId,
    pub face: Face,
}

impl Part {
    /// The nodes beside the head.
    pub fn tail(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().copied().filter(|&id| id != self.head)
    }
}

/// One card.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub id: StageId,
    pub parts: Vec<Part>,
    /// The folded block, as an index into the graph's blocks.
    pub block: Option<usize>,
    /// The open blocks around it, the outermost first.
    pub around: Vec<usize>,
    /// The first node of the stage whose layers have a card each; this is one of them.
    pub unfolded: Option<NodeId>,
    /// A row of cards begins here where there is room for the row.
    pub group: Option<String>,
    pub params: u64,
    pub macs: u64,
    /// Shares of the whole network, 0 to 1.
    pub params_share: f64,
    pub macs_share: f64,
    /// In words what the layers do.
    pub caption: Option<String>,
    /// Adds or concatenates its own input behind itself, as a residual block does.
    pub skips: bool,
}

impl Stage {
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.parts
            .iter()
            .flat_map(|part| part.nodes.iter().copied())
    }

    /// The first node, which takes the input of the stage.
    pub fn first(&self) -> NodeId {
        self.nodes().next().unwrap_or(NodeId::INPUT)
    }

    /// The last node, whose output is that of the stage.
    pub fn last(&self) -> NodeId {
        self.nodes().last().unwrap_or(NodeId::INPUT)
    }

    /// Whether a card of several layers can be split into one card each.
    pub fn unfolds(&self) -> bool {
        self.block.is_some() || self.nodes().nth(1).is_some()
    }
}

/// A connection between two cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Indices of stages.
    pub from: usize,
    pub to: usize,
    /// The node whose output it carries.
    pub source: NodeId,
    /// The consumers with the slot of each; several where a folded block uses it more than once.
    pub takers: Vec<(NodeId, usize)>,
}

/// The stages of a network, in the graph's order, and their connections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages {
    pub all: Vec<Stage>,
    pub edges: Vec<Edge>,
    /// The stage of each node.
    of: HashMap<NodeId, usize>,
}

impl Stages {
    /// The stage that this node is in.
    pub fn of(&self, node: NodeId) -> Option<usize> {
        self.of.get(&node).copied()
    }

    /// The stage of this number.
    pub fn by_id(&self, id: StageId) -> Option<usize> {
        self.all.iter().position(|stage| stage.id == id)
    }
}
