//! What is wrong with a training, from its curve, with a remedy.
//!
//! | finding | bound | source |
//! | --- | --- | --- |
//! | gradients explode | median norm of the last 50 steps > 100 × that of the first 50, or > 1,000 | Pascanu, Mikolov and Bengio 2013 describe the growth by orders of magnitude and clip it; the two bounds are ours: two orders, and a norm that no step of the reference traces comes near |
//! | gradients vanish | median norm < 10⁻⁶ while the loss is above a tenth of chance | Glorot and Bengio 2010 describe it; below 10⁻⁶ a rate of 0.1 changes no bit of most 32-bit weights (2⁻²⁴ ≈ 6 × 10⁻⁸ of a weight near 1) |
//! | the loss does not fall | after 200 steps the median of the last 50 is above 0.9 × ln(classes), the loss of equal probabilities | Karpathy 2019, “A recipe for training neural networks”: verify the loss at the start, −ln(1/classes) |
//! | overfitting | the validation loss rose in each of the last 2 epochs while the training loss fell | Prechelt 1998, “Early stopping — but when?”, the criterion UP with 2 strips |

use engine::train::End;

use super::{Check, Curve, Sample, Status};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// What is wrong, as a sentence with its numbers.
    pub what: String,
    /// What to do, as a sentence.
    pub remedy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Diverged,
    Exploding,
    Vanishing,
    RateTooHigh,
    RateTooLow,
    AtChance,
    Overfitting,
}

impl Kind {
    /// The name in `data-finding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Diverged => "diverged",
            Self::Exploding => "exploding",
            Self::Vanishing => "vanishing",
            Self::RateTooHigh => "rate-too-high",
            Self::RateTooLow => "rate-too-low",
            Self::AtChance => "at-chance",
            Self::Overfitting => "overfitting",
        }
    }
}

/// Steps whose median is compared …
const WINDOW: u64 = 50;
/// … and steps before the loss is judged.
const JUDGED_AFTER: u64 = 200;
const EXPLODING: f64 = 1e3;
const EXPLODING_TIMES: f64 = 100.0;
const VANISHING: f64 = 1e-6;
/// Of ln(classes).
const AT_CHANCE: f64 = 0.9;
const ABOVE_CHANCE: f64 = 1.1;
/// A loss this much below that of the start has fallen.
const FALLEN: f64 = 0.97;
const RISING_EPOCHS: usize = 2;

/// What is wrong with a training on so many classes.
pub fn diagnose(curve: &Curve, classes: usize, status: &Status) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Status::Ended(End::Diverged(divergence)) = status {
        findings.push(Finding {
            kind: Kind::Diverged,
            what: format!(
                "The loss of step {} is not a finite number.",
                divergence.step
            ),
            remedy: "Go back in the time machine to a step before the loss rose, and train from \
                     there with a tenth of the learning rate."
                .to_owned(),
        });
        return findings;
    }
    let samples = curve.samples();
    let steps: u64 = samples.iter().map(|it| it.steps).sum();
    let first = median(first_steps(samples), |it| it.gradient_norm);
    let last = median(last_steps(samples), |it| it.gradient_norm);
    let loss = median(last_steps(samples), |it| it.loss);
    let start = median(first_steps(samples), |it| it.loss);
    let (Some(first), Some(last), Some(loss), Some(start)) = (first, last, loss, start) else {
        return findings;
    };
    let chance = (classes.max(2) as f64).ln();
    if steps >= WINDOW {
        if last > EXPLODING || steps >= 2 * WINDOW && last > EXPLODING_TIMES * first {
            findings.push(exploding(first, last));
        } else if last < VANISHING && loss > chance / 10.0 {
            findings.push(vanishing(last));
        }
    }
    if steps >= JUDGED_AFTER && loss > AT_CHANCE * chance {
        findings.push(not_falling(steps, start, loss, chance, classes));
    }
    findings.extend(overfitting(curve));
    findings
}

fn exploding(first: f64, last: f64) -> Finding {
    Finding {
        kind: Kind::Exploding,
        what: format!("The gradients explode: their norm is {last:.3e}, {first:.3e} at the start."),
        remedy: "Clip gradients to a norm of 1, or take a tenth of the learning rate.".to_owned(),
    }
}

