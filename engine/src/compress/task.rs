//! What a session is asked for.

use serde::{Deserialize, Serialize};

use super::quantise::Activations;
use super::{Levels, Measured, Report, Sensitivity, Shrink};
use crate::{Graph, NodeId};

/// A job of the running side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// A smaller network; answered by [`Outcome::Shrunk`], the weights beside it as a checkpoint.
    Shrink { shrink: Shrink, measured: Measured },
    /// Answered by [`Outcome::Sensitivity`].
    Sensitivity { levels: Levels, measured: Measured },
    /// The maps of these nodes for the last input, with activations on these grids; answered by
    /// [`Outcome::Maps`].
    Maps {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activations: Option<Activations>,
        nodes: Vec<NodeId>,
    },
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, and written at once"
)]
pub enum Outcome {
    Shrunk {
        graph: Graph,
        report: Report,
    },
    Sensitivity {
        sensitivity: Sensitivity,
    },
    /// Numbers of values: of the input, which comes first beside it, and of each node in the asked
    /// order.
    Maps {
        input: usize,
        lengths: Vec<usize>,
    },
}
