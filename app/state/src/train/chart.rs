//! A curve as lines of a drawing: paths whose length does not grow with the steps.

use super::{Check, Curve, Sample};
use crate::scale::Scale;

/// What a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Loss,
    Accuracy,
}

impl Quantity {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Loss => "Loss",
            Self::Accuracy => "Accuracy",
        }
    }

    /// Of the training examples of a sample.
    pub const fn of_sample(self) -> fn(&Sample) -> f64 {
        match self {
            Self::Loss => |it| it.loss,
            Self::Accuracy => |it| it.accuracy,
        }
    }

    /// Of the validation examples.
    pub const fn of_check(self, check: &Check) -> f64 {
        match self {
            Self::Loss => check.loss,
            Self::Accuracy => check.accuracy,
        }
    }
}

/// Where a chart's numbers stand, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    /// From the left edge of the axes to the right one, and from the upper to the lower.
    pub across: [f64; 2],
    pub down: [f64; 2],
    /// The step at the right edge.
    pub steps: f64,
    pub y: Scale,
}

/// The lines of one curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// Every step.
    pub raw: String,
    /// The moving average.
    pub smoothed: String,
    /// Through the validation examples after each epoch.
    pub checks: String,
    /// A dot at each of those.
    pub dots: String,
}

const DOT: f64 = 2.5;
/// Lines of epochs at most; with more epochs each is for several.
const EPOCH_MARKS: f64 = 12.0;

/// The step at which the axis of the curves ends: a quarter beyond the last one, on a tick, but not
/// beyond the planned steps.
pub fn extent<'a>(curves: impl Iterator<Item = &'a Curve>) -> f64 {
    let end = |curve: &Curve| {
        let last = curve.samples().last().map_or(0, |it| it.step) as f64;
        let ticks = Scale::linear([1.25 * last].into_iter()).ticks();
        let end = ticks.last().copied().unwrap_or_default();
        end.min(curve.steps() as f64).max(last)
    };
    curves.map(end).fold(1.0, f64::max)
}

/// The scale for all of these curves. Loss begins at 0 or is logarithmic; accuracy ends at 1 and begins
/// at the tenth below all but the least twentieth of its values, which are those of the start.
pub fn scale<'a>(curves: impl Iterator<Item = &'a Curve>, of: Quantity, log: bool) -> Scale {
    let mut values: Vec<f64> = Vec::new();
    for curve in curves {
        values.extend(curve.samples().iter().map(of.of_sample()));
        values.extend(curve.checks().iter().map(|check| of.of_check(check)));
    }
    values.retain(|it| it.is_finite());
    match of {
        Quantity::Accuracy => {
            values.sort_by(f64::total_cmp);
            let low = values.get(values.len() / 20).copied().unwrap_or_default();
            Scale::between((low * 10.0 - 0.5).floor().clamp(0.0, 9.0) / 10.0, 1.0)
        }
        Quantity::Loss if log => Scale::log(values.into_iter()),
        Quantity::Loss => Scale::linear(values.into_iter()),
    }
}

/// The steps of one epoch, as the validation after the last one tells.
pub fn epoch_steps(curve: &Curve) -> Option<f64> {
    let check = curve.checks().iter().rfind(|it| it.epoch > 0)?;
    Some(check.step as f64 / f64::from(check.epoch)).filter(|it| *it > 0.0)
}

/// Epochs to mark on an axis of so many steps, with their last step.
pub fn epochs(epoch_steps: Option<f64>, steps: f64) -> Vec<(u32, f64)> {
    let Some(length) = epoch_steps else {
        return Vec::new();
    };
    let all = (steps / length + 1e-9).floor();
    let every = (all / EPOCH_MARKS).ceil().max(1.0);
    let marks = (1..).map(|it| f64::from(it) * every);
    marks
        .take_while(|it| *it <= all)
        .map(|epoch| (epoch as u32, epoch * length))
        .collect()
}

impl Plot {
    /// The place of a number at a step.
    pub fn place(&self, step: f64, value: f64) -> [f64; 2] {
        let [left, right] = self.across;
        let [top, bottom] = self.down;
        [
            left + (step / self.steps).clamp(0.0, 1.0) * (right - left),
            bottom - self.y.place(value) * (bottom - top),
        ]
    }

    /// The step at a distance from the left edge of the drawing.
    pub fn step_at(&self, x: f64) -> f64 {
        let [left, right] = self.across;
        ((x - left) / (right - left).max(1.0)).clamp(0.0, 1.0) * self.steps
    }

    /// The lines of a curve; `keep` is the smoothing of [`Curve::smoothed`].
    pub fn lines(&self, curve: &Curve, of: Quantity, keep: f64) -> Lines {
        let samples = curve.samples();
        let steps = || samples.iter().map(|it| it.step as f64);
        let raw = steps().zip(samples.iter().map(of.of_sample()));
        let smoothed = curve.smoothed(of.of_sample(), keep);
        let checks = curve.checks().iter();
        let checks = checks.map(|check| (check.step as f64, of.of_check(check)));
        let dot = |(step, value): (f64, f64)| {
            let [x, y] = self.place(step, value);
            let arc = format!("a{DOT} {DOT} 0 1 0");
            format!(
                "M{:.1} {y:.1}{arc} {} 0{arc} {} 0Z",
                x - DOT,
                2.0 * DOT,
                -2.0 * DOT
            )
        };
        Lines {
            raw: self.extremes(raw),
            smoothed: self.last_ones(steps().zip(smoothed)),
            checks: self.line(checks.clone()),
            dots: checks.filter(|it| it.1.is_finite()).map(dot).collect(),
        }
    }

