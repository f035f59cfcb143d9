//! Layers with a sliding window: convolution and pooling.

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};

use super::Role;
use super::forward::NodeParams;
use crate::layer::{AdaptiveMaxPool, AvgPool, Conv, MaxPool, Sides, Subsample, TableConv};

pub fn convolve(conv: &Conv, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
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
pub fn convolve_table(conv: &TableConv, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
    let kernels = params.tensor::<3>(Role::Weight)?;
    let channels = x.dims()[1];
    let [height, width] = conv.kernel.map(|n| n as usize);
    let options = (&x.device(), x.dtype());
    let zero = Tensor::<3>::zeros([1, height, width], options);
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

pub fn max_pool(pool: &MaxPool, x: Tensor<4>) -> Tensor<4> {
    let window = pool.sliding();
    let options = MaxPoolOptions::new(window.kernel.map(|n| n as usize))
        .with_stride(window.stride.map(|n| n as usize))
        .with_padding_pairs(pairs(window.sides(size_of(&x))))
        .with_dilation(window.dilation.map(|n| n as usize))
        .with_ceil_mode(window.ceil);
    max_pool2d(x, options)
}

pub fn avg_pool(pool: &AvgPool, x: Tensor<4>) -> Tensor<4> {
    let window = pool.sliding();
    let options = AvgPoolOptions::new(window.kernel.map(|n| n as usize))
        .with_stride(window.stride.map(|n| n as usize))
        .with_padding_pairs(pairs(window.sides(size_of(&x))))
        .with_count_include_pad(pool.count_include_pad)
        .with_ceil_mode(window.ceil);
    avg_pool2d(x, options)
}

/// Rows first, then columns: a maximum of maxima.
pub fn adaptive_max_pool(pool: &AdaptiveMaxPool, x: Tensor<4>) -> Tensor<4> {
    let rows = largest_of_bins(x, 2, pool.output[0] as usize);
    largest_of_bins(rows, 3, pool.output[1] as usize)
}

fn largest_of_bins(x: Tensor<4>, axis: usize, bins: usize) -> Tensor<4> {
    let size = x.dims()[axis];
    if bins == size {
        return x;
    }
    let bin = |at: usize| {
        let (start, end) = (at * size / bins, ((at + 1) * size).div_ceil(bins));
        x.clone().narrow(axis, start, end - start).max_dim(axis)
    };
    Tensor::cat((0..bins).map(bin).collect(), axis)
}

pub fn subsample(pool: &Subsample, x: Tensor<4>, params: &NodeParams) -> Option<Tensor<4>> {
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

fn size_of(x: &Tensor<4>) -> [u32; 2] {
    let [_, _, height, width] = x.dims();
    [height as u32, width as u32]
}

/// `[top, left, bottom, right]` as (before, after) of height and width.
pub fn pairs(sides: Sides) -> [(usize, usize); 2] {
    let [top, left, bottom, right] = sides.map(|n| n as usize);
    [(top, bottom), (left, right)]
}
