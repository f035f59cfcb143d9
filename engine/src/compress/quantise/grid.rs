//! A grid of equally spaced values, each with a whole number.

use serde::{Deserialize, Serialize};

/// `value = (q − zero point) · scale`, with `q` from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    pub scale: f32,
    pub zero_point: i32,
    pub low: i32,
    pub high: i32,
}

impl Grid {
    /// Around 0, for values up to `largest` on both sides: `2^(bits − 1) − 1` steps on each.
    pub fn symmetric(largest: f32, bits: u32) -> Self {
        let high = (1 << (bits - 1)) - 1;
        Self {
            scale: step(f64::from(largest), f64::from(high)),
            zero_point: 0,
            low: -high,
            high,
        }
    }

    /// From the least to the greatest value, 0 among them, in `2^bits − 1` steps.
    pub fn affine(least: f32, greatest: f32, bits: u32) -> Self {
        let (least, greatest) = (f64::from(least).min(0.0), f64::from(greatest).max(0.0));
        let high = (1 << bits) - 1;
        let scale = step(greatest - least, f64::from(high));
        let zero_point = (-least as f32 / scale).round_ties_even() as i32;
        Self {
            scale,
            zero_point: zero_point.clamp(0, high),
            low: 0,
            high,
        }
    }

    /// The nearest place on the grid, half a step to the even one, before it is limited.
    fn place(self, value: f32) -> f32 {
        (value / self.scale).round_ties_even() + self.zero_point as f32
    }

    /// The value's whole number.
    pub fn quantise(self, value: f32) -> i32 {
        self.place(value).clamp(self.low as f32, self.high as f32) as i32
    }

    /// The value of a whole number.
    pub fn value(self, q: i32) -> f32 {
        (q - self.zero_point) as f32 * self.scale
    }

    /// The grid's value nearest to this one.
    pub fn fake(self, value: f32) -> f32 {
        self.value(self.quantise(value))
    }

    /// Whether the value lies within the grid, where the straight-through gradient is 1.
    pub fn passes(self, value: f32) -> bool {
        let place = self.place(value);
        place >= self.low as f32 && place <= self.high as f32
    }
}

/// A grid of no width has steps of 1.
fn step(width: f64, steps: f64) -> f32 {
    let scale = (width / steps) as f32;
    if scale.is_finite() && scale >= f32::MIN_POSITIVE {
        scale
    } else {
        1.0
    }
}

/// The values as the grids have them; each grid is for as many consecutive values.
pub fn fake(values: &[f32], grids: &[Grid]) -> Vec<f32> {
    over(values, grids)
        .map(|(&value, grid)| grid.fake(value))
        .collect()
}

/// The straight-through gradient: what comes from above where the value lies within its grid, else
/// 0.
pub fn fake_gradient(values: &[f32], grids: &[Grid], upstream: &[f32]) -> Vec<f32> {
    let pairs = over(values, grids).zip(upstream);
    let gradient = |((&value, grid), &up): ((&f32, Grid), &f32)| match grid.passes(value) {
        true => up,
        false => 0.0,
    };
    pairs.map(gradient).collect()
}

fn over<'a>(values: &'a [f32], grids: &'a [Grid]) -> impl Iterator<Item = (&'a f32, Grid)> {
    let each = values.len().div_ceil(grids.len().max(1)).max(1);
    let blocks = values.chunks(each).zip(grids);
    blocks.flat_map(|(block, &grid)| block.iter().map(move |value| (value, grid)))
}
