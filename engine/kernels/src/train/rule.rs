//! Optimisers on plain slices.

use crate::lanes::{F4, each_pair};

/// How weights follow their slopes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// `v = momentum · v + g + decay · w`, `w −= rate · v`, as PyTorch computes it.
    Sgd { momentum: f32, weight_decay: f32 },
    /// Adam (Kingma and Ba 2015), `eps` added to the bias-corrected root as in algorithm 1; with
    /// `eps_hat` to the root before the correction, as Keras has it.
    Adam {
        beta1: f64,
        beta2: f64,
        eps: f64,
        eps_hat: bool,
    },
}

impl Rule {
    /// PyTorch's Adam.
    pub const ADAM: Self = Self::Adam {
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        eps_hat: false,
    };
}

/// What an optimiser keeps for the weights of a layer.
#[derive(Clone, Debug, Default)]
pub struct State {
    first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

impl State {
    /// One step of the weights against their slopes.
    #[inline(never)]
    pub fn step(&mut self, rule: Rule, rate: f64, weights: &mut [f32], slopes: &mut [f32]) {
        self.steps += 1;
        self.first.resize(weights.len(), 0.0);
        let s = |value: f64| F4::splat(value as f32);
        match rule {
            Rule::Sgd {
                momentum,
                weight_decay,
            } => {
                if weight_decay != 0.0 {
                    each_pair(slopes, weights, |g, w| w.madd(F4::splat(weight_decay), g));
                }
                each_pair(&mut self.first, slopes, |v, g| {
                    v.madd(F4::splat(momentum), g)
                });
                each_pair(weights, &self.first, |w, v| w.sub(v.mul(s(rate))));
            }
            Rule::Adam {
                beta1,
                beta2,
                eps,
                eps_hat,
            } => {
                self.second.resize(weights.len(), 0.0);
                let correct1 = 1.0 - beta1.powi(self.steps);
                let correct2 = 1.0 - beta2.powi(self.steps);
                each_pair(&mut self.first, slopes, |m, g| {
                    m.mul(s(beta1)).add(g.mul(s(1.0 - beta1)))
                });
                each_pair(&mut self.second, slopes, |m, g| {
                    m.mul(s(beta2)).add(g.mul(g).mul(s(1.0 - beta2)))
                });
                let (rate, share) = if eps_hat {
                    (rate * correct2.sqrt() / correct1, 1.0)
                } else {
                    (rate / correct1, 1.0 / correct2)
                };
                let (rate, share) = (rate as f32, share as f32);
                let moments = self.first.iter().zip(&self.second);
                for (weight, (first, second)) in weights.iter_mut().zip(moments) {
                    *weight -= first * rate / ((second * share).sqrt() + eps as f32);
                }
            }
        }
    }
}
