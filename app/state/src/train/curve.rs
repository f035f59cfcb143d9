//! Loss and accuracy over the steps of a training, in bounded memory.

mod bytes;

use engine::train::{Evaluation, Point};

/// At most so many samples are kept; then pairs are merged, and from there on one sample is the mean
/// of twice as many steps.
const MOST: usize = 4096;

/// The mean of `steps` steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The number of its last step, from 1.
    pub step: u64,
    pub steps: u64,
    /// Epochs done at its last step, with the fraction of the epoch under way.
    pub epoch: f64,
    pub loss: f64,
    /// 0 to 1.
    pub accuracy: f64,
    pub rate: f64,
    /// The largest of them.
    pub gradient_norm: f64,
    pub examples_per_second: f64,
}

impl Sample {
    fn of(point: &Point) -> Self {
        Self {
            step: point.step,
            steps: 1,
            epoch: f64::from(point.epoch),
            loss: point.loss,
            accuracy: point.accuracy,
            rate: point.rate,
            gradient_norm: point.gradient_norm,
            examples_per_second: point.examples_per_second,
        }
    }

    /// The mean of both, weighted by their steps; `later` follows this one.
    fn merge(&mut self, later: &Self) {
        let (a, b) = (self.steps as f64, later.steps as f64);
        let mean = |x: f64, y: f64| (x * a + y * b) / (a + b);
        *self = Self {
            step: later.step,
            steps: self.steps + later.steps,
            epoch: later.epoch,
            loss: mean(self.loss, later.loss),
            accuracy: mean(self.accuracy, later.accuracy),
            rate: later.rate,
            gradient_norm: self.gradient_norm.max(later.gradient_norm),
            examples_per_second: mean(self.examples_per_second, later.examples_per_second),
        };
    }
}

/// The weights on the validation examples, after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// The last step before it.
    pub step: u64,
    /// Epochs done.
    pub epoch: u32,
    pub loss: f64,
    /// 0 to 1.
    pub accuracy: f64,
}

impl Check {
    pub fn of(point: &Point, evaluation: &Evaluation) -> Self {
        Self {
            step: point.step,
            epoch: evaluation.epoch,
            loss: evaluation.loss,
            accuracy: evaluation.accuracy,
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    samples: Vec<Sample>,
    checks: Vec<Check>,
    /// How many steps a sample is the mean of.
    stride: u64,
    /// The steps in all, as far as is known.
    steps: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            samples: Vec::new(),
            checks: Vec::new(),
            stride: 1,
            steps: 0,
        }
    }
}

impl Curve {
    /// In the order of the steps.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// In the order of the epochs.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The steps that the training will have had, as far as is known.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether there is nothing yet.
    pub const fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The last sample as a step was told.
    pub fn last_point(&self) -> Option<Point> {
        let last = self.samples.last()?;
        Some(Point {
            step: last.step,
            steps: self.steps,
            epoch: last.epoch as u32,
            loss: last.loss,
            accuracy: last.accuracy,
            rate: last.rate,
            gradient_norm: last.gradient_norm,
            examples_per_second: last.examples_per_second,
        })
    }

    /// Adds the next step.
    pub fn push(&mut self, point: &Point) {
        self.steps = point.steps;
        let sample = Sample::of(point);
        match self.samples.last_mut() {
            Some(last) if last.steps < self.stride => last.merge(&sample),
            _ => self.samples.push(sample),
        }
        if self.samples.len() > MOST {
            self.halve();
        }
    }

