//! The grids that a quantised network runs on, as its report and its checkpoint keep them.

use serde::{Deserialize, Serialize};

use super::{Granularity, Grid};
use crate::layer::{GlobalPool, Layer, PoolMode, UpsampleMode};
use crate::{Graph, NodeId};

/// The key of a checkpoint's metadata under which they are, as JSON.
pub const ACTIVATIONS: &str = "cnn-lab.activations";

/// The grids of activations, found by calibration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Activations {
    /// Which weights have a grid of their own.
    pub granularity: Granularity,
    /// By the node whose values they are of.
    pub grids: Vec<(NodeId, Grid)>,
}

impl Activations {
    /// The grid of a node's values; `None` where they are floats.
    pub fn grid(&self, node: NodeId) -> Option<Grid> {
        let mut grids = self.grids.iter();
        grids.find(|(site, _)| *site == node).map(|&(_, grid)| grid)
    }

    /// The grid of what a layer takes from this node.
    pub fn grid_of_input(&self, graph: &Graph, from: NodeId) -> Option<Grid> {
        self.grid(source(graph, from))
    }

    /// Those that the metadata of a checkpoint have; `None` where it is not of a variant of 8 bits.
    pub fn of(notes: &std::collections::BTreeMap<String, String>) -> Option<Self> {
        serde_json::from_str(notes.get(ACTIVATIONS)?).ok()
    }
}

/// The node whose values a node's are, chosen or rearranged.
pub(crate) fn source(graph: &Graph, mut id: NodeId) -> NodeId {
    while let Some(node) = graph.node(id) {
        let hands_on = match &node.layer {
            Layer::MaxPool(_)
            | Layer::AdaptiveMaxPool(_)
            | Layer::Flatten(_)
            | Layer::Dropout(_)
            | Layer::ChannelShuffle(_)
            | Layer::ChannelSlice(_)
            | Layer::GlobalPool(GlobalPool {
                mode: PoolMode::Max,
            }) => true,
            Layer::Pad(pad) => pad.value == 0.0,
            Layer::Upsample(up) => up.mode == UpsampleMode::Nearest,
            _ => false,
        };
        match (hands_on, node.inputs.first()) {
            (true, Some(&input)) => id = input,
            _ => break,
        }
    }
    id
}
