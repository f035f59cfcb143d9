//! How many steps a training has, and the rate over them as a line.

use engine::train::{Length, Schedule, Settings};

/// Steps of an epoch of so many training examples, as the engine counts them: what is left over is
/// a smaller batch, unless it is a single example.
pub fn steps_of_epoch(examples: u64, batch: usize) -> u64 {
    let batch = (batch as u64).max(1);
    let (whole, rest) = (examples / batch, examples % batch);
    whole + u64::from(rest > 1 || whole == 0 || (rest == 1 && batch == 1))
}

/// The steps of a training; `None` while they are not known.
pub fn steps(settings: &Settings, examples: Option<u64>) -> Option<u64> {
    match settings.length {
        Length::Steps(steps) => Some(steps),
        Length::Epochs(epochs) => {
            let of = steps_of_epoch(examples?, settings.batch);
            Some(of.saturating_mul(epochs.into()))
        }
        Length::Seconds(_) => None,
    }
}

/// Points of the line at most.
const POINTS: u64 = 160;

/// The rate over all steps as points of an SVG polyline that is `width` wide and `height` high; the
/// highest rate is at 0.
pub fn picture(schedule: &Schedule, steps: u64, [width, height]: [f64; 2]) -> String {
    let last = steps.saturating_sub(1).max(1);
    let count = POINTS.min(last);
    let all: Vec<(f64, f64)> = (0..=count)
        .map(|at| {
            let step = at * last / count;
            (step as f64 / last as f64, schedule.rate(step, steps.max(1)))
        })
        .collect();
    let highest = all.iter().map(|it| it.1).fold(f64::MIN_POSITIVE, f64::max);
    let point = |(share, rate): (f64, f64)| {
        let (x, y) = (share * width, (1.0 - rate / highest) * height);
        format!("{x:.1},{y:.1}")
    };
    all.into_iter().map(point).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use engine::train::{Decay, WarmUp};

    use super::*;

    #[test]
    fn the_steps_of_an_epoch_are_whole_batches_and_what_is_left_of_more_than_one() {
        assert_eq!(steps_of_epoch(128, 64), 2);
        assert_eq!(steps_of_epoch(130, 64), 3);
        // A single example is left out.
        assert_eq!(steps_of_epoch(129, 64), 2);
        assert_eq!(steps_of_epoch(1, 64), 1);
        assert_eq!(steps_of_epoch(3, 1), 3);
    }

    #[test]
    fn the_length_decides_the_steps() {
        let mut settings = Settings::default();
        assert_eq!(steps(&settings, Some(54_000)), Some(5 * 844));
        assert_eq!(steps(&settings, None), None);
        settings.length = Length::Steps(7);
        assert_eq!(steps(&settings, None), Some(7));
        settings.length = Length::Seconds(60.0);
        assert_eq!(steps(&settings, Some(54_000)), None);
    }

    #[test]
    fn a_constant_rate_is_a_level_line_and_a_warm_up_rises_to_the_top() {
        let mut schedule = Schedule {
            rate: 0.1,
            decay: Decay::Constant,
            warm_up: None,
        };
        assert_eq!(
            picture(&schedule, 3, [10.0, 4.0]),
            "0.0,0.0 5.0,0.0 10.0,0.0"
        );
        // The first of two steps of the warm-up has half the rate.
        schedule.warm_up = Some(WarmUp::even(2));
        assert_eq!(
            picture(&schedule, 3, [10.0, 4.0]),
            "0.0,2.0 5.0,0.0 10.0,0.0"
        );
    }
}
