//! Weights in the order in which kernels read them, kept for the next lowering.

use std::collections::HashMap;
use std::sync::Arc;

use crate::layer::{BatchNorm, FlattenOrder, Layer, TableConv};
use crate::plan::kernels::linear::PANEL;
use crate::plan::kernels::{Eight, Four, lanes::LANES, winograd};
use crate::plan::params::Params;
use crate::{Node, NodeId, Shape};

/// The order that a kernel wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) enum Form {
    /// Panels of eight outputs, for each of so many groups.
    Panels {
        groups: usize,
    },
    /// Panels of 32 outputs for one position; the inputs are those of a flattened map.
    Column {
        flat: Option<FlattenOrder>,
    },
    Depthwise,
    Winograd,
}

/// Packed weights.
#[derive(Clone, Debug)]
pub(in crate::plan) enum Weights {
    Eights(Arc<[Eight]>),
    Fours(Arc<[Four]>),
    Plain(Arc<[f32]>),
}

#[derive(Clone, Debug)]
struct Packed {
    /// What it was made of.
    form: Form,
    input: Shape,
    layer: Layer,
    norm: Option<BatchNorm>,
    sources: Vec<Arc<[f32]>>,
    weights: Weights,
    bias: Arc<[f32]>,
}

/// Packed weights of the nodes of a network. One that is kept between lowerings packs only what has
/// changed.
#[derive(Debug, Default)]
pub struct Packer {
    packed: HashMap<NodeId, Packed>,
    /// How many nodes' weights were packed so far, for tests and measurements.
    count: usize,
}

/// The layer whose weights are packed, and what is folded into them.
pub(in crate::plan) struct Source<'a> {
    pub node: &'a Node,
    /// Of the map that it reads, not flattened.
    pub input: Shape,
    pub norm: Option<(&'a Node, &'a BatchNorm)>,
}

/// Weights as a matrix of outputs × inputs of a group × kernel positions.
struct Dense {
    outputs: usize,
    inputs: usize,
    taps: usize,
    values: Vec<f32>,
}

impl Packer {
    /// How many nodes' weights were packed since this was made.
    pub const fn packed(&self) -> usize {
        self.count
    }

    /// Forgets the nodes that are not `alive`.
    pub(in crate::plan) fn retain(&mut self, alive: impl Fn(NodeId) -> bool) {
        self.packed.retain(|&node, _| alive(node));
    }

    /// The weights and the bias of a layer; the name of the parameter that is missing.
    pub(in crate::plan) fn pack(
        &mut self,
        source: &Source<'_>,
        params: &Params,
        form: Form,
    ) -> Result<(Weights, Arc<[f32]>), String> {
        let sources = source.values(params)?;
        let (node, norm) = (source.node, source.norm.map(|(_, norm)| norm));
        if let Some(packed) = self.packed.get(&node.id) {
            let same = |(one, other): (&Arc<[f32]>, &Arc<[f32]>)| Arc::ptr_eq(one, other);
            let fits = packed.form == form
                && packed.input == source.input
                && packed.layer == node.layer
                && packed.norm.as_ref() == norm
                && packed.sources.len() == sources.len()
                && packed.sources.iter().zip(&sources).all(same);
            if fits {
                return Ok((packed.weights.clone(), Arc::clone(&packed.bias)));
            }
        }
        let mut dense = source.dense(params)?;
        let mut bias = source.bias(params, dense.outputs);
        if let Some((norm_node, norm)) = source.norm {
            fold(&mut dense, &mut bias, norm_node, norm, params)?;
        }
        let (weights, bias) = dense.packed(form, source.input, &bias);
        self.count += 1;
        self.packed.insert(
            node.id,
            Packed {
                form,
                input: source.input,
                layer: node.layer.clone(),
                norm: norm.cloned(),
                sources,
                weights: weights.clone(),
                bias: Arc::clone(&bias),
            },
        );
        Ok((weights, bias))
    }
}

