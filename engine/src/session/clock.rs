//! Times in spite of the clock's step: browsers let a clock tick at 0.1 ms or 1 ms only.

use web_time::Instant;

/// So many milliseconds are measured in one go, at least …
const ENOUGH_MS: f64 = 5.0;
/// … and so many steps of the clock, …
const ENOUGH_STEPS: f64 = 10.0;
/// … but no more than this.
const MOST_MS: f64 = 50.0;
/// A clock whose step is a thousandth of what is measured needs no repetition.
const FINE_STEPS: f64 = 1000.0;
/// The most repetitions, should the clock stand still.
const MOST_REPEATS: u32 = 10_000;
/// How often the clock is read for its next step.
const MOST_READS: u32 = 10_000_000;

/// How often something is repeated until the clock can tell its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeats {
    step_ms: f64,
}

impl Repeats {
    /// For this machine's clock, whose step is measured; takes as long as three steps.
    pub fn here() -> Self {
        let began = Instant::now();
        Self::for_step(step_of(|| milliseconds(began)))
    }

    /// For a clock with this step.
    pub const fn for_step(step_ms: f64) -> Self {
        Self { step_ms }
    }

    /// The clock's step in milliseconds.
    pub const fn step_ms(self) -> f64 {
        self.step_ms
    }

    /// Whether the time of `count` repetitions is known well enough.
    pub fn is_enough(self, elapsed_ms: f64, count: u32) -> bool {
        let coarse = ENOUGH_MS.max(ENOUGH_STEPS * self.step_ms).min(MOST_MS);
        let enough = coarse.min(FINE_STEPS * self.step_ms);
        elapsed_ms >= enough || count >= MOST_REPEATS
    }

    /// Milliseconds of one of `count` repetitions; 0 where all of them are below the clock's step.
    pub fn each(self, elapsed_ms: f64, count: u32) -> f64 {
        if elapsed_ms < self.step_ms {
            return 0.0;
        }
        elapsed_ms / f64::from(count.max(1))
    }
}

/// The least difference between two readings of a clock, in its own unit; 0 where it stands still.
fn step_of(mut now: impl FnMut() -> f64) -> f64 {
    let mut next = |from: f64| {
        let mut readings = (0..MOST_READS).map(|_| now());
        readings.find(|&reading| reading > from)
    };
    let mut least = f64::INFINITY;
    // The first step is a part of one.
    let mut at = next(0.0);
    for _ in 0..2 {
        let Some(from) = at else { break };
        at = next(from);
        if let Some(at) = at {
            least = least.min(at - from);
        }
    }
    if least.is_finite() { least } else { 0.0 }
}

pub(crate) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock with this step, read after true time has gone on by `reading` each time.
    fn clock(step: f64, reading: f64) -> impl FnMut() -> f64 {
        let mut time = 0.0;
        move || {
            time += reading;
            f64::floor(time / step) * step
        }
    }

    /// What is said of work of this length by a clock of this step, begun at any phase of it.
    fn said(work: f64, step: f64) -> Vec<f64> {
        let repeats = Repeats::for_step(step);
        let phases = (0..10_u32).map(|tenth| step * f64::from(tenth) / 10.0);
        let measured = phases.map(|phase| {
            let read = |time: f64| f64::floor((phase + time) / step) * step;
            let mut count = 0;
            loop {
                count += 1;
                let elapsed = read(work * f64::from(count)) - read(0.0);
                if repeats.is_enough(elapsed, count) {
                    return repeats.each(elapsed, count);
                }
            }
        });
        measured.collect()
    }

    #[test]
    fn the_step_of_a_clock_is_found() {
        for step in [1.0, 0.1, 0.005] {
            let found = step_of(clock(step, 0.001));
            assert!((found - step).abs() < 1e-9, "{step}: {found}");
        }
        assert_eq!(step_of(|| 0.0), 0.0);
    }

    #[test]
    fn work_far_below_the_step_is_told_to_an_eighth() {
        // Firefox and WebKit tick at 1 ms, Chromium at 0.1 ms; LeNet-5 takes 0.2 ms, its tanh 0.004.
        for (work, step) in [(0.2, 1.0), (0.2, 0.1), (0.004, 0.1), (0.004, 1.0)] {
            for said in said(work, step) {
                assert!(
                    (said / work - 1.0).abs() <= 0.125,
                    "{work} at {step}: {said}"
                );
            }
        }
    }

    #[test]
    fn long_work_and_a_fine_clock_need_no_repetition() {
        assert!(Repeats::for_step(1.0).is_enough(300.0, 1));
        assert!(Repeats::for_step(1e-6).is_enough(0.2, 1));
        assert!(!Repeats::for_step(0.1).is_enough(0.2, 1));
    }

    #[test]
    fn a_clock_that_stands_still_ends_and_says_nothing() {
        let repeats = Repeats::for_step(100.0);
        assert!(repeats.is_enough(0.0, MOST_REPEATS));
        assert_eq!(repeats.each(0.0, MOST_REPEATS), 0.0);
    }
}
