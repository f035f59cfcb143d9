//! Pooling: maximum, average, adaptive and global.

use serde::{Deserialize, Serialize};

use super::conv::{are_ones, is_valid, is_yes, ones, yes};
use super::formula::{Formula, kernel, minus_one, named, times, values};
use super::rule::{area, positive, product, single};
use super::title::{pair, pool_title};
use super::{Cost, Family, LayerError, OutputFormula, Padding, Rule, Sign, Window};
use crate::Shape;

pub(super) fn is_no(value: &bool) -> bool {
    !*value
}

/// The maximum of each window (PyTorch's `MaxPool2d`); padding does not take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxPool {
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    #[serde(default, skip_serializing_if = "is_valid")]
    pub padding: Padding,
    #[serde(default = "ones", skip_serializing_if = "are_ones")]
    pub dilation: [u32; 2],
    /// Round the output size up, as PyTorch's and Caffe's `ceil_mode`.
    #[serde(default, skip_serializing_if = "is_no")]
    pub ceil_mode: bool,
}

/// The mean of each window (PyTorch's `AvgPool2d`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvgPool {
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    #[serde(default, skip_serializing_if = "is_valid")]
    pub padding: Padding,
    #[serde(default, skip_serializing_if = "is_no")]
    pub ceil_mode: bool,
    /// Whether padded zeros count in the divisor (PyTorch's default; TensorFlow never does).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub count_include_pad: bool,
}

/// The mean over `output` bins of nearly equal size (PyTorch's `AdaptiveAvgPool2d`):
/// bin `i` covers `floor(i·in/out) .. ceil((i+1)·in/out)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdaptiveAvgPool {
    pub output: [u32; 2],
}

/// Which value a window is reduced to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolMode {
    Avg,
    Max,
}

/// One value per channel: the mean or maximum of its whole map (Lin et al. 2014).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalPool {
    pub mode: PoolMode,
}

/// A square window moved by its own side.
const fn square(side: u32) -> ([u32; 2], [u32; 2]) {
    ([side, side], [side, side])
}

impl MaxPool {
    /// A square window moved by its own side.
    pub const fn new(side: u32) -> Self {
        let (kernel, stride) = square(side);
        Self {
            kernel,
            stride,
            padding: Padding::Valid,
            dilation: [1, 1],
            ceil_mode: false,
        }
    }

    /// The sliding window.
    pub const fn sliding(&self) -> Window {
        Window {
            dilation: self.dilation,
            ..pool_window(self.kernel, self.stride, self.padding, self.ceil_mode)
        }
    }
}

impl AvgPool {
    /// A square window moved by its own side.
    pub const fn new(side: u32) -> Self {
        let (kernel, stride) = square(side);
        Self {
            kernel,
            stride,
            padding: Padding::Valid,
            ceil_mode: false,
            count_include_pad: true,
        }
    }

    /// The sliding window.
    pub const fn sliding(&self) -> Window {
        pool_window(self.kernel, self.stride, self.padding, self.ceil_mode)
    }
}

impl AdaptiveAvgPool {
    /// How many rows and columns all bins read together; a row or column that two bins share counts
    /// twice. Neighbouring bins share one where `i · in / out` is not a whole number, so the count is
    /// `in + out − gcd(in, out)`.
    pub fn reads(&self, input: Shape) -> [u64; 2] {
        [
            (input.height, self.output[0]),
            (input.width, self.output[1]),
        ]
        .map(|(size, bins)| {
            u64::from(size) + u64::from(bins) - u64::from(greatest_common_divisor(size, bins))
        })
    }

    /// The sliding window whose positions are the bins; `None` where the bins differ in size or
    /// distance, and where one bin is the whole map, as global pooling's.
    fn sliding(&self, input: Shape) -> Option<Window> {
        if self.output == input.size() {
            return Some(Window::POINT);
        }
        if self.output == [1, 1] {
            return None;
        }
        let [rows, columns] = [
            regular_bins(input.height, self.output[0])?,
            regular_bins(input.width, self.output[1])?,
        ];
        Some(pool_window(
            [rows.0, columns.0],
            [rows.1, columns.1],
            Padding::Valid,
            false,
        ))
    }
}

/// Size and distance of `bins` equal bins on `size` values. With `size = q · bins + r`, bin `i`
/// begins at `q · i + floor(i · r / bins)` and ends at `q · (i + 1) + ceil((i + 1) · r / bins)`:
/// the bins are equal for `r = 0`, each of `q` values, and for `r = 1`, each of `q + 1`. The
/// distance is 0 where a single value is repeated.
fn regular_bins(size: u32, bins: u32) -> Option<(u32, u32)> {
    let (distance, rest) = (size.checked_div(bins)?, size.checked_rem(bins)?);
    (size > 0 && rest <= 1).then_some((distance + rest, distance))
}

/// Euclid's; the other number when one is 0.
pub(crate) const fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

const fn pool_window(kernel: [u32; 2], stride: [u32; 2], padding: Padding, ceil: bool) -> Window {
    Window {
        kernel,
        stride,
        padding,
        dilation: [1, 1],
        ceil,
    }
}

