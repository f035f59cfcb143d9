//! Every command of the page to the running side. Each may end with `Failed` instead of the reply
//! that is named here.

use serde::{Deserialize, Serialize};

use super::{Encoded, MapSlice, RequestId};
use crate::data::{Means, Part, Recipe};
use crate::explain::Ask;
use crate::train::{RateRange, Task};
use crate::{Graph, NodeId, Shape};

/// What a [`super::Request`] asks for. Bytes that belong to it travel in the message's payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Make this graph the current network. Answered by `Loaded`. Jobs that use the network before
    /// it are cancelled then.
    Load { graph: Graph, weights: Weights },
    /// Run the current network on the input in the payload. Answered by `Traced`; a newer `Run`
    /// that arrives before this one starts takes its place.
    Run {
        input: Input,
        /// The maps that are wanted back.
        maps: Vec<Wanted>,
    },
    /// Cancel the request of this number, whether it waits or is under way. Answered by `Done`, also
    /// when there is no such request. The cancelled one ends with `Cancelled`, or with its result
    /// when that was ready first.
    Cancel { request: RequestId },
    /// Give the current network as a checkpoint (`crate::checkpoint`). Answered by `Checkpoint`.
    Checkpoint,
    /// Time `runs` passes on the last input. Answered by `Measured`.
    Measure { runs: u32, pass: Pass },
    /// Time `runs` passes on `batch` copies of the last input, each by itself. Answered by `Latencies`.
    Latency { runs: u32, batch: u32 },
    /// Compute a training step's gradients in stages, micro-batch by micro-batch, on copies of the
    /// last input. Answered by `Piped`.
    Pipeline {
        stages: u32,
        /// Pictures of the whole batch.
        batch: u32,
        micro_batches: u32,
    },
    /// Make one pass of one stage of a pipeline whose other stages are other sessions with the same
    /// network. Answered by `StagePassed`.
    Stage {
        stages: u32,
        /// From 0.
        stage: u32,
        /// Pictures of the whole batch.
        batch: u32,
        micro_batches: u32,
        pass: StagePass,
        /// From 0; its first forward pass begins a new step.
        micro_batch: u32,
    },
    /// Time each layer, the median of `runs` passes on the last input. Answered by `Timed`.
    Time { runs: u32 },
    /// The parameters of a node. Answered by `Params`.
    Params { node: NodeId },
    /// What each input channel adds to one channel of a convolution's output, on the last input.
    /// Answered by `Partials`.
    Partials { node: NodeId, channel: u32 },
    /// How much each value of the last input moves one value of a node: the gradient of the unit
    /// with respect to the input. Answered by `InputGradient`.
    InputGradient { unit: Unit },
    /// Gradients of a weighted sum of a node's values. The payload has the input's values, then
    /// one weight for each value of `of`. Answered by `Differentiated`.
    Differentiate {
        /// The last node that is run.
        of: NodeId,
        /// How many pictures the input has.
        batch: u32,
        /// The nodes (the input among them) whose gradients are wanted, beside those of all
        /// parameters.
        wrt: Vec<NodeId>,
    },
    /// Run the current network on the input in the payload for its maps only, to be compared; no
    /// newer command takes its place. Answered by `Mapped`.
    Maps { input: Input, maps: Vec<Wanted> },
    /// Run the current network and compare each map with that of another device. The payload has
    /// the input's bytes, then the other device's values, where `maps` says. Answered by
    /// `Compared`.
    Compare {
        input: Input,
        /// How many bytes of the payload are the input; a multiple of 4.
        input_bytes: usize,
        maps: Vec<MapSlice>,
    },
    /// Add the images in the payload to a data set, which the first ones make; a training takes
    /// them up with its next epoch. Answered by `Held`.
    Data {
        set: u32,
        /// How many classes the set tells apart.
        classes: u32,
        /// They are for the test only.
        held_out: bool,
        part: DataPart,
    },
    /// Forget a data set. Answered by `Done`. A training on it fails.
    DropData { set: u32 },
    /// Train the current network. Any number of `Stepped`, `Validated` and `Snapshot` come before
    /// the answer `Trained`. To pause is to `Cancel`, after which it answers with `Trained` as well: the
    /// weights stay, and `Checkpoint` has the optimiser's state, until another network or state of it
    /// is loaded.
    Train {
        set: u32,
        task: Box<Task>,
        #[serde(default)]
        snapshots: Snapshots,
    },
    /// As `Train`, with the teacher that the settings ask for; its weights are in the payload.
    /// Answered as `Train`.
    Distil {
        set: u32,
        task: Box<Task>,
        #[serde(default)]
        snapshots: Snapshots,
        teacher: Graph,
    },
    /// Go on with the training of the checkpoint in the payload, or without one with the paused
    /// one. Answered as `Train`.
    Resume {
        set: u32,
        #[serde(default)]
        snapshots: Snapshots,
    },
    /// Another session is at the port that comes with this. Trainings whose settings cut the batch
    /// into shards let it compute some, if it has the same network and data set; and it may ask this
    /// one to. Answered by `Done`.
    Connect { peer: u32 },
    /// That session has ended: what it has under way is computed here. Answered by `Done`.
    Disconnect { peer: u32 },
    /// Run the current network on one part of a data set, or on its first images. Answered by
    /// `Evaluated`.
    Evaluate {
        set: u32,
        task: Box<Task>,
        part: Part,
        #[serde(default)]
        images: Option<u32>,
    },
    /// Train a copy of the current network with growing rates. Answered by `RateFound`.
    FindRate {
        set: u32,
        task: Box<Task>,
        range: RateRange,
    },
    /// Look inside the current network; an explanation is of the last input. Answered by `Explained`,
    /// at once where two passes of one picture and a short time suffice, so that it follows a drawing
    /// during a training, else as a job.
    Explain { ask: Encoded<Ask> },
    /// Attack the current network on the last input or on a data set: `order` is an
    /// `attack::Order` as JSON text, so that the code which sends commands does not contain that which
    /// writes every order. The payload has the pictures that `attack::Study::Judge` needs. Answered by
    /// `Attacked`.
    Attack { order: String },
    /// Make a smaller network of the current one, or measure how much its layers bear, on this data
    /// set: a [`crate::compress::Job`] as JSON text, so that the page's start does without the code
    /// that writes it. Answered by `Shrunk`.
    Shrink { set: Option<u32>, job: String },
}

