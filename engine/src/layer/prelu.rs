//! The rectifier whose slope for negative values is learnt (He et al. 2015).

use serde::{Deserialize, Serialize};

use super::conv::{is_yes, yes};
use super::formula::{Formula, named, times, values};
use super::rule::{product, single};
use super::{Cost, Family, LayerError, Rule};
use crate::Shape;

/// `x` where it is positive, else the learnt slope times `x` (PyTorch's and Keras' `PReLU`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PRelu {
    /// A slope for each channel, not one for all.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub per_channel: bool,
}

impl PRelu {
    /// The slope that training starts from, as in the paper.
    pub const START: f32 = 0.25;

    /// How many slopes there are.
    pub const fn slopes(&self, input: Shape) -> u32 {
        if self.per_channel { input.channels } else { 1 }
    }
}

/// A comparison and a product.
const EACH: u64 = 2;

impl Rule for PRelu {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        single(inputs)
    }
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        Cost {
            trainable: self.slopes(inputs[0]).into(),
            element_flops: product([output.elements(), EACH]),
            ..Cost::default()
        }
    }
    fn family(&self) -> Family {
        Family::Activation
    }
    fn title(&self) -> String {
        if self.per_channel {
            "PReLU".into()
        } else {
            "PReLU, one slope".into()
        }
    }
    fn name_stem(&self) -> &'static str {
        "act"
    }
    fn trainable_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        Some(match self.per_channel {
            true => named("channels", inputs[0].channels),
            false => named("slope", 1_u64),
        })
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([values(output), named("operations a value", EACH)]))
    }
    fn keeps_places(&self) -> bool {
        true
    }
}
