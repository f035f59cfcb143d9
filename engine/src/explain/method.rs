//! The methods of attribution and their settings.

use serde::{Deserialize, Serialize};

use super::{ExplainError, Occlusion};
use crate::NodeId;
use crate::layer::Activation;

/// Midpoints of integrated gradients.
pub const STEPS: usize = 64;
/// Samples of SmoothGrad at most.
pub const MOST_SAMPLES: u32 = 1024;

/// How the map is computed; z is the logit of the class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// ∂z/∂x (Simonyan et al. 2014).
    Gradient,
    /// x · ∂z/∂x (Shrikumar et al. 2016).
    GradientInput,
    /// The mean gradient of noisy copies of the input (Smilkov et al. 2017).
    SmoothGrad {
        samples: u32,
        /// The standard deviation of the noise, as a share of the input's range.
        spread: f32,
        seed: u64,
    },
    /// x · the mean gradient on the straight way from zeros to x, by [`STEPS`] midpoints
    /// (Sundararajan et al. 2017).
    IntegratedGradients,
    /// The gradient whose backward pass keeps only what is positive at each ReLU
    /// (Springenberg et al. 2015); see [`passes_like_relu`].
    Guided,
    /// The maps of a node, each weighted by its mean gradient, their positive sum (Selvaraju et al.
    /// 2017). Without a node the last one with maps before the classes.
    GradCam { node: Option<NodeId> },
    /// How far the logit falls when a square of the input is covered (Zeiler and Fergus 2014).
    Occlusion(Occlusion),
}

impl Method {
    /// SmoothGrad as its paper has it: noise of 10 to 20 % of the range; half of its 50 samples show the
    /// same picture.
    pub const SMOOTH_GRAD: Self = Self::SmoothGrad {
        samples: 25,
        spread: 0.15,
        seed: 0,
    };
    pub const GRAD_CAM: Self = Self::GradCam { node: None };

    /// The name in files and on the command line.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::GradientInput => "gradient-input",
            Self::SmoothGrad { .. } => "smoothgrad",
            Self::IntegratedGradients => "integrated-gradients",
            Self::Guided => "guided",
            Self::GradCam { .. } => "grad-cam",
            Self::Occlusion(_) => "occlusion",
        }
    }

    /// The name as the papers write it.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Gradient => "Gradient",
            Self::GradientInput => "Gradient × input",
            Self::SmoothGrad { .. } => "SmoothGrad",
            Self::IntegratedGradients => "Integrated gradients",
            Self::Guided => "Guided backpropagation",
            Self::GradCam { .. } => "Grad-CAM",
            Self::Occlusion(_) => "Occlusion",
        }
    }

    /// Whether it takes no more than two passes of one picture.
    pub const fn is_cheap(&self) -> bool {
        matches!(
            self,
            Self::Gradient | Self::GradientInput | Self::GradCam { .. }
        )
    }

    /// Whether the settings are in their ranges, whatever the network is.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), ExplainError> {
        match *self {
            Self::SmoothGrad {
                samples, spread, ..
            } => {
                if !(1..=MOST_SAMPLES).contains(&samples) {
                    return Err(ExplainError::Samples { samples });
                }
                // NaN, too, is out of range.
                if !(0.0..=10.0).contains(&spread) {
                    let spread = spread.clamp(f32::MIN, f32::MAX);
                    return Err(ExplainError::Spread { spread });
                }
                Ok(())
            }
            Self::Gradient
            | Self::GradientInput
            | Self::IntegratedGradients
            | Self::Guided
            | Self::GradCam { .. }
            | Self::Occlusion(_) => Ok(()),
        }
    }
}

/// Where guided backpropagation lets a gradient pass: `Some` for the functions that are rectifiers,
/// ReLU (where x > 0) and ReLU6 (where 0 < x < 6); there the positive part of the gradient passes.
/// Every other function (leaky ReLU, ELU, GELU, SiLU, hard swish, tanh, …) has its own gradient.
pub fn passes_like_relu(function: Activation) -> Option<fn(f32) -> bool> {
    match function {
        Activation::Relu => Some(|x| x > 0.0),
        Activation::Relu6 => Some(|x| x > 0.0 && x < 6.0),
        Activation::LeakyRelu { .. }
        | Activation::Elu { .. }
        | Activation::Tanh
        | Activation::ScaledTanh { .. }
        | Activation::Sigmoid
        | Activation::Silu
        | Activation::HardSigmoid
        | Activation::HardSwish
        | Activation::Gelu
        | Activation::Softmax
        | Activation::LogSoftmax => None,
    }
}
