//! Normalisation over the batch and over neighbouring channels.

use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

use super::Role;
use super::forward::NodeParams;
use crate::layer::{BatchNorm, Lrn};

/// With the running statistics, as in use: one scale and one shift a channel, as PyTorch's CPU
/// kernel has it, so that the map is gone through twice and not four times.
pub fn batch_norm(norm: &BatchNorm, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let mean = params.per_channel(Role::RunningMean)?;
    let variance = params.per_channel(Role::RunningVar)?;
    let mut scale = variance.add_scalar(norm.eps).sqrt().recip();
    if norm.scale {
        scale = scale * params.per_channel(Role::Weight)?;
    }
    let mut shift = mean.neg() * scale.clone();
    if norm.shift {
        shift = shift + params.per_channel(Role::Bias)?;
    }
    Some(x * scale + shift)
}

/// With the batch's own statistics, as in training: the output, and the mean and the (biased)
/// variance of each channel, 1 × channels × 1 × 1.
pub fn batch_norm_of_batch(
    norm: &BatchNorm,
    x: Tensor<4>,
    params: &NodeParams,
) -> Option<(Tensor<4>, [Tensor<4>; 2])> {
    let over_all = [0, 2, 3];
    let mean = x.clone().mean_dims(&over_all);
    let centred = x - mean.clone();
    let variance = centred.clone().square().mean_dims(&over_all);
    let normal = centred / variance.clone().add_scalar(norm.eps).sqrt();
    Some((affine(norm, normal, params)?, [mean, variance]))
}

fn affine(norm: &BatchNorm, normal: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let mut y = normal;
    if norm.scale {
        y = y * params.per_channel(Role::Weight)?;
    }
    if norm.shift {
        y = y + params.per_channel(Role::Bias)?;
    }
    Some(y)
}

/// Local response normalisation.
pub fn lrn(norm: &Lrn, x: Tensor<4>) -> Tensor<4> {
    let size = norm.size as usize;
    let channels = x.dims()[1];
    let squares = x.clone().square().pad(
        [(size / 2, (size - 1) / 2), (0, 0), (0, 0)],
        PadMode::Constant(0.0),
    );
    let sum = (1..size).fold(squares.clone().narrow(1, 0, channels), |sum, shift| {
        sum + squares.clone().narrow(1, shift, channels)
    });
    let share = if norm.alpha_divided_by_size {
        norm.alpha / f64::from(norm.size)
    } else {
        norm.alpha
    };
    x / sum
        .mul_scalar(share)
        .add_scalar(norm.k)
        .powf_scalar(norm.beta)
}
