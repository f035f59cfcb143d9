//! The transposed convolution, which makes maps larger (Zeiler et al. 2010; Dumoulin and Visin 2016).

use serde::{Deserialize, Serialize};

use super::conv::{are_ones, is_one, is_yes, one, ones, yes};
use super::formula::{Formula, difference, kernel, named, number, quotient, sum, times, values};
use super::rule::{MAX_FIELD, at_most, positive, product, single};
use super::title::{pair, push_sides, short};
use super::{Arithmetic, Cost, Family, LayerError, OutputFormula, Rule, Sides, Spread, Window};
use crate::Shape;

/// The gradient of a convolution with respect to its input, as PyTorch's `ConvTranspose2d` and ONNX's
/// `ConvTranspose` compute it: each input value times the kernel is added to the output at
/// `stride` times its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransposedConv {
    /// Output channels.
    pub channels: u32,
    pub kernel: [u32; 2],
    #[serde(default = "ones", skip_serializing_if = "are_ones")]
    pub stride: [u32; 2],
    /// Rows and columns cut off the output: `[top, left, bottom, right]`. PyTorch and ONNX call it the
    /// padding, which it is of the convolution.
    #[serde(default, skip_serializing_if = "are_zeros")]
    pub crop: Sides,
    /// Rows and columns more at the bottom and right: which of the sizes is meant that the convolution
    /// would make this input of.
    #[serde(default)]
    pub output_padding: [u32; 2],
    #[serde(default = "ones", skip_serializing_if = "are_ones")]
    pub dilation: [u32; 2],
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub groups: u32,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
}

fn are_zeros(value: &Sides) -> bool {
    *value == [0; 4]
}

impl TransposedConv {
    /// A square one that makes maps larger by the side of its kernel.
    pub const fn new(channels: u32, side: u32) -> Self {
        Self {
            channels,
            kernel: [side, side],
            stride: [side, side],
            crop: [0; 4],
            output_padding: [0; 2],
            dilation: [1, 1],
            groups: 1,
            bias: true,
        }
    }

    /// The window of the convolution that it is the gradient of.
    const fn sliding(&self) -> Window {
        Window {
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            ..Window::POINT
        }
    }

    /// The weight's axes: input channels, output channels of a group, kernel height and width
    /// (PyTorch's).
    pub fn weight_dims(&self, input: Shape) -> [u32; 4] {
        let [height, width] = self.kernel;
        [
            input.channels,
            self.channels / self.groups.max(1),
            height,
            width,
        ]
    }

    /// The output's size before rows and columns are cut off or added.
    pub fn full(&self, size: [u32; 2]) -> [u64; 2] {
        [0, 1].map(|axis| {
            let steps = u64::from(size[axis].saturating_sub(1));
            steps * u64::from(self.stride[axis]) + self.sliding().extent(axis)
        })
    }

    fn weights(&self, input: Shape) -> u64 {
        product(self.weight_dims(input).map(u64::from))
    }

    /// The output channels that an input value goes into.
    fn fan_out(&self) -> Formula {
        let channels = named("channels", self.channels);
        if self.groups == 1 {
            return channels;
        }
        quotient(channels, named("groups", self.groups))
    }

    /// `stride × (size − 1) + span of the kernel − crop + output padding`.
    fn side(&self, input: Shape, axis: usize) -> Formula {
        let size = difference(named("size", input.size()[axis]), number(1));
        let kernel = named("span of the kernel", self.sliding().extent(axis));
        let mut parts = vec![times([named("stride", self.stride[axis]), size]), kernel];
        if self.output_padding[axis] > 0 {
            parts.push(named("output padding", self.output_padding[axis]));
        }
        let cut = u64::from(self.crop[axis]) + u64::from(self.crop[axis + 2]);
        if cut == 0 {
            return sum(parts);
        }
        difference(sum(parts), named("crop", cut))
    }
}

