//! The learning rate of each step. Formulas are PyTorch's.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The learning rate over a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The learning rate that the decay starts from; for one cycle its maximum.
    pub rate: f64,
    pub decay: Decay,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
}

/// How the rate changes, by the number t of the step from 0 among T, those of the warm-up apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decay", rename_all = "snake_case")]
pub enum Decay {
    Constant,
    /// `rate · factor^⌊t / every⌋`.
    Step {
        every: u64,
        factor: f64,
    },
    /// `rate · factor^n` with the number n of steps of `at` that are reached.
    Milestones {
        at: Vec<u64>,
        factor: f64,
    },
    /// `rate · factor^t`.
    Exponential {
        factor: f64,
    },
    /// Half a cosine from the rate to `least`, which the last step does not reach: Loshchilov and
    /// Hutter 2017.
    Cosine {
        least: f64,
    },
    /// Up from `rate / divisor` to the rate, then down to the start's `1 / final_divisor`: Smith
    /// and Topin 2018.
    OneCycle {
        /// The share of the steps that go up.
        rising: f64,
        divisor: f64,
        final_divisor: f64,
        /// Straight lines and not half cosines.
        linear: bool,
        /// Down to the start in as many steps as up, then on to the end.
        three_phases: bool,
        /// Momentum (the Adams' `beta1`) goes the other way, from the first value to the second and
        /// back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        momentum: Option<[f64; 2]>,
    },
}

/// A rate that rises at the start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    /// Steps before the decay begins.
    pub steps: u64,
    /// Steps in which the rate rises; at the rest of `steps` it is whole.
    pub rise: u64,
    /// The share of the rate at the first step.
    pub start: f64,
}

impl WarmUp {
    /// Step t of `steps` has the share (t + 1) / `steps` of the rate.
    pub fn even(steps: u64) -> Self {
        Self {
            steps,
            rise: steps.saturating_sub(1),
            start: 1.0 / steps.max(1) as f64,
        }
    }

    fn share(self, step: u64) -> f64 {
        if self.rise == 0 {
            return 1.0;
        }
        let risen = step.min(self.rise) as f64 / self.rise as f64;
        self.start + (1.0 - self.start) * risen
    }
}

impl Decay {
    /// One cycle as PyTorch has it by default, without a cycle of the momentum.
    pub const ONE_CYCLE: Self = Self::OneCycle {
        rising: 0.3,
        divisor: 25.0,
        final_divisor: 1e4,
        linear: false,
        three_phases: false,
        momentum: None,
    };
}

impl Schedule {
    /// The rate of step number `step` from 0 of `steps`.
    pub fn rate(&self, step: u64, steps: u64) -> f64 {
        let (step, steps) = match self.warm_up {
            Some(warm_up) if step < warm_up.steps => return self.rate * warm_up.share(step),
            Some(warm_up) => (step - warm_up.steps, steps.saturating_sub(warm_up.steps)),
            None => (step, steps),
        };
        let (rate, t) = (self.rate, step as f64);
        match self.decay {
            Decay::Constant => rate,
            Decay::Step { every, factor } => rate * libm::pow(factor, (step / every.max(1)) as f64),
            Decay::Milestones { ref at, factor } => {
                let reached = at.iter().filter(|&&milestone| milestone <= step).count();
                rate * libm::pow(factor, reached as f64)
            }
            Decay::Exponential { factor } => rate * libm::pow(factor, t),
            Decay::Cosine { least } => {
                least + (rate - least) * half_cosine(t / steps.max(1) as f64)
            }
            Decay::OneCycle {
                divisor,
                final_divisor,
                ..
            } => {
                let start = rate / divisor;
                self.cycle(step, steps, [start, rate, start, start / final_divisor])
                    .unwrap_or(rate)
            }
        }
    }

    /// The momentum of a step where the schedule sets it.
    pub fn momentum(&self, step: u64, steps: u64) -> Option<f64> {
        let Decay::OneCycle {
            momentum: Some([high, low]),
            ..
        } = self.decay
        else {
            return None;
        };
        self.cycle(step, steps, [high, low, high, high])
    }

    /// A value between these at the start, the top, after the way down and at the end.
    fn cycle(&self, step: u64, steps: u64, [start, top, down, end]: [f64; 4]) -> Option<f64> {
        let Decay::OneCycle {
            rising,
            linear,
            three_phases,
            ..
        } = self.decay
        else {
            return None;
        };
        let (peak, last) = (rising * steps as f64 - 1.0, steps as f64 - 1.0);
        let phases = if three_phases {
            let back = 2.0 * peak;
            [
                (0.0, peak, start, top),
                (peak, back, top, down),
                (back, last, down, end),
            ]
        } else {
            [
                (0.0, peak, start, top),
                (peak, last, top, end),
                (last, last, end, end),
            ]
        };
        let t = step as f64;
        let (begin, stop, from, to) = phases
            .into_iter()
            .find(|&(_, stop, _, _)| t <= stop)
            .unwrap_or(phases[2]);
        let share = if stop > begin {
            ((t - begin) / (stop - begin)).min(1.0)
        } else {
            1.0
        };
        Some(if linear {
            from + (to - from) * share
        } else {
            to + (from - to) * half_cosine(share)
        })
    }
}

/// From 1 at 0 to 0 at 1.
fn half_cosine(share: f64) -> f64 {
    (1.0 + libm::cos(PI * share)) / 2.0
}
