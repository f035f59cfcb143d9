//! Normalisation: over the batch (Ioffe and Szegedy 2015) and over neighbouring channels
//! (Krizhevsky et al. 2012).

use serde::{Deserialize, Serialize};

use super::conv::{is_yes, yes};
use super::formula::{Formula, named, times, values};
use super::rule::{positive, product, single};
use super::{Cost, Family, LayerError, Rule, Sign};
use crate::Shape;

/// Batch normalisation over each channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchNorm {
    /// Added to the variance before the root: 1e-5 in PyTorch, 1e-3 in Keras.
    pub eps: f64,
    /// The share of the new batch in the running statistics (PyTorch's sense; Keras' is 1 − it).
    pub momentum: f64,
    /// Whether a factor per channel is learnt (gamma; Keras' `scale`).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub scale: bool,
    /// Whether a summand per channel is learnt (beta; Keras' `center`). PyTorch's `affine` is both.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub shift: bool,
}

/// Local response normalisation across channels:
/// `x / (k + c · Σ x²)^beta`, the sum over `size` neighbouring channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lrn {
    pub size: u32,
    pub alpha: f64,
    pub beta: f64,
    pub k: f64,
    /// `c = alpha / size` (Caffe, PyTorch) rather than `c = alpha` (the paper, TensorFlow).
    pub alpha_divided_by_size: bool,
}

impl Lrn {
    /// Operations for one value: its square, the window's sum (`size − 1`), the factor, `+ k`, the
    /// power and the division.
    pub const fn flops_each(&self) -> u64 {
        self.size as u64 + 4
    }
}

impl BatchNorm {
    /// How many values per channel are learnt: the scale, the shift, both or neither.
    pub const fn learnt(&self) -> u64 {
        self.scale as u64 + self.shift as u64
    }

    /// PyTorch's defaults.
    pub const fn new() -> Self {
        Self {
            eps: 1e-5,
            momentum: 0.1,
            scale: true,
            shift: true,
        }
    }
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl Rule for BatchNorm {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        in_range("eps", self.eps, 0.0, 1.0)?;
        in_range("momentum", self.momentum, 0.0, 1.0)?;
        Ok(input)
    }
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let channels = u64::from(inputs[0].channels);
        Cost {
            trainable: self.learnt() * channels,
            other: 2 * channels,
            // Scale and shift, folded from the four statistics once.
            element_flops: product([2, output.elements()]),
            ..Cost::default()
        }
    }
    fn family(&self) -> Family {
        Family::Normalisation
    }
    fn title(&self) -> String {
        "batch norm".into()
    }
    fn name_stem(&self) -> &'static str {
        "norm"
    }
    fn trainable_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        let learnt = match (self.scale, self.shift) {
            (true, true) => "scale and shift",
            (true, false) => "scale",
            (false, true) => "shift",
            (false, false) => return None,
        };
        Some(times([
            named("channels", output.channels),
            named(learnt, self.learnt()),
        ]))
    }
    fn other_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([
            named("channels", output.channels),
            named("running mean and variance", 2_u64),
        ]))
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([values(output), named("operations a value", 2_u64)]))
    }
    fn keeps_places(&self) -> bool {
        true
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn set_usual(&mut self) {
        let (scale, shift) = (self.scale, self.shift);
        *self = Self {
            scale,
            shift,
            ..Self::new()
        };
    }
}

impl Rule for Lrn {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("size", self.size)?;
        in_range("alpha", self.alpha, 0.0, 1e6)?;
        in_range("beta", self.beta, 0.0, 1e3)?;
        in_range("k", self.k, 0.0, 1e6)?;
        Ok(input)
    }
    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        Cost {
            element_flops: product([output.elements(), self.flops_each()]),
            ..Cost::default()
        }
    }
    fn family(&self) -> Family {
        Family::Normalisation
    }
    fn title(&self) -> String {
        format!("LRN over {}", self.size)
    }
    fn name_stem(&self) -> &'static str {
        "norm"
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([
            values(output),
            named("operations a value", self.flops_each()),
        ]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        vec![&mut self.size]
    }
    /// Those of Krizhevsky et al. 2012.
    fn set_usual(&mut self) {
        (self.alpha, self.beta, self.k) = (1e-4, 0.75, 2.0);
    }
}

/// `value` within `min ..= max`, or the error that says so; NaN is outside.
pub(super) fn in_range(
    field: &'static str,
    value: f64,
    min: f64,
    max: f64,
) -> Result<(), LayerError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(LayerError::OutOfRange {
        field,
        got: value,
        min,
        max,
    })
}
