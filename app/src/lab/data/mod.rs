//! Data sets: loading their images, and sending them to an engine.

mod collect;
mod export;
mod files;
mod held;
mod load;
mod send;
mod shipped;
mod zip;

pub use self::held::{HeldPart, HeldSet};
pub use self::send::Sent;

/// Why a data set cannot be loaded or given to an engine, as a sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetError(pub String);

impl SetError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}
