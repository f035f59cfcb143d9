//! Element-wise non-linearities, and softmax.

use serde::{Deserialize, Serialize};

use super::formula::{Formula, named, times, values};
use super::norm::in_range;
use super::rule::{product, single};
use super::{Cost, Family, LayerError, Rule, Sign};
use crate::Shape;

/// The function applied to each value (softmax: to each position's channels).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "function", rename_all = "snake_case")]
pub enum Activation {
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    LeakyRelu {
        slope: f64,
    },
    Elu {
        alpha: f64,
    },
    Tanh,
    /// `a · tanh(s · x)`: LeCun 1998 has a = 1.7159, s = 2/3.
    ScaledTanh {
        a: f64,
        s: f64,
    },
    Sigmoid,
    /// `x · sigmoid(x)`, also called swish.
    Silu,
    /// `relu6(x + 3) / 6` (MobileNet V3, PyTorch).
    HardSigmoid,
    /// `x · relu6(x + 3) / 6`.
    HardSwish,
    /// The exact form with the error function.
    Gelu,
    /// Over the channels.
    Softmax,
    /// Over the channels.
    LogSoftmax,
}

impl Activation {
    /// LeCun's squashing function (1998, appendix A).
    pub const LECUN: Self = Self::ScaledTanh {
        a: 1.7159,
        s: 2.0 / 3.0,
    };

    /// The name as the papers write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::Relu6 => "ReLU6",
            Self::LeakyRelu { .. } => "leaky ReLU",
            Self::Elu { .. } => "ELU",
            Self::Tanh => "tanh",
            Self::ScaledTanh { .. } => "scaled tanh",
            Self::Sigmoid => "sigmoid",
            Self::Silu => "SiLU",
            Self::HardSigmoid => "hard sigmoid",
            Self::HardSwish => "hard swish",
            Self::Gelu => "GELU",
            Self::Softmax => "softmax",
            Self::LogSoftmax => "log-softmax",
        }
    }

    /// Operations for one value: each arithmetic step, comparison or transcendental function counts
    /// as one (softmax: exponential, sum, division).
    pub const fn flops_each(self) -> u64 {
        match self {
            Self::Relu | Self::Tanh | Self::Sigmoid => 1,
            Self::Relu6 | Self::LeakyRelu { .. } | Self::Silu => 2,
            Self::Elu { .. } | Self::ScaledTanh { .. } | Self::Softmax | Self::LogSoftmax => 3,
            Self::HardSigmoid => 4,
            Self::HardSwish | Self::Gelu => 5,
        }
    }
}

impl Rule for Activation {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        match *self {
            Self::LeakyRelu { slope } => in_range("slope", slope, -1e3, 1e3)?,
            Self::Elu { alpha } => in_range("alpha", alpha, -1e3, 1e3)?,
            Self::ScaledTanh { a, s } => {
                in_range("a", a, -1e3, 1e3)?;
                in_range("s", s, -1e3, 1e3)?;
            }
            Self::Relu
            | Self::Relu6
            | Self::Tanh
            | Self::Sigmoid
            | Self::Silu
            | Self::HardSigmoid
            | Self::HardSwish
            | Self::Gelu
            | Self::Softmax
            | Self::LogSoftmax => {}
        }
        Ok(input)
    }

    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        Cost {
            element_flops: product([output.elements(), self.flops_each()]),
            ..Cost::default()
        }
    }

    fn family(&self) -> Family {
        Family::Activation
    }
    fn title(&self) -> String {
        Self::title(*self).into()
    }
    fn name_stem(&self) -> &'static str {
        "act"
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([
            values(output),
            named("operations a value", self.flops_each()),
        ]))
    }
    fn sign(&self) -> Sign {
        match self {
            Self::Relu | Self::Relu6 | Self::Sigmoid | Self::HardSigmoid | Self::Softmax => {
                Sign::NeverNegative
            }
            Self::LeakyRelu { .. }
            | Self::Elu { .. }
            | Self::Tanh
            | Self::ScaledTanh { .. }
            | Self::Silu
            | Self::HardSwish
            | Self::Gelu
            | Self::LogSoftmax => Sign::Any,
        }
    }
    fn keeps_places(&self) -> bool {
        true
    }
    fn is_classifier(&self) -> bool {
        matches!(self, Self::Softmax | Self::LogSoftmax)
    }
    fn set_usual(&mut self) {
        match self {
            Self::LeakyRelu { slope } => *slope = 0.01,
            Self::Elu { alpha } => *alpha = 1.0,
            Self::ScaledTanh { .. } => *self = Self::LECUN,
            Self::Relu
            | Self::Relu6
            | Self::Tanh
            | Self::Sigmoid
            | Self::Silu
            | Self::HardSigmoid
            | Self::HardSwish
            | Self::Gelu
            | Self::Softmax
            | Self::LogSoftmax => {}
        }
    }
}
