//! One folder a panel. Features do not import each other.

pub mod answer;
pub mod attack;
pub mod build;
pub mod compare;
pub mod deploy;
pub mod exchange;
pub mod exercise;
pub mod explain;
pub mod input;
pub mod learn;
pub mod library;
pub mod look;
pub mod network;
pub mod shrink;
pub mod train;
