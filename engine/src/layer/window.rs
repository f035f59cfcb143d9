//! The sliding window that convolution and pooling share: padding, output size, extent.

use serde::{Deserialize, Serialize};

use super::LayerError;
use super::rule::{MAX_FIELD, at_most, positive};

/// Padding in pixels: `[top, left, bottom, right]`, the order of ONNX.
pub type Sides = [u32; 4];

/// How the borders are padded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// No padding.
    #[default]
    Valid,
    /// As much that the output size is the input size divided by the stride, rounded up; an odd
    /// pixel is added at the bottom and right (TensorFlow's SAME, ONNX's SAME_UPPER).
    Same,
    /// Exactly these `[top, left, bottom, right]` pixels.
    Sides(Sides),
}

/// A window of `kernel` positions, `dilation` apart, moved by `stride`: `[height, width]` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub padding: Padding,
    pub dilation: [u32; 2],
    /// Rounds the count of positions up, as PyTorch's `ceil_mode` does.
    pub ceil: bool,
}

const AXES: [&str; 2] = ["height", "width"];

impl Window {
    /// A 1×1 window: each output value depends on the input value at its position only.
    pub const POINT: Self = Self {
        kernel: [1, 1],
        stride: [1, 1],
        padding: Padding::Valid,
        dilation: [1, 1],
        ceil: false,
    };

    /// How many pixels the kernel spans on an axis: `dilation · (kernel − 1) + 1`.
    pub fn extent(&self, axis: usize) -> u64 {
        u64::from(self.dilation[axis]) * u64::from(self.kernel[axis].saturating_sub(1)) + 1
    }

    /// The padding in pixels for an input of `size` = `[height, width]`.
    pub fn sides(&self, size: [u32; 2]) -> Sides {
        match self.padding {
            Padding::Valid => [0; 4],
            Padding::Sides(sides) => sides,
            Padding::Same => {
                let [top, bottom] = self.same(size, 0);
                let [left, right] = self.same(size, 1);
                [top, left, bottom, right]
            }
        }
    }

    fn same(&self, size: [u32; 2], axis: usize) -> [u32; 2] {
        let (size, stride) = (u64::from(size[axis]), u64::from(self.stride[axis].max(1)));
        let needed = size.div_ceil(stride).saturating_sub(1) * stride + self.extent(axis);
        let total = needed.saturating_sub(size);
        // Does not fit only for absurd dilations; `output` then refuses the padding as too large.
        let before = u32::try_from(total / 2).unwrap_or(u32::MAX);
        let after = u32::try_from(total - total / 2).unwrap_or(u32::MAX);
        [before, after]
    }

    /// How many positions the window takes on `size` = `[height, width]`.
    ///
    /// # Errors
    /// When a field is out of range or the kernel does not fit.
    pub fn output(&self, size: [u32; 2]) -> Result<[u32; 2], LayerError> {
        for axis in 0..2 {
            positive("kernel", self.kernel[axis])?;
            positive("stride", self.stride[axis])?;
            positive("dilation", self.dilation[axis])?;
        }
        let sides = self.sides(size);
        for side in sides {
            at_most("padding", side, MAX_FIELD)?;
        }
        let mut output = [0; 2];
        for axis in 0..2 {
            output[axis] = self.positions(axis, size[axis], sides[axis], sides[axis + 2])?;
        }
        Ok(output)
    }

    fn positions(
        &self,
        axis: usize,
        size: u32,
        before: u32,
        after: u32,
    ) -> Result<u32, LayerError> {
        let padded = u64::from(size) + u64::from(before) + u64::from(after);
        let extent = self.extent(axis);
        let stride = u64::from(self.stride[axis]);
        let Some(room) = padded.checked_sub(extent) else {
            return Err(LayerError::KernelTooLarge {
                axis: AXES[axis],
                size,
                before,
                after,
                kernel: self.kernel[axis],
                dilation: self.dilation[axis],
                extent,
            });
        };
        let mut count = room / stride + 1;
        // PyTorch: the extra window of ceil mode must start inside the input or its left padding.
        if self.ceil && room % stride != 0 && count * stride < u64::from(size) + u64::from(before) {
            count += 1;
        }
        u32::try_from(count).map_err(|_| LayerError::TooLarge {
            field: AXES[axis],
            got: count,
            limit: MAX_FIELD.into(),
        })
    }
}
