//! The size of one image's feature map.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The size of one image's feature map: channels × height × width, without a batch. A vector of
/// `n` values is `n × 1 × 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    pub channels: u32,
    pub height: u32,
    pub width: u32,
}

impl Shape {
    /// A map of `channels` × `height` × `width`.
    pub const fn new(channels: u32, height: u32, width: u32) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// A vector of `features` values.
    pub const fn vector(features: u32) -> Self {
        Self::new(features, 1, 1)
    }

    /// How many values one image has here (at most 2⁶⁴ − 1, whatever the sides).
    pub const fn elements(self) -> u64 {
        (self.channels as u64).saturating_mul(self.positions())
    }

    /// How many spatial positions one channel has.
    pub const fn positions(self) -> u64 {
        self.height as u64 * self.width as u64
    }

    /// Height and width.
    pub const fn size(self) -> [u32; 2] {
        [self.height, self.width]
    }

    /// Whether height and width are 1.
    pub const fn is_vector(self) -> bool {
        self.height == 1 && self.width == 1
    }
}

/// `CxHxW`, as the command line and the page's `data-shape` write it.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}
