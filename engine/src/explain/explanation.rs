//! What an explanation says beside its values.

use serde::{Deserialize, Serialize};

use super::Method;
use crate::Shape;

/// An attribution map without its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// With the node of Grad-CAM that was taken.
    pub method: Method,
    /// The class that is explained, and the one with the largest logit.
    pub class: u32,
    pub predicted: u32,
    /// The logit of the class.
    pub logit: f32,
    /// The shape of the values: the input's, the input's with one channel (Grad-CAM, enlarged), or one
    /// value for each place (occlusion).
    pub shape: Shape,
    /// Where they lie over the input.
    pub area: Area,
    /// The least and the largest sum over the channels at one place.
    pub least: f32,
    pub largest: f32,
    /// Of integrated gradients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<Completeness>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ExplainNote>,
}

/// A rectangle of the input, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub top: f32,
    pub left: f32,
    pub height: f32,
    pub width: f32,
}

impl Area {
    /// All of it.
    pub const fn all(input: Shape) -> Self {
        Self {
            top: 0.0,
            left: 0.0,
            height: input.height as f32,
            width: input.width as f32,
        }
    }
}

/// How far the values of integrated gradients add up to what they explain: the residual is that of a
/// finite number of steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// The sum of all values.
    pub sum: f64,
    /// The logit of the input and of an input of zeros.
    pub input: f64,
    pub baseline: f64,
    /// `sum − (input − baseline)`.
    pub residual: f64,
}

impl Completeness {
    pub const fn new(sum: f64, input: f64, baseline: f64) -> Self {
        Self {
            sum,
            input,
            baseline,
            residual: sum - (input - baseline),
        }
    }
}

/// What is to be said of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainNote {
    /// Guided backpropagation of a network without ReLU is the gradient.
    NoRelu,
    /// Every value is 0.
    AllZero,
    /// Grad-CAM: the weighted sum of the maps is nowhere positive.
    NothingFor,
}

impl std::fmt::Display for ExplainNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoRelu => {
                "the network has no ReLU, so guided backpropagation is the gradient itself"
            }
            Self::AllZero => "every value is 0: no input value moves this logit",
            Self::NothingFor => {
                "nothing at this layer speaks for the class; choose another layer or class"
            }
        })
    }
}

/// The sum over the channels at each place, row by row.
pub fn per_position(values: &[f32], shape: Shape) -> Vec<f32> {
    let area = (shape.positions() as usize).max(1);
    let mut sums = vec![0.0_f32; area];
    for channel in values.chunks_exact(area) {
        for (sum, value) in sums.iter_mut().zip(channel) {
            *sum += value;
        }
    }
    sums
}
