//! Why a file or a link is no exercise or hand-in that can be read.

use crate::format::DocumentError;

/// Why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExerciseError {
    #[error("it has {got} bytes; at most {limit} are read")]
    TooLong { got: usize, limit: usize },
    #[error("it is not JSON: {why}; it was cut short or is another program's file")]
    NotJson { why: String },
    #[error(
        "it is not {what} of the CNN lab: it has no whole number under “{key}” that says its version"
    )]
    Other {
        what: &'static str,
        key: &'static str,
    },
    #[error(
        "it is {what} of version {got}, but this lab reads version {newest}: open it with a newer \
         version of the lab"
    )]
    TooNew {
        what: &'static str,
        got: u64,
        newest: u64,
    },
    #[error("{place} cannot be read: {why}")]
    Malformed { place: String, why: String },
    #[error("{place} is too large: {got}; the limit is {limit}")]
    Large {
        place: String,
        got: usize,
        limit: usize,
    },
    #[error("the network: {0}")]
    Document(#[from] DocumentError),
    #[error("the zip cannot be read: {why}")]
    Zip { why: String },
    #[error("it cannot be written: {why}")]
    NotWritten { why: String },
    #[error("the link is damaged or cut short: {why}")]
    Link { why: String },
    #[error("the link would have {got} characters; at most {limit} fit: give out the file instead")]
    LinkTooLong { got: usize, limit: usize },
}

/// Refuses what is longer than this.
pub(super) fn bounded(place: &str, got: usize, limit: usize) -> Result<(), ExerciseError> {
    if got <= limit {
        return Ok(());
    }
    let place = place.to_owned();
    Err(ExerciseError::Large { place, got, limit })
}

pub(super) fn malformed(place: &str, error: impl std::fmt::Display) -> ExerciseError {
    ExerciseError::Malformed {
        place: place.to_owned(),
        why: error.to_string(),
    }
}

pub(super) fn not_written(error: impl std::fmt::Display) -> ExerciseError {
    ExerciseError::NotWritten {
        why: error.to_string(),
    }
}
