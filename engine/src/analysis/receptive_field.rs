//! The receptive field: the pixels of the input that one value of a feature map depends on.

use serde::Serialize;

use crate::layer::{Merge, Spread, Window};
use crate::{Layer, Shape};

/// The receptive field of a feature map's values: a window of the input, `[height, width]` each, in
/// pixels. It is not clipped to the image: beyond the border it covers padding.
///
/// Computed as by Araujo, Norris and Sim (2019). Where branches meet it is the smallest window that
/// holds those of all branches. A branch whose height or width is broadcast gives many values the
/// same pixels: what adds it sees the whole input; where it multiplies (the gate of
/// squeeze-excitation) it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReceptiveField {
    /// How many pixels the window spans.
    #[serde(rename = "field")]
    pub size: [u64; 2],
    /// How many pixels the window moves from one value to the next: the output stride.
    #[serde(rename = "jump")]
    pub stride: [u64; 2],
    /// First row and column of the window of the value at 0, 0; negative in the padding.
    pub start: [i64; 2],
}

impl ReceptiveField {
    /// That of the input's own pixels.
    pub const PIXEL: Self = Self {
        size: [1, 1],
        stride: [1, 1],
        start: [0, 0],
    };

    /// Rows `first..end` and columns `first..end` of the window of the value at `[row, column]`,
    /// not clipped to the image.
    pub fn window_of(&self, position: [u32; 2]) -> [[i64; 2]; 2] {
        [0, 1].map(|axis| {
            let moved = signed(self.stride[axis]).saturating_mul(i64::from(position[axis]));
            let first = self.start[axis].saturating_add(moved);
            [first, first.saturating_add(signed(self.size[axis]))]
        })
    }

    /// The receptive field behind a layer with this window, where `self` is that of the layer's
    /// input and `input` the input's shape.
    pub(super) fn through(&self, window: &Window, input: Shape) -> Self {
        let sides = window.sides(input.size());
        let wider = |axis| (window.extent(axis) - 1).saturating_mul(self.stride[axis]);
        let before = |axis| signed(self.stride[axis]).saturating_mul(i64::from(sides[axis]));
        let strides = window.stride.map(u64::from);
        Self {
            size: [0, 1].map(|axis| self.size[axis].saturating_add(wider(axis))),
            stride: [0, 1].map(|axis| self.stride[axis].saturating_mul(strides[axis])),
            start: [0, 1].map(|axis| self.start[axis].saturating_sub(before(axis))),
        }
    }

    /// The receptive field behind a layer that spreads its values: the smallest window that holds
    /// those of all phases. `None` where its stride would be no whole number of pixels, as where the
    /// map becomes larger than the picture.
    fn spread(&self, spread: &Spread) -> Option<Self> {
        let mut all = *self;
        for axis in 0..2 {
            let factor = u64::from(spread.stride[axis]).max(1);
            if !self.stride[axis].is_multiple_of(factor) {
                return None;
            }
            let step = self.stride[axis] / factor;
            let more = spread.extent[axis].saturating_sub(1);
            // The first place of the input that goes into the output's place 0 is, before rounding up,
            // (before − extent + 1) ÷ factor.
            let first = i64::from(spread.before[axis]).saturating_sub(signed(more));
            all.stride[axis] = step;
            all.size[axis] = self.size[axis].saturating_add(step.saturating_mul(more));
            all.start[axis] = self.start[axis].saturating_add(signed(step).saturating_mul(first));
        }
        Some(all)
    }

    /// The smallest window that holds both.
    fn union(self, other: Self) -> Self {
        let mut both = self;
        for axis in 0..2 {
            let end = |one: &Self| one.start[axis].saturating_add(signed(one.size[axis]));
            let start = self.start[axis].min(other.start[axis]);
            both.start[axis] = start;
            both.size[axis] = end(&self).max(end(&other)).abs_diff(start);
            both.stride[axis] = self.stride[axis].max(other.stride[axis]);
        }
        both
    }
}

fn signed(pixels: u64) -> i64 {
    i64::try_from(pixels).unwrap_or(i64::MAX)
}

/// The receptive field of a layer's output; `inputs` are the shapes and receptive fields of its
/// inputs. `None` is the whole input of the network.
pub(super) fn after(
    layer: &Layer,
    inputs: &[(Shape, Option<ReceptiveField>)],
) -> Option<ReceptiveField> {
    let size = [0, 1].map(|axis| inputs.iter().map(|(it, _)| it.size()[axis]).max());
    let mut fields = inputs.iter().map(|&(input, field)| {
        let repeated = matches!(layer, Layer::Merge(Merge::Add | Merge::Multiply))
            && input.size().map(Some) != size;
        field.filter(|_| !repeated)
    });
    let merged = if matches!(layer, Layer::Merge(Merge::Multiply)) {
        fields.flatten().reduce(ReceptiveField::union)?
    } else {
        let first = fields.next()??;
        fields.try_fold(first, |all, field| Some(all.union(field?)))?
    };
    if let Some(spread) = layer.rule().spread() {
        return merged.spread(&spread);
    }
    let &(input, _) = inputs.first()?;
    Some(merged.through(&layer.rule().window(input)?, input))
}