fn pooled(inputs: &[Shape], window: Window) -> Result<Shape, LayerError> {
    let input = single(inputs)?;
    let [height, width] = window.output(input.size())?;
    if let Padding::Sides(sides) = window.padding {
        for (side, padding) in sides.into_iter().enumerate() {
            let (axis, kernel) = (side % 2, window.kernel[side % 2]);
            // As in PyTorch: a window with only padding in it has no value.
            if u64::from(padding) > window.extent(axis) / 2 {
                return Err(LayerError::PoolPadding { padding, kernel });
            }
            // Taps further apart than the map is long could all miss it.
            if padding > 0 {
                let (dilation, size) = (window.dilation[axis], input.size()[axis]);
                if dilation > size {
                    return Err(LayerError::TooLarge {
                        field: "dilation of a padded pool",
                        got: dilation.into(),
                        limit: size.into(),
                    });
                }
            }
        }
    }
    Ok(Shape::new(input.channels, height, width))
}

fn work(output: Shape, each: u64) -> Cost {
    Cost {
        element_flops: product([output.elements(), each]),
        ..Cost::default()
    }
}

impl Rule for MaxPool {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        pooled(inputs, self.sliding())
    }
    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        // A window of n values takes n − 1 comparisons.
        work(output, area(self.kernel).saturating_sub(1))
    }
    fn window(&self, _: Shape) -> Option<Window> {
        Some(self.sliding())
    }
    fn family(&self) -> Family {
        Family::Pooling
    }
    fn title(&self) -> String {
        pool_title("max pool", &self.sliding())
    }
    fn name_stem(&self) -> &'static str {
        "pool"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Sliding {
            channels: "input channels",
            window: self.sliding(),
        }
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([
            values(output),
            minus_one(times(kernel(self.kernel))),
        ]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        let pairs = [&mut self.kernel, &mut self.stride, &mut self.dilation];
        pairs.into_iter().flatten().collect()
    }
    fn kernel_mut(&mut self) -> Option<&mut [u32; 2]> {
        Some(&mut self.kernel)
    }
    fn padding_mut(&mut self) -> Option<&mut Padding> {
        Some(&mut self.padding)
    }
}

impl Rule for AvgPool {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        pooled(inputs, self.sliding())
    }
    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        // A window of n values takes n − 1 sums and a division.
        work(output, area(self.kernel))
    }
    fn window(&self, _: Shape) -> Option<Window> {
        Some(self.sliding())
    }
    fn family(&self) -> Family {
        Family::Pooling
    }
    fn title(&self) -> String {
        pool_title("avg pool", &self.sliding())
    }
    fn name_stem(&self) -> &'static str {
        "pool"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Sliding {
            channels: "input channels",
            window: self.sliding(),
        }
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        Some(times([values(output), times(kernel(self.kernel))]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        self.kernel.iter_mut().chain(&mut self.stride).collect()
    }
    fn kernel_mut(&mut self) -> Option<&mut [u32; 2]> {
        Some(&mut self.kernel)
    }
    fn padding_mut(&mut self) -> Option<&mut Padding> {
        Some(&mut self.padding)
    }
}

impl Rule for AdaptiveAvgPool {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("output height", self.output[0])?;
        positive("output width", self.output[1])?;
        Ok(Shape::new(input.channels, self.output[0], self.output[1]))
    }
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        // Each bin takes as many operations as it has values: its sums and a division.
        let [rows, columns] = self.reads(inputs[0]);
        let element_flops = product([output.channels.into(), rows, columns]);
        Cost {
            element_flops,
            ..Cost::default()
        }
    }
    fn window(&self, input: Shape) -> Option<Window> {
        self.sliding(input)
    }
    fn family(&self) -> Family {
        Family::Pooling
    }
    fn title(&self) -> String {
        format!("avg pool to {}", pair(self.output))
    }
    fn name_stem(&self) -> &'static str {
        "pool"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Words("input channels × the height and width asked for")
    }
    fn element_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let [rows, columns] = self.reads(inputs[0]);
        Some(times([
            named("channels", output.channels),
            named("rows of all bins", rows),
            named("columns of all bins", columns),
        ]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        self.output.iter_mut().collect()
    }
}

impl Rule for GlobalPool {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        Ok(Shape::vector(single(inputs)?.channels))
    }
    fn cost(&self, inputs: &[Shape], _: Shape) -> Cost {
        let input = inputs[0];
        let each = match self.mode {
            PoolMode::Avg => input.positions(),
            PoolMode::Max => input.positions().saturating_sub(1),
        };
        work(Shape::vector(input.channels), each)
    }
    fn window(&self, _: Shape) -> Option<Window> {
        None
    }
    fn family(&self) -> Family {
        Family::Pooling
    }
    fn title(&self) -> String {
        match self.mode {
            PoolMode::Avg => "global avg pool".into(),
            PoolMode::Max => "global max pool".into(),
        }
    }
    fn name_stem(&self) -> &'static str {
        "pool"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Words("input channels × 1 × 1")
    }
    fn element_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let positions = times([
            named("input height", inputs[0].height),
            named("input width", inputs[0].width),
        ]);
        let each = match self.mode {
            PoolMode::Avg => positions,
            PoolMode::Max => minus_one(positions),
        };
        Some(times([named("channels", output.channels), each]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
}
