//! The range of activations, from those of some images.

use serde::{Deserialize, Serialize};

use super::Grid;

/// How the range is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// From the least to the greatest value.
    #[default]
    MinMax,
    /// Without the outermost values: from the percentile `100 − percentile` to `percentile`.
    Percentile { percentile: f64 },
    /// The range in which the squared error of all values is least.
    SquaredError,
}

impl Method {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::MinMax => "least and greatest value",
            Self::Percentile { .. } => "percentile",
            Self::SquaredError => "least squared error",
        }
    }
}

/// The least and greatest value that a grid has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub least: f32,
    pub greatest: f32,
}

/// Values that are kept for one activation at most; beyond, every second goes.
const MOST_VALUES: usize = 1 << 20;
/// Of the search for the least squared error.
const CANDIDATES: usize = 100;

/// Collects the values of one activation.
#[derive(Clone, Debug)]
pub struct Calibration {
    least: f32,
    greatest: f32,
    kept: Vec<f32>,
    /// Every so many-th value is kept.
    every: usize,
    seen: usize,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            least: f32::INFINITY,
            greatest: f32::NEG_INFINITY,
            kept: Vec::new(),
            every: 1,
            seen: 0,
        }
    }
}

impl Calibration {
    /// Takes in values; those that are no numbers are left out.
    pub fn add(&mut self, values: &[f32]) {
        for &value in values.iter().filter(|it| it.is_finite()) {
            self.least = self.least.min(value);
            self.greatest = self.greatest.max(value);
            if self.seen.is_multiple_of(self.every) {
                self.kept.push(value);
                if self.kept.len() == MOST_VALUES {
                    let mut place = 0;
                    self.kept.retain(|_| {
                        place += 1;
                        place % 2 == 1
                    });
                    self.every *= 2;
                }
            }
            self.seen += 1;
        }
    }

    /// The range by this method, for a grid of so many bits; `None` without values.
    pub fn range(&self, method: Method, bits: u32) -> Option<Range> {
        if self.kept.is_empty() {
            return None;
        }
        let (least, greatest) = (self.least, self.greatest);
        Some(match method {
            Method::MinMax => Range { least, greatest },
            Method::Percentile { percentile } => {
                let mut sorted = self.kept.clone();
                sorted.sort_by(f32::total_cmp);
                Range {
                    least: at_percentile(&sorted, 100.0 - percentile),
                    greatest: at_percentile(&sorted, percentile),
                }
            }
            Method::SquaredError => self.least_error(bits),
        })
    }

    /// The affine grid of that range.
    pub fn grid(&self, method: Method, bits: u32) -> Option<Grid> {
        let Range { least, greatest } = self.range(method, bits)?;
        Some(Grid::affine(least, greatest, bits))
    }

    /// Tries shares of the whole range.
    fn least_error(&self, bits: u32) -> Range {
        let every = self.kept.len().div_ceil(1 << 14).max(1);
        let error = |grid: Grid| -> f64 {
            let values = self.kept.iter().step_by(every);
            values
                .map(|&it| f64::from(grid.fake(it) - it).powi(2))
                .sum()
        };
        let ranges = (1..=CANDIDATES).rev().map(|it| {
            let share = it as f32 / CANDIDATES as f32;
            Range {
                least: self.least * share,
                greatest: self.greatest * share,
            }
        });
        let whole = Range {
            least: self.least,
            greatest: self.greatest,
        };
        let mut best = (f64::INFINITY, whole);
        for range in ranges {
            let error = error(Grid::affine(range.least, range.greatest, bits));
            if error < best.0 {
                best = (error, range);
            }
        }
        best.1
    }
}

/// Between two values linearly, as numpy does.
fn at_percentile(sorted: &[f32], percentile: f64) -> f32 {
    let last = sorted.len() - 1;
    let place = (percentile.clamp(0.0, 100.0) / 100.0) * last as f64;
    let below = place.floor() as usize;
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    let share = place - below as f64;
    (f64::from(a) + share * (f64::from(b) - f64::from(a))) as f32
}
