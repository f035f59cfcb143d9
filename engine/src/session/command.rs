//! Everything the page can ask of the running side.

use serde::{Deserialize, Serialize};

use crate::data::Recipe;
use crate::{Graph, NodeId};

/// One request. Bytes that belong to it travel in the message's payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Make this graph the current network. Answered by `Loaded` or `Failed`.
    Load { graph: Graph, weights: Weights },
    /// Run the current network on the drawing in the payload (`width · height` bytes of ink, 0 is
    /// paper, row by row from the top). Answered by `Traced` or `Failed`; a newer `Run` that
    /// arrives before this one starts takes its place.
    Run {
        /// Counts up with each request; the answer carries it back.
        generation: u64,
        drawing: Drawing,
        recipe: Recipe,
        /// The nodes whose maps are wanted back.
        maps: Vec<NodeId>,
    },
    /// Time `runs` forward passes on the last input, for the choice of device. Answered by
    /// `Measured`.
    Measure { runs: u32 },
}

/// Where a network's weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Weights {
    /// A safetensors file in the payload.
    Payload,
    /// Random numbers from this seed.
    Seeded { seed: u64 },
}

/// The size of a drawing, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    pub width: u32,
    pub height: u32,
}
