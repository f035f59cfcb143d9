//! The one match from a layer to burn. Every tensor here has the axes N, C, H, W; a vector is
//! N, C, 1, 1.

use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions, PadMode};
use burn::tensor::{Tensor, activation};

use super::params::{Param, Role};
use crate::layer::{
    Activation, AvgPool, BatchNorm, ChannelShuffle, Conv, FlattenOrder, Layer, Lrn, MaxPool, Merge,
    Pad, PoolMode, Sides, Subsample, TableConv,
};

/// The parameters of one node.
pub struct NodeParams<'a>(pub &'a [Param]);

impl NodeParams<'_> {
    fn get(&self, role: Role) -> Option<&Param> {
        self.0.iter().find(|param| param.role == role)
    }

    /// A parameter as a tensor of rank `D`. A valid network has every parameter its layer needs,
    /// laid out as `params` made it, so this is `None` only for those the layer does without.
    fn tensor<const D: usize>(&self, role: Role) -> Option<Tensor<D>> {
        let param = self.get(role)?;
        let dims: [usize; D] = param.dims.as_slice().try_into().ok()?;
        Some(param.values.clone().reshape(dims))
    }

    /// One value per channel, ready to meet a map.
    fn per_channel(&self, role: Role) -> Option<Tensor<4>> {
        let param = self.get(role)?;
        Some(param.values.clone().reshape([1, param.dims[0], 1, 1]))
    }
}

/// Runs one layer in inference mode: dropout passes, batch norm uses its running statistics.
/// `inputs` are those of a valid graph; `None` when a parameter the layer needs is missing.
pub fn forward(layer: &Layer, inputs: &[Tensor<4>], params: &NodeParams) -> Option<Tensor<4>> {
    let first = inputs.first()?;
    let x = first.clone();
    Some(match layer {
        Layer::Conv(conv) => convolve(conv, x, params)?,
        Layer::TableConv(conv) => convolve_table(conv, x, params)?,
        Layer::MaxPool(pool) => max_pool(pool, x),
        Layer::AvgPool(pool) => avg_pool(pool, x),
        Layer::AdaptiveAvgPool(pool) => adaptive_avg_pool2d(x, pool.output.map(|n| n as usize)),
        Layer::GlobalPool(pool) => match pool.mode {
            PoolMode::Avg => x.mean_dim(3).mean_dim(2),
            PoolMode::Max => x.max_dim(3).max_dim(2),
        },
        Layer::Subsample(pool) => subsample(pool, x, params)?,
        Layer::BatchNorm(norm) => batch_norm(norm, x, params)?,
        Layer::Lrn(norm) => lrn(norm, x),
        Layer::Activation(function) => activate(*function, x),
        Layer::Dropout(_) => x,
        Layer::Linear(_) => linear(x, params)?,
        Layer::Rbf(_) => rbf(x, params)?,
        Layer::Merge(merge) => join(*merge, inputs)?,
        Layer::Flatten(flatten) => match flatten.order {
            FlattenOrder::Chw => as_vector(x),
            FlattenOrder::Hwc => as_vector(x.permute([0, 2, 3, 1])),
        },
        Layer::Pad(pad) => surround(pad, x),
        Layer::ChannelShuffle(shuffle) => shuffled(shuffle, x),
        Layer::ChannelSlice(slice) => {
            let (start, length) = (slice.start as usize, (slice.end - slice.start) as usize);
            x.narrow(1, start, length)
        }
    })
}

fn convolve(conv: &Conv, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let weight = params.tensor::<4>(Role::Weight)?;
    let bias = params.tensor::<1>(Role::Bias);
    let window = conv.sliding();
    let options = ConvOptions::new_with_padding(
        window.stride.map(|n| n as usize),
        pairs(window.sides(size_of(&x))),
        window.dilation.map(|n| n as usize),
        conv.groups as usize,
    );
    Some(conv2d(x, weight, bias, options))
}

/// As a full convolution whose unconnected kernels are zero: few connections are missing in the
/// networks that have a table, and one dense convolution beats one per output map.
fn convolve_table(conv: &TableConv, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let kernels = params.tensor::<3>(Role::Weight)?;
    let channels = x.dims()[1];
    let [height, width] = conv.kernel.map(|n| n as usize);
    let zero = Tensor::<3>::zeros([1, height, width], &x.device());
    let mut next = 0;
    let mut full = Vec::with_capacity(conv.table.len() * channels);
    for row in &conv.table {
        let mut kernels_of: Vec<Option<usize>> = vec![None; channels];
        for &map in row {
            *kernels_of.get_mut(map as usize)? = Some(next);
            next += 1;
        }
        full.extend(kernels_of.into_iter().map(|kernel| match kernel {
            Some(kernel) => kernels.clone().narrow(0, kernel, 1),
            None => zero.clone(),
        }));
    }
    let weight = Tensor::cat(full, 0).reshape([conv.table.len(), channels, height, width]);
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    Some(conv2d(x, weight, params.tensor::<1>(Role::Bias), options))
}

