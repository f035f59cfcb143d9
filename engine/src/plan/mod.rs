//! The compiled plan: a graph is lowered once to steps on buffers, and then runs without a tensor
//! library and without allocating. Weights are plain numbers of the host ([`Params`]).
//!
//! Maps are kept position after position (NHWC) with a border of zeros as wide as the windows that
//! read them reach, so that no convolution copies its input or tests for edges. Batch norm is folded
//! into the layer before it; sums and activations follow a layer's own sums at once.

mod arena;
mod exec;
#[cfg(feature = "plan-gpu")]
pub mod gpu;
mod lower;
mod params;
mod step;
mod timer;
mod train;
mod values;
mod view;
#[cfg(feature = "wgsl")]
pub mod wgsl;

pub use arena::Border;
pub use exec::{Executor, RunError};
pub use kernels::{Bin, Conv, Depthwise, Linear, Map, Pool, Reduce, Then, Winograd};
#[cfg(feature = "integer")]
pub use kernels::{Integer, Steps, Way};
#[cfg(feature = "integer")]
pub use lower::Integers;
pub use lower::{LowerError, Options, Packer};
pub use params::{Array, Params};
pub use step::{Kernel, Step};
pub use timer::{StepTimer, StepTimes};
pub use train::{PulledBack, Rule, TrainError, Trainer};
pub use values::Values;

use crate::NodeId;

/// A lowered network.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The graph's name.
    pub name: String,
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// The nodes whose maps can be read after a run, among them the output.
    pub readings: Vec<Reading>,
    /// Floats of each buffer.
    pub buffers: Vec<usize>,
    /// Where the input goes.
    input: Map,
    input_border: Option<Border>,
    /// Among `readings`.
    output: usize,
}

/// A node whose map can be read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub node: NodeId,
    pub map: Map,
    /// It is a vector of the map's values, …
    flat: bool,
    /// … position after position.
    by_position: bool,
}

impl Plan {
    /// Where the input lies.
    pub const fn input(&self) -> &Map {
        &self.input
    }

    /// Bytes of all packed weights.
    pub fn weight_bytes(&self) -> usize {
        let bytes = self.steps.iter().map(|step| step.kernel.weight_bytes());
        bytes.sum()
    }

    /// Bytes of all buffers.
    pub fn buffer_bytes(&self) -> usize {
        4 * self.buffers.iter().sum::<usize>()
    }

    /// Multiply-adds, for one picture.
    pub fn macs(&self) -> u64 {
        self.steps.iter().map(|step| step.macs).sum()
    }
}
