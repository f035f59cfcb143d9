//! Why a request failed, as a code and its values; `sentence.rs` puts it into words. So another
//! language needs no other engine.

use serde::{Deserialize, Serialize};

use super::{BurnReason, NonFinite};
use crate::Shape;
use crate::analysis::BudgetError;
use crate::attack::AttackError;
use crate::checkpoint::WeightsError;
use crate::compress::ShrinkError;
use crate::data::{DrawingError, PhotoError};
use crate::explain::ExplainError;
use crate::train::TaskError;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The engine has no device to start on. `why` is the device's own text.
    NoDevice {
        why: String,
    },
    /// The message is not a request. `why` is the reader's own text.
    Unreadable {
        why: String,
    },
    /// The browser does not read the file beside the message. `why` is the browser's own text.
    File {
        why: String,
    },
    /// The payload is not a whole number of 32-bit values.
    NotValues {
        bytes: usize,
    },

    NoNetwork,
    /// The small engine, which answers first, cannot do it. `reason` says why it cannot run the
    /// network; without one it does not know the command.
    WholeEngine {
        reason: Option<BurnReason>,
    },
    /// A layer of the graph cannot stand where it is. `problem` is its rule's sentence; the
    /// analysis of the same graph has it as data.
    Invalid {
        node: String,
        problem: String,
    },
    /// The network does not fit the device.
    Budget(BudgetError),
    Weights(WeightsError),
    /// A node lacks a parameter.
    MissingWeights {
        node: String,
    },

    Drawing(DrawingError),
    Photo(PhotoError),
    /// The values are not one picture.
    Input {
        got: usize,
        wanted: usize,
        shape: Shape,
    },

    NoNode {
        node: u32,
    },
    NoChannel {
        node: String,
        channels: u32,
        channel: u32,
    },
    NoUnit {
        node: String,
        shape: Shape,
        channel: u32,
        row: u32,
        column: u32,
    },
    /// The node is no convolution.
    NoPartials {
        node: String,
    },
    /// Gradients of no pictures.
    NoPictures,
    /// Gradients of another number of values than pictures and weights need.
    Gradients {
        got: usize,
        batch: u32,
        wanted: u64,
    },
    /// Batch normalisation over a single value.
    SingleValue {
        node: String,
    },
    /// Dropout without a mask.
    NoMask {
        node: String,
    },
    /// The network has no output to train.
    NoClasses,

    /// The maps to compare with are not whole maps of this network.
    OtherMaps,
    /// The maps to compare with end early.
    MapsTruncated,

    /// The lengths of a data set's files or labels are not those of the payload.
    DataTruncated,
    /// Network, data and settings of a training do not fit each other.
    Task(TaskError),
    /// An answer cannot be explained.
    Explain(ExplainError),
    /// Network, input and settings of an attack do not fit each other.
    Attack(AttackError),
    /// The network cannot be made smaller so.
    Shrink(ShrinkError),
    /// The network's answers are not finite numbers.
    NotFinite(NonFinite),
    /// The network or the batch cannot be cut so.
    Stages {
        why: String,
    },

    /// The device did not give its results back. `why` is the device's own text.
    Device {
        why: String,
    },
}

impl Failure {
    /// Whether the weights are why a network was not loaded, rather than the network.
    pub const fn is_of_weights(&self) -> bool {
        matches!(self, Self::Weights(_) | Self::File { .. })
    }
}

/// A [`Failure`] as it crosses the wire: as JSON text, so that the code that reads replies does not
/// contain the code that reads every kind of failure. A page fetches that when it first needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedFailure {
    /// [`Failure::is_of_weights`].
    pub of_weights: bool,
    pub json: String,
}

impl EncodedFailure {
    /// The failure itself; what cannot be read is [`Failure::Unreadable`].
    pub fn decode(&self) -> Failure {
        serde_json::from_str(&self.json).unwrap_or_else(|error| Failure::Unreadable {
            why: format!("{error}: {}", self.json),
        })
    }
}

impl From<Failure> for EncodedFailure {
    fn from(failure: Failure) -> Self {
        let of_weights = failure.is_of_weights();
        // Only a number that is not finite cannot be written, and no failure has such a one.
        let json = serde_json::to_string(&failure).unwrap_or_else(|error| format!("{error}"));
        Self { of_weights, json }
    }
}
