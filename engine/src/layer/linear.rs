//! The fully connected layer.

use serde::{Deserialize, Serialize};

use super::conv::{is_yes, yes};
use super::formula::{Formula, named, number, sum, times};
use super::rule::{positive, product, single};
use super::{Arithmetic, Cost, Family, LayerError, OutputFormula, Rule, Window};
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

    fn family(&self) -> Family {
        Family::Linear
    }
    fn title(&self) -> String {
        format!("linear ×{}", self.features)
    }
    fn name_stem(&self) -> &'static str {
        "linear"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Words("as many values as outputs were asked for")
    }
    fn trainable_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        let mut each = named("inputs", inputs[0].elements());
        if self.bias {
            each = sum([each, number(1)]);
        }
        Some(times([named("outputs", self.features), each]))
    }
    fn mac_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        Some(times([
            named("outputs", self.features),
            named("inputs", inputs[0].elements()),
        ]))
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        self.bias.then(|| named("outputs", output.channels))
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic::Linear)
    }
    fn is_classifier(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        vec![&mut self.features]
    }
}
