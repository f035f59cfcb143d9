//! A batch cut into shards, whose gradients several workers compute. How it is cut, and in which
//! order the shards' gradients are summed, does not depend on the number of workers, so that any
//! number of them gives the same weights bit for bit.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize};

use super::Task;

/// The shards of a training for several workers, unless its settings say another number.
pub const SHARDS: u32 = 4;
/// The most shards of a batch.
pub const MOST_SHARDS: u32 = 16;

/// The examples of each shard: consecutive, and as equally many as possible. Where the batch has
/// less than two for each, the last shards have none, because batch norm needs two.
pub fn cut(examples: usize, shards: u32) -> Vec<Range<usize>> {
    let used = (shards as usize).min(examples / 2).max(1);
    let start = |shard: usize| examples * shard.min(used) / used;
    let shards = 0..shards as usize;
    shards.map(|shard| start(shard)..start(shard + 1)).collect()
}

/// Consecutive shards of one step that a worker computes. The weights travel beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The number of the exchange, which the answer carries too.
    pub ticket: u64,
    pub task: Task,
    /// Steps done before this one.
    pub step: u64,
    /// Whole epochs done.
    pub epoch: u32,
    /// Examples of all shards, those of others too.
    pub examples: usize,
    /// The number of the first shard.
    pub first: u32,
    /// The images of each shard. There are 2ⁿ shards, and `first` is a multiple of 2ⁿ.
    pub shards: Vec<Vec<u32>>,
}

/// What a worker computed of one [`Work`]. The sum of the gradients travels beside it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub ticket: u64,
    /// The number of the first shard, and how many there are.
    pub first: u32,
    pub shards: u32,
    /// The sum of the examples' losses, divided by the examples of the whole batch.
    #[serde(deserialize_with = "number")]
    pub loss: f64,
    /// Examples that were given their class.
    pub right: u64,
    /// Milliseconds that it took.
    pub compute_ms: f64,
}

/// How long one step took, and each of its workers; times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    /// The number of the step, from 1.
    pub step: u64,
    pub ms: f64,
    /// Of `ms`, summing the gradients and changing the weights.
    pub update_ms: f64,
    /// Bytes of all messages between the workers.
    pub bytes: u64,
    /// The one that sums first.
    pub workers: Vec<WorkerTime>,
}

/// One worker in one step, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerTime {
    /// Its number; 0 for the one that sums.
    pub worker: u32,
    /// How many shards it computed.
    pub shards: u32,
    pub compute_ms: f64,
    /// From the message with the weights until the one with the gradients, without computing.
    pub send_ms: f64,
}

impl Worked {
    /// Milliseconds that this worker did nothing in.
    pub fn wait_ms(&self, of: &WorkerTime) -> f64 {
        let update = if of.worker == 0 { self.update_ms } else { 0.0 };
        (self.ms - of.compute_ms - of.send_ms - update).max(0.0)
    }

    /// How many times faster it was than one worker that computes all shards in the same time each.
    pub fn speed_up(&self) -> f64 {
        let compute: f64 = self.workers.iter().map(|it| it.compute_ms).sum();
        (compute + self.update_ms) / self.ms.max(1e-9)
    }
}

/// JSON has no NaN: it is written as null.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_into_shards_of_two_examples_at_least() {
        assert_eq!(cut(64, 4), [0..16, 16..32, 32..48, 48..64]);
        assert_eq!(cut(10, 4), [0..2, 2..5, 5..7, 7..10]);
        assert_eq!(cut(7, 4), [0..2, 2..4, 4..7, 7..7]);
        assert_eq!(cut(1, 2), [0..1, 1..1]);
        for examples in 2..100 {
            for shards in [1, 2, 4, 8, 16] {
                let cut = cut(examples, shards);
                assert_eq!(cut.len(), shards as usize);
                assert_eq!(cut.first().map(|it| it.start), Some(0));
                assert_eq!(cut.last().map(|it| it.end), Some(examples));
                assert!(cut.windows(2).all(|it| it[0].end == it[1].start));
                assert!(cut.iter().all(|it| it.len() != 1), "{cut:?}");
            }
        }
    }

    #[test]
    fn a_loss_that_is_no_number_survives_json() {
        let share = Share {
            ticket: 1,
            first: 0,
            shards: 2,
            loss: f64::NAN,
            right: 3,
            compute_ms: 0.5,
        };
        let text = serde_json::to_string(&share).unwrap();
        let read: Share = serde_json::from_str(&text).unwrap();
        assert!(read.loss.is_nan() && read.right == 3);
    }
}