fn vanishing(last: f64) -> Finding {
    Finding {
        kind: Kind::Vanishing,
        what: format!(
            "The gradients vanish: their norm is {last:.1e}, so the weights stand still."
        ),
        remedy: "Use ReLU in place of sigmoid or tanh, add batch norm or shortcuts, or He \
                 initialisation."
            .to_owned(),
    }
}

fn not_falling(steps: u64, start: f64, loss: f64, chance: f64, classes: usize) -> Finding {
    let guess = format!("equal probabilities for {classes} classes give {chance:.2}");
    if loss > ABOVE_CHANCE * chance && loss >= start * FALLEN {
        return Finding {
            kind: Kind::RateTooHigh,
            what: format!("After {steps} steps the loss is {loss:.2}, and {guess}."),
            remedy: "The learning rate is too high: take a tenth of it.".to_owned(),
        };
    }
    if loss < start * FALLEN {
        return Finding {
            kind: Kind::RateTooLow,
            what: format!(
                "The loss falls slowly: from {start:.2} to {loss:.2} in {steps} steps, and {guess}."
            ),
            remedy: "The learning rate is probably too low: take ten times as much.".to_owned(),
        };
    }
    Finding {
        kind: Kind::AtChance,
        what: format!("After {steps} steps the loss still is {loss:.2}, and {guess}."),
        remedy: "The learning rate is too low or too high: let the rate finder propose one. If it \
                 finds none, check the labels."
            .to_owned(),
    }
}

fn overfitting(curve: &Curve) -> Option<Finding> {
    let checks = curve.checks();
    let recent = checks.len().checked_sub(RISING_EPOCHS + 1)?;
    let recent = &checks[recent..];
    let rising = recent.is_sorted_by(|a, b| a.loss < b.loss);
    let mut training = recent
        .windows(2)
        .map(|pair| training_loss(curve, &pair[0], &pair[1]));
    // Of the first epoch of these and of the last.
    let (earlier, later) = (training.next()??, training.next_back()??);
    if !rising || later >= earlier {
        return None;
    }
    let best = checks.iter().min_by(|a, b| a.loss.total_cmp(&b.loss))?;
    let last = recent.last()?;
    Some(Finding {
        kind: Kind::Overfitting,
        what: format!(
            "The network overfits: the validation loss rose to {:.3} from {:.3} after epoch {}, \
             while the training loss fell to {later:.3}.",
            last.loss, best.loss, best.epoch
        ),
        remedy: format!(
            "Go back to step {} in the time machine, or train with early stopping, weight decay or \
             augmentation.",
            best.step
        ),
    })
}

/// The mean training loss of the steps between two checks.
fn training_loss(curve: &Curve, from: &Check, to: &Check) -> Option<f64> {
    let within = |it: &&Sample| it.step > from.step && it.step <= to.step;
    let (mut sum, mut steps) = (0.0, 0);
    for sample in curve.samples().iter().filter(within) {
        sum += sample.loss * sample.steps as f64;
        steps += sample.steps;
    }
    (steps > 0).then(|| sum / steps as f64)
}

/// The samples of the first steps.
fn first_steps(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    let end = samples.first().map_or(0, |it| it.step) + WINDOW;
    let few = samples.iter().take_while(move |it| it.step < end);
    // One at least.
    few.chain(samples.first().filter(|it| it.step >= end))
}

/// The samples of the last steps.
fn last_steps(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    let end = samples.last().map_or(0, |it| it.step);
    samples
        .iter()
        .rev()
        .take_while(move |it| it.step + WINDOW > end)
}

