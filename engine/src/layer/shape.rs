//! Layers that only move values: flatten, pad, shuffle, slice.

use serde::{Deserialize, Serialize};

use super::norm::in_range;
use super::rule::{MAX_FIELD, at_most, positive, single};
use super::{Cost, LayerError, Padding, Rule, Sides, Window};
use crate::Shape;

/// In which order a map becomes a vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlattenOrder {
    /// Channel after channel, as PyTorch.
    #[default]
    Chw,
    /// Position after position, as Keras with channels last.
    Hwc,
}

/// A map as a vector.
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
}

impl Rule for Pad {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        for side in self.sides {
            at_most("padding", side, MAX_FIELD)?;
        }
        in_range("value", self.value, -1e9, 1e9)?;
        let [height, width] = self
            .window(input)
            .unwrap_or(Window::POINT)
            .output(input.size())?;
        Ok(Shape::new(input.channels, height, width))
    }
    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }
    fn window(&self, _: Shape) -> Option<Window> {
        Some(Window {
            padding: Padding::Sides(self.sides),
            ..Window::POINT
        })
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
}
