//! The time of one pass, from the times of several.

/// Up to this time in milliseconds the clock's resolution of 0.1 ms matters: the mean is more
/// precise than the median.
const COARSE_MS: f64 = 1.0;

/// The median of times that the clock resolves, the mean of shorter ones; 0 for none.
pub fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let count = times.len();
    let median = match count {
        0 => return 0.0,
        even if even.is_multiple_of(2) => f64::midpoint(times[count / 2 - 1], times[count / 2]),
        _ => times[count / 2],
    };
    if median >= COARSE_MS {
        return median;
    }
    times.iter().sum::<f64>() / count as f64
}

/// The minimum of times that the clock resolves, because other work on the machine only adds time
/// and a roofline is an upper bound; the mean of shorter ones.
pub fn least(times: Vec<f64>) -> f64 {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    if times.is_empty() || least < COARSE_MS {
        return middle(times);
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_pass_does_not_move_the_median() {
        assert_eq!(middle(vec![3.0, 1.0, 900.0]), 3.0);
        assert_eq!(middle(vec![4.0, 900.0, 2.0, 2.0]), 3.0);
        assert_eq!(middle(Vec::new()), 0.0);
    }

    #[test]
    fn calibration_takes_the_minimum_time() {
        assert_eq!(least(vec![9.0, 3.0, 40.0]), 3.0);
        assert_eq!(least(Vec::new()), 0.0);
    }

    #[test]
    fn times_below_the_clock_s_steps_are_averaged() {
        // A quarter of the passes crossed a step of the clock.
        let mean = middle(vec![0.0, 0.0, 0.1, 0.0]);
        assert!((mean - 0.025).abs() < 1e-12);
    }
}
