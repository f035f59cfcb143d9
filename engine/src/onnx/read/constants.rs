//! What a node's inputs and attributes say.

use std::rc::Rc;

use super::lazy::{Amount, Lazy, Value};
use super::walk::{Outcome, refused};
use crate::layer::Padding;
use crate::onnx::proto::Node;
use crate::onnx::tensor::Tensor;
use crate::onnx::view::View;

pub(super) fn map(inputs: &[Value], place: usize) -> Outcome<&Lazy> {
    match inputs.get(place) {
        Some(Value::Map(lazy)) => Ok(lazy),
        _ => refused(format!(
            "its input {} is not a map of the network",
            place + 1
        )),
    }
}

pub(super) fn constant(inputs: &[Value], place: usize) -> Option<&Rc<Tensor>> {
    match inputs.get(place) {
        Some(Value::Constant(tensor)) => Some(tensor),
        _ => None,
    }
}

/// A constant that a layer needs.
pub(super) fn weights<'v>(
    inputs: &'v [Value],
    place: usize,
    what: &str,
) -> Outcome<&'v Rc<Tensor>> {
    match constant(inputs, place) {
        Some(tensor) => Ok(tensor),
        None => refused(format!("its {what} is not a constant")),
    }
}

/// Whether an optional input is given.
pub(super) fn is_given(inputs: &[Value], place: usize) -> bool {
    !matches!(inputs.get(place), None | Some(Value::Absent))
}

/// Whole numbers that older versions have as an attribute and newer ones as an input.
pub(super) fn ints(
    node: &Node<'_>,
    name: &str,
    inputs: &[Value],
    place: usize,
) -> Option<Vec<i64>> {
    match node.ints(name) {
        Some(ints) => Some(ints.to_vec()),
        None => constant(inputs, place).map(|tensor| tensor.to_ints()),
    }
}

/// Two whole numbers of an attribute, within the limits of a layer.
pub(super) fn pair(node: &Node<'_>, name: &str, usual: u32) -> Outcome<[u32; 2]> {
    let Some(values) = node.ints(name) else {
        return Ok([usual; 2]);
    };
    let numbers: Option<Vec<u32>> = values.iter().map(|&it| u32::try_from(it).ok()).collect();
    match numbers.as_deref() {
        Some(&[a, b]) => Ok([a, b]),
        _ => refused(format!(
            "its {name} are {values:?}; only two axes are supported"
        )),
    }
}

/// The padding, with those of a window over an input of this size.
pub(super) fn padding(
    node: &Node<'_>,
    window: crate::layer::Window,
    size: [u32; 2],
) -> Outcome<Padding> {
    match node.text("auto_pad").unwrap_or("NOTSET") {
        "SAME_UPPER" => Ok(Padding::Same),
        "SAME_LOWER" => {
            // The odd pixel is at the top and left.
            let same = crate::layer::Window {
                padding: Padding::Same,
                ..window
            };
            let [top, left, bottom, right] = same.sides(size);
            Ok(sides([bottom, right, top, left]))
        }
        "VALID" => Ok(Padding::Valid),
        "NOTSET" | "" => {
            let Some(pads) = node.ints("pads") else {
                return Ok(Padding::Valid);
            };
            let numbers: Option<Vec<u32>> = pads.iter().map(|&it| u32::try_from(it).ok()).collect();
            match numbers.as_deref() {
                Some(&[top, left, bottom, right]) => Ok(sides([top, left, bottom, right])),
                _ => refused(format!(
                    "its pads are {pads:?}; only two axes are supported"
                )),
            }
        }
        other => refused(format!("its auto_pad is {other}")),
    }
}

const fn sides(sides: [u32; 4]) -> Padding {
    match sides {
        [0, 0, 0, 0] => Padding::Valid,
        sides => Padding::Sides(sides),
    }
}

/// A constant as one value, or one for each channel of the tensor that it is combined with.
pub(super) fn amount(tensor: &Tensor, view: &View) -> Outcome<Amount> {
    if let Some(value) = tensor.single() {
        return Ok(Amount::One(value));
    }
    let sizes = view.sizes();
    let missing = sizes.len().checked_sub(tensor.dims.len());
    let axis = view.channel_axis();
    if let (Some(missing), Some(axis)) = (missing, axis) {
        let channels = view.shape.channels as usize;
        let fits = tensor
            .dims
            .iter()
            .enumerate()
            .all(|(place, &side)| side == 1 || (place + missing == axis && side == channels));
        if fits && tensor.len() == channels {
            return Ok(Amount::PerChannel(Rc::new(tensor.to_floats())));
        }
    }
    refused(format!(
        "a constant of {:?} is combined with {sizes:?}; only one value, or one for each channel, \
         is supported",
        tensor.dims
    ))
}
