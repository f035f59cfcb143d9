//! The values of a curve at a step, and the table behind a chart.

use super::Curve;
use super::chart::Quantity;

/// The sample at a step, or the nearest.
pub fn nearest(curve: &Curve, step: f64) -> Option<usize> {
    let samples = curve.samples();
    let after = samples.partition_point(|it| (it.step as f64) < step);
    let candidates = [after.checked_sub(1), Some(after)].into_iter().flatten();
    candidates
        .filter(|&at| at < samples.len())
        .min_by(|&a, &b| {
            let far = |at: usize| (samples[at].step as f64 - step).abs();
            far(a).total_cmp(&far(b))
        })
}

/// The values at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The sample's last step.
    pub step: u64,
    pub raw: f64,
    pub smoothed: f64,
    /// Of the last validation up to this step.
    pub check: Option<f64>,
}

/// The values of the sample at a step, or the nearest.
pub fn reading(curve: &Curve, of: Quantity, step: f64, keep: f64) -> Option<Reading> {
    let at = nearest(curve, step)?;
    let sample = curve.samples().get(at)?;
    let check = curve.checks().iter().rfind(|it| it.step <= sample.step);
    Some(Reading {
        step: sample.step,
        raw: of.of_sample()(sample),
        smoothed: *curve.smoothed(of.of_sample(), keep).get(at)?,
        check: check.map(|it| of.of_check(it)),
    })
}

/// What stands behind the chart, in at most about `most` rows: step, epoch, loss and accuracy of the
/// training and of the validation examples.
pub fn table(curve: &Curve, most: usize) -> Vec<[String; 6]> {
    let samples = curve.samples();
    let every = samples.len().div_ceil(most.max(1)).max(1);
    let kept = |at: usize| (at + 1).is_multiple_of(every) || at + 1 == samples.len();
    let mut rows: Vec<(u64, [String; 6])> = Vec::new();
    for (_, sample) in samples.iter().enumerate().filter(|(at, _)| kept(*at)) {
        let row = [
            sample.step.to_string(),
            format!("{:.0}", sample.epoch),
            format!("{:.4}", sample.loss),
            format!("{:.1} %", sample.accuracy * 100.0),
            String::new(),
            String::new(),
        ];
        rows.push((sample.step, row));
    }
    for check in curve.checks() {
        let [loss, accuracy] = [
            format!("{:.4}", check.loss),
            format!("{:.2} %", check.accuracy * 100.0),
        ];
        match rows.iter_mut().find(|(step, _)| *step == check.step) {
            Some((_, row)) => [row[4], row[5]] = [loss, accuracy],
            None => {
                let none = String::new;
                let (step, epoch) = (check.step.to_string(), check.epoch.to_string());
                rows.push((check.step, [step, epoch, none(), none(), loss, accuracy]));
            }
        }
    }
    rows.sort_by_key(|(step, _)| *step);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use engine::train::Point;

    use super::super::Check;
    use super::*;

    fn curve(steps: u64) -> Curve {
        let mut curve = Curve::default();
        for step in 1..=steps {
            curve.push(&Point {
                step,
                steps,
                epoch: 1,
                loss: 1.0,
                accuracy: 0.5,
                rate: 0.1,
                gradient_norm: 1.0,
                examples_per_second: 1.0,
            });
        }
        curve
    }

    #[test]
    fn the_nearest_sample_and_a_bounded_table() {
        let mut curve = curve(1_000);
        assert_eq!(nearest(&curve, 0.0), Some(0));
        assert_eq!(nearest(&curve, 10.4), Some(9));
        assert_eq!(nearest(&curve, 1e9), Some(999));
        assert_eq!(nearest(&Curve::default(), 1.0), None);
        curve.check(Check {
            step: 1_000,
            epoch: 1,
            loss: 0.5,
            accuracy: 0.9,
        });
        let at = |step: f64| reading(&curve, Quantity::Loss, step, 0.0).unwrap();
        assert_eq!((at(998.0).step, at(998.0).check), (998, None));
        assert_eq!((at(1e6).raw, at(1e6).check), (1.0, Some(0.5)));
        let rows = table(&curve, 100);
        assert_eq!(rows.len(), 100);
        let last = rows.last().unwrap();
        assert_eq!(last[0], "1000");
        assert_eq!((&*last[4], &*last[5]), ("0.5000", "90.00 %"));
    }
}
