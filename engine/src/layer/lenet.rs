//! The layers of LeCun et al. 1998 that later networks dropped: trainable subsampling, the
//! connection table of C3, the radial-basis output.

use serde::{Deserialize, Serialize};

use super::conv::{is_one, is_yes, one, yes};
use super::rule::{area, positive, product, scaled_channels, single};
use super::{Cost, LayerError, Padding, Rule, Window};
use crate::Shape;

/// `coefficient · (sum of the window) + bias` per output map, the window moved by its own size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subsample {
    pub kernel: [u32; 2],
    /// How many output maps each input map gives, each with its own coefficient and bias: output
    /// `o` sums input `o / fan`, as a grouped convolution orders them. 1 but for LeNet-4's S2.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub fan: u32,
}

/// A convolution whose output map `o` sees only the input maps `table[o]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableConv {
    /// For each output map, the input maps it sees.
    pub table: Vec<Vec<u32>>,
    pub kernel: [u32; 2],
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
}

/// Euclidean radial-basis units: `y_c = Σ_j (x_j − code_cj)²`; the codes are stored, not learnt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rbf {
    pub classes: u32,
}

impl Subsample {
    /// A square window and one output map for each input map.
    pub const fn new(side: u32) -> Self {
        Self {
            kernel: [side, side],
            fan: 1,
        }
    }

    /// The window it slides.
    pub const fn sliding(&self) -> Window {
        Window {
            kernel: self.kernel,
            stride: self.kernel,
            ..Window::POINT
        }
    }
}

impl TableConv {
    /// The window it slides.
    pub const fn sliding(&self) -> Window {
        Window {
            kernel: self.kernel,
            padding: Padding::Valid,
            ..Window::POINT
        }
    }

    /// How many pairs of input and output map are connected.
    pub fn connections(&self) -> u64 {
        self.table.iter().map(|inputs| inputs.len() as u64).sum()
    }
}

impl Rule for Subsample {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("fan", self.fan)?;
        let [height, width] = self.sliding().output(input.size())?;
        Ok(Shape::new(
            scaled_channels(input.channels, self.fan)?,
            height,
            width,
        ))
    }
    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        Cost {
            trainable: 2 * u64::from(output.channels),
            // The sum of the window (its area − 1), the product and the bias.
            element_flops: product([output.elements(), area(self.kernel) + 1]),
            ..Cost::default()
        }
    }
    fn window(&self, _: Shape) -> Option<Window> {
        Some(self.sliding())
    }
}

impl Rule for TableConv {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        let channels = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        positive("channels", channels)?;
        if self.table.iter().any(Vec::is_empty) {
            return Err(LayerError::Zero {
                field: "a row of the connection table",
            });
        }
        if let Some(&map) = self
            .table
            .iter()
            .flatten()
            .find(|&&map| map >= input.channels)
        {
            return Err(LayerError::Table {
                map,
                channels: input.channels,
            });
        }
        let [height, width] = self.sliding().output(input.size())?;
        Ok(Shape::new(channels, height, width))
    }
    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        let weights = product([self.connections(), area(self.kernel)]);
        let bias = if self.bias {
            u64::from(output.channels)
        } else {
            0
        };
        Cost {
            trainable: weights.saturating_add(bias),
            macs: product([weights, output.positions()]),
            element_flops: product([bias, output.positions()]),
            ..Cost::default()
        }
    }
    fn window(&self, _: Shape) -> Option<Window> {
        Some(self.sliding())
    }
}

impl Rule for Rbf {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("classes", self.classes)?;
        if !input.is_vector() {
            return Err(LayerError::NotAVector { got: input });
        }
        Ok(Shape::vector(self.classes))
    }
    fn cost(&self, inputs: &[Shape], _: Shape) -> Cost {
        let pairs = product([self.classes.into(), inputs[0].elements()]);
        // A difference, a square and a sum for each pair.
        Cost {
            other: pairs,
            element_flops: product([3, pairs]),
            ..Cost::default()
        }
    }
    fn window(&self, _: Shape) -> Option<Window> {
        None
    }
}
