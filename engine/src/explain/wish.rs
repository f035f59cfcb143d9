//! What a unit wants: the input that excites it, found by ascent, and how that is steadied.

use serde::{Deserialize, Serialize};

use crate::NodeId;
use crate::data::ChannelOrder;

/// What is to be large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// The logit of a class.
    Class { class: u32 },
    /// The mean of a map.
    Channel { node: NodeId, channel: u32 },
    /// The value in the middle of a map.
    Middle { node: NodeId, channel: u32 },
}

/// How the input is found (Erhan et al. 2009; Mordvintsev et al. 2015, Olah et al. 2017 for jitter and
/// blur).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ascent {
    pub steps: u32,
    /// The length of a step, as a share of the range.
    pub rate: f32,
    /// Each step sees the input moved by so many pixels at most.
    pub jitter: u32,
    /// The input is blurred a little every so many steps; 0 for never.
    pub blur_every: u32,
    /// The share of the input that is lost in a step.
    pub decay: f32,
    /// From which values to which.
    pub range: [f32; 2],
    pub seed: u64,
    /// Steps are taken in the input's frequencies, low ones first, which blurring would only undo.
    #[serde(default)]
    pub fourier: bool,
    /// The order of the colours of a photo, whose correlation is taken out with `fourier`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colours: Option<ChannelOrder>,
}

/// Steps at most.
pub const MOST_STEPS: u32 = 2000;

impl Ascent {
    /// For inputs in this range.
    pub const fn usual(range: [f32; 2], seed: u64) -> Self {
        Self {
            steps: 128,
            rate: 0.02,
            jitter: 2,
            blur_every: 8,
            decay: 0.005,
            range,
            seed,
            fourier: false,
            colours: None,
        }
    }

    /// In frequencies, with the colours of a photo in this order.
    #[must_use]
    pub const fn in_frequencies(self, colours: Option<ChannelOrder>) -> Self {
        Self {
            blur_every: 0,
            fourier: true,
            colours,
            ..self
        }
    }

    /// The settings within what is possible.
    #[must_use]
    pub fn within(self) -> Self {
        let finite = |value: f32, usual: f32| if value.is_finite() { value } else { usual };
        let [a, b] = self.range.map(|it| finite(it, 0.0).clamp(-1e3, 1e3));
        Self {
            steps: self.steps.clamp(1, MOST_STEPS),
            rate: finite(self.rate, 0.02).clamp(0.0, 1.0),
            decay: finite(self.decay, 0.0).clamp(0.0, 1.0),
            range: if a < b { [a, b] } else { [a, a + 1.0] },
            ..self
        }
    }
}

/// One of the images that excite a map most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exciting {
    /// Its number in its data set.
    pub image: u32,
    /// The largest value of the map, and where it is.
    pub value: f32,
    pub row: u32,
    pub column: u32,
}

#[cfg(any(feature = "run", test))]
/// Each plane moved by these numbers of rows and columns, around the edges.
#[cfg(feature = "run")]
pub(super) fn rolled(values: &[f32], [height, width]: [usize; 2], by: [usize; 2]) -> Vec<f32> {
    let mut moved = vec![0.0; values.len()];
    let area = height * width;
    for (plane, out) in values.chunks_exact(area).zip(moved.chunks_exact_mut(area)) {
        for row in 0..height {
            for column in 0..width {
                let to = (row + by[0]) % height * width + (column + by[1]) % width;
                out[to] = plane[row * width + column];
            }
        }
    }
    moved
}

#[cfg(any(feature = "run", test))]
/// Each plane blurred by a quarter, a half, a quarter along both axes; the edge repeats.
#[cfg(feature = "run")]
pub(super) fn blurred(values: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for plane in values.chunks_exact(height * width) {
        let at = |row: usize, column: usize| plane[row * width + column];
        for row in 0..height {
            for column in 0..width {
                let rows = [row.saturating_sub(1), row, (row + 1).min(height - 1)];
                let columns = [
                    column.saturating_sub(1),
                    column,
                    (column + 1).min(width - 1),
                ];
                let mut sum = 0.0;
                for (row, down) in rows.into_iter().zip([0.25, 0.5, 0.25]) {
                    for (column, across) in columns.into_iter().zip([0.25, 0.5, 0.25]) {
                        sum += down * across * at(row, column);
                    }
                }
                out.push(sum);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_moved_around_its_edges_and_back() {
        let values = [1., 2., 3., 4., 5., 6.];
        let moved = rolled(&values, [2, 3], [1, 1]);
        assert_eq!(moved, [6., 4., 5., 3., 1., 2.]);
        assert_eq!(rolled(&moved, [2, 3], [1, 2]), values);
    }

    #[test]
    fn a_blur_keeps_what_is_even_and_spreads_a_point() {
        assert_eq!(blurred(&[3.0; 6], [2, 3]), [3.0; 6]);
        let mut point = [0.0; 9];
        point[4] = 16.0;
        assert_eq!(
            blurred(&point, [3, 3]),
            [1., 2., 1., 2., 4., 2., 1., 2., 1.]
        );
    }
}
