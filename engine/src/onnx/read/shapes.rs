//! Operators that only change the view, and those on parts of the channels.

use std::rc::Rc;

use super::constants::{constant, ints};
use super::lazy::{Lazy, Step, Value};
use super::name::name;
use super::walk::{Outcome, Walk, refused};
use crate::layer::{ChannelSlice, Pad};
use crate::onnx::fold::{axis, bounds, permutation, ranged, reshape_sizes, squeezed, unsqueezed};
use crate::onnx::proto::Node;
use crate::onnx::tensor::{Tensor, is_float_type};
use crate::onnx::view::View;

impl<'a> Walk<'a, '_> {
    pub fn shape_only(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Vec<Value>> {
        let lazy = match inputs.first() {
            Some(Value::Map(lazy)) => lazy,
            _ => return refused("this operator is not supported"),
        };
        let view = &lazy.view;
        let sizes = view.sizes();
        let reshaped =
            |sizes: Option<Vec<usize>>| match sizes.and_then(|sizes| view.reshaped(&sizes)) {
                Some(view) => Ok(Value::Map(lazy.seen(view))),
                None => refused("it cuts across height, width and channels"),
            };
        let value = match node.op {
            "Identity" => inputs[0].clone(),
            "Cast" if node.int("to").is_some_and(is_float_type) => inputs[0].clone(),
            "Shape" => match ranged(node, &sizes) {
                Some(sides) => Value::Constant(Rc::new(Tensor::ints(sides))),
                None => return refused("its axes are none of its input's"),
            },
            "Size" => Value::Constant(Rc::new(Tensor::scalar(view.count() as i64))),
            "Reshape" => {
                let Some(wanted) = constant(inputs, 1) else {
                    return refused("its sides are not known before it runs");
                };
                reshaped(reshape_sizes(&sizes, &wanted.to_ints(), node))?
            }
            "Flatten" => match self.flatten(node, lazy)? {
                Some(value) => value,
                None => {
                    let along = axis(node.int("axis").unwrap_or(1), sizes.len() + 1);
                    reshaped(along.map(|along| {
                        let (before, after) = sizes.split_at(along);
                        vec![before.iter().product(), after.iter().product()]
                    }))?
                }
            },
            "Squeeze" => reshaped(squeezed(&sizes, ints(node, "axes", inputs, 1).as_deref()))?,
            "Unsqueeze" => {
                let axes = ints(node, "axes", inputs, 1);
                reshaped(axes.and_then(|axes| unsqueezed(&sizes, &axes)))?
            }
            "Transpose" => {
                let order = permutation(node, sizes.len());
                match order.and_then(|order| view.transposed(&order)) {
                    Some(view) => Value::Map(lazy.seen(view)),
                    None => return refused("its order of axes is none"),
                }
            }
            "Pad" => self.pad(node, inputs, lazy)?,
            "Slice" => self.slice(node, inputs, lazy)?,
            "Split" => return self.split(node, inputs, lazy),
            // What a quantised model does to its maps: their rounding is left out.
            "QuantizeLinear" | "DequantizeLinear" => {
                let note = "maps are not rounded to the 8 bits of the file's quantisation";
                if !self.notes.iter().any(|it| it == note) {
                    self.notes.push(note.to_owned());
                }
                inputs[0].clone()
            }
            _ => return refused("this operator is not supported"),
        };
        Ok(vec![value])
    }

    fn pad(&mut self, node: &Node<'a>, inputs: &[Value], lazy: &Lazy) -> Outcome<Value> {
        if node.text("mode").unwrap_or("constant") != "constant" {
            return refused("only borders of one value are supported");
        }
        let pads = ints(node, "pads", inputs, 1);
        let rank = lazy.view.dims.len();
        let pads = match (pads, ints(node, "axes", inputs, 3)) {
            (Some(pads), None) => Some(pads),
            (Some(pads), Some(axes)) => spread(&pads, &axes, rank),
            (None, _) => None,
        };
        let pads: Option<Vec<u32>> = pads.and_then(|pads| {
            let numbers = pads.iter().map(|&it| u32::try_from(it).ok());
            numbers.collect()
        });
        let Some(pads) = pads.filter(|pads| pads.len() == 2 * rank) else {
            return refused("its widths are not whole numbers known before it runs");
        };
        let value = constant(inputs, 2).and_then(|tensor| tensor.single());
        let value = value.or_else(|| node.float("value")).unwrap_or(0.0);
        let (before, after) = pads.split_at(rank);
        if pads.iter().all(|&it| it == 0) {
            return Ok(Value::Map(lazy.clone()));
        }
        // The channels alone, as exporters of LRN do.
        if let Some(channels) = lazy.view.channel_axis()
            && (0..rank).all(|it| it == channels || (before[it], after[it]) == (0, 0))
            && value == 0.0
        {
            let step = Step::PadChannels(before[channels] as usize, after[channels] as usize);
            return self.step(node, inputs, step);
        }
        let view = self.map(lazy)?;
        let (&[0, 0, top, left], &[0, 0, bottom, right]) = (before, after) else {
            return refused("it pads the channels or the batch");
        };
        let pad = Pad {
            sides: [top, left, bottom, right],
            value: super::activation::exact(value),
        };
        let new = self
            .drafts
            .add(&name(node, None, "pad"), pad, &[view.node])?;
        Ok(Value::Map(Lazy::of(View::map(
            new,
            self.drafts.shape(new),
            view.batch,
        ))))
    }

    fn slice(&mut self, node: &Node<'a>, inputs: &[Value], lazy: &Lazy) -> Outcome<Value> {
        let (starts, ends) = (
            ints(node, "starts", inputs, 1),
            ints(node, "ends", inputs, 2),
        );
        let (Some(starts), Some(ends)) = (starts, ends) else {
            return refused("its bounds are not known before it runs");
        };
        let axes = ints(node, "axes", inputs, 3);
        let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = ints(node, "steps", inputs, 4);
        if steps.is_some_and(|steps| steps.iter().any(|&it| it != 1)) {
            return refused("it leaves values out between others");
        }
        let sizes = lazy.view.sizes();
        let mut value = Value::Map(lazy.clone());
        for ((&along, &start), &end) in axes.iter().zip(&starts).zip(&ends) {
            let Some(along) = axis(along, sizes.len()) else {
                return refused("its axis is none of its input's");
            };
            let (start, end) = bounds(start, end, sizes[along]);
            if (start, end) == (0, sizes[along]) {
                continue;
            }
            let Value::Map(lazy) = &value else { continue };
            let lazy = lazy.clone();
            value = self.channels(node, &lazy, along, start, end)?;
        }
        Ok(value)
    }

    /// The channels `start .. end`.
    fn channels(
        &mut self,
        node: &Node<'a>,
        lazy: &Lazy,
        along: usize,
        start: usize,
        end: usize,
    ) -> Outcome<Value> {
        let mut view = self.forced(lazy)?;
        if view.channel_axis() != Some(along) {
            // Channels that are shuffled first, or a flattened map.
            view = self.plain(&Lazy::of(view))?;
        }
        if view.channel_axis() != Some(along) {
            return refused("it takes a part of another axis than the channels");
        }
        let [start, end] = super::layers::sides([start, end])?;
        let slice = ChannelSlice { start, end };
        let new = self
            .drafts
            .add(&name(node, None, "slice"), slice, &[view.node])?;
        match view.over(new, self.drafts.shape(new)) {
            Some(view) => Ok(Value::Map(Lazy::of(view))),
            None => refused("its input's axes are mixed"),
        }
    }

    fn split(&mut self, node: &Node<'a>, inputs: &[Value], lazy: &Lazy) -> Outcome<Vec<Value>> {
        let sizes = lazy.view.sizes();
        let Some(along) = axis(node.int("axis").unwrap_or(0), sizes.len()) else {
            return refused("its axis is none of its input's");
        };
        let side = sizes[along];
        let parts: Vec<usize> = match ints(node, "split", inputs, 1) {
            Some(parts) => {
                let parts = parts.iter().map(|&it| usize::try_from(it).ok());
                parts.collect::<Option<_>>().unwrap_or_default()
            }
            None => {
                let count = node.outputs.len().max(1);
                let each = side.div_ceil(count);
                (0..count)
                    .map(|it| each.min(side.saturating_sub(it * each)))
                    .collect()
            }
        };
        if parts.iter().sum::<usize>() != side || parts.contains(&0) {
            return refused(format!(
                "its parts {parts:?} do not make up the {side} that there are"
            ));
        }
        let mut start = 0;
        let mut outputs = Vec::with_capacity(parts.len());
        for part in parts {
            outputs.push(self.channels(node, lazy, along, start, start + part)?);
            start += part;
        }
        Ok(outputs)
    }
}

/// Widths of some axes as widths of all.
fn spread(pads: &[i64], axes: &[i64], rank: usize) -> Option<Vec<i64>> {
    let mut all = vec![0; 2 * rank];
    if pads.len() != 2 * axes.len() {
        return None;
    }
    for (place, &wanted) in axes.iter().enumerate() {
        let along = axis(wanted, rank)?;
        all[along] = pads[place];
        all[along + rank] = pads[place + axes.len()];
    }
    Some(all)
}
