//! Regularisation that acts only while training.

use serde::{Deserialize, Serialize};

use super::norm::in_range;
use super::rule::single;
use super::{Cost, Family, LayerError, Rule, Sign};
use crate::Shape;

/// Sets a share `p` of the values to 0 while training and scales the rest by `1/(1 − p)`
/// (Srivastava et al. 2014, in the inverted form of PyTorch and Keras).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    pub p: f64,
}

impl Rule for Dropout {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        in_range("p", self.p, 0.0, 1.0)?;
        Ok(input)
    }
    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }
    fn family(&self) -> Family {
        Family::Regularisation
    }
    fn title(&self) -> String {
        format!("dropout {}", self.p)
    }
    fn name_stem(&self) -> &'static str {
        "dropout"
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn keeps_places(&self) -> bool {
        true
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn set_usual(&mut self) {
        self.p = 0.5;
    }
}
