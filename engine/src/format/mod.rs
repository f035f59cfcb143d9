//! Text formats: the versioned document and the share link of graphs and experiments, the difference
//! of two graphs, CSV, typed numbers.

pub mod csv;
pub mod diff;
pub mod encoding;
pub mod experiment;
pub mod json;
mod limits;
pub mod link;
pub mod number;
pub mod share;
mod short;
mod side_by_side;
mod unknown;

pub use diff::{Change, GraphDiff};
pub use experiment::{Control, Experiment, Lock, Locks, Preference, Settings};
pub use json::DocumentError;
pub use share::ShareError;
pub use side_by_side::{Line, side_by_side};
pub use unknown::{UnknownKey, told};
