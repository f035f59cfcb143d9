//! One folder a panel. Features do not import each other.

pub mod answer;
pub mod build;
pub mod compare;
pub mod input;
pub mod library;
pub mod look;
pub mod network;
pub mod train;
