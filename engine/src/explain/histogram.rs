//! How values are spread, counted while they come.

use serde::{Deserialize, Serialize};

/// Bars on both sides of 0 together.
pub const BARS: usize = 32;

/// Counts of values in equal intervals from −`most` to `most`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The end, a power of two, so that it can double when larger values come.
    pub most: f32,
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Of these values; none where all are 0 or not finite.
    pub fn of(values: &[f32]) -> Option<Self> {
        let mut histogram = None;
        add(&mut histogram, values);
        histogram
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn double(&mut self) {
        let mut wider = vec![0; BARS];
        for (bar, count) in self.counts.iter().enumerate() {
            wider[BARS / 4 + bar / 2] += count;
        }
        self.counts = wider;
        self.most *= 2.0;
    }

    fn count(&mut self, value: f32) {
        let place = (value / self.most + 1.0) * 0.5 * BARS as f32;
        // `as` takes what is below 0 to 0.
        self.counts[(place as usize).min(BARS - 1)] += 1;
    }
}

/// Counts these values too. The first that come decide where the histogram starts to be wide enough.
pub fn add(histogram: &mut Option<Histogram>, values: &[f32]) {
    let finite = || values.iter().copied().filter(|it| it.is_finite());
    let most = finite().fold(0.0_f32, |most, it| most.max(it.abs()));
    let own = match histogram {
        Some(own) => own,
        None if most > 0.0 => histogram.insert(Histogram {
            most: libm::exp2f(libm::ceilf(libm::log2f(most))).clamp(f32::MIN_POSITIVE, 1e38),
            counts: vec![0; BARS],
        }),
        None => return,
    };
    while own.most < most && own.most < 1e38 {
        own.double();
    }
    finite().for_each(|value| own.count(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_come_later_are_counted_as_if_they_had_come_at_once() {
        let values: Vec<f32> = (-300..=700).map(|it| it as f32 * 0.01 + 0.003).collect();
        let mut parts = None;
        for part in values.chunks(97) {
            add(&mut parts, part);
        }
        let whole = Histogram::of(&values).unwrap();
        assert_eq!(whole.most, 8.0);
        assert_eq!(parts.as_ref(), Some(&whole));
        assert_eq!(whole.total(), 1001);
        // From 0 to 1/2 lie 0.003 to 0.493.
        assert_eq!(whole.counts[BARS / 2], 50);
        // −2.997 is in the bar from −3 to −2.5.
        assert_eq!(whole.counts.iter().position(|it| *it > 0), Some(10));
    }

    #[test]
    fn what_is_no_number_is_not_counted() {
        assert_eq!(Histogram::of(&[0.0, f32::NAN]), None);
        let some = Histogram::of(&[1.0, f32::INFINITY, -1.0]).unwrap();
        assert_eq!((some.most, some.total()), (1.0, 2));
    }
}
