//! Everything the running side can say.

use serde::{Deserialize, Deserializer, Serialize};

use super::{CancelReason, DeviceKind, Encoded, EncodedFailure, Executor, NonFinite, Unit};
use crate::checkpoint::Note;
use crate::data::{DigitNote, PhotoStep, Step};
use crate::explain::Told;
use crate::train::{End, Evaluation, LayerHealth, Point, Position, Worked};
use crate::{NodeId, Shape};

/// An answer has no more classes than these, more than ImageNet-21k's 21,841: a network whose last
/// layer is not there yet may end in millions of values, which are no answer.
pub const MOST_CLASSES: u64 = 32_768;

/// Whether a last node of this shape answers: one value for each of not too many classes.
pub fn answers(shape: Shape) -> bool {
    shape.is_vector() && shape.elements() <= MOST_CLASSES
}

/// What a [`super::Reply`] says. Values that belong to it travel in the message's payload as little-endian `f32`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
// Tagged from outside: a tag inside costs the page code that holds the rest back until it is read.
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The engine has started and takes commands.
    Ready { device: DeviceKind },
    /// The graph is the current network now.
    Loaded {
        /// How many nodes have trained weights, from a file or kept from one.
        trained: usize,
        /// How many nodes have weights at all.
        weighted: usize,
        /// How the file that came with the command differs from one of this program.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<Note>,
    },
    /// One forward pass: the preprocessing, the wanted maps and the answer.
    Traced {
        /// Milliseconds of the forward pass alone.
        forward_ms: f64,
        /// Milliseconds from taking the command to having the answer's bytes.
        total_ms: f64,
        /// What the input went through, in order.
        steps: Vec<StepPicture>,
        /// The wanted maps, in the order asked for.
        maps: Vec<MapSlice>,
        /// The values of the network's last node, one a class; what is no finite number arrives as
        /// NaN. None where it gives maps, or more than [`MOST_CLASSES`].
        #[serde(deserialize_with = "numbers")]
        answer: Vec<f32>,
        /// What makes the values doubtful: the first node with a value that is not a finite number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        warning: Option<NonFinite>,
        /// What is to be said of the digit in a picture. Where none was found there is no answer, and
        /// the maps are those of blank paper.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<DigitNote>,
        /// What ran the network.
        #[serde(default, skip_serializing_if = "Executor::is_plan")]
        executor: Executor,
    },
    /// The job has its turn: its first step comes next.
    Started,
    /// So much of a job is done. Not every step is told.
    Progress { done: u64, total: u64 },
    /// The request was carried out and has no other result.
    Done,
    /// The request ended before its result.
    Cancelled { reason: CancelReason },
    /// The median of the asked passes, in milliseconds.
    Measured { ms: f64 },
    /// The milliseconds of each pass are in the payload, in their order.
    Latencies {
        batch: u32,
        /// The pass before them, which makes what is made on first use only.
        first_ms: f64,
        /// The step of the clock.
        clock_ms: f64,
    },
    /// What each stage of a pipeline took for one micro-batch, and what it has.
    Piped {
        /// The nodes of each stage, in the graph's order.
        nodes: Vec<Vec<NodeId>>,
        stages: Vec<crate::distribute::Stage>,
        sent_bytes: Vec<u64>,
        weight_bytes: Vec<u64>,
        map_bytes: Vec<u64>,
        /// The largest difference of a gradient from that of the whole batch in one piece, as a share of
        /// the largest gradient of the same parameter.
        difference: f64,
    },
    /// One pass of a stage; what goes on to another stage is in the payload.
    StagePassed {
        /// Milliseconds of computing.
        ms: f64,
        /// As in `Piped`, of `Compare`; otherwise 0.
        difference: f64,
    },
    /// Each layer's time and what is alive after it.
    Timed {
        layers: Vec<LayerTime>,
        /// Milliseconds of whole passes, the median.
        total_ms: f64,
        /// The most bytes of feature maps alive at once.
        peak_live_bytes: u64,
        /// All memory the engine has taken from the system so far, in bytes; `None` where it
        /// cannot know (WebGPU's own memory is never in it).
        memory_bytes: Option<u64>,
        /// What was timed.
        #[serde(default, skip_serializing_if = "Executor::is_plan")]
        executor: Executor,
    },
    /// A node's parameters, in the payload one after the other.
    Params {
        node: NodeId,
        params: Vec<ParamSlice>,
    },
    /// What each input channel adds to the asked channel; the sum of all, with the bias, is the
    /// node's map.
    Partials {
        node: NodeId,
        channel: u32,
        /// The input channels that take part, in order; one map each in the payload.
        inputs: Vec<u32>,
        height: u32,
        width: u32,
        #[serde(deserialize_with = "number")]
        bias: f32,
    },
    /// The gradient of a unit with respect to the input, in the payload as the input's values.
    InputGradient { unit: Unit },
    /// Gradients: in the payload those of `wrt` in the order asked for, then those of `params`.
    Differentiated {
        wrt: Vec<usize>,
        params: Vec<ParamSlice>,
    },
    /// The maps that `Maps` asked for.
    Mapped { maps: Vec<MapSlice> },
    /// The largest differences from another device's maps, in the order given.
    Compared { layers: Vec<Difference> },
    /// The current network as a checkpoint, in the payload.
    Checkpoint,
    /// What a data set has now.
    Held {
        set: u32,
        images: u64,
        bytes: u64,
        /// Images of each class.
        counts: Vec<u64>,
    },
    /// The steps of a training since those told last, and the layers in one of the last.
    Stepped {
        points: Vec<Point>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        health: Vec<LayerHealth>,
        /// The times of those that several workers computed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        worked: Vec<Worked>,
        /// What computes the gradients.
        #[serde(default, skip_serializing_if = "Executor::is_plan")]
        executor: Executor,
    },
    /// A worker computes nothing more for a training, which goes on without it.
    WorkerRefused { peer: u32, failure: EncodedFailure },
    /// A training's weights on the validation examples, after an epoch; three values for each
    /// example in the payload: its number, its answer, its loss.
    Validated {
        evaluation: Evaluation,
        points: Vec<Point>,
    },
    /// A checkpoint of a training under way, in the payload.
    Snapshot {
        position: Position,
        points: Vec<Point>,
    },
    /// A training has ended; its checkpoint is in the payload.
    Trained {
        end: End,
        position: Position,
        points: Vec<Point>,
    },
    /// The network on one part of a data set; values as of `Validated`.
    Evaluated { evaluation: Evaluation },
    /// The loss before each step of the rate finder, and the rate it proposes, if any.
    RateFound {
        rates: Vec<f64>,
        losses: Vec<f64>,
        proposed: Option<f64>,
    },
    /// What was found inside the network; its values are in the payload.
    Explained { told: Encoded<Told> },
    /// What an attack came to: an `attack::PictureReport` or an `attack::SetReport` as JSON text, for
    /// the same reason as [`EncodedFailure`]. The pictures that the report names are in the payload.
    Attacked { report: String },
    /// A smaller network, its weights in the payload as a checkpoint, or what the layers bear: a
    /// [`crate::compress::Outcome`] as JSON text.
    Shrunk { json: String },
    /// The request could not be carried out; the session goes on with what it had.
    Failed { failure: EncodedFailure },
}

