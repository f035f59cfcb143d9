//! The CNN lab's engine. The pure half (graph, accounting, zoo, formats) has no tensor library;
//! the running half (feature `run`) trains and runs networks on burn.
//! Each part imports only those before it.

pub mod layer;
pub mod near;
mod shape;

pub mod analysis;
pub mod format;
pub mod graph;
pub mod zoo;

pub mod compare;
pub mod whatif;

pub mod data;
pub mod deploy;
pub mod train;

pub mod attack;
pub mod distribute;

pub mod checkpoint;
pub mod compress;
pub mod hdf5;
pub mod import_text;
pub mod onnx;

pub mod keras_file;

pub mod weights;

pub mod export;
pub mod session;

pub mod exercise;
pub mod explain;

#[cfg(feature = "plan")]
pub mod plan;
#[cfg(feature = "run")]
pub mod run;

/// The native command line.
#[cfg(feature = "cli")]
pub mod cli;

pub use analysis::Analysis;
pub use graph::{Graph, GraphBuilder, GraphError, Node, NodeId};
pub use layer::Layer;
pub use shape::Shape;
