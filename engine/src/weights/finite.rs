//! Why a node's value is not a finite number, as far as its own parameters tell.

use super::Role;
use crate::layer::Layer;
use crate::session::Cause;

/// What a parameter of a node of this layer has to do with it; `None` for nothing.
pub fn cause_in(layer: Option<&Layer>, name: &str, role: Role, values: &[f32]) -> Option<Cause> {
    if values.iter().any(|value| !value.is_finite()) {
        return Some(Cause::Weights(name.to_owned()));
    }
    if let (Role::RunningVar, Some(Layer::BatchNorm(norm))) = (role, layer) {
        // As the device adds them.
        let sum = |value: f32| value + norm.eps as f32;
        let channel = values.iter().position(|&value| sum(value) <= 0.0)?;
        return Some(Cause::Variance {
            param: name.to_owned(),
            channel,
            value: values[channel],
            eps: norm.eps,
        });
    }
    None
}
