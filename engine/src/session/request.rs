//! Requests of the page and the replies to them.

use serde::{Deserialize, Serialize};

use super::{Command, Event};

/// The number of a request. The page counts them up and uses none twice for one worker.
pub type RequestId = u64;

/// The number of replies that answer no request: the greeting, a start that failed, a message that
/// cannot be read. No request has it.
pub const NO_REQUEST: RequestId = 0;

/// A command under a number that its replies carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub id: RequestId,
    pub command: Command,
}

/// One of the replies to a request. Any number of replies for which [`Event::is_last`] is false
/// come before exactly one for which it is true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The request's number, or [`NO_REQUEST`].
    pub id: RequestId,
    pub event: Event,
}

/// Why a request ended without a result and without a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// By [`Command::Cancel`].
    Requested,
    /// A newer [`Command::Run`] took the place of this one.
    Superseded,
    /// Another network was loaded, or waits to be.
    NetworkReplaced,
}
