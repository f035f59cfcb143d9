//! What is asked of a network from inside, and what it is answered with.

use serde::{Deserialize, Serialize};

use super::{
    Ascent, Backward, BackwardAsk, Exciting, Explanation, Method, NodeHealth, Operation,
    Projection, SanityLevel, Wish,
};
use crate::NodeId;
use crate::train::Task;

/// A question about the current network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// How much each value of the last input counts for this class, or the predicted one. Answered by
    /// `Explained`.
    Explain { method: Method, class: Option<u32> },
    /// Whether such a map depends on the weights, with random ones of this seed. Answered by `Checked`.
    Check {
        method: Method,
        class: Option<u32>,
        seed: u64,
    },
    /// Change the weights of the current network. Answered by `Operated`.
    Operate(Operation),
    /// How many of the first `images` test images of a data set are answered rightly, as the network is
    /// and without each map of a node. Answered by `Ranked`.
    Rank {
        set: u32,
        task: Box<Task>,
        node: Option<NodeId>,
        images: u32,
    },
    /// Where a node puts the first `images` test images of a data set, its values for each put in the
    /// plane. Answered by `Projected`.
    Project {
        set: u32,
        task: Box<Task>,
        node: NodeId,
        images: u32,
        #[serde(default)]
        projection: Projection,
    },
    /// The input that makes this large, by ascent. Answered by `Wished`.
    Maximise { wish: Wish, ascent: Ascent },
    /// The first `images` test images of a data set that make this largest. Answered by `Exciting`.
    Excite {
        set: u32,
        task: Box<Task>,
        wish: Wish,
        images: u32,
    },
    /// Which pixels of the first `images` test images of a data set move this, in the middle of its map:
    /// its effective patch. Answered by `Patch`.
    Patch {
        set: u32,
        task: Box<Task>,
        wish: Wish,
        images: u32,
    },
    /// The gradients of the loss of the last input, and what is asked of one value and one weight.
    /// Answered by `Backward`.
    Backward(BackwardAsk),
    /// How the layers are doing on the first `images` test images of a data set. Answered by `Health`.
    Health {
        set: u32,
        task: Box<Task>,
        images: u32,
    },
}

/// An answer. Its values are beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The map's values.
    Explained(Explanation),
    /// The map's values as the network is, then those of each level, all of one shape.
    Checked {
        original: Explanation,
        levels: Vec<SanityLevel>,
    },
    /// The weights are changed.
    Operated,
    Ranked {
        images: u64,
        right: u64,
        /// Without each map.
        without: Vec<u64>,
    },
    /// Five values for each image: its number, its label, its answer, and where it lies.
    Projected {
        node: NodeId,
        /// The share of the variance along each of the two directions; none where they are no
        /// directions.
        shares: Option<[f64; 2]>,
    },
    /// The input, in the values, and what was to be large before each step.
    Wished { steps: Vec<f32> },
    /// The largest first; their inputs are the values.
    Exciting { best: Vec<Exciting> },
    /// The mean square of the gradient at each pixel, its channels together, is in the values.
    Patch {
        images: u64,
        /// Where in the map the value is.
        row: u32,
        column: u32,
    },
    /// The gradients' maps are the values.
    Backward(Box<Backward>),
    /// Every node on the way to the logits.
    Health { images: u64, nodes: Vec<NodeHealth> },
}
