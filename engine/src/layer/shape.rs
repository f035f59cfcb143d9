//! Layers that only rearrange values: flatten, pad, shuffle, slice.

use serde::{Deserialize, Serialize};

use super::formula::{difference, named, times};
use super::norm::in_range;
use super::rule::{MAX_FIELD, at_most, positive, single};
use super::title::push_sides;
use super::{Cost, Family, LayerError, OutputFormula, Padding, Rule, Sides, Sign, Window};
use crate::Shape;

/// The order of the values of a flattened map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlattenOrder {
    /// Channel after channel, as in PyTorch.
    #[default]
    Chw,
    /// Position after position, as in Keras with channels last.
    Hwc,
}

/// Flattens a map into a vector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flatten {
    #[serde(default)]
    pub order: FlattenOrder,
}

/// A border of one value around the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pad {
    pub sides: Sides,
    #[serde(default)]
    pub value: f64,
}

/// Interleaves `groups` runs of channels (Zhang et al. 2018).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelShuffle {
    pub groups: u32,
}

/// Keeps the channels `start .. end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSlice {
    pub start: u32,
    pub end: u32,
}

impl Pad {
    /// A 1×1 window over the padded map.
    const fn border(&self) -> Window {
        Window {
            padding: Padding::Sides(self.sides),
            ..Window::POINT
        }
    }
}

impl Rule for Flatten {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let elements = single(inputs)?.elements();
        match u32::try_from(elements) {
            Ok(features) => Ok(Shape::vector(features)),
            Err(_) => Err(LayerError::TooLarge {
                field: "flattened length",
                got: elements,
                limit: u32::MAX.into(),
            }),
        }
    }
    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }
    fn window(&self, _: Shape) -> Option<Window> {
        None
    }
    fn family(&self) -> Family {
        Family::Shape
    }
    fn title(&self) -> String {
        "flatten".into()
    }
    fn name_stem(&self) -> &'static str {
        "flatten"
    }
    fn output_formula(&self, inputs: &[Shape]) -> OutputFormula {
        let input = inputs[0];
        OutputFormula::Channels(times([
            named("input channels", input.channels),
            named("input height", input.height),
            named("input width", input.width),
        ]))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
}

impl Rule for Pad {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        for side in self.sides {
            at_most("padding", side, MAX_FIELD)?;
        }
        in_range("value", self.value, -1e9, 1e9)?;
        let [height, width] = self.border().output(input.size())?;
        Ok(Shape::new(input.channels, height, width))
    }
    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }
    fn window(&self, _: Shape) -> Option<Window> {
        Some(self.border())
    }
    fn family(&self) -> Family {
        Family::Shape
    }
    fn title(&self) -> String {
        let mut title = String::from("pad");
        push_sides(&mut title, self.sides);
        title
    }
    fn name_stem(&self) -> &'static str {
        "pad"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Sliding {
            channels: "input channels",
            window: self.border(),
        }
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn set_usual(&mut self) {
        self.value = 0.0;
    }
}

impl Rule for ChannelShuffle {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("groups", self.groups)?;
        if input.channels % self.groups != 0 {
            let (groups, channels) = (self.groups, input.channels);
            return Err(LayerError::Groups {
                groups,
                channels,
                side: "input",
            });
        }
        Ok(input)
    }
    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }
    fn family(&self) -> Family {
        Family::Shape
    }
    fn title(&self) -> String {
        format!("channel shuffle {}", self.groups)
    }
    fn name_stem(&self) -> &'static str {
        "shuffle"
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        vec![&mut self.groups]
    }
}

impl Rule for ChannelSlice {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        let Self { start, end } = *self;
        if start >= end || end > input.channels {
            return Err(LayerError::Slice {
                start,
                end,
                channels: input.channels,
            });
        }
        Ok(Shape {
            channels: end - start,
            ..input
        })
    }
    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }
    fn family(&self) -> Family {
        Family::Shape
    }
    fn title(&self) -> String {
        format!("channels {}..{}", self.start, self.end)
    }
    fn name_stem(&self) -> &'static str {
        "slice"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Channels(difference(
            named("end", self.end),
            named("start", self.start),
        ))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
}
