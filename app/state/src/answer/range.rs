//! The values that the colours of maps stand for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::NodeId;

use crate::screen::Palette;

/// The smallest and largest value that colours stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f32,
    pub max: f32,
}

/// How many values tell where a layer's colours end.
const SAMPLE: usize = 1 << 12;
/// The share of them that is within the ends.
const WITHIN: f32 = 0.99;

impl Range {
    /// The range that a layer's colours stand for: that of a picture is its own; others end where
    /// 99 of 100 values other than 0 are nearer to 0, so that one bright pixel does not pale all
    /// maps. What lies beyond has the colour of the end.
    pub fn of_layer(values: &[f32], palette: Palette) -> Option<Self> {
        if palette == Palette::Grey {
            return Self::of(values);
        }
        // An odd step does not take the same column of every row.
        let step = values.len().div_ceil(SAMPLE).max(1) | 1;
        let sample = values.iter().step_by(step).map(|value| value.abs());
        let mut sample: Vec<f32> = sample.filter(|it| it.is_finite() && *it > 0.0).collect();
        let last = (sample.len() as f32 * WITHIN).ceil() as usize;
        let limit = match last.checked_sub(1) {
            Some(place) => *sample.select_nth_unstable_by(place, f32::total_cmp).1,
            None => Self::of(values).map(|it| it.max.abs().max(it.min.abs()))?,
        };
        Some(Self {
            min: -limit,
            max: limit,
        })
    }

    /// The range of these values, those that are not finite left out; `None` where none is left.
    pub fn of(values: &[f32]) -> Option<Self> {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        finite.fold(None, |range, value| {
            let Self { min, max } = range.unwrap_or(Self {
                min: value,
                max: value,
            });
            Some(Self {
                min: min.min(value),
                max: max.max(value),
            })
        })
    }
}

/// The ranges of an answer's nodes, each computed when it is first asked for: a card, the strip and
/// the panel of one node have the same colours.
#[derive(Debug, Default)]
pub struct Ranges(Mutex<HashMap<(NodeId, Palette), Option<Range>>>);

impl Ranges {
    /// The range of this node's values.
    pub fn of(&self, node: NodeId, palette: Palette, values: &[f32]) -> Option<Range> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let range = known.entry((node, palette));
        *range.or_insert_with(|| Range::of_layer(values, palette))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bright_pixel_does_not_pale_a_layer() {
        let mut values: Vec<f32> = (1..=1000).map(|at| at as f32 / -1000.0).collect();
        values[10] = 50.0;
        values.resize(3000, 0.0);
        let range = Range::of_layer(&values, Palette::Signed).unwrap();
        // 990 of the 1,000 values other than 0 are at most 0.99 or 0.991 from it.
        assert!((0.98..=1.0).contains(&range.max), "{range:?}");
        assert_eq!(range.min, -range.max);
        // A few values all count.
        let range = Range::of_layer(&[0.5, -2.0, 7.0], Palette::Signed).unwrap();
        assert_eq!(range.max, 7.0);
        let blank = Range::of_layer(&[0.0; 9], Palette::Positive).unwrap();
        assert_eq!(blank.max, 0.0);
        let picture = Range::of_layer(&[-0.4, 2.8], Palette::Grey).unwrap();
        assert_eq!((picture.min, picture.max), (-0.4, 2.8));
        assert_eq!(Range::of_layer(&[], Palette::Signed), None);
    }

    #[test]
    fn a_range_ignores_nan() {
        let range = Range::of(&[2.0, f32::NAN, -3.0, f32::INFINITY]);
        assert_eq!(
            range,
            Some(Range {
                min: -3.0,
                max: 2.0
            })
        );
        assert_eq!(Range::of(&[f32::NAN]), None);
    }
}
