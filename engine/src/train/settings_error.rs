//! Why settings make no sense.

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// Why settings make no sense.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum SettingsError {
    /// Texts, because JSON has no number for what is not finite.
    #[error("{setting} is {value}; it must be {wanted}")]
    Range {
        setting: String,
        value: String,
        wanted: String,
    },
    #[error("the batch is 0; a step needs at least one example")]
    NoExamples,
    #[error("the training has a length of 0; give it at least one step or epoch")]
    NoStep,
    #[error(
        "the warm-up rises for {rise} of its {steps} steps; it can rise for all of them at most"
    )]
    Rises { rise: u64, steps: u64 },
    #[error("several workers cannot train with {other} yet; train with one, or without {other}")]
    ShardsAlone { other: String },
    #[error("one cycle has a warm-up of its own; choose another schedule or no warm-up")]
    WarmUpTwice,
    #[error("node {} is to be frozen, but the network has no such node; it may have been removed", node.0)]
    UnknownNode { node: NodeId },
}
