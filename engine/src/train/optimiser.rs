//! How a gradient becomes a step.

use burn::tensor::Tensor;

/// Turns gradients into steps; keeps its memory by the parameter's place.
pub trait Optimiser {
    /// The parameter's value after one step against `gradient`. Called for the parameters 0, 1, …
    /// in order, once a step.
    fn step(&mut self, place: usize, value: Tensor<1>, gradient: Tensor<1>, rate: f64)
    -> Tensor<1>;
}

/// Adam (Kingma and Ba 2015) as PyTorch computes it: `eps` is added outside the bias-corrected
/// root.
#[derive(Clone, Debug)]
pub struct Adam {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    moments: Vec<Moments>,
}

#[derive(Clone, Debug)]
struct Moments {
    first: Tensor<1>,
    second: Tensor<1>,
    steps: i32,
}

impl Default for Adam {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            moments: Vec::new(),
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
        if self.moments.len() <= place {
            let first = gradient.zeros_like();
            let second = first.clone();
            self.moments.push(Moments {
                first,
                second,
                steps: 0,
            });
        }
        let moments = &mut self.moments[place];
        moments.steps += 1;
        let mix = |old: &Tensor<1>, new: Tensor<1>, beta: f64| {
            old.clone().mul_scalar(beta) + new.mul_scalar(1.0 - beta)
        };
        moments.first = mix(&moments.first, gradient.clone(), self.beta1);
        moments.second = mix(&moments.second, gradient.square(), self.beta2);
        let correction1 = 1.0 - self.beta1.powi(moments.steps);
        let correction2 = 1.0 - self.beta2.powi(moments.steps);
        let root = moments
            .second
            .clone()
            .div_scalar(correction2)
            .sqrt()
            .add_scalar(self.eps);
        value - moments.first.clone().mul_scalar(rate / correction1) / root
    }
}
