//! Convolution in all its forms: standard, grouped, depthwise, pointwise, dilated, rectangular.

use serde::{Deserialize, Serialize};

use super::formula::{Formula, kernel, named, number, positions, quotient, sum, times, values};
use super::rule::{positive, product, single};
use super::title::{pair, push_padding, short};
use super::{Arithmetic, Cost, Family, LayerError, OutputFormula, Padding, Rule, Window};
use crate::Shape;

/// Two-dimensional cross-correlation, as PyTorch's `Conv2d` and Keras' `Conv2D` compute it.
/// Depthwise when `groups` equals the input's channels, pointwise when the kernel is 1×1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conv {
    /// Output channels.
    pub channels: u32,
    /// `[height, width]` of each kernel.
    pub kernel: [u32; 2],
    #[serde(default = "ones", skip_serializing_if = "are_ones")]
    pub stride: [u32; 2],
    #[serde(default, skip_serializing_if = "is_valid")]
    pub padding: Padding,
    #[serde(default = "ones", skip_serializing_if = "are_ones")]
    pub dilation: [u32; 2],
    /// Input and output channels are split into this many groups; an output channel depends on the
    /// input channels of its own group only.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub groups: u32,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
}

pub(super) const fn ones() -> [u32; 2] {
    [1, 1]
}
pub(super) fn are_ones(value: &[u32; 2]) -> bool {
    *value == [1, 1]
}
pub(super) fn is_valid(value: &Padding) -> bool {
    *value == Padding::Valid
}
pub(super) const fn one() -> u32 {
    1
}
pub(super) fn is_one(value: &u32) -> bool {
    *value == 1
}
pub(super) const fn yes() -> bool {
    true
}
pub(super) fn is_yes(value: &bool) -> bool {
    *value
}

impl Conv {
    /// A square convolution with stride 1, no padding, one group and a bias.
    pub const fn new(channels: u32, side: u32) -> Self {
        Self {
            channels,
            kernel: [side, side],
            stride: [1, 1],
            padding: Padding::Valid,
            dilation: [1, 1],
            groups: 1,
            bias: true,
        }
    }

    /// The sliding window.
    pub const fn sliding(&self) -> Window {
        Window {
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            ceil: false,
        }
    }

    /// The weight's axes: output channels, input channels of a group, kernel height and width
    /// (PyTorch's OIHW).
    pub fn weight_dims(&self, input: Shape) -> [u32; 4] {
        let [height, width] = self.kernel;
        // Zero groups are invalid; this is also called for invalid layers.
        [
            self.channels,
            input.channels / self.groups.max(1),
            height,
            width,
        ]
    }

    /// How many values one output value is computed from, its bias aside.
    fn fan_in(&self, input: Shape) -> Formula {
        let mut channels = named("input channels", input.channels);
        if self.groups != 1 {
            channels = quotient(channels, named("groups", self.groups));
        }
        let [height, width] = kernel(self.kernel);
        times([channels, height, width])
    }
}

impl Rule for Conv {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("channels", self.channels)?;
        positive("groups", self.groups)?;
        for (channels, side) in [(input.channels, "input"), (self.channels, "output")] {
            if channels % self.groups != 0 {
                return Err(LayerError::Groups {
                    groups: self.groups,
                    channels,
                    side,
                });
            }
        }
        let [height, width] = self.sliding().output(input.size())?;
        Ok(Shape::new(self.channels, height, width))
    }

    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let weights = product(self.weight_dims(inputs[0]).map(u64::from));
        let bias = if self.bias {
            u64::from(self.channels)
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
        let mut title = format!("conv {} ×{}", pair(self.kernel), self.channels);
        if self.stride != [1, 1] {
            title += &format!(" /{}", short(self.stride));
        }
        push_padding(&mut title, self.padding);
        if self.dilation != [1, 1] {
            title += &format!(" dilated {}", short(self.dilation));
        }
        if self.groups != 1 {
            title += &format!(" in {} groups", self.groups);
        }
        title
    }
    fn name_stem(&self) -> &'static str {
        "conv"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Sliding {
            channels: "channels",
            window: self.sliding(),
        }
    }
    fn trainable_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
        let mut each = self.fan_in(inputs[0]);
        if self.bias {
            each = sum([each, number(1)]);
        }
        Some(times([named("channels", self.channels), each]))
    }
    fn mac_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let [rows, columns] = positions(output);
        let channels = named("channels", self.channels);
        Some(times([channels, rows, columns, self.fan_in(inputs[0])]))
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
    fn sums_channels(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        let pairs = [&mut self.kernel, &mut self.stride, &mut self.dilation];
        let counts = pairs.into_iter().flatten();
        counts
            .chain([&mut self.channels, &mut self.groups])
            .collect()
    }
    fn kernel_mut(&mut self) -> Option<&mut [u32; 2]> {
        Some(&mut self.kernel)
    }
    fn padding_mut(&mut self) -> Option<&mut Padding> {
        Some(&mut self.padding)
    }
}
