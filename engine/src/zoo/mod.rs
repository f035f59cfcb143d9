//! Networks people know, as graphs.

mod lenet;

pub use lenet::lenet5;
