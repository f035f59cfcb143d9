//! What sessions that train together send each other, over a channel of their own.

use serde::{Deserialize, Serialize};

use super::EncodedFailure;
use crate::train::{Share, Work};

/// The number under which a worker knows the one that sums.
pub const COORDINATOR: u32 = 0;

/// See the module. A message is encoded as requests are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerMessage {
    /// Compute these shards of the data set. The payload has all parameters.
    Work { set: u32, work: Box<Work> },
    /// They are computed. The payload has the sum of their gradients.
    Share(Share),
    /// They cannot be computed.
    Refused {
        ticket: u64,
        failure: EncodedFailure,
    },
}