impl Rule for TransposedConv {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("channels", self.channels)?;
        positive("groups", self.groups)?;
        for axis in 0..2 {
            positive("kernel", self.kernel[axis])?;
            positive("stride", self.stride[axis])?;
            positive("dilation", self.dilation[axis])?;
            // As in PyTorch: with more, the size would be that of a larger input.
            let most = self.stride[axis].max(self.dilation[axis]) - 1;
            at_most("output padding", self.output_padding[axis], most)?;
        }
        for side in self.crop {
            at_most("crop", side, MAX_FIELD)?;
        }
        for (channels, side) in [(input.channels, "input"), (self.channels, "output")] {
            if channels % self.groups != 0 {
                return Err(LayerError::Groups {
                    groups: self.groups,
                    channels,
                    side,
                });
            }
        }
        let full = self.full(input.size());
        let mut size = [0; 2];
        for axis in 0..2 {
            let cut = u64::from(self.crop[axis]) + u64::from(self.crop[axis + 2]);
            let all = full[axis] + u64::from(self.output_padding[axis]);
            if cut >= all {
                return Err(LayerError::TooLarge {
                    field: "crop of both sides together",
                    got: cut,
                    limit: all - 1,
                });
            }
            size[axis] = u32::try_from(all - cut).map_err(|_| LayerError::TooLarge {
                field: if axis == 0 { "height" } else { "width" },
                got: all - cut,
                limit: MAX_FIELD.into(),
            })?;
        }
        Ok(Shape::new(self.channels, size[0], size[1]))
    }

    /// Multiply-adds are input positions × weight elements, as fvcore counts them.
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let weights = self.weights(inputs[0]);
        let bias = u64::from(self.bias);
        Cost {
            trainable: weights.saturating_add(bias * u64::from(self.channels)),
            macs: product([weights, inputs[0].positions()]),
            element_flops: product([bias, output.elements()]),
            ..Cost::default()
        }
    }

    fn window(&self, _: Shape) -> Option<Window> {
        None
    }
    fn spread(&self) -> Option<Spread> {
        Some(Spread {
            stride: self.stride,
            extent: [0, 1].map(|axis| self.sliding().extent(axis)),
            before: [self.crop[0], self.crop[1]],
        })
    }
    fn family(&self) -> Family {
        Family::Convolution
    }
    fn title(&self) -> String {
        let mut title = format!("transposed conv {} ×{}", pair(self.kernel), self.channels);
        if self.stride != [1, 1] {
            title += &format!(" ·{}", short(self.stride));
        }
        if self.crop != [0; 4] {
            title.push_str(" crop");
            push_sides(&mut title, self.crop);
        }
        if self.output_padding != [0; 2] {
            title += &format!(" +{}", short(self.output_padding));
        }
        if self.dilation != [1, 1] {
            title += &format!(" dilated {}", short(self.dilation));
        }
        if self.groups != 1 {
            title += &format!(" in {} groups", self.groups);
        }
        title
    }
    fn name_stem(&self) -> &'static str {
        "deconv"
    }
    fn output_formula(&self, inputs: &[Shape]) -> OutputFormula {
        OutputFormula::Axes {
            channels: "channels",
            axes: [0, 1].map(|axis| self.side(inputs[0], axis)),
        }
    }
    fn trainable_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        let [height, width] = kernel(self.kernel);
        let inputs = named("input channels", inputs[0].channels);
        let weights = times([inputs, self.fan_out(), height, width]);
        if !self.bias {
            return Some(weights);
        }
        Some(sum([weights, named("channels", self.channels)]))
    }
    fn mac_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        let [height, width] = kernel(self.kernel);
        Some(times([
            named("input height", inputs[0].height),
            named("input width", inputs[0].width),
            named("input channels", inputs[0].channels),
            self.fan_out(),
            height,
            width,
        ]))
    }
    fn element_formula(&self, _: &[Shape], output: Shape) -> Option<Formula> {
        self.bias.then(|| values(output))
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(match (self.groups, self.kernel) {
            (0 | 1, [1, 1]) => Arithmetic::Pointwise,
            (0 | 1, _) => Arithmetic::Dense,
            _ => Arithmetic::Grouped,
        })
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        let pairs = [&mut self.kernel, &mut self.stride, &mut self.dilation];
        let counts = pairs.into_iter().flatten();
        counts
            .chain([&mut self.channels, &mut self.groups])
            .collect()
    }
}