    /// A line through all of these; numbers that are not finite interrupt it.
    fn line(&self, values: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for (step, value) in values {
            if value.is_finite() {
                let [x, y] = self.place(step, value);
                let letter = if pen_down { 'L' } else { 'M' };
                path += &format!("{letter}{x:.1} {y:.1}");
            }
            pen_down = value.is_finite();
        }
        path
    }

    /// As [`Self::line`], with the last value of each pixel only.
    fn last_ones(&self, values: impl Iterator<Item = (f64, f64)>) -> String {
        let mut kept: Vec<(f64, f64)> = Vec::new();
        for (step, value) in values {
            let pixel = |step: f64| self.place(step, 0.0)[0].floor();
            match kept.last_mut() {
                Some(last) if pixel(last.0) == pixel(step) => *last = (step, value),
                _ => kept.push((step, value)),
            }
        }
        self.line(kept.into_iter())
    }

    /// As [`Self::line`], with the least and the greatest value of each pixel only, so that no peak is
    /// lost.
    fn extremes(&self, values: impl Iterator<Item = (f64, f64)>) -> String {
        let mut kept: Vec<(f64, f64)> = Vec::new();
        let mut column: Option<(f64, [(f64, f64); 2])> = None;
        let mut put = |[a, b]: [(f64, f64); 2]| {
            let (first, second) = if a.0 <= b.0 { (a, b) } else { (b, a) };
            kept.push(first);
            if first != second {
                kept.push(second);
            }
        };
        for (step, value) in values {
            let pixel = self.place(step, 0.0)[0].floor();
            match &mut column {
                Some((now, [low, high])) if *now == pixel && value.is_finite() => {
                    if value < low.1 {
                        *low = (step, value);
                    }
                    if value > high.1 {
                        *high = (step, value);
                    }
                }
                _ => {
                    if let Some((_, both)) = column.take() {
                        put(both);
                    }
                    column = Some((pixel, [(step, value); 2]));
                }
            }
        }
        if let Some((_, both)) = column {
            put(both);
        }
        self.line(kept.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use engine::train::Point;

    use super::*;

    fn curve(losses: impl Iterator<Item = f64>) -> Curve {
        planned(losses, 0)
    }

    fn planned(losses: impl Iterator<Item = f64>, steps: u64) -> Curve {
        let mut curve = Curve::default();
        for (at, loss) in losses.enumerate() {
            curve.push(&Point {
                step: at as u64 + 1,
                steps,
                epoch: 1,
                loss,
                accuracy: 0.5,
                rate: 0.1,
                gradient_norm: 1.0,
                examples_per_second: 1.0,
            });
        }
        curve
    }

    const PLOT: Plot = Plot {
        across: [0.0, 100.0],
        down: [0.0, 50.0],
        steps: 100.0,
        y: Scale::between(0.0, 10.0),
    };

    #[test]
    fn numbers_stand_where_the_axes_say() {
        assert_eq!(PLOT.place(0.0, 0.0), [0.0, 50.0]);
        assert_eq!(PLOT.place(100.0, 10.0), [100.0, 0.0]);
        assert_eq!(PLOT.place(50.0, 5.0), [50.0, 25.0]);
        assert_eq!(PLOT.step_at(25.0), 25.0);
        assert_eq!(PLOT.step_at(-5.0), 0.0);
    }

    #[test]
    fn the_axis_grows_with_the_steps_up_to_the_planned_ones() {
        let after = |steps: usize, all: u64| {
            let curve = planned(vec![1.0; steps].into_iter(), all);
            extent([&curve].into_iter())
        };
        assert_eq!(after(0, 4_220), 1.0);
        assert_eq!(after(100, 4_220), 150.0);
        assert_eq!(after(4_000, 4_220), 4_220.0);
        assert_eq!(after(4_220, 4_220), 4_220.0);
        // Without a plan it ends at the last step.
        assert_eq!(after(30, 0), 30.0);
    }

    #[test]
    fn a_peak_of_one_step_in_ten_thousand_is_drawn_and_the_path_stays_short() {
        let peak = 7_777;
        let losses = (0..4_000).map(|at| if at == peak / 2 { 9.0 } else { 1.0 });
        let curve = curve(losses);
        let plot = Plot {
            steps: 4_000.0,
            ..PLOT
        };
        let lines = plot.lines(&curve, Quantity::Loss, 0.0);
        // 9 of 10 is a tenth of 50 pixels from the top.
        assert!(lines.raw.contains(" 5.0"), "{}", lines.raw);
        let points = lines.raw.matches(['M', 'L']).count();
        assert!(points <= 202, "{points}");
        assert!(lines.smoothed.matches(['M', 'L']).count() <= 101);
    }

    #[test]
    fn what_is_not_finite_interrupts_a_line() {
        let curve = curve([1.0, 2.0, f64::NAN, 3.0, 4.0].into_iter());
        let plot = Plot { steps: 5.0, ..PLOT };
        let lines = plot.lines(&curve, Quantity::Loss, 0.0);
        assert_eq!(lines.raw.matches('M').count(), 2);
        assert!(!lines.raw.contains("NaN"));
    }

    #[test]
    fn epochs_stand_at_their_last_step() {
        let mut curve = curve([1.0; 20].into_iter());
        assert_eq!(epochs(epoch_steps(&curve), 40.0), []);
        curve.check(Check {
            step: 10,
            epoch: 1,
            loss: 1.0,
            accuracy: 0.5,
        });
        let marks = epochs(epoch_steps(&curve), 40.0);
        assert_eq!(marks, [(1, 10.0), (2, 20.0), (3, 30.0), (4, 40.0)]);
        let many = epochs(Some(1.0), 100.0);
        assert!(many.len() <= 12, "{many:?}");
        assert_eq!(many[0].0, many[1].0 - many[0].0);
    }
}
