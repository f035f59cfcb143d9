//! Steps of a plan: one kernel, what it reads and where it writes.

use std::sync::Arc;

use kernels::{
    Conv, Depthwise, Function, Linear, Lrn, Map, Pool, Reduce, Then, Winograd, winograd,
};

use super::arena::Border;
use crate::NodeId;
use crate::layer::Activation;

/// One step: a kernel on maps.
#[derive(Clone, Debug)]
pub struct Step {
    /// The nodes that it computes, in the graph's order; the last is what it gives.
    pub nodes: Vec<NodeId>,
    pub kernel: Kernel,
    /// Kernels that go on with its result before it is written; on a device only.
    pub tails: Vec<Kernel>,
    pub inputs: Vec<Map>,
    pub output: Map,
    /// The border that it fills with zeros first, because its place held something else before.
    pub clears: Option<Border>,
    /// Multiply-adds, for one picture.
    pub macs: u64,
}

/// What an activation does behind a step's sums; `None` for functions of a whole position.
pub(super) fn then_of(function: Activation) -> Option<Then> {
    let low = 0.0;
    Some(match function {
        Activation::Relu => Then::Clamp {
            low,
            high: f32::INFINITY,
        },
        Activation::Relu6 => Then::Clamp { low, high: 6.0 },
        other => Then::Function(function_of(other)?),
    })
}

/// The kernels' name of a function of single values; `None` for functions of a whole position.
pub(super) const fn function_of(function: Activation) -> Option<Function> {
    Some(match function {
        Activation::Relu => Function::Relu,
        Activation::Relu6 => Function::Relu6,
        Activation::LeakyRelu { slope } => Function::LeakyRelu {
            slope: slope as f32,
        },
        Activation::Elu { alpha } => Function::Elu {
            alpha: alpha as f32,
        },
        Activation::Tanh => Function::Tanh,
        Activation::ScaledTanh { a, s } => Function::ScaledTanh {
            a: a as f32,
            s: s as f32,
        },
        Activation::Sigmoid => Function::Sigmoid,
        Activation::Silu => Function::Silu,
        Activation::HardSigmoid => Function::HardSigmoid,
        Activation::HardSwish => Function::HardSwish,
        Activation::Gelu => Function::Gelu,
        Activation::Softmax | Activation::LogSoftmax => return None,
    })
}

/// How a step computes. Offsets count floats from the place of a window's first value.
#[derive(Clone, Debug)]
pub enum Kernel {
    Conv(Conv),
    #[cfg(feature = "integer")]
    Integer(kernels::Integer),
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
    Lrn(Lrn),
    Softmax {
        /// The logarithm of it.
        log: bool,
    },
    Activate(Function),
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

impl Kernel {
    /// In a word or two, for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Conv(conv) if conv.groups > 1 => "grouped conv",
            Self::Conv(conv) if conv.runs.len() == 1 => "pointwise",
            Self::Conv(_) => "conv",
            #[cfg(feature = "integer")]
            Self::Integer(it) => match it.way {
                kernels::Way::Panels { groups } if groups > 1 => "8-bit grouped conv",
                kernels::Way::Panels { .. } if it.runs.len() == 1 => "8-bit pointwise",
                kernels::Way::Panels { .. } => "8-bit conv",
                kernels::Way::Depthwise => "8-bit depthwise",
                kernels::Way::Column => "8-bit linear",
            },
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

    /// Whether a window of weights moves over its map.
    pub const fn is_convolution(&self) -> bool {
        match self {
            #[cfg(feature = "integer")]
            Self::Integer(it) => !matches!(it.way, kernels::Way::Column),
            Self::Conv(_) | Self::Winograd(_) | Self::Depthwise(_) => true,
            _ => false,
        }
    }

    /// Bytes of its packed weights.
    pub fn weight_bytes(&self) -> usize {
        #[cfg(feature = "integer")]
        if let Self::Integer(it) = self {
            return 8 * it.weights.len() + 12 * it.bias.len();
        }
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
            Self::Lrn(norm) => output.channels + norm.size,
            Self::Winograd(it) => winograd::scratch(
                inputs.first().map_or(0, |input| input.channels),
                it.bias.len(),
            ),
            _ => 0,
        }
    }

    /// Whole numbers that it needs while it runs.
    #[cfg(feature = "integer")]
    pub fn wholes(&self, inputs: &[Map], output: &Map) -> usize {
        match (self, inputs.first()) {
            (Self::Integer(it), Some(input)) => it.scratch([input, output]),
            _ => 0,
        }
    }
}
