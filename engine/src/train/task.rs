//! A training as data: what it is of, where it stands, what it told and how it ended.

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::data::{Means, Part, Split};

/// What is trained on, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    pub settings: Settings,
    pub split: Split,
    /// How images are prepared as inputs: as drawings and photos are when the network runs.
    pub means: Means,
}

/// Where a training stands. With the seed of its settings this is also the state of all its random
/// numbers, since order, changes and dropout of a step depend on nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Position {
    /// Steps done.
    pub step: u64,
    /// Whole epochs done.
    pub epoch: u32,
    /// Steps done of the epoch under way.
    pub in_epoch: u64,
    /// Images of the data set when the epoch began; later ones join with the next.
    pub images: u64,
    /// Seconds that the steps took.
    pub seconds: f64,
    /// Sums over the examples of the epoch under way.
    pub loss: f64,
    pub right: u64,
    pub seen: u64,
    /// The step after which the validation examples were last run.
    pub evaluated: u64,
    /// The least loss on the validation examples, and its epoch.
    pub best: Option<Best>,
}

/// The best epoch so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub epoch: u32,
    pub loss: f64,
}

/// What a checkpoint says of the training that it is of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub task: Task,
    pub position: Position,
}

/// One step as the curves show it; of the weights before the step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its number, from 1.
    pub step: u64,
    /// Steps in all, as far as is known.
    pub steps: u64,
    /// The number of the epoch, from 1.
    pub epoch: u32,
    /// Mean over the batch.
    pub loss: f64,
    /// Share of the batch.
    pub accuracy: f64,
    pub rate: f64,
    /// The length of all gradients together, before it is clipped.
    pub gradient_norm: f64,
    /// Of this step.
    pub examples_per_second: f64,
}

/// A network on one part of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub part: Part,
    /// Epochs of training before it.
    pub epoch: u32,
    pub examples: u64,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// Share of the examples whose largest output is their label.
    pub accuracy: f64,
    /// Row by row: how many examples of the row's class were given the column's.
    pub confusion: Vec<u32>,
    /// The greatest losses among the mistakes, the greatest first.
    pub worst: Vec<Mistake>,
    /// The mean loss and accuracy of the steps of the epoch before it, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<[f64; 2]>,
}

/// One example that was given another class than its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// The image's number in its data set, from 0.
    pub image: u32,
    pub label: u16,
    pub answer: u16,
    pub loss: f64,
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// As long as it was to be.
    Completed,
    /// The loss on the validation examples had not fallen for the asked number of epochs.
    NoImprovement { best_epoch: u32 },
    /// After the asked number of steps; it can go on.
    Paused,
    /// The loss is not a finite number. The weights are those of the last step that had one.
    Diverged(Divergence),
}

/// Where a training left the finite numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error(
    "the training diverged in step {step}: {}; the weights are those of step {good}. A smaller \
     learning rate or clipped gradients may help",
    place.as_deref().map_or_else(
        || "the loss is not a finite number".to_owned(),
        |place| format!("“{place}” was the first with a value that is not a finite number"),
    )
)]
pub struct Divergence {
    /// Whose loss is no number, from 1.
    pub step: u64,
    /// The last step whose weights had a finite loss.
    pub good: u64,
    /// The first parameter or node with such a value.
    pub place: Option<String>,
}
