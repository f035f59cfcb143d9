//! Normalisation over the batch and over neighbouring channels.

use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

use super::Role;
use super::forward::NodeParams;
use crate::layer::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LayerNormAxes, Lrn};

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

/// Mean 0 and variance 1 over the last axis, by the biased variance.
fn standardised(x: Tensor<3>, eps: f64) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / variance.add_scalar(eps).sqrt()
}

/// With the scale and shift, each as wide as `dims` says.
fn learnt(mut y: Tensor<4>, dims: [usize; 4], params: &NodeParams) -> Tensor<4> {
    if let Some(scale) = params.get(Role::Weight) {
        y = y * scale.values.clone().reshape(dims);
    }
    if let Some(shift) = params.get(Role::Bias) {
        y = y + shift.values.clone().reshape(dims);
    }
    y
}

/// Over each of `groups` runs of channels.
fn over_channels(groups: usize, eps: f64, x: Tensor<4>, params: &NodeParams) -> Tensor<4> {
    let dims @ [batch, channels, height, width] = x.dims();
    let each = channels / groups * height * width;
    let y = standardised(x.reshape([batch, groups, each]), eps).reshape(dims);
    learnt(y, [1, channels, 1, 1], params)
}

pub fn group_norm(norm: &GroupNorm, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    has(norm.scale, norm.shift, params)?;
    Some(over_channels(norm.groups as usize, norm.eps, x, params))
}

pub fn instance_norm(norm: &InstanceNorm, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    has(norm.scale, norm.shift, params)?;
    let channels = x.dims()[1];
    Some(over_channels(channels, norm.eps, x, params))
}

pub fn layer_norm(norm: &LayerNorm, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    has(norm.scale, norm.shift, params)?;
    let dims @ [batch, channels, height, width] = x.dims();
    Some(match norm.axes {
        LayerNormAxes::All => {
            let all = channels * height * width;
            let y = standardised(x.reshape([batch, 1, all]), norm.eps).reshape(dims);
            learnt(y, [1, channels, height, width], params)
        }
        LayerNormAxes::Channels => {
            let last = x.permute([0, 2, 3, 1]);
            let rows = last.reshape([batch, height * width, channels]);
            let y = standardised(rows, norm.eps).reshape([batch, height, width, channels]);
            learnt(y.permute([0, 3, 1, 2]), [1, channels, 1, 1], params)
        }
    })
}

/// `None` where a parameter is missing.
fn has(scale: bool, shift: bool, params: &NodeParams) -> Option<()> {
    let there = |wanted: bool, role| !wanted || params.get(role).is_some();
    (there(scale, Role::Weight) && there(shift, Role::Bias)).then_some(())
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