/// The scale and the shift of a batch norm in inference, in 64 bits.
pub(in crate::plan) fn scale_and_shift(
    node: &Node,
    norm: &BatchNorm,
    params: &Params,
) -> Result<Vec<[f64; 2]>, String> {
    let array = |role: &'static str| {
        let array = params.get(node.id, role);
        array.ok_or_else(|| format!("{}.{role}", node.name))
    };
    let (mean, variance) = (array("running_mean")?, array("running_var")?);
    let weight = norm.scale.then(|| array("weight")).transpose()?;
    let bias = norm.shift.then(|| array("bias")).transpose()?;
    let each = mean.values.iter().zip(variance.values.iter()).enumerate();
    let each = each.map(|(channel, (&mean, &variance))| {
        let gamma = weight.map_or(1.0, |it| f64::from(it.values[channel]));
        let beta = bias.map_or(0.0, |it| f64::from(it.values[channel]));
        let scale = gamma / (f64::from(variance) + norm.eps).sqrt();
        [scale, beta - scale * f64::from(mean)]
    });
    Ok(each.collect())
}

fn fold(
    dense: &mut Dense,
    bias: &mut [f32],
    node: &Node,
    norm: &BatchNorm,
    params: &Params,
) -> Result<(), String> {
    let each = scale_and_shift(node, norm, params)?;
    let row = (dense.inputs * dense.taps).max(1);
    let rows = dense.values.chunks_exact_mut(row);
    for ((row, bias), [scale, shift]) in rows.zip(bias).zip(each) {
        for value in row {
            *value = (f64::from(*value) * scale) as f32;
        }
        *bias = (f64::from(*bias) * scale + shift) as f32;
    }
    Ok(())
}

impl Source<'_> {
    /// The arrays that the packed weights depend on.
    fn values(&self, params: &Params) -> Result<Vec<Arc<[f32]>>, String> {
        let mut all = Vec::with_capacity(6);
        let nodes = [Some(self.node), self.norm.map(|(node, _)| node)];
        for node in nodes.into_iter().flatten() {
            for role in ["weight", "bias", "running_mean", "running_var"] {
                all.extend(params.get(node.id, role).map(|it| Arc::clone(&it.values)));
            }
        }
        if params.get(self.node.id, "weight").is_none() {
            return Err(format!("{}.weight", self.node.name));
        }
        Ok(all)
    }

    fn bias(&self, params: &Params, outputs: usize) -> Vec<f32> {
        match params.get(self.node.id, "bias") {
            Some(bias) => bias.values.to_vec(),
            None => vec![0.0; outputs],
        }
    }

    fn dense(&self, params: &Params) -> Result<Dense, String> {
        let missing = || format!("{}.weight", self.node.name);
        let weight = params.get(self.node.id, "weight").ok_or_else(missing)?;
        let dims = &weight.dims;
        Ok(match &self.node.layer {
            Layer::TableConv(conv) => spread(conv, &weight.values, self.input.channels as usize),
            Layer::Linear(_) => {
                let taps = self.input.positions() as usize;
                Dense {
                    outputs: dims[0],
                    inputs: dims[1] / taps,
                    taps,
                    values: weight.values.to_vec(),
                }
            }
            _ => Dense {
                outputs: dims[0],
                inputs: dims[1],
                taps: dims[2..].iter().product(),
                values: weight.values.to_vec(),
            },
        })
    }
}

/// A connection table as a full convolution: kernels of pairs that are not connected are zero.
fn spread(conv: &TableConv, kernels: &[f32], inputs: usize) -> Dense {
    let taps = (conv.kernel[0] * conv.kernel[1]) as usize;
    let outputs = conv.table.len();
    let mut values = vec![0.0; outputs * inputs * taps];
    let pairs = conv.table.iter().enumerate();
    let pairs = pairs.flat_map(|(output, maps)| maps.iter().map(move |&map| (output, map)));
    for ((output, map), kernel) in pairs.zip(kernels.chunks_exact(taps)) {
        let place = (output * inputs + map as usize) * taps;
        values[place..place + taps].copy_from_slice(kernel);
    }
    Dense {
        outputs,
        inputs,
        taps,
        values,
    }
}

