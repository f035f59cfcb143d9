//! What every kind of layer can say of itself without being run.

use serde::{Deserialize, Serialize};

use super::Window;
use crate::Shape;

/// What one layer stores and computes for one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Parameters that training changes.
    pub trainable: u64,
    /// Stored values that training does not fit by gradient: batch norm's running statistics,
    /// the codes of LeNet's RBF output.
    pub other: u64,
    /// Multiply-adds of convolutions and linear layers: output positions × weight elements,
    /// padding included, biases excluded (as fvcore and torchvision count them).
    pub macs: u64,
    /// Every other floating-point operation: biases, norms, activations, pooling, merges.
    pub element_flops: u64,
}

impl Cost {
    /// Trainable and other parameters together, as Keras prints them.
    pub const fn params(&self) -> u64 {
        self.trainable + self.other
    }

    /// Adds another cost to this one.
    pub fn add(&mut self, other: Self) {
        self.trainable += other.trainable;
        self.other += other.other;
        self.macs += other.macs;
        self.element_flops += other.element_flops;
    }

    /// Floating-point operations: two for each multiply-add, plus the element-wise work.
    pub const fn flops(&self) -> u64 {
        2 * self.macs + self.element_flops
    }
}

/// Why a layer cannot stand where it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LayerError {
    #[error("{field} is 0; it must be at least 1")]
    Zero { field: &'static str },
    #[error("{field} is {got}; the limit is {limit}")]
    TooLarge { field: &'static str, got: u64, limit: u64 },
    #[error("{field} is {got}; it must lie between {min} and {max}")]
    OutOfRange { field: &'static str, got: f64, min: f64, max: f64 },
    #[error("takes {wanted} input(s) but has {got}")]
    InputCount { wanted: &'static str, got: usize },
    #[error(
        "the {axis} of {size} + padding {before} + {after} is smaller than the kernel's reach of \
         {extent} (kernel {kernel}, dilation {dilation}): there is no position to place it"
    )]
    KernelTooLarge {
        axis: &'static str,
        size: u32,
        before: u32,
        after: u32,
        kernel: u32,
        dilation: u32,
        extent: u64,
    },
    #[error("{groups} groups do not divide {channels} {side} channels: {channels} / {groups} leaves a remainder")]
    Groups { groups: u32, channels: u32, side: &'static str },
    #[error("the inputs are {first} and {other}; {rule}")]
    Mismatch { first: Shape, other: Shape, rule: &'static str },
    #[error("a linear layer takes a vector, but the input is {got}; put a Flatten or a pooling to 1×1 before it")]
    NotAVector { got: Shape },
    #[error("channels {start}..{end} do not lie within the input's {channels}")]
    Slice { start: u32, end: u32, channels: u32 },
    #[error("the connection table names input map {map}, but there are only {channels}")]
    Table { map: u32, channels: u32 },
    #[error("padding of {padding} is more than half the kernel of {kernel}: a window would see only padding")]
    PoolPadding { padding: u32, kernel: u32 },
}

/// What a kind of layer can say of itself without being run. All counts are for one image.
pub trait Rule {
    /// The output's shape for these inputs, or why there is none.
    ///
    /// # Errors
    /// When a hyper-parameter is out of its range or does not fit the inputs.
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError>;

    /// Parameters and operations. Called only with the inputs and output of a valid layer.
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost;

    /// The spatial window one output value looks through: identity unless the kind says else.
    /// `None` when an output value sees the whole input.
    fn window(&self, input: Shape) -> Option<Window> {
        let _ = input;
        Some(Window::POINT)
    }
}

/// The only input of a layer that takes exactly one.
pub(super) fn single(inputs: &[Shape]) -> Result<Shape, LayerError> {
    let [input] = inputs else {
        return Err(LayerError::InputCount { wanted: "exactly 1", got: inputs.len() });
    };
    Ok(*input)
}

/// The largest count of channels, features, kernel side, stride, padding or dilation a layer may
/// ask for: far above any published network, low enough that no count overflows 64 bits.
pub(crate) const MAX_FIELD: u32 = 1 << 20;

/// `value` within 1 ..= [`MAX_FIELD`], or the error that says so.
pub(super) fn positive(field: &'static str, value: u32) -> Result<(), LayerError> {
    if value == 0 {
        return Err(LayerError::Zero { field });
    }
    at_most(field, value, MAX_FIELD)
}

/// `value` not above `limit`, or the error that says so.
pub(super) fn at_most(field: &'static str, value: u32, limit: u32) -> Result<(), LayerError> {
    if value > limit {
        return Err(LayerError::TooLarge { field, got: value.into(), limit: limit.into() });
    }
    Ok(())
}