    /// Adds the answers to the validation examples.
    pub fn check(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Removes what came after this step. A sample that has both keeps neither.
    pub fn cut(&mut self, step: u64) {
        self.samples.retain(|sample| sample.step <= step);
        self.checks.retain(|check| check.step <= step);
    }

    fn halve(&mut self) {
        self.stride *= 2;
        let mut merged: Vec<Sample> = Vec::with_capacity(MOST);
        for sample in self.samples.drain(..) {
            match merged.last_mut() {
                Some(last) if last.steps < self.stride => last.merge(&sample),
                _ => merged.push(sample),
            }
        }
        self.samples = merged;
    }

    /// Exponential moving average of a quantity, with the start corrected for its missing past (as
    /// Kingma and Ba 2015 correct theirs). `keep` is the weight of the past of one sample, 0 for
    /// none.
    pub fn smoothed(&self, of: fn(&Sample) -> f64, keep: f64) -> Vec<f64> {
        let (mut average, mut weight) = (0.0, 0.0);
        let one = |sample: &Sample| {
            average = keep * average + (1.0 - keep) * of(sample);
            weight = keep * weight + (1.0 - keep);
            average / weight
        };
        self.samples.iter().map(one).collect()
    }

    /// All samples and checks as CSV, in the columns of `cnnlab train --metrics`.
    pub fn csv(&self) -> String {
        let mut lines =
            vec!["step,epoch,part,loss,accuracy,rate,gradient_norm,examples_per_second".to_owned()];
        let mut checks = self.checks.iter().peekable();
        let check_line = |check: &Check| {
            format!(
                "{},{},validation,{},{},,,",
                check.step, check.epoch, check.loss, check.accuracy
            )
        };
        for sample in &self.samples {
            while let Some(check) = checks.next_if(|check| check.step < sample.step) {
                lines.push(check_line(check));
            }
            let Sample {
                step,
                epoch,
                loss,
                accuracy,
                rate,
                gradient_norm,
                examples_per_second: speed,
                steps: _,
            } = sample;
            lines.push(format!(
                "{step},{epoch},training,{loss},{accuracy},{rate},{gradient_norm},{speed:.0}"
            ));
        }
        lines.extend(checks.map(check_line));
        lines.push(String::new());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64) -> Point {
        Point {
            step,
            steps: 100_000,
            epoch: 1,
            loss: step as f64,
            accuracy: 0.5,
            rate: 0.1,
            gradient_norm: 1.0,
            examples_per_second: 10.0,
        }
    }

    #[test]
    fn samples_are_bounded_and_their_mean_is_that_of_all_steps() {
        let mut curve = Curve::default();
        let steps = 50_000;
        for step in 1..=steps {
            curve.push(&point(step));
        }
        assert!(curve.samples().len() <= MOST);
        let counted: u64 = curve.samples().iter().map(|it| it.steps).sum();
        assert_eq!(counted, steps);
        let sum: f64 = curve
            .samples()
            .iter()
            .map(|it| it.loss * it.steps as f64)
            .sum();
        // The sum of 1 to n.
        let wanted = (steps * (steps + 1) / 2) as f64;
        assert!((sum / wanted - 1.0).abs() < 1e-12, "{sum} {wanted}");
        let ordered = curve.samples().is_sorted_by(|a, b| a.step < b.step);
        assert!(ordered);
    }

    #[test]
    fn smoothing_keeps_a_constant_and_starts_at_the_first_value() {
        let mut curve = Curve::default();
        for step in 1..=10 {
            curve.push(&point(step));
        }
        for value in curve.smoothed(|it| it.accuracy, 0.9) {
            assert!((value - 0.5).abs() < 1e-12);
        }
        let losses = curve.smoothed(|it| it.loss, 0.9);
        assert!((losses[0] - 1.0).abs() < 1e-12);
        // Two values with weights 0.9 and 1 of the past and the present.
        assert!((losses[1] - (0.9 + 2.0) / 1.9).abs() < 1e-12);
        assert_eq!(curve.smoothed(|it| it.loss, 0.0)[4], 5.0);
    }

    #[test]
    fn going_back_removes_what_came_after() {
        let mut curve = Curve::default();
        for step in 1..=10 {
            curve.push(&point(step));
        }
        let check = |step| Check {
            step,
            epoch: 1,
            loss: 0.0,
            accuracy: 1.0,
        };
        curve.check(check(5));
        curve.check(check(10));
        curve.cut(7);
        assert_eq!(curve.samples().last().map(|it| it.step), Some(7));
        assert_eq!(curve.checks().len(), 1);
    }
}
