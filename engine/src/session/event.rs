//! Everything the running side can say.

use serde::{Deserialize, Serialize};

use super::DeviceKind;
use crate::NodeId;
use crate::data::Step;

/// One answer. Values that belong to it travel in the message's payload as little-endian `f32`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The engine has started and takes commands.
    Ready { device: DeviceKind },
    /// The graph is the current network now.
    Loaded {
        /// Whether its weights are trained ones from a file, rather than seeded random numbers.
        trained: bool,
    },
    /// One forward pass: the preprocessing, the wanted maps and the answer.
    Traced {
        generation: u64,
        /// Milliseconds of the forward pass alone.
        forward_ms: f64,
        /// Milliseconds from taking the command to having the answer's bytes.
        total_ms: f64,
        /// What the drawing went through, in order.
        steps: Vec<StepPicture>,
        /// The wanted maps, in the order asked for.
        maps: Vec<MapSlice>,
        /// The values of the network's last node.
        answer: Vec<f32>,
        /// What makes the values doubtful, for the person: the first node with a value that is not
        /// a finite number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        warning: Option<String>,
    },
    /// The median of the asked passes.
    Measured { forward_ms: f64 },
    /// A command could not be carried out; the session goes on with what it had.
    Failed {
        /// The `Run` that failed, when it was one.
        generation: Option<u64>,
        /// What, where, why and the way out, for the person.
        message: String,
    },
}

/// Where one node's map lies in the payload, channel after channel, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapSlice {
    pub node: NodeId,
    pub shape: crate::Shape,
    /// The first value, counted in values.
    pub offset: usize,
    /// The smallest and largest value, for the colour scale.
    pub min: f32,
    pub max: f32,
}

/// The picture after one step of the preprocessing, in the payload row by row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepPicture {
    pub step: Step,
    pub width: u32,
    pub height: u32,
    /// The first value, counted in values; 0 is paper and 1 is full ink, except after
    /// normalisation.
    pub offset: usize,
}
