//! Scales: mapping of numbers to positions along an axis, and its ticks.

/// Numbers from `low` to `high` along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

/// How many ticks an axis has at most.
const MOST_TICKS: usize = 7;

impl Scale {
    /// From 0 to the largest of these, rounded up to the next tick.
    pub fn linear(values: impl Iterator<Item = f64>) -> Self {
        let most = values.filter(|it| it.is_finite()).fold(0.0, f64::max);
        let most = if most > 0.0 { most } else { 1.0 };
        let step = step(most);
        Self {
            low: 0.0,
            high: (most / step - 1e-9).ceil() * step,
            log: false,
        }
    }

    /// Around all of these, from tick to tick, with at least `room` on either side.
    pub fn around(values: impl Iterator<Item = f64>, room: f64) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
            (low.min(it), high.max(it))
        });
        if low > high {
            return Self::between(0.0, 1.0);
        }
        let (low, high) = (low - room, high + room);
        let step = step(high - low);
        Self::between((low / step).floor() * step, (high / step).ceil() * step)
    }

    /// Ends at this number at the latest.
    pub const fn at_most(mut self, most: f64) -> Self {
        self.high = self.high.min(most);
        self
    }

    /// From one number to another, without more at the ends.
    pub const fn between(low: f64, high: f64) -> Self {
        let log = false;
        Self { low, high, log }
    }

    /// Around all of these that are greater than 0, on a logarithmic scale, with some room at both
    /// ends.
    pub fn log(values: impl Iterator<Item = f64>) -> Self {
        let positive = values.filter(|it| it.is_finite() && *it > 0.0);
        let (low, high) = positive.fold((f64::INFINITY, 0.0_f64), |(low, high), it| {
            (low.min(it), high.max(it))
        });
        if high == 0.0 {
            return Self {
                low: 1.0,
                high: 10.0,
                log: true,
            };
        }
        // A third of a decade on either side; at least a decade in all.
        let room = 10_f64.powf(((1.0 - (high / low).log10()) / 2.0).max(1.0 / 3.0));
        Self {
            low: low / room,
            high: high * room,
            log: true,
        }
    }

    /// The position of a number, 0 at the low end and 1 at the high one. Numbers that a logarithmic
    /// axis cannot show (0 and less) are at its low end.
    pub fn place(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }

    /// The ticks with their numbers in words.
    pub fn labelled(&self, words: fn(f64) -> String) -> Vec<(f64, String)> {
        let ticks = self.ticks().into_iter();
        ticks.map(|tick| (tick, words(tick))).collect()
    }

    /// Where ticks stand.
    pub fn ticks(&self) -> Vec<f64> {
        if !self.log {
            let step = step(self.high - self.low);
            let count = ((self.high - self.low) / step + 1e-9).floor() as u32;
            return (0..=count)
                .map(|at| self.low + f64::from(at) * step)
                .collect();
        }
        let within = |it: &f64| *it >= self.low * (1.0 - 1e-9) && *it <= self.high * (1.0 + 1e-9);
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let at = |times: &[f64], every: usize| -> Vec<f64> {
            let powers = decades
                .clone()
                .step_by(every)
                .map(|power| 10_f64.powi(power));
            let ticks = powers.flat_map(|power| times.iter().map(move |it| it * power));
            ticks.filter(within).collect()
        };
        // 1, 2 and 5 of each decade where there are few, every other power of ten where many.
        let choices = [(&[1.0, 2.0, 5.0][..], 1), (&[1.0][..], 1), (&[1.0][..], 2)];
        let fitting = choices.map(|(times, every)| at(times, every));
        let found = fitting.into_iter().find(|ticks| ticks.len() <= MOST_TICKS);
        found.unwrap_or_else(|| at(&[1.0], 4))
    }
}

/// The distance of ticks from 0 to `most`: 1, 2 or 5 times a power of ten, four to seven of them.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0];
    let fits = |times: &&f64| most / (**times * power) <= 5.0 + 1e-9;
    times.iter().find(fits).unwrap_or(&10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_axis_begins_at_zero_and_ends_on_a_tick() {
        let scale = Scale::linear([3.0, 87.0].into_iter());
        assert_eq!(scale.ticks(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(scale.place(0.0), 0.0);
        assert_eq!(scale.place(50.0), 0.5);
        assert_eq!(Scale::linear([0.0].into_iter()).ticks().last(), Some(&1.0));
    }

    #[test]
    fn an_axis_around_numbers_begins_and_ends_on_a_tick() {
        let scale = Scale::around([56.5, 76.1].into_iter(), 1.0);
        assert_eq!(scale.ticks(), [55.0, 60.0, 65.0, 70.0, 75.0, 80.0]);
        assert_eq!(scale.place(80.0), 1.0);
        // None is beyond the end.
        let ticks = Scale::between(0.3, 1.0).ticks();
        assert!(
            ticks.len() == 4 && ticks.iter().all(|it| *it <= 1.0),
            "{ticks:?}"
        );
        // One number has room as well.
        let one = Scale::around([70.0].into_iter(), 1.0);
        assert!(one.place(70.0) > 0.0 && one.place(70.0) < 1.0);
    }

    #[test]
    fn an_axis_of_percentages_ends_at_100() {
        let scale = Scale::around([98.9, 99.1].into_iter(), 2.0).at_most(100.0);
        assert_eq!(scale.ticks(), [96.0, 97.0, 98.0, 99.0, 100.0]);
        assert_eq!(scale.place(100.0), 1.0);
        let low = Scale::around([56.5, 76.1].into_iter(), 1.0);
        assert_eq!(low.at_most(100.0), low);
    }

    #[test]
    fn a_hundredth_part_of_a_log_axis_is_a_factor() {
        let scale = Scale::log([1e3, 1e9].into_iter());
        let apart = |low: f64, high: f64| scale.place(high) - scale.place(low);
        assert!((apart(1e4, 1e5) - apart(1e7, 1e8)).abs() < 1e-12);
        assert!(scale.place(1e3) > 0.0 && scale.place(1e9) < 1.0);
        assert_eq!(scale.place(0.0), 0.0);
    }

    #[test]
    fn log_ticks_are_powers_of_ten_and_finer_where_there_is_room() {
        let ticks = Scale::log([1e3, 1e6].into_iter()).ticks();
        assert_eq!(ticks, [1e3, 1e4, 1e5, 1e6]);
        let ticks = Scale::log([20.0, 30.0].into_iter()).ticks();
        assert!(ticks.contains(&20.0) && ticks.contains(&50.0), "{ticks:?}");
        for (low, high) in [(1e-3, 1e9), (1.0, 1.0), (5e6, 2e10)] {
            let ticks = Scale::log([low, high].into_iter()).ticks();
            assert!(
                (2..=MOST_TICKS).contains(&ticks.len()),
                "{low} {high}: {ticks:?}"
            );
        }
    }
}
