//! Layers in whole numbers of 8 bits: which, their weights, what their sums are worth.

use std::collections::HashMap;
use std::sync::Arc;

use kernels::{Integer, Pairs, Steps, Then, Way};

use super::LowerError;
use super::dense::{Dense, Form};
use super::emit::{Builder, missing};
use super::pack::{self, Source};
use crate::NodeId;
use crate::compress::quantise::Grid;
use crate::layer::FlattenOrder;
use crate::plan::step::Kernel;

/// Which layers run in whole numbers. Their weights are put on symmetric grids of 8 bits, which
/// changes nothing where they are on such grids already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Integers {
    /// Convolutions and linear layers with the grid of their input.
    pub inputs: HashMap<NodeId, Steps>,
    /// One grid for all weights of a layer, rather than one for each output.
    pub per_tensor: bool,
}

impl Builder<'_> {
    /// The kernel of a layer in whole numbers and its weights; `None` for one that stays in floats,
    /// because nobody asked or its sums might not fit 32 bits.
    pub(super) fn integer(
        &self,
        source: &Source<'_>,
        form: Form,
        then: Then,
        residual: bool,
    ) -> Result<Option<(Kernel, Vec<i8>)>, LowerError> {
        let integers = &self.options.integers;
        let Some(&grid) = integers.inputs.get(&source.node.id) else {
            return Ok(None);
        };
        let dense = source.dense(self.params).map_err(missing)?;
        let plain_bias = source.bias(self.params, dense.outputs);
        let norm = match source.norm {
            Some((node, norm)) => {
                pack::scale_and_shift(node, norm, self.params).map_err(missing)?
            }
            None => vec![[1.0, 0.0]; dense.outputs],
        };
        let largest = |values: &[f32]| values.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
        let whole = largest(&dense.values);
        let (way, groups, order) = match form {
            Form::Panels { groups } => (Way::Panels { groups }, groups, dense.by_position(None, 0)),
            Form::Winograd => (Way::Panels { groups: 1 }, 1, dense.by_position(None, 0)),
            Form::Depthwise => (Way::Depthwise, 1, dense.by_position(None, 0)),
            Form::Column { flat } => {
                let positions = source.input.positions() as usize;
                (Way::Column, 1, dense.by_position(flat, positions))
            }
        };
        let width = match way {
            Way::Column => 4,
            Way::Panels { .. } | Way::Depthwise => 8,
        };
        let each = dense.outputs / groups;
        let padded = each.next_multiple_of(width);
        let (mut bias, mut factor) = (vec![0; groups * padded], vec![0.0; groups * padded]);
        let mut shift = factor.clone();
        let mut rows = Vec::with_capacity(dense.values.len());
        let row = (dense.inputs * dense.taps).max(1);
        for (output, values) in dense.values.chunks_exact(row).enumerate() {
            let most = if integers.per_tensor {
                whole
            } else {
                largest(values)
            };
            let of_weights = Grid::symmetric(most, 8);
            let first = rows.len();
            rows.extend(
                order
                    .iter()
                    .map(|&at| of_weights.quantise(values[at]) as i8),
            );
            let step = f64::from(grid.scale) * f64::from(of_weights.scale);
            let of_bias = (f64::from(plain_bias[output]) / step).round_ties_even();
            let sizes = rows[first..].iter().map(|it| i64::from(it.unsigned_abs()));
            let greatest = 255 * sizes.sum::<i64>() + of_bias.abs() as i64;
            if greatest > i64::from(i32::MAX) {
                return Ok(None);
            }
            let place = output / each * padded + output % each;
            let [scale, offset] = norm[output];
            bias[place] = of_bias as i32;
            factor[place] = (step * scale) as f32;
            shift[place] = offset as f32;
        }
        let kernel = Kernel::Integer(Integer {
            way,
            runs: Vec::new(),
            run: 0,
            start: 0,
            step: [0; 2],
            grid,
            weights: Arc::default(),
            bias: bias.into(),
            factor: factor.into(),
            shift: shift.into(),
            residual,
            then,
        });
        Ok(Some((kernel, rows)))
    }
}

impl Dense {
    /// For each value of a window, position after position, its place in a row. `flat` is the order
    /// of a flattened map of so many positions.
    fn by_position(&self, flat: Option<FlattenOrder>, positions: usize) -> Vec<usize> {
        let depth = self.inputs * self.taps;
        let taps = if flat.is_some() { positions } else { self.taps };
        let place = |number: usize| match flat {
            // In this order the inputs of a vector are those of the map.
            Some(FlattenOrder::Hwc) => number,
            _ => number % self.inputs * taps + number / self.inputs,
        };
        (0..depth).map(place).collect()
    }
}

/// The weights in the kernel's order; `rows` are those of each output, run after run.
pub(super) fn packed(layer: &Integer, rows: &[i8]) -> Arc<[Pairs]> {
    let runs = layer.runs.len();
    match layer.way {
        Way::Depthwise => depthwise(runs, rows),
        Way::Panels { groups } => {
            let each = rows.len() / groups.max(1);
            let groups = rows.chunks_exact(each.max(1));
            let panels = groups.flat_map(|rows| panels(layer, rows, 2, 2));
            panels.collect()
        }
        Way::Column => panels(layer, rows, kernels::linear::PANEL, 1).into(),
    }
}

/// Panels of `most` vectors of four outputs, the last one of fewer, a multiple of `least`.
fn panels(layer: &Integer, rows: &[i8], most: usize, least: usize) -> Vec<Pairs> {
    let depth = (layer.runs.len() * layer.run).max(1);
    let mut all = Vec::new();
    for rows in rows.chunks(4 * most * depth) {
        let outputs = rows.len() / depth;
        let fours = outputs.div_ceil(4).next_multiple_of(least);
        for run in 0..layer.runs.len() {
            for k in (0..layer.run).step_by(2) {
                for four in 0..fours {
                    let mut pairs = [0; 8];
                    for (lane, byte) in pairs.iter_mut().enumerate() {
                        let (output, k) = (4 * four + lane / 2, k + lane % 2);
                        if output < outputs && k < layer.run {
                            let weight = rows[output * depth + run * layer.run + k];
                            *byte = weight.cast_unsigned();
                        }
                    }
                    all.push(pairs);
                }
            }
        }
    }
    all
}

/// `rows` are each channel's taps.
fn depthwise(taps: usize, rows: &[i8]) -> Arc<[Pairs]> {
    let channels = rows.len() / taps.max(1);
    let fours = channels.div_ceil(4).next_multiple_of(2);
    let mut all = Vec::with_capacity(taps.div_ceil(2) * fours);
    for tap in (0..taps).step_by(2) {
        for four in 0..fours {
            let mut pairs = [0; 8];
            for (lane, byte) in pairs.iter_mut().enumerate() {
                let (channel, tap) = (4 * four + lane / 2, tap + lane % 2);
                if channel < channels && tap < taps {
                    *byte = rows[channel * taps + tap].cast_unsigned();
                }
            }
            all.push(pairs);
        }
    }
    all.into()
}