fn median<'a>(
    samples: impl Iterator<Item = &'a Sample>,
    of: impl Fn(&Sample) -> f64,
) -> Option<f64> {
    let mut values: Vec<f64> = samples.map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use engine::train::{Divergence, Point};

    use super::*;

    /// A curve of these losses and gradient norms.
    fn curve(steps: u64, loss: impl Fn(u64) -> f64, norm: impl Fn(u64) -> f64) -> Curve {
        let mut curve = Curve::default();
        for step in 1..=steps {
            curve.push(&Point {
                step,
                steps,
                epoch: 1,
                loss: loss(step),
                accuracy: 0.5,
                rate: 0.1,
                gradient_norm: norm(step),
                examples_per_second: 1.0,
            });
        }
        curve
    }

    fn kinds(curve: &Curve) -> Vec<Kind> {
        let findings = diagnose(curve, 10, &Status::Running);
        findings.into_iter().map(|it| it.kind).collect()
    }

    fn falling(step: u64) -> f64 {
        2.3 * (-(step as f64) / 100.0).exp()
    }

    #[test]
    fn a_good_training_has_nothing_wrong() {
        assert_eq!(kinds(&curve(1000, falling, |_| 1.0)), []);
        assert_eq!(kinds(&Curve::default()), []);
        // Perfect, and so without gradients.
        assert_eq!(kinds(&curve(1000, falling, |_| 1e-9)), []);
        // Too early to say.
        assert_eq!(kinds(&curve(30, |_| 2.3, |_| 1.0)), []);
    }

    #[test]
    fn gradients_that_grow_a_thousandfold_explode() {
        let grows = |step: u64| if step > 300 { 500.0 } else { 0.5 };
        assert_eq!(kinds(&curve(400, falling, grows)), [Kind::Exploding]);
        assert_eq!(kinds(&curve(60, falling, |_| 1e4)), [Kind::Exploding]);
        // One peak is none.
        let peak = |step: u64| if step == 390 { 1e6 } else { 0.5 };
        assert_eq!(kinds(&curve(400, falling, peak)), []);
    }

    #[test]
    fn gradients_of_almost_nothing_vanish() {
        let found = kinds(&curve(100, |_| 2.3, |_| 1e-8));
        assert_eq!(found, [Kind::Vanishing]);
    }

    #[test]
    fn the_loss_is_compared_with_chance() {
        // ln 10 is 2.303.
        let found = kinds(&curve(300, |_| 2.30, |_| 1.0));
        assert_eq!(found, [Kind::AtChance]);
        let found = kinds(&curve(300, |step| 2.3 + step as f64 / 50.0, |_| 1.0));
        assert_eq!(found, [Kind::RateTooHigh]);
        let found = kinds(&curve(300, |step| 2.6 - step as f64 / 1000.0, |_| 1.0));
        assert_eq!(found, [Kind::RateTooLow]);
        // Of a thousand classes 2.3 is good: ln 1000 is 6.9.
        let good = diagnose(&curve(300, |_| 2.3, |_| 1.0), 1000, &Status::Running);
        assert_eq!(good, []);
    }

    #[test]
    fn a_validation_loss_that_rises_while_training_goes_on_falling() {
        let check = |epoch: u32, loss: f64| Check {
            step: u64::from(epoch) * 100,
            epoch,
            loss,
            accuracy: 0.9,
        };
        let with = |losses: [f64; 4], training: fn(u64) -> f64| {
            let mut curve = curve(400, training, |_| 1.0);
            for (epoch, loss) in (1..).zip(losses) {
                curve.check(check(epoch, loss));
            }
            curve
        };
        let rises = [0.5, 0.3, 0.35, 0.4];
        let over = with(rises, falling);
        assert_eq!(kinds(&over), [Kind::Overfitting]);
        let remedy = &diagnose(&over, 10, &Status::Running)[0].remedy;
        assert!(remedy.contains("step 200"), "{remedy}");
        assert_eq!(kinds(&with([0.5, 0.3, 0.35, 0.34], falling)), []);
        assert_eq!(kinds(&with([0.5, 0.4, 0.35, 0.3], falling)), []);
        // Both rise: that is not overfitting.
        assert_eq!(kinds(&with(rises, |step| step as f64 / 1000.0)), []);
    }

    #[test]
    fn a_divergence_is_the_only_finding() {
        let divergence = Divergence {
            step: 12,
            good: 11,
            place: None,
        };
        let status = Status::Ended(End::Diverged(divergence));
        let found = diagnose(&curve(300, |_| 2.3, |_| 1e9), 10, &status);
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("step 12"), "{found:?}");
    }
}
