//! The receptive field: which pixels of the input one value of a feature map can see.

use serde::Serialize;

use crate::layer::{Merge, Window};
use crate::{Layer, Shape};

/// The window of the input that one value looks through, `[height, width]` each, in pixels and
/// unbounded by the picture: where it reaches over the border it looks at padding.
///
/// As Araujo, Norris and Sim 2019 compute it. Where branches meet, the window is the smallest that
/// holds all of theirs; the gate of a multiplication (squeeze-excitation) is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// How many pixels the window spans.
    pub field: [u64; 2],
    /// How many pixels the window moves from one value to its neighbour: the output stride.
    pub jump: [u64; 2],
    /// The first row and column that the value at 0, 0 sees; negative in the padding.
    pub start: [i64; 2],
}

impl Reach {
    /// A pixel of the input sees itself.
    pub const PIXEL: Self = Self {
        field: [1, 1],
        jump: [1, 1],
        start: [0, 0],
    };

    /// The rows `first..end` and columns `first..end` of the input that the value at `row`,
    /// `column` sees, unbounded by the picture.
    pub fn window_of(&self, position: [u32; 2]) -> [[i64; 2]; 2] {
        [0, 1].map(|axis| {
            let moved = signed(self.jump[axis]).saturating_mul(i64::from(position[axis]));
            let first = self.start[axis].saturating_add(moved);
            [first, first.saturating_add(signed(self.field[axis]))]
        })
    }

    /// What a value sees through `window` over a map of `input`'s size whose values see `self`.
    pub(super) fn through(&self, window: &Window, input: Shape) -> Self {
        let sides = window.sides(input.size());
        let wider = |axis| (window.extent(axis) - 1).saturating_mul(self.jump[axis]);
        let before = |axis| signed(self.jump[axis]).saturating_mul(i64::from(sides[axis]));
        Self {
            field: [0, 1].map(|axis| self.field[axis].saturating_add(wider(axis))),
            jump: [0, 1].map(|axis| self.jump[axis].saturating_mul(u64::from(window.stride[axis]))),
            start: [0, 1].map(|axis| self.start[axis].saturating_sub(before(axis))),
        }
    }

    /// The smallest window that holds both.
    fn union(self, other: Self) -> Self {
        let mut both = self;
        for axis in 0..2 {
            let end = |reach: &Self| reach.start[axis].saturating_add(signed(reach.field[axis]));
            let start = self.start[axis].min(other.start[axis]);
            both.start[axis] = start;
            both.field[axis] = end(&self).max(end(&other)).abs_diff(start);
            both.jump[axis] = self.jump[axis].max(other.jump[axis]);
        }
        both
    }
}

fn signed(pixels: u64) -> i64 {
    i64::try_from(pixels).unwrap_or(i64::MAX)
}

/// What the layer's values see when its inputs' values see `inputs`; `None` is the whole picture.
pub(super) fn after(layer: &Layer, inputs: &[(Shape, Option<Reach>)]) -> Option<Reach> {
    let mut seen = inputs.iter().map(|&(_, reach)| reach);
    let merged = if matches!(layer, Layer::Merge(Merge::Multiply)) {
        seen.flatten().reduce(Reach::union)?
    } else {
        let first = seen.next()??;
        seen.try_fold(first, |all, reach| Some(all.union(reach?)))?
    };
    let &(input, _) = inputs.first()?;
    Some(merged.through(&layer.rule().window(input)?, input))
}
