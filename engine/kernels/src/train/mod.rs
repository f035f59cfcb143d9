//! A training step: eight pictures at once, the picture innermost in every map, so that one weight
//! meets two vectors of values.

mod grouped;
pub mod norm;
mod products;
mod rule;
mod sums;
pub mod values;

pub use grouped::Grouped;
pub use products::Scratch;
pub use rule::{Rule, State};
pub use sums::Sums;