impl Event {
    /// Whether it ends its request: no other reply to it follows.
    pub const fn is_last(&self) -> bool {
        !matches!(
            self,
            Self::Started
                | Self::Progress { .. }
                | Self::Stepped { .. }
                | Self::WorkerRefused { .. }
                | Self::Validated { .. }
                | Self::Snapshot { .. }
        )
    }
}

/// JSON has neither infinities nor NaN: they are written as null.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f32::NAN))
}

pub(super) fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    let values: Vec<Option<f32>> = Vec::deserialize(from)?;
    let values = values.into_iter();
    Ok(values.map(|value| value.unwrap_or(f32::NAN)).collect())
}

/// Where one node's map lies in the payload, channel after channel, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapSlice {
    pub node: NodeId,
    /// The shape of the node's whole map.
    pub shape: Shape,
    /// The first channel that is here.
    pub first: u32,
    /// The shape of what is here: fewer channels, and reduced where that was asked for.
    pub sent: Shape,
    /// The first value, counted in values.
    pub offset: usize,
    /// The smallest and largest value sent, 0 among them, for the colour scale.
    pub min: f32,
    pub max: f32,
}

/// The picture after one step of the preprocessing, in the payload row by row; a colour picture's
/// pixels are red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepPicture {
    pub step: InputStep,
    /// 1 for a grey picture, 3 for red, green and blue.
    pub channels: u32,
    pub width: u32,
    pub height: u32,
    /// The first value, counted in values. A drawing's 0 is paper and 1 is full ink, except after
    /// normalisation; a photo's are levels of 0 to 255.
    pub offset: usize,
}

/// A step of either preprocessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputStep {
    Drawing(Step),
    Photo(PhotoStep),
}

/// One parameter in the payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamSlice {
    /// As in a weights file: `<node>.weight`.
    pub name: String,
    /// The last part of the name.
    pub role: String,
    /// PyTorch's layout.
    pub dims: Vec<usize>,
    /// The first value, counted in values.
    pub offset: usize,
}

/// What one layer took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerTime {
    pub node: NodeId,
    pub ms: f64,
    /// Bytes of the feature maps that are alive once it is done.
    pub live_bytes: u64,
    /// The layer with which it is computed in one go, and whose time has its own in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<NodeId>,
}

/// How far one node's map is from another device's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub node: NodeId,
    /// The largest absolute difference.
    pub largest: f32,
    /// That, divided by the largest absolute value of the other device's map.
    pub relative: f32,
}
