//! A layer with other settings: what repairs are made of.

use crate::layer::{Activation, BatchNorm, LayerError, Padding, greatest_common_divisor};
use crate::{Layer, Shape};

/// Every count of the layer that must be at least 1.
fn counts(layer: &mut Layer) -> Vec<&mut u32> {
    match layer {
        Layer::Conv(conv) => {
            let pairs = [&mut conv.kernel, &mut conv.stride, &mut conv.dilation];
            let mut counts: Vec<&mut u32> = pairs.into_iter().flatten().collect();
            counts.extend([&mut conv.channels, &mut conv.groups]);
            counts
        }
        Layer::TableConv(conv) => conv.kernel.iter_mut().collect(),
        Layer::MaxPool(pool) => pool.kernel.iter_mut().chain(&mut pool.stride).collect(),
        Layer::AvgPool(pool) => pool.kernel.iter_mut().chain(&mut pool.stride).collect(),
        Layer::AdaptiveAvgPool(pool) => pool.output.iter_mut().collect(),
        Layer::Subsample(pool) => pool.kernel.iter_mut().chain([&mut pool.fan]).collect(),
        Layer::Lrn(lrn) => vec![&mut lrn.size],
        Layer::Linear(linear) => vec![&mut linear.features],
        Layer::Rbf(rbf) => vec![&mut rbf.classes],
        Layer::ChannelShuffle(shuffle) => vec![&mut shuffle.groups],
        Layer::GlobalPool(_)
        | Layer::BatchNorm(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelSlice(_) => Vec::new(),
    }
}

/// The padding of a layer that can be padded.
fn padding(layer: &mut Layer) -> Option<&mut Padding> {
    match layer {
        Layer::Conv(conv) => Some(&mut conv.padding),
        Layer::MaxPool(pool) => Some(&mut pool.padding),
        Layer::AvgPool(pool) => Some(&mut pool.padding),
        Layer::TableConv(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_)
        | Layer::BatchNorm(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Linear(_)
        | Layer::Rbf(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => None,
    }
}

/// The kernel of a layer that slides one.
fn kernel(layer: &mut Layer) -> Option<&mut [u32; 2]> {
    match layer {
        Layer::Conv(conv) => Some(&mut conv.kernel),
        Layer::TableConv(conv) => Some(&mut conv.kernel),
        Layer::MaxPool(pool) => Some(&mut pool.kernel),
        Layer::AvgPool(pool) => Some(&mut pool.kernel),
        Layer::Subsample(pool) => Some(&mut pool.kernel),
        Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::BatchNorm(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Linear(_)
        | Layer::Rbf(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => None,
    }
}

/// With a 1 wherever a count is 0, and no empty row in a connection table.
pub(super) fn at_least_one(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    counts(&mut layer)
        .into_iter()
        .for_each(|count| *count = (*count).max(1));
    if let Layer::TableConv(conv) = &mut layer {
        if conv.table.is_empty() {
            conv.table.push(Vec::new());
        }
        for row in conv.table.iter_mut().filter(|row| row.is_empty()) {
            row.push(0);
        }
    }
    layer
}

/// With every count and side halved, over and over, until the layer no longer is too large.
/// `None` when it is too large whatever its settings.
pub(super) fn halved_until_it_fits(layer: &Layer, inputs: &[Shape]) -> Option<Layer> {
    let mut layer = layer.clone();
    for _ in 0..u32::BITS {
        for count in counts(&mut layer) {
            *count = (*count / 2).max(1);
        }
        if let Some(Padding::Sides(sides)) = padding(&mut layer) {
            sides.iter_mut().for_each(|side| *side /= 2);
        }
        if let Layer::Pad(pad) = &mut layer {
            pad.sides.iter_mut().for_each(|side| *side /= 2);
        }
        if !matches!(layer.measure(inputs), Err(LayerError::TooLarge { .. })) {
            return Some(layer);
        }
    }
    None
}

/// With the usual values of its real-valued settings: PyTorch's, or the paper's.
pub(super) fn usual(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    match &mut layer {
        Layer::BatchNorm(norm) => {
            *norm = BatchNorm {
                scale: norm.scale,
                shift: norm.shift,
                ..BatchNorm::new()
            }
        }
        // Krizhevsky et al. 2012.
        Layer::Lrn(lrn) => (lrn.alpha, lrn.beta, lrn.k) = (1e-4, 0.75, 2.0),
        Layer::Activation(activation) => match activation {
            Activation::LeakyRelu { slope } => *slope = 0.01,
            Activation::Elu { alpha } => *alpha = 1.0,
            Activation::ScaledTanh { .. } => *activation = Activation::LECUN,
            Activation::Relu
            | Activation::Relu6
            | Activation::Tanh
            | Activation::Sigmoid
            | Activation::Silu
            | Activation::HardSigmoid
            | Activation::HardSwish
            | Activation::Gelu
            | Activation::Softmax
            | Activation::LogSoftmax => {}
        },
        Layer::Dropout(dropout) => dropout.p = 0.5,
        Layer::Pad(pad) => pad.value = 0.0,
        Layer::Conv(_)
        | Layer::TableConv(_)
        | Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_)
        | Layer::Linear(_)
        | Layer::Rbf(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => {}
    }
    layer
}

/// With this padding; `None` for a layer that has none.
pub(super) fn with_padding(layer: &Layer, wanted: Padding) -> Option<Layer> {
    let mut layer = layer.clone();
    *padding(&mut layer)? = wanted;
    Some(layer)
}

/// With every side of the padding at most half the kernel, as PyTorch's pooling wants it.
pub(super) fn padding_within_the_kernel(layer: &Layer) -> Option<Layer> {
    let mut layer = layer.clone();
    let limits = (*kernel(&mut layer)?).map(|side| side / 2);
    if let Padding::Sides(sides) = padding(&mut layer)? {
        for (place, side) in sides.iter_mut().enumerate() {
            *side = (*side).min(limits[place % 2]);
        }
    }
    Some(layer)
}

/// With the largest kernel, not larger than its own, that fits on the padded input.
pub(super) fn kernel_that_fits(layer: &Layer, input: Shape) -> Option<([u32; 2], Layer)> {
    let window = layer.rule().window(input)?;
    let sides = window.sides(input.size());
    let mut layer = layer.clone();
    let kernel = kernel(&mut layer)?;
    for (axis, side) in kernel.iter_mut().enumerate() {
        let padded =
            u64::from(input.size()[axis]) + u64::from(sides[axis]) + u64::from(sides[axis + 2]);
        let most = padded.saturating_sub(1) / u64::from(window.dilation[axis].max(1)) + 1;
        *side = (*side).min(u32::try_from(most).unwrap_or(u32::MAX));
    }
    Some((*kernel, layer))
}

/// Without dilation; `None` for a layer that has none.
pub(super) fn undilated(layer: &Layer) -> Option<Layer> {
    let Layer::Conv(conv) = layer else {
        return None;
    };
    let mut conv = conv.clone();
    if conv.dilation == [1, 1] {
        return None;
    }
    conv.dilation = [1, 1];
    Some(conv.into())
}

/// The largest number up to `most` that divides both; 1 when `most` is 0.
pub(super) fn largest_common_divisor(a: u32, b: u32, most: u32) -> u32 {
    let common = greatest_common_divisor(a, b);
    // Divisors come in pairs around the root, so that a million channels take a thousand steps.
    let small = (1..=common.isqrt()).filter(|number| common.is_multiple_of(*number));
    let all = small.flat_map(|number| [number, common / number]);
    all.filter(|&number| number <= most).max().unwrap_or(1)
}
