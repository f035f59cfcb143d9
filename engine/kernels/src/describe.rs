//! What a kernel is told beside its maps and values. Offsets count floats from the place of a
//! window's first value.

use std::sync::Arc;

use crate::{Eight, Four, Function, Pairs};

/// What follows a step's sums, value by value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// Within these bounds; infinite ones change nothing.
    Clamp {
        low: f32,
        high: f32,
    },
    Function(Function),
}

impl Then {
    pub const NOTHING: Self = Self::Clamp {
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
    };
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

/// The grid of an input: `value = (q − zero point) · scale`, with `q` from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    pub scale: f32,
    pub zero_point: i32,
}

/// In which order weights of 8 bits lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// For each group `[outputs / 8][runs][run / 2][2]`, zeros behind a run of odd length.
    Panels { groups: usize },
    /// `[runs / 2][channels / 8][2]`: what two of a window's values are multiplied with, zeros
    /// behind the last of an odd number.
    Depthwise,
    /// Panels of 32 outputs `[runs][run / 2][8]`, the last one of fewer.
    Column,
}

/// A convolution or linear layer in whole numbers: the values of its input on a grid of 8 bits,
/// weights of 8 bits with sign, sums of 32 bits. Its output is floats.
#[derive(Clone, Debug)]
pub struct Integer {
    pub way: Way,
    /// Where each run of neighbouring values of a window starts.
    pub runs: Vec<usize>,
    pub run: usize,
    /// The place in the input of the first window of group 0.
    pub start: usize,
    /// From one window to the next, and from one row of windows to the next.
    pub step: [usize; 2],
    pub grid: Steps,
    pub weights: Arc<[Pairs]>,
    /// Of the sums. It, `factor` and `shift` have as many values for each group as panels have
    /// columns.
    pub bias: Arc<[i32]>,
    /// A value is `factor · sum + shift`.
    pub factor: Arc<[f32]>,
    pub shift: Arc<[f32]>,
    /// Whether the last input is added to the result.
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

/// Local response normalisation: `x / (k + share · Σ x²)^beta` over `size` channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lrn {
    pub size: usize,
    pub share: f32,
    pub k: f32,
    pub beta: f32,
}
