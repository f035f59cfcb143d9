//! Upsampling: a map made larger by a whole factor, without weights.

use serde::{Deserialize, Serialize};

use super::formula::{Formula, named, times, values};
use super::pool::is_no;
use super::rule::{product, scaled_side, single};
use super::title::short;
use super::{Cost, Family, LayerError, OutputFormula, Rule, Sign, Spread, Window};
use crate::Shape;

/// How values between those of the input are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpsampleMode {
    /// Each value is repeated.
    #[default]
    Nearest,
    /// A weighted mean of the four values around the place.
    Bilinear,
}

/// Makes a map larger by a factor (PyTorch's `Upsample`, Keras' `UpSampling2D`, ONNX's `Resize`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upsample {
    /// `[height, width]` of the output for one value of the input.
    pub factor: [u32; 2],
    #[serde(default)]
    pub mode: UpsampleMode,
    /// Of bilinear upsampling: corner values lie on corner values, as TensorFlow 1 had it. Otherwise
    /// pixels are squares whose outer edges meet.
    #[serde(default, skip_serializing_if = "is_no")]
    pub align_corners: bool,
}

/// The operations of one bilinear value: its four products and their three sums; the weights are known
/// from the sizes.
const BILINEAR: u64 = 7;

/// The most shares of input values in output values of one axis that are computed: 2,048 → 4,096 pixels
/// have an eighth of them.
const MAX_SHARES: u64 = 1 << 26;

impl Upsample {
    /// By the same factor in both directions, nearest.
    pub const fn new(factor: u32) -> Self {
        Self {
            factor: [factor, factor],
            mode: UpsampleMode::Nearest,
            align_corners: false,
        }
    }

    /// What an output row or column on an axis of `size` values is made of: two places and the share
    /// of the second.
    pub fn source(&self, axis: usize, size: u32, at: u32) -> (u32, u32, f64) {
        let factor = self.factor[axis].max(1);
        let last = size.saturating_sub(1);
        if self.mode == UpsampleMode::Nearest {
            let from = (at / factor).min(last);
            return (from, from, 0.0);
        }
        let place = if self.align_corners {
            let steps = u64::from(size) * u64::from(factor) - 1;
            if steps == 0 {
                0.0
            } else {
                f64::from(at) * f64::from(last) / steps as f64
            }
        } else {
            ((f64::from(at) + 0.5) / f64::from(factor) - 0.5).max(0.0)
        };
        let from = (place as u32).min(last);
        (from, (from + 1).min(last), place - f64::from(from))
    }
}

impl Rule for Upsample {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        let [height, width] = self.factor;
        let output = Shape {
            height: scaled_side("height", input.height, height)?,
            width: scaled_side("width", input.width, width)?,
            ..input
        };
        if self.mode == UpsampleMode::Bilinear {
            for (from, to) in input.size().into_iter().zip(output.size()) {
                let (got, limit) = (u64::from(to), MAX_SHARES / u64::from(from.max(1)));
                if got > limit {
                    let field = "the side of a bilinear output";
                    return Err(LayerError::TooLarge { field, got, limit });
                }
            }
        }
        Ok(output)
    }
    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        let element_flops = match self.mode {
            UpsampleMode::Nearest => 0,
            UpsampleMode::Bilinear => product([output.elements(), BILINEAR]),
        };
        Cost {
            element_flops,
            ..Cost::default()
        }
    }
    fn window(&self, _: Shape) -> Option<Window> {
        None
    }
    /// Aligned corners move the window by no whole number of pixels.
    fn spread(&self) -> Option<Spread> {
        match (self.mode, self.align_corners) {
            (UpsampleMode::Nearest, _) => Some(Spread {
                stride: self.factor,
                extent: self.factor.map(u64::from),
                before: [0; 2],
            }),
            // The transposed convolution that it is (Long et al. 2015).
            (UpsampleMode::Bilinear, false) => Some(Spread {
                stride: self.factor,
                extent: self.factor.map(|it| 2 * u64::from(it) - u64::from(it % 2)),
                before: self.factor.map(|it| it / 2),
            }),
            (UpsampleMode::Bilinear, true) => None,
        }
    }
    fn family(&self) -> Family {
        Family::Shape
    }
    fn title(&self) -> String {
        let name = match (self.mode, self.align_corners) {
            (UpsampleMode::Nearest, _) => "upsample",
            (UpsampleMode::Bilinear, false) => "bilinear upsample",
            (UpsampleMode::Bilinear, true) => "bilinear upsample, aligned corners,",
        };
        format!("{name} ·{}", short(self.factor))
    }
    fn name_stem(&self) -> &'static str {
        "up"
    }
    fn output_formula(&self, inputs: &[Shape]) -> OutputFormula {
        let size = inputs[0].size();
        OutputFormula::Axes {
            channels: "input channels",
            axes: [0, 1].map(|axis| {
                times([
                    named("size", size[axis]),
                    named("factor", self.factor[axis]),
                ])
            }),
        }
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        let bilinear = self.mode == UpsampleMode::Bilinear;
        bilinear.then(|| times([values(output), named("operations a value", BILINEAR)]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        self.factor.iter_mut().collect()
    }
}
