//! Layers with changed settings, for repairs.

use crate::layer::{LayerError, Padding, greatest_common_divisor};
use crate::{Layer, Shape};

/// With a 1 wherever a count is 0, and no empty row in a connection table.
pub(super) fn at_least_one(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    for count in layer.rule_mut().counts_mut() {
        *count = (*count).max(1);
    }
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

/// With every count and padding halved repeatedly until the layer is within the limits. `None` if
/// it is too large with any settings.
pub(super) fn halved_until_it_fits(layer: &Layer, inputs: &[Shape]) -> Option<Layer> {
    let mut layer = layer.clone();
    for _ in 0..u32::BITS {
        for count in layer.rule_mut().counts_mut() {
            *count = (*count / 2).max(1);
        }
        if let Some(Padding::Sides(sides)) = layer.rule_mut().padding_mut() {
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

/// With the usual values of its real-valued settings.
pub(super) fn usual(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    layer.rule_mut().set_usual();
    layer
}

/// With this padding; `None` for a layer that has none.
pub(super) fn with_padding(layer: &Layer, wanted: Padding) -> Option<Layer> {
    let mut layer = layer.clone();
    *layer.rule_mut().padding_mut()? = wanted;
    Some(layer)
}

/// With every side of the padding at most half the kernel, as PyTorch's pooling wants it.
pub(super) fn padding_within_the_kernel(layer: &Layer) -> Option<Layer> {
    let mut layer = layer.clone();
    let limits = (*layer.rule_mut().kernel_mut()?).map(|side| side / 2);
    if let Padding::Sides(sides) = layer.rule_mut().padding_mut()? {
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
    let kernel = layer.rule_mut().kernel_mut()?;
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
    // Divisors come in pairs around the square root: a million channels take a thousand steps.
    let small = (1..=common.isqrt()).filter(|number| common.is_multiple_of(*number));
    let all = small.flat_map(|number| [number, common / number]);
    all.filter(|&number| number <= most).max().unwrap_or(1)
}
