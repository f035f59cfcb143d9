//! Steps of a plan: one kernel, what it reads and where it writes.

use std::sync::Arc;

use super::arena::Border;
use super::kernels::{Eight, Four};
use super::view::Map;
use crate::NodeId;
use crate::layer::Activation;

/// One step: a kernel on maps.
#[derive(Clone, Debug)]
pub struct Step {
    /// The nodes that it computes, in the graph's order; the last is what it gives.
    pub nodes: Vec<NodeId>,
    pub kernel: Kernel,
    pub inputs: Vec<Map>,
    pub output: Map,
    /// The border that it fills with zeros first, because its place held something else before.
    pub clears: Option<Border>,
    /// Multiply-adds, for one picture.
    pub macs: u64,
}

/// What follows a step's sums, value by value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// Within these bounds; infinite ones change nothing.
    Clamp {
        low: f32,
        high: f32,
    },
    Function(Activation),
}

impl Then {
    pub const NOTHING: Self = Self::Clamp {
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
    };

    /// `None` for functions of a whole position.
    pub const fn of(function: Activation) -> Option<Self> {
        let low = 0.0;
        Some(match function {
            Activation::Relu => Self::Clamp {
                low,
                high: f32::INFINITY,
            },
            Activation::Relu6 => Self::Clamp { low, high: 6.0 },
            Activation::Softmax | Activation::LogSoftmax => return None,
            other => Self::Function(other),
        })
    }
}

/// How a step computes. Offsets count floats from the place of a window's first value.
#[derive(Clone, Debug)]
pub enum Kernel {
    Conv(Conv),
    Winograd(Winograd),
    Depthwise(Depthwise),
    Linear(Linear),
    Pool(Pool),
    /// `scale · x + shift` for each channel.
    Affine {
        scale: Arc<[f32]>,
        shift: Arc<[f32]>,
        then: Then,
    },
    Lrn(crate::layer::Lrn),
    Softmax {
        /// The logarithm of it.
        log: bool,
    },
    Activate(Activation),
    /// Sum or product of the inputs, sides of 1 broadcast.
    Combine {
        multiply: bool,
        then: Then,
    },
    /// Copies each input behind the one before, at these channels of the output.
    Join {
        channels: Vec<usize>,
    },
    /// The input in the middle of a value: `top` and `left` positions before it.
    Surround {
        top: usize,
        left: usize,
        value: f32,
    },
    Shuffle {
        groups: usize,
    },
    /// A map as a vector, channel after channel or position after position.
    Flatten {
        by_channel: bool,
    },
    Rbf {
        codes: Arc<[f32]>,
    },
}

/// Convolution as products of tiles of positions and panels of weights.
#[derive(Clone, Debug)]
pub struct Conv {
    /// Where each run of neighbouring floats of a window starts.
    pub runs: Vec<usize>,
    /// Floats of a run.
    pub run: usize,
    /// The place in the input of the first window of group 0.
    pub start: usize,
    /// From one window to the next, and from one row of windows to the next.
    pub step: [usize; 2],
    pub groups: usize,
    /// For each group `[outputs / 8][runs · run][8]`, zeros behind the last output.
    pub weights: Arc<[Eight]>,
    /// For each group as many as its panels have columns.
    pub bias: Arc<[f32]>,
    /// Whether the last input is added to the result.
    pub residual: bool,
    pub then: Then,
}

/// 3×3 convolution with stride 1 by Winograd's F(4, 3): Lavin and Gray, 2016.
#[derive(Clone, Debug)]
pub struct Winograd {
    /// The place in the input of the first window.
    pub start: usize,
    /// `[36][outputs / 8][channels][8]`.
    pub weights: Arc<[Eight]>,
    pub bias: Arc<[f32]>,
    pub residual: bool,
    pub then: Then,
    /// Tiles in each direction.
    pub tiles: [usize; 2],
}

