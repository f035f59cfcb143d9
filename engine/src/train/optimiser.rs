//! The optimisers' steps, and their state.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::Method;
use crate::checkpoint::{State, WeightsError};
use crate::run::{NetworkError, Param, read};

/// Where Adam adds `eps`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdamForm {
    /// To the bias-corrected root: algorithm 1 of the paper, and PyTorch.
    #[default]
    Torch,
    /// To the root before the correction: the paper's faster form, “epsilon hat”, and Keras.
    Keras,
}

/// What one step takes beside the gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Update {
    pub rate: f64,
    /// The factor of weight decay.
    pub decay: f64,
    /// In place of the method's own.
    pub momentum: Option<f64>,
}

/// Computes steps from gradients; its state is kept for each parameter's index. PyTorch's formulas
/// are at [`Method`].
#[derive(Clone, Debug)]
pub struct Optimiser {
    method: Method,
    pub form: AdamForm,
    kept: HashMap<usize, Kept>,
}

/// The arrays of [`Method::states`] of one parameter, and how many steps they have seen.
#[derive(Clone, Debug)]
struct Kept {
    arrays: Vec<Tensor<1>>,
    steps: u32,
}

/// The name of the number of steps beside those of [`Method::states`]. As a 32-bit float it is
/// exact for 16 million steps.
const STEPS: &str = "steps";

impl Optimiser {
    /// Without state yet.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            form: AdamForm::default(),
            kept: HashMap::new(),
        }
    }

    /// What it computes.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The parameter's value after one step against `gradient`. Called at most once a step for
    /// each place.
    pub fn step(
        &mut self,
        place: usize,
        value: Tensor<1>,
        gradient: Tensor<1>,
        update: Update,
    ) -> Tensor<1> {
        let Update {
            rate,
            decay,
            momentum,
        } = update;
        let method = momentum.map_or(self.method, |it| self.method.with_momentum(it));
        let (value, gradient) = match (decay == 0.0, method.decouples_decay()) {
            (true, _) => (value, gradient),
            (false, true) => (value.mul_scalar(1.0 - rate * decay), gradient),
            (false, false) => {
                let pull = value.clone().mul_scalar(decay);
                (value, gradient + pull)
            }
        };
        let kept = self.kept.entry(place).or_insert_with(|| Kept {
            arrays: vec![gradient.zeros_like(); method.states().len()],
            steps: 0,
        });
        kept.steps += 1;
        value - kept.change(method, self.form, gradient, rate)
    }

    /// The state of these parameters, for a checkpoint.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn states(&self, params: &[Param]) -> Result<Vec<State>, NetworkError> {
        let mut states = Vec::new();
        for (place, param) in params.iter().enumerate() {
            let Some(Kept { arrays, steps }) = self.kept.get(&place) else {
                continue;
            };
            let count = param.dims.iter().product::<usize>();
            let flat = |it: &Tensor<1>| it.clone().inner().reshape([1, 1, 1, count]);
            let values = match arrays.is_empty() {
                true => Vec::new(),
                false => read(arrays.iter().map(flat).collect()).await?,
            };
            let names = self.method.states().iter();
            states.extend(names.zip(values).map(|(name, values)| State {
                name: format!("{}.{name}", param.name),
                dims: param.dims.clone(),
                values,
            }));
            states.push(State {
                name: format!("{}.{STEPS}", param.name),
                dims: vec![1],
                values: vec![*steps as f32],
            });
        }
        Ok(states)
    }

    /// With the state that [`Self::states`] gave.
    ///
    /// # Errors
    /// When a parameter's state is not complete, or of another size.
    pub fn restored(
        method: Method,
        params: &[Param],
        states: &[State],
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let states: HashMap<&str, &State> =
            states.iter().map(|it| (it.name.as_str(), it)).collect();
        let mut kept = HashMap::new();
        for (place, param) in params.iter().enumerate() {
            let Some(steps) = states.get(format!("{}.{STEPS}", param.name).as_str()) else {
                continue;
            };
            let array = |name: &&str| {
                let name = format!("{}.{name}", param.name);
                let state = states.get(name.as_str());
                let Some(state) = state.filter(|state| state.dims == param.dims) else {
                    return Err(WeightsError::OptimiserState { name });
                };
                let data = TensorData::new(state.values.clone(), [state.values.len()]);
                Ok(Tensor::from_data(data, device))
            };
            let arrays = method.states().iter().map(array);
            let arrays = arrays.collect::<Result<_, _>>()?;
            let steps = steps.values.first().copied().unwrap_or_default() as u32;
            kept.insert(place, Kept { arrays, steps });
        }
        Ok(Self {
            kept,
            ..Self::new(method)
        })
    }
}

impl Kept {
    /// What is taken from the value.
    fn change(
        &mut self,
        method: Method,
        form: AdamForm,
        gradient: Tensor<1>,
        rate: f64,
    ) -> Tensor<1> {
        match (method, self.arrays.as_mut_slice()) {
            (Method::Momentum { momentum }, [velocity]) => {
                *velocity = velocity.clone().mul_scalar(momentum) + gradient;
                velocity.clone().mul_scalar(rate)
            }
            (Method::Nesterov { momentum }, [velocity]) => {
                *velocity = velocity.clone().mul_scalar(momentum) + gradient.clone();
                (gradient + velocity.clone().mul_scalar(momentum)).mul_scalar(rate)
            }
            (
                Method::RmsProp {
                    alpha,
                    eps,
                    momentum,
                    centred,
                },
                [square, rest @ ..],
            ) => {
                mix(square, gradient.clone().square(), alpha);
                let mut variance = square.clone();
                let mut rest = rest.iter_mut();
                if centred && let Some(mean) = rest.next() {
                    mix(mean, gradient.clone(), alpha);
                    variance = variance - mean.clone().square();
                }
                let quotient = gradient / variance.sqrt().add_scalar(eps);
                match rest.next() {
                    Some(buffer) => {
                        *buffer = buffer.clone().mul_scalar(momentum) + quotient;
                        buffer.clone().mul_scalar(rate)
                    }
                    None => quotient.mul_scalar(rate),
                }
            }
            (
                Method::Adam { beta1, beta2, eps } | Method::AdamW { beta1, beta2, eps },
                [first, second],
            ) => {
                mix(first, gradient.clone(), beta1);
                mix(second, gradient.square(), beta2);
                let correction = |beta| 1.0 - libm::pow(beta, f64::from(self.steps));
                let (correction1, correction2) = (correction(beta1), correction(beta2));
                let (first, second) = (first.clone(), second.clone());
                match form {
                    AdamForm::Torch => {
                        let root = second.div_scalar(correction2).sqrt().add_scalar(eps);
                        first.mul_scalar(rate / correction1) / root
                    }
                    AdamForm::Keras => {
                        let root = second.sqrt().add_scalar(eps);
                        first.mul_scalar(rate * correction2.sqrt() / correction1) / root
                    }
                }
            }
            // Plain descent, which keeps no arrays.
            _ => gradient.mul_scalar(rate),
        }
    }
}

/// `average = share · average + (1 − share) · value`.
fn mix(average: &mut Tensor<1>, value: Tensor<1>, share: f64) {
    *average = average.clone().mul_scalar(share) + value.mul_scalar(1.0 - share);
}
