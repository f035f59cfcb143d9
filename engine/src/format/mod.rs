//! Graphs as text: the versioned document, the text of a share link, the difference of two graphs.

pub mod diff;
pub mod json;
mod limits;
pub mod share;
mod short;

pub use diff::{Change, GraphDiff};
pub use json::DocumentError;
pub use share::ShareError;
