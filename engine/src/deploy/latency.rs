//! A distribution of measured times.

use serde::{Deserialize, Serialize};

/// What measured passes say, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    pub count: usize,
    pub least: f64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub most: f64,
}

impl Latencies {
    /// Of these times; `None` without any.
    pub fn of(times: &[f64]) -> Option<Self> {
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        Some(Self {
            count: sorted.len(),
            least,
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
            p50: percentile(&sorted, 50.0),
            p90: percentile(&sorted, 90.0),
            p99: percentile(&sorted, 99.0),
            most,
        })
    }
}

/// The percentile of sorted times by nearest rank: the least value that at least so many per cent of
/// them do not exceed. 0 without any.
pub fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    let place = rank.clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        // The example of Wikipedia, “Percentile”, the nearest-rank method.
        let sorted = [15.0, 20.0, 35.0, 40.0, 50.0];
        let found = [5.0, 30.0, 40.0, 50.0, 100.0].map(|it| percentile(&sorted, it));
        assert_eq!(found, [15.0, 20.0, 20.0, 35.0, 50.0]);
    }

    #[test]
    fn of_a_hundred_times_the_99th_is_p99() {
        let times: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let found = Latencies::of(&times).unwrap();
        assert_eq!(
            [found.least, found.p50, found.p90, found.p99, found.most],
            [1.0, 50.0, 90.0, 99.0, 100.0]
        );
        assert_eq!((found.count, found.mean), (100, 50.5));
        assert_eq!(Latencies::of(&[]), None);
    }
}
