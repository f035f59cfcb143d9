//! The fully connected layer.

use serde::{Deserialize, Serialize};

use super::conv::{is_yes, yes};
use super::rule::{positive, product, single};
use super::{Cost, LayerError, Rule, Window};
use crate::Shape;

/// `y = W·x + b` on a vector (PyTorch's `Linear`, Keras' `Dense`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linear {
    /// Outputs.
    pub features: u32,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
}

impl Linear {
    /// With a bias.
    pub const fn new(features: u32) -> Self {
        Self {
            features,
            bias: true,
        }
    }
}

impl Rule for Linear {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("features", self.features)?;
        if !input.is_vector() {
            return Err(LayerError::NotAVector { got: input });
        }
        Ok(Shape::vector(self.features))
    }

    fn cost(&self, inputs: &[Shape], _: Shape) -> Cost {
        let weights = product([self.features.into(), inputs[0].elements()]);
        let bias = if self.bias {
            u64::from(self.features)
        } else {
            0
        };
        Cost {
            trainable: weights.saturating_add(bias),
            macs: weights,
            element_flops: bias,
            ..Cost::default()
        }
    }

    fn window(&self, _: Shape) -> Option<Window> {
        None
    }
}
