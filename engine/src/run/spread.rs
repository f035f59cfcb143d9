//! Layers that make maps larger.

use burn::tensor::module::conv_transpose2d;
use burn::tensor::ops::ConvTransposeOptions;
use burn::tensor::{Tensor, TensorData};

use super::Role;
use super::forward::NodeParams;
use crate::layer::{TransposedConv, Upsample, UpsampleMode};

/// burn cuts the same off on both sides; what differs is cut off here.
pub fn convolve_transposed(
    conv: &TransposedConv,
    x: Tensor<4>,
    params: &NodeParams,
) -> Option<Tensor<4>> {
    let weight = params.tensor::<4>(Role::Weight)?;
    let bias = params.tensor::<1>(Role::Bias);
    let [top, left, bottom, right] = conv.crop.map(|n| n as usize);
    let more = conv.output_padding.map(|n| n as usize);
    let (before, after) = ([top, left], [bottom, right]);
    let both = [0, 1].map(|axis| before[axis].min(after[axis]));
    let options = ConvTransposeOptions::new(
        conv.stride.map(|n| n as usize),
        both,
        more,
        conv.dilation.map(|n| n as usize),
        conv.groups as usize,
    );
    let mut y = conv_transpose2d(x, weight, bias, options);
    for axis in 0..2 {
        let start = before[axis] - both[axis];
        let cut = start + after[axis] - both[axis];
        if cut > 0 {
            let length = y.dims()[axis + 2] - cut;
            y = y.narrow(axis + 2, start, length);
        }
    }
    Some(y)
}

/// Nearest by repetition; bilinear as a product with a matrix on each axis, which every device has a
/// gradient of.
pub fn upsample(by: &Upsample, x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let [rows, columns] = by.factor.map(|n| n as usize);
    if by.mode == UpsampleMode::Nearest {
        return x
            .reshape([batch * channels, height, 1, width, 1])
            .repeat_dim(2, rows)
            .repeat_dim(4, columns)
            .reshape([batch, channels, height * rows, width * columns]);
    }
    let rows = shares(by, 0, height, &x);
    let columns = shares(by, 1, width, &x).transpose();
    rows.matmul(x).matmul(columns)
}

/// Output places × input places: the share of each input value in each output value of an axis.
fn shares(by: &Upsample, axis: usize, size: usize, like: &Tensor<4>) -> Tensor<4> {
    let to = size * by.factor[axis] as usize;
    let mut shares = vec![0.0; to * size];
    for at in 0..to {
        let (first, second, share) = by.source(axis, size as u32, at as u32);
        let mut add = |place: u32, share: f64| {
            if let Some(it) = shares.get_mut(at * size + place as usize) {
                *it += share as f32;
            }
        };
        add(first, 1.0 - share);
        add(second, share);
    }
    let options = (&like.device(), like.dtype());
    Tensor::from_data(TensorData::new(shares, [1, 1, to, size]), options)
}