fn max_pool(pool: &MaxPool, x: Tensor<4>) -> Tensor<4> {
    let window = pool.sliding();
    let options = MaxPoolOptions::new(window.kernel.map(|n| n as usize))
        .with_stride(window.stride.map(|n| n as usize))
        .with_padding_pairs(pairs(window.sides(size_of(&x))))
        .with_ceil_mode(window.ceil);
    max_pool2d(x, options)
}

fn avg_pool(pool: &AvgPool, x: Tensor<4>) -> Tensor<4> {
    let window = pool.sliding();
    let options = AvgPoolOptions::new(window.kernel.map(|n| n as usize))
        .with_stride(window.stride.map(|n| n as usize))
        .with_padding_pairs(pairs(window.sides(size_of(&x))))
        .with_count_include_pad(pool.count_include_pad)
        .with_ceil_mode(window.ceil);
    avg_pool2d(x, options)
}

fn subsample(pool: &Subsample, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let kernel = pool.kernel.map(|n| n as usize);
    let area = (kernel[0] * kernel[1]) as f64;
    let sum = avg_pool2d(x, AvgPoolOptions::new(kernel)).mul_scalar(area);
    let sum = fanned_out(sum, pool.fan as usize);
    Some(sum * params.per_channel(Role::Coefficient)? + params.per_channel(Role::Bias)?)
}

/// Each map `fan` times, one after the other.
fn fanned_out(x: Tensor<4>, fan: usize) -> Tensor<4> {
    if fan == 1 {
        return x;
    }
    let [batch, channels, height, width] = x.dims();
    x.reshape([batch, channels, 1, height, width])
        .repeat_dim(2, fan)
        .reshape([batch, channels * fan, height, width])
}

fn batch_norm(norm: &BatchNorm, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let mean = params.per_channel(Role::RunningMean)?;
    let deviation = params
        .per_channel(Role::RunningVar)?
        .add_scalar(norm.eps)
        .sqrt();
    let normal = (x - mean) / deviation;
    if !norm.affine {
        return Some(normal);
    }
    Some(normal * params.per_channel(Role::Weight)? + params.per_channel(Role::Bias)?)
}

fn lrn(norm: &Lrn, x: Tensor<4>) -> Tensor<4> {
    let size = norm.size as usize;
    let channels = x.dims()[1];
    let squares = x
        .clone()
        .square()
        .pad([(size / 2, (size - 1) / 2), (0, 0), (0, 0)], zeros());
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

fn activate(function: Activation, x: Tensor<4>) -> Tensor<4> {
    match function {
        Activation::Relu => activation::relu(x),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::LeakyRelu { slope } => activation::leaky_relu(x, slope),
        Activation::Elu { alpha } => activation::elu(x, alpha),
        Activation::Tanh => x.tanh(),
        Activation::ScaledTanh { a, s } => x.mul_scalar(s).tanh().mul_scalar(a),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Silu => activation::silu(x),
        Activation::HardSigmoid => hard_sigmoid(x),
        Activation::HardSwish => x.clone() * hard_sigmoid(x),
        Activation::Gelu => activation::gelu(x),
        Activation::Softmax => activation::softmax(x, 1),
        Activation::LogSoftmax => activation::log_softmax(x, 1),
    }
}

fn hard_sigmoid(x: Tensor<4>) -> Tensor<4> {
    x.add_scalar(3.0).clamp(0.0, 6.0).div_scalar(6.0)
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

fn size_of(x: &Tensor<4>) -> [u32; 2] {
    let [_, _, height, width] = x.dims();
    [height as u32, width as u32]
}

/// `[top, left, bottom, right]` as (before, after) of height and width.
fn pairs(sides: Sides) -> [(usize, usize); 2] {
    let [top, left, bottom, right] = sides.map(|n| n as usize);
    [(top, bottom), (left, right)]
}

const fn zeros() -> PadMode {
    PadMode::Constant(0.0)
}
