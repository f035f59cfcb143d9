//! Operators that make maps larger.

use super::constants::{constant, is_given, map, pair, weights};
use super::layers::sides;
use super::lazy::Value;
use super::walk::{Outcome, Walk, refused};
use crate::checkpoint::Role;
use crate::layer::{Sides, TransposedConv, Upsample, UpsampleMode};
use crate::onnx::proto::Node;

impl<'a> Walk<'a, '_> {
    pub fn transposed(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.map(map(inputs, 0)?)?;
        let weight = weights(inputs, 1, "kernel")?.clone();
        let &[from, channels, height, width] = weight.dims.as_slice() else {
            return refused(format!(
                "its kernels are {:?}; only two-dimensional ones are supported",
                weight.dims
            ));
        };
        let [from, channels, height, width] = sides([from, channels, height, width])?;
        if from != view.shape.channels {
            return refused(format!(
                "its kernels take {from} channels; its input has {}",
                view.shape.channels
            ));
        }
        let groups = u32::try_from(node.int("group").unwrap_or(1)).unwrap_or(0);
        let Some(channels) = channels.checked_mul(groups) else {
            return refused(format!("{groups} groups are too many"));
        };
        let mut conv = TransposedConv {
            channels,
            kernel: [height, width],
            stride: pair(node, "strides", 1)?,
            crop: [0; 4],
            output_padding: pair(node, "output_padding", 0)?,
            dilation: pair(node, "dilations", 1)?,
            groups,
            bias: is_given(inputs, 2),
        };
        conv.crop = cut_off(node, &conv, view.shape.size())?;
        let (has_bias, weight) = (conv.bias, weight.to_floats());
        let name = node.inputs.get(1).copied();
        let value = self.over(node, &view, conv.into(), name)?;
        let new = Self::new_node(&value);
        self.drafts.set(new, Role::Weight, weight);
        if has_bias {
            let bias = weights(inputs, 2, "bias")?.to_floats();
            self.drafts.set(new, Role::Bias, bias);
        }
        Ok(value)
    }

    /// By a whole factor; the operator before version 10 is called Upsample.
    pub fn resize(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.map(map(inputs, 0)?)?;
        let scales = match (node.op, self.opset) {
            ("Upsample", _) | (_, ..11) => 1,
            _ => 2,
        };
        let size = view.shape.size();
        let given = |place: usize| constant(inputs, place).filter(|it| it.len() == 4);
        let factors = match (given(scales), given(3)) {
            (Some(scales), _) => scales.to_floats(),
            (None, Some(sizes)) => {
                let from = [
                    1.0,
                    view.shape.channels as f32,
                    size[0] as f32,
                    size[1] as f32,
                ];
                let sizes = sizes.to_floats();
                let batch = sizes.first().copied().unwrap_or(1.0);
                let from = from.into_iter().zip(sizes).enumerate();
                from.map(|(place, (from, to))| if place == 0 { to / batch } else { to / from })
                    .collect()
            }
            (None, None) => match node.attribute("scales").map(|it| &it.floats) {
                Some(scales) => scales.to_vec(),
                None => return refused("its factors are not known before it runs"),
            },
        };
        let whole = |factor: f32| (factor.fract() == 0.0 && factor >= 1.0).then_some(factor as u32);
        let factor = match factors.as_slice() {
            &[1.0, 1.0, height, width] => whole(height).zip(whole(width)),
            _ => None,
        };
        let Some((height, width)) = factor else {
            return refused(format!(
                "it enlarges by {factors:?}; only whole factors of height and width are supported"
            ));
        };
        let usual = if node.op == "Upsample" || self.opset < 11 {
            "asymmetric"
        } else {
            "half_pixel"
        };
        let places = node
            .text("coordinate_transformation_mode")
            .unwrap_or(usual)
            .to_owned();
        let rounding = node.text("nearest_mode").unwrap_or("round_prefer_floor");
        let (mode, align_corners) = match node.text("mode").unwrap_or("nearest") {
            "nearest" => {
                // With a whole factor all of these choose the value that the place lies in.
                let floors = match places.as_str() {
                    "asymmetric" => rounding == "floor" || usual == "asymmetric",
                    "half_pixel" | "pytorch_half_pixel" => rounding.starts_with("round"),
                    _ => false,
                };
                if !floors {
                    return refused(format!(
                        "it takes the nearest value by {places} and {rounding}"
                    ));
                }
                (UpsampleMode::Nearest, false)
            }
            "linear" | "bilinear" => match places.as_str() {
                "half_pixel" => (UpsampleMode::Bilinear, false),
                // Differs only where a side becomes 1.
                "pytorch_half_pixel" => (UpsampleMode::Bilinear, false),
                "align_corners" => (UpsampleMode::Bilinear, true),
                other => return refused(format!("it is linear by {other}")),
            },
            other => return refused(format!("it enlarges by {other} interpolation")),
        };
        let up = Upsample {
            factor: [height, width],
            mode,
            align_corners,
        };
        self.over(node, &view, up.into(), None)
    }
}

/// What is cut off on each side, with ONNX's `auto_pad` and `output_shape`.
fn cut_off(node: &Node<'_>, conv: &TransposedConv, size: [u32; 2]) -> Outcome<Sides> {
    let auto = node.text("auto_pad").unwrap_or("NOTSET");
    let wanted = match (node.ints("output_shape"), auto) {
        (Some(shape), _) => {
            let last = shape.len().saturating_sub(2);
            let sides: Option<Vec<u64>> = { shape.iter().skip(last) }
                .map(|&it| u64::try_from(it).ok())
                .collect();
            match sides.as_deref() {
                Some(&[height, width]) => Some([height, width]),
                _ => return refused(format!("its output_shape is {shape:?}")),
            }
        }
        (None, "SAME_UPPER" | "SAME_LOWER") => {
            Some([0, 1].map(|axis| u64::from(size[axis]) * u64::from(conv.stride[axis])))
        }
        _ => None,
    };
    let Some(wanted) = wanted else {
        let Some(pads) = node.ints("pads").filter(|_| auto != "VALID") else {
            return Ok([0; 4]);
        };
        let numbers: Option<Vec<u32>> = pads.iter().map(|&it| u32::try_from(it).ok()).collect();
        return match numbers.as_deref() {
            Some(&[top, left, bottom, right]) => Ok([top, left, bottom, right]),
            _ => refused(format!(
                "its pads are {pads:?}; only two axes are supported"
            )),
        };
    };
    let full = conv.full(size);
    let mut cut = [0; 4];
    for axis in 0..2 {
        let all = full[axis] + u64::from(conv.output_padding[axis]);
        let Some(total) = all
            .checked_sub(wanted[axis])
            .and_then(|it| u32::try_from(it).ok())
        else {
            return refused("its output is larger than its kernel fills");
        };
        let (less, more) = (total / 2, total - total / 2);
        // The operator's documentation: SAME_UPPER has the odd pixel at the end.
        let (start, end) = match auto {
            "SAME_UPPER" => (less, more),
            _ => (more, less),
        };
        (cut[axis], cut[axis + 2]) = (start, end);
    }
    Ok(cut)
}
