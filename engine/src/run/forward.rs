//! The only match from a layer to burn. Every tensor here has the axes N, C, H, W; a vector is N,
//! C, 1, 1.

use burn::tensor::Tensor;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::ops::PadMode;

use super::activate::{activate, prelu};
use super::norm::{batch_norm, group_norm, instance_norm, layer_norm, lrn};
use super::spread::{convolve_transposed, upsample};
use super::window::{
    adaptive_max_pool, avg_pool, convolve, convolve_table, max_pool, pairs, subsample,
};
use super::{Param, Role};
use crate::layer::{ChannelShuffle, FlattenOrder, Layer, Merge, Pad, PoolMode};

/// The parameters of one node.
pub struct NodeParams<'a>(pub &'a [Param]);

impl NodeParams<'_> {
    pub fn get(&self, role: Role) -> Option<&Param> {
        self.0.iter().find(|param| param.role == role)
    }

    /// A parameter as a tensor of rank `D`. A valid network has every parameter its layer needs,
    /// laid out as `params` created it, so this is `None` only for optional ones.
    pub fn tensor<const D: usize>(&self, role: Role) -> Option<Tensor<D>> {
        let param = self.get(role)?;
        let dims: [usize; D] = param.dims.as_slice().try_into().ok()?;
        Some(param.values.clone().reshape(dims))
    }

    /// One value per channel, shaped for broadcasting over a map.
    pub fn per_channel(&self, role: Role) -> Option<Tensor<4>> {
        let param = self.get(role)?;
        Some(param.values.clone().reshape([1, param.dims[0], 1, 1]))
    }
}

/// Runs one layer in inference mode: dropout is the identity, batch norm uses its running
/// statistics. `inputs` are those of a valid graph; `None` when a parameter the layer needs is
/// missing.
pub fn forward(layer: &Layer, inputs: &[Tensor<4>], params: &NodeParams) -> Option<Tensor<4>> {
    let first = inputs.first()?;
    let x = first.clone();
    Some(match layer {
        Layer::Conv(conv) => convolve(conv, x, params)?,
        Layer::TableConv(conv) => convolve_table(conv, x, params)?,
        Layer::TransposedConv(conv) => convolve_transposed(conv, x, params)?,
        Layer::MaxPool(pool) => max_pool(pool, x),
        Layer::AvgPool(pool) => avg_pool(pool, x),
        Layer::AdaptiveAvgPool(pool) => adaptive_avg_pool2d(x, pool.output.map(|n| n as usize)),
        Layer::AdaptiveMaxPool(pool) => adaptive_max_pool(pool, x),
        Layer::GlobalPool(pool) => match pool.mode {
            PoolMode::Avg => x.mean_dim(3).mean_dim(2),
            PoolMode::Max => x.max_dim(3).max_dim(2),
        },
        Layer::Subsample(pool) => subsample(pool, x, params)?,
        Layer::BatchNorm(norm) => batch_norm(norm, x, params)?,
        Layer::GroupNorm(norm) => group_norm(norm, x, params)?,
        Layer::LayerNorm(norm) => layer_norm(norm, x, params)?,
        Layer::InstanceNorm(norm) => instance_norm(norm, x, params)?,
        Layer::Lrn(norm) => lrn(norm, x),
        Layer::Activation(function) => activate(*function, x),
        Layer::PRelu(_) => prelu(x, params.tensor::<1>(Role::Weight)?),
        Layer::Dropout(_) => x,
        Layer::Linear(_) => linear(x, params)?,
        Layer::Rbf(_) => rbf(x, params)?,
        Layer::Merge(merge) => join(*merge, inputs)?,
        Layer::Flatten(flatten) => match flatten.order {
            FlattenOrder::Chw => as_vector(x),
            FlattenOrder::Hwc => as_vector(x.permute([0, 2, 3, 1])),
        },
        Layer::Pad(pad) => surround(pad, x),
        Layer::Upsample(by) => upsample(by, x),
        Layer::ChannelShuffle(shuffle) => shuffled(shuffle, x),
        Layer::ChannelSlice(slice) => {
            let (start, length) = (slice.start as usize, (slice.end - slice.start) as usize);
            x.narrow(1, start, length)
        }
    })
}

fn linear(x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let weight = params.tensor::<2>(Role::Weight)?;
    let [features, length] = weight.dims();
    let batch = x.dims()[0];
    let mut y = x.reshape([batch, length]).matmul(weight.transpose());
    if let Some(bias) = params.tensor::<1>(Role::Bias) {
        y = y + bias.unsqueeze();
    }
    Some(y.reshape([batch, features, 1, 1]))
}

fn rbf(x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let codes = params.tensor::<2>(Role::Codes)?;
    let [classes, length] = codes.dims();
    let batch = x.dims()[0];
    let difference = x.reshape([batch, 1, length]) - codes.unsqueeze::<3>();
    Some(
        difference
            .square()
            .sum_dim(2)
            .reshape([batch, classes, 1, 1]),
    )
}

/// Sides of 1 are broadcast by burn's operators, as `Merge` says.
fn join(merge: Merge, inputs: &[Tensor<4>]) -> Option<Tensor<4>> {
    let all = inputs.iter().cloned();
    match merge {
        Merge::Add => all.reduce(|a, b| a + b),
        Merge::Multiply => all.reduce(|a, b| a * b),
        Merge::Concat => Some(Tensor::cat(inputs.to_vec(), 1)),
    }
}

fn surround(pad: &Pad, x: Tensor<4>) -> Tensor<4> {
    x.pad(pairs(pad.sides), PadMode::Constant(pad.value as f32))
}

fn shuffled(shuffle: &ChannelShuffle, x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let groups = shuffle.groups as usize;
    x.reshape([batch, groups, channels / groups, height, width])
        .swap_dims(1, 2)
        .reshape([batch, channels, height, width])
}

fn as_vector(x: Tensor<4>) -> Tensor<4> {
    let [batch, a, b, c] = x.dims();
    x.reshape([batch, a * b * c, 1, 1])
}
