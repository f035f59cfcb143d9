//! Counts the examples and seconds of a training.

use engine::train::{Point, Position};

use super::result::Mark;
use super::rule::Epoch;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    epoch: Epoch,
    steps: u64,
    seconds: f64,
}

impl Meter {
    pub const fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            steps: 0,
            seconds: 0.0,
        }
    }

    /// The steps since those told last.
    pub fn stepped(&mut self, points: &[Point]) {
        for point in points {
            let examples = self.epoch.after(point.step) - self.epoch.after(point.step - 1);
            let seconds = examples as f64 / point.examples_per_second;
            // A step may be shorter than the clock can tell.
            if seconds.is_finite() {
                self.seconds += seconds;
            }
            self.steps = point.step;
        }
    }

    /// Steps done.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Where it paused or ended.
    pub const fn stopped(&mut self, at: &Position) {
        (self.steps, self.seconds) = (at.step, at.seconds);
    }

    pub fn mark(&self, accuracy: f64) -> Mark {
        Mark {
            examples: self.epoch.after(self.steps),
            seconds: self.seconds,
            accuracy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meter_counts_examples_and_seconds_of_all_steps() {
        let mut meter = Meter::new(Epoch {
            examples: 150,
            batch: 100,
        });
        let point = |step| Point {
            step,
            steps: 3,
            epoch: 1,
            loss: 1.0,
            accuracy: 0.5,
            rate: 0.1,
            gradient_norm: 1.0,
            examples_per_second: 50.0,
        };
        meter.stepped(&[point(1), point(2)]);
        // Steps of 100 and of 50.
        let mark = meter.mark(0.9);
        assert_eq!((mark.examples, mark.seconds), (150, 3.0));
        let timeless = Point {
            examples_per_second: 0.0,
            ..point(3)
        };
        meter.stepped(&[timeless]);
        assert_eq!(
            (meter.mark(0.9).examples, meter.mark(0.9).seconds),
            (250, 3.0)
        );
    }
}