/// Convolution of each channel by itself.
#[derive(Clone, Debug)]
pub struct Depthwise {
    pub kernel: [usize; 2],
    /// From one tap to the next: down, right.
    pub tap: [usize; 2],
    pub start: usize,
    /// From one window to the next: right, down.
    pub step: [usize; 2],
    /// `[kernel positions][channels]`.
    pub weights: Arc<[f32]>,
    pub bias: Arc<[f32]>,
    pub then: Then,
}

/// A matrix on one vector.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Where each run of neighbouring inputs starts, from the buffer's start.
    pub runs: Vec<usize>,
    pub run: usize,
    /// Panels of 32 outputs `[inputs][32]`, the last one of fewer, a multiple of 4.
    pub weights: Arc<[Four]>,
    pub bias: Arc<[f32]>,
    pub residual: bool,
    pub then: Then,
}

/// What a window is reduced to.
#[derive(Clone, Debug)]
pub enum Reduce {
    Max,
    /// The sum over `Bin::divisor` of both axes.
    Mean,
    /// `scale · sum + shift`, each channel `fan` times.
    Affine {
        fan: usize,
        scale: Arc<[f32]>,
        shift: Arc<[f32]>,
    },
}

/// A range of rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin {
    pub start: usize,
    pub end: usize,
    /// What the mean divides by.
    pub divisor: usize,
}

#[derive(Clone, Debug)]
pub struct Pool {
    pub reduce: Reduce,
    pub rows: Vec<Bin>,
    pub columns: Vec<Bin>,
}

impl Kernel {
    /// In a word or two, for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Conv(conv) if conv.groups > 1 => "grouped conv",
            Self::Conv(conv) if conv.runs.len() == 1 => "pointwise",
            Self::Conv(_) => "conv",
            Self::Winograd(_) => "Winograd 4×4",
            Self::Depthwise(_) => "depthwise",
            Self::Linear(_) => "linear",
            Self::Pool(pool) => match pool.reduce {
                Reduce::Max => "max pool",
                Reduce::Mean => "avg pool",
                Reduce::Affine { .. } => "subsample",
            },
            Self::Affine { .. } => "affine",
            Self::Lrn(_) => "LRN",
            Self::Softmax { .. } => "softmax",
            Self::Activate(_) => "activation",
            Self::Combine { multiply: true, .. } => "multiply",
            Self::Combine { .. } => "add",
            Self::Join { .. } => "copy",
            Self::Surround { .. } => "pad",
            Self::Shuffle { .. } => "shuffle",
            Self::Flatten { .. } => "flatten",
            Self::Rbf { .. } => "RBF",
        }
    }

    /// Bytes of its packed weights.
    pub fn weight_bytes(&self) -> usize {
        4 * match self {
            Self::Conv(it) => 8 * it.weights.len() + it.bias.len(),
            Self::Winograd(it) => 8 * it.weights.len() + it.bias.len(),
            Self::Depthwise(it) => it.weights.len() + it.bias.len(),
            Self::Linear(it) => 4 * it.weights.len() + it.bias.len(),
            Self::Affine { scale, shift, .. } => scale.len() + shift.len(),
            Self::Pool(pool) => match &pool.reduce {
                Reduce::Affine { scale, shift, .. } => scale.len() + shift.len(),
                Reduce::Max | Reduce::Mean => 0,
            },
            Self::Rbf { codes } => codes.len(),
            _ => 0,
        }
    }

    /// Floats that it needs while it runs.
    pub fn scratch(&self, inputs: &[Map], output: &Map) -> usize {
        match self {
            Self::Pool(_) => inputs.first().map_or(0, |map| map.width * map.channels),
            Self::Lrn(norm) => output.channels + norm.size as usize,
            Self::Winograd(it) => super::kernels::winograd::scratch(
                inputs.first().map_or(0, |input| input.channels),
                it.bias.len(),
            ),
            _ => 0,
        }
    }
}