impl Dense {
    fn packed(&self, form: Form, input: Shape, bias: &[f32]) -> (Weights, Arc<[f32]>) {
        match form {
            Form::Panels { groups } => {
                let each = self.outputs / groups;
                let width = each.next_multiple_of(8);
                let mut padded = vec![0.0; groups * width];
                for group in 0..groups {
                    padded[group * width..][..each].copy_from_slice(&bias[group * each..][..each]);
                }
                (Weights::Eights(self.panels(groups)), padded.into())
            }
            Form::Column { flat } => {
                let width = self.outputs.next_multiple_of(LANES);
                let weights = self.columns(flat, input);
                (Weights::Fours(weights), padded_to(bias, width))
            }
            Form::Depthwise => {
                let mut weights = vec![0.0; self.values.len()];
                for (channel, taps) in self.values.chunks_exact(self.taps).enumerate() {
                    for (tap, &value) in taps.iter().enumerate() {
                        weights[tap * self.outputs + channel] = value;
                    }
                }
                (Weights::Plain(weights.into()), bias.into())
            }
            Form::Winograd => {
                let width = self.outputs.next_multiple_of(8);
                (Weights::Eights(self.winograd()), padded_to(bias, width))
            }
        }
    }

    /// `[groups][outputs / 8][taps][inputs][8]`.
    fn panels(&self, groups: usize) -> Arc<[Eight]> {
        let depth = self.inputs * self.taps;
        let each = self.outputs / groups;
        let mut all = vec![[[0.0; 4]; 2]; groups * each.div_ceil(8) * depth];
        let mut panels = all.chunks_exact_mut(depth);
        for group in self.values.chunks_exact((each * depth).max(1)) {
            for (rows, panel) in group.chunks(8 * depth).zip(&mut panels) {
                // Eight rows side by side, so that the panel is written from front to back.
                for input in 0..self.inputs {
                    for tap in 0..self.taps {
                        let eight = panel[tap * self.inputs + input].as_flattened_mut();
                        let row = rows[input * self.taps + tap..].iter().step_by(depth);
                        for (place, &value) in eight.iter_mut().zip(row) {
                            *place = value;
                        }
                    }
                }
            }
        }
        all.into()
    }

    /// Panels of 32 outputs `[taps][inputs][32]`, the last one narrower.
    fn columns(&self, flat: Option<FlattenOrder>, input: Shape) -> Arc<[Four]> {
        let depth = self.inputs * self.taps;
        let fours = self.outputs.div_ceil(LANES);
        let mut all = vec![[0.0; LANES]; fours * depth];
        // In this order the inputs of a vector are those of the map.
        let as_stored = flat == Some(FlattenOrder::Hwc);
        let positions = input.positions() as usize;
        let place = |number: usize| {
            if as_stored {
                return number;
            }
            let taps = if flat.is_some() { positions } else { self.taps };
            number % taps * self.inputs + number / taps
        };
        let rows = self.values.chunks(PANEL * LANES * depth);
        for (rows, panel) in rows.zip(all.chunks_mut(PANEL * depth)) {
            let width = panel.len() / depth;
            for number in 0..depth {
                let outputs = panel[place(number) * width..][..width].as_flattened_mut();
                let row = rows[number..].iter().step_by(depth);
                for (output, &value) in outputs.iter_mut().zip(row) {
                    *output = value;
                }
            }
        }
        all.into()
    }

    /// `[36][outputs / 8][inputs][8]`.
    fn winograd(&self) -> Arc<[Eight]> {
        let plane = self.outputs.div_ceil(8) * self.inputs;
        let mut all = vec![[[0.0; 4]; 2]; 36 * plane];
        let (kernels, _) = self.values.as_chunks::<9>();
        for (panel, kernels) in kernels.chunks(8 * self.inputs).enumerate() {
            for input in 0..self.inputs {
                let mut eights = [[[0.0; 4]; 2]; 36];
                let outputs = kernels[input..].iter().step_by(self.inputs);
                for (output, kernel) in outputs.enumerate() {
                    let weights = winograd::transformed(kernel);
                    for (eight, weight) in eights.iter_mut().zip(weights) {
                        eight[output / 4][output % 4] = weight;
                    }
                }
                let place = panel * self.inputs + input;
                let places = all[place..].iter_mut().step_by(plane);
                for (place, eight) in places.zip(eights) {
                    *place = eight;
                }
            }
        }
        all.into()
    }
}

fn padded_to(values: &[f32], width: usize) -> Arc<[f32]> {
    let mut padded = values.to_vec();
    padded.resize(width, 0.0);
    padded.into()
}