/// What the payload of a `Data` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum DataPart {
    /// Files of these lengths, one after the other, recognised by their content: IDX images and
    /// labels (gzipped or not), or CIFAR-10's binary format.
    Files { lengths: Vec<usize> },
    /// The labels, two bytes each, little-endian; then the images, row by row from the top, the
    /// channels of a pixel beside each other, one byte each.
    Pixels { shape: Shape, images: u32 },
}

/// When a training tells its weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshots {
    /// A `Snapshot` after so many steps each.
    pub every: Option<u64>,
    /// The training pauses after so many steps: 1 is a single step.
    pub pause_after: Option<u64>,
    /// The training pauses after the epoch under way and its validation examples.
    pub pause_after_epoch: bool,
}

/// Where a network's weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Weights {
    /// A checkpoint or a plain safetensors file in the payload, which must have exactly this
    /// network's.
    Payload,
    /// Random numbers from this seed.
    Seeded { seed: u64 },
    /// After an edit: what the same nodes have in the current network or had before an edit took
    /// them out of it, else what the file loaded last has under the same name and of the same
    /// shape, else random numbers from this seed. With a file in the payload, as after a restart,
    /// the current network has no part in it.
    Kept { seed: u64 },
}

/// What is in the payload of a `Run`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// One byte of ink a pixel (0 is paper), row by row from the top.
    Drawing {
        width: u32,
        height: u32,
        recipe: Recipe,
    },
    /// Four bytes a pixel: red, green, blue, opacity (not premultiplied). A network that takes
    /// drawings gets the digit in it, see `data::prepare_picture`.
    Photo {
        width: u32,
        height: u32,
        means: Means,
    },
    /// The values themselves of one picture, little-endian `f32`, channel after channel.
    Values,
    /// Nothing: the input of the last `Run` once more.
    Last,
}

/// Which part of a node's map is wanted, and how fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub node: NodeId,
    /// The first channel wanted, from 0.
    pub first: u32,
    /// How many channels at most; `None` for all from the first.
    pub channels: Option<u32>,
    /// Larger maps come reduced to this side, each value the mean of the area it covers; `None`
    /// for the values themselves.
    pub side: Option<u32>,
}

impl Wanted {
    /// All of a node's map as it is.
    pub const fn all(node: NodeId) -> Self {
        Self {
            node,
            first: 0,
            channels: None,
            side: None,
        }
    }

    /// The shape of what is sent of a map of this shape: the asked channels, and the longer side
    /// reduced to the asked one with the aspect kept.
    pub fn sent(&self, shape: Shape) -> Shape {
        let channels = shape.channels.saturating_sub(self.first);
        let channels = channels.min(self.channels.unwrap_or(u32::MAX));
        let longer = shape.height.max(shape.width);
        let [height, width] = match self.side {
            Some(side) if longer > side.max(1) => [shape.height, shape.width].map(|length| {
                let scaled = u64::from(length) * u64::from(side.max(1)) / u64::from(longer);
                (scaled as u32).max(1)
            }),
            Some(_) | None => [shape.height, shape.width],
        };
        Shape::new(channels, height, width)
    }
}

/// One value of a node's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub node: NodeId,
    pub channel: u32,
    pub row: u32,
    pub column: u32,
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pass", rename_all = "snake_case")]
pub enum Pass {
    /// One forward pass of one picture, its answer read back.
    Forward,
    /// One training step (forward, backward, SGD on cross-entropy) on this many pictures.
    Training { batch: u32 },
}

/// What a stage of a pipeline does. Values in the payload are 32-bit floats, one node behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StagePass {
    /// The payload has the values that come from the stage before, which the reply's goes on from. For
    /// the first stage they are copies of the last input.
    Forward,
    /// The payload has the gradients of the values that went to the next stage; the reply has those of
    /// the values that came.
    Backward,
    /// The gradients of the stage's parameters.
    Gradients,
    /// As `Gradients`, which become what is summed with those of other workers.
    Hold,
    /// The payload has values that are added to the summed ones from `first` on, or take their place.
    Put { first: usize, adds: bool },
    /// The reply has so many of the summed values.
    Give { first: usize, count: usize },
    /// The payload has the gradients of all stages but this one, in their order; the reply has the
    /// difference from a step in one piece.
    Compare,
}
