//! Optimisers.

use std::collections::HashMap;

use burn::tensor::Tensor;

/// Computes steps from gradients; its state is kept for each parameter's index.
pub trait Optimiser {
    /// The parameter's value after one step against `gradient`. Called at most once a step for
    /// each place.
    fn step(&mut self, place: usize, value: Tensor<1>, gradient: Tensor<1>, rate: f64)
    -> Tensor<1>;
}

/// Stochastic gradient descent as PyTorch computes it: `v = momentum · v + g + weight_decay · w`,
/// `w −= rate · v`.
#[derive(Clone, Debug, Default)]
pub struct Sgd {
    /// The share of the last step's velocity that is kept.
    pub momentum: f64,
    /// The L2 penalty's factor, on every parameter.
    pub weight_decay: f64,
    velocities: HashMap<usize, Tensor<1>>,
}

impl Sgd {
    /// With this momentum and without weight decay.
    pub fn new(momentum: f64) -> Self {
        Self {
            momentum,
            ..Self::default()
        }
    }
}

impl Optimiser for Sgd {
    fn step(
        &mut self,
        place: usize,
        value: Tensor<1>,
        gradient: Tensor<1>,
        rate: f64,
    ) -> Tensor<1> {
        let pull = if self.weight_decay == 0.0 {
            gradient
        } else {
            gradient + value.clone().mul_scalar(self.weight_decay)
        };
        let velocity = match self.velocities.remove(&place) {
            Some(last) => last.mul_scalar(self.momentum) + pull,
            None => pull,
        };
        self.velocities.insert(place, velocity.clone());
        value - velocity.mul_scalar(rate)
    }
}

/// Where Adam adds `eps`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdamForm {
    /// To the bias-corrected root: algorithm 1 of the paper, and PyTorch.
    #[default]
    Torch,
    /// To the root before the correction: the paper's faster form, “epsilon hat”, and Keras.
    Keras,
}

/// Adam (Kingma and Ba 2015).
#[derive(Clone, Debug)]
pub struct Adam {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    pub form: AdamForm,
    moments: HashMap<usize, Moments>,
}

#[derive(Clone, Debug)]
struct Moments {
    first: Tensor<1>,
    second: Tensor<1>,
    steps: i32,
}

/// PyTorch's.
impl Default for Adam {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            form: AdamForm::Torch,
            moments: HashMap::new(),
        }
    }
}

impl Adam {
    /// Keras' form with its `eps`.
    pub fn keras() -> Self {
        Self {
            eps: 1e-7,
            form: AdamForm::Keras,
            ..Self::default()
        }
    }
}

impl Optimiser for Adam {
    fn step(
        &mut self,
        place: usize,
        value: Tensor<1>,
        gradient: Tensor<1>,
        rate: f64,
    ) -> Tensor<1> {
        let moments = self.moments.entry(place).or_insert_with(|| Moments {
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
            steps: 0,
        });
        moments.steps += 1;
        let mix = |old: &Tensor<1>, new: Tensor<1>, beta: f64| {
            old.clone().mul_scalar(beta) + new.mul_scalar(1.0 - beta)
        };
        moments.first = mix(&moments.first, gradient.clone(), self.beta1);
        moments.second = mix(&moments.second, gradient.square(), self.beta2);
        let correction1 = 1.0 - self.beta1.powi(moments.steps);
        let correction2 = 1.0 - self.beta2.powi(moments.steps);
        let (first, second) = (moments.first.clone(), moments.second.clone());
        match self.form {
            AdamForm::Torch => {
                let root = second.div_scalar(correction2).sqrt().add_scalar(self.eps);
                value - first.mul_scalar(rate / correction1) / root
            }
            AdamForm::Keras => {
                let root = second.sqrt().add_scalar(self.eps);
                value - first.mul_scalar(rate * correction2.sqrt() / correction1) / root
            }
        }
    }
}
