//! Channels taken out of a network: a smaller graph with fewer weights, which gives what the large
//! one gives with these channels set to 0.

mod masked;
mod params;
mod refusal;
mod remove;
mod select;
mod ties;
mod walk;

pub use masked::masked;
pub use refusal::Refusal;
pub use remove::{Channels, Smaller, remove};
pub use select::{Dimension, Left, dimensions, preview, select};
pub use ties::Ties;
