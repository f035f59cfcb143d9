//! Layers of LeCun et al. 1998 that later networks do not use: trainable subsampling, the
//! connection table of C3, the radial-basis output.

use serde::{Deserialize, Serialize};

use super::conv::{is_one, is_yes, one, yes};
use super::formula::{Formula, kernel, named, number, positions, sum, times, values};
use super::rule::{area, positive, product, scaled_channels, single};
use super::title::pair;
use super::{Arithmetic, Cost, Family, LayerError, OutputFormula, Padding, Rule, Sign, Window};
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

/// A convolution whose output map `o` depends only on the input maps `table[o]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableConv {
    /// For each output map, the input maps that it depends on.
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

    /// The sliding window.
    pub const fn sliding(&self) -> Window {
        Window {
            kernel: self.kernel,
            stride: self.kernel,
            ..Window::POINT
        }
    }
}

impl TableConv {
    /// The sliding window.
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
    fn family(&self) -> Family {
        Family::Pooling
    }
    fn title(&self) -> String {
        let mut title = format!("subsample {}", pair(self.kernel));
        if self.fan != 1 {
            title += &format!(" into {}", self.fan);
        }
        title
    }
    fn name_stem(&self) -> &'static str {
        "pool"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Sliding {
            channels: "input channels × fan",
            window: self.sliding(),
        }
    }
    fn trainable_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([
            named("channels", output.channels),
            named("coefficient and bias", 2_u64),
        ]))
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        let each = sum([times(kernel(self.kernel)), number(1)]);
        Some(times([values(output), each]))
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        self.kernel.iter_mut().chain([&mut self.fan]).collect()
    }
    fn kernel_mut(&mut self) -> Option<&mut [u32; 2]> {
        Some(&mut self.kernel)
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
    fn family(&self) -> Family {
        Family::Convolution
    }
    fn title(&self) -> String {
        format!("table conv {} ×{}", pair(self.kernel), self.table.len())
    }
    fn name_stem(&self) -> &'static str {
        "conv"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Sliding {
            channels: "rows of the connection table",
            window: self.sliding(),
        }
    }
    fn trainable_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        let [height, width] = kernel(self.kernel);
        let weights = times([named("connected pairs", self.connections()), height, width]);
        let bias = self.bias.then(|| named("channels", output.channels));
        Some(sum([weights].into_iter().chain(bias)))
    }
    fn mac_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        let [height, width] = kernel(self.kernel);
        let [rows, columns] = positions(output);
        let pairs = named("connected pairs", self.connections());
        Some(times([pairs, height, width, rows, columns]))
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        self.bias.then(|| values(output))
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic::Grouped)
    }
    fn sums_channels(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        self.kernel.iter_mut().collect()
    }
    fn kernel_mut(&mut self) -> Option<&mut [u32; 2]> {
        Some(&mut self.kernel)
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
    fn family(&self) -> Family {
        Family::Linear
    }
    fn title(&self) -> String {
        format!("RBF ×{}", self.classes)
    }
    fn name_stem(&self) -> &'static str {
        "rbf"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Words("as many values as there are classes")
    }
    fn other_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        Some(times([
            named("classes", self.classes),
            named("length of a code", inputs[0].elements()),
        ]))
    }
    fn element_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        Some(times([
            named("classes", self.classes),
            named("length of a code", inputs[0].elements()),
            named("difference, square, sum", 3_u64),
        ]))
    }
    fn sign(&self) -> Sign {
        Sign::NeverNegative
    }
    fn is_classifier(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        vec![&mut self.classes]
    }
}
