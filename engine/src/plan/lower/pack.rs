//! Weights in the order in which kernels read them, kept for the next lowering.

use std::collections::HashMap;
use std::sync::Arc;

use super::dense::{Dense, Form, Weights, spread};
use crate::checkpoint::Role;
use crate::layer::{BatchNorm, Layer};
use crate::plan::params::Params;
use crate::{Node, NodeId, Shape};

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
    /// By the node that owns the weights and the batch norm that is folded into them: without one
    /// while it is watched.
    packed: HashMap<(NodeId, Option<NodeId>), Packed>,
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

impl Packer {
    /// How many nodes' weights were packed since this was made.
    pub const fn packed(&self) -> usize {
        self.count
    }

    /// Forgets the nodes that are not `alive`.
    pub(in crate::plan) fn retain(&mut self, alive: impl Fn(NodeId) -> bool) {
        self.packed
            .retain(|&(node, norm), _| alive(node) && norm.is_none_or(&alive));
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
        let key = (node.owner(), source.norm.map(|(norm, _)| norm.owner()));
        if let Some(packed) = self.packed.get(&key) {
            let same = |(one, other): (&Arc<[f32]>, &Arc<[f32]>)| Arc::ptr_eq(one, other);
            // Only a linear layer's weights depend on the height and width of what it reads.
            let is_linear = matches!(node.layer, Layer::Linear(_));
            let fits = packed.form == form
                && packed.input.channels == source.input.channels
                && (packed.input == source.input || !is_linear)
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
            key,
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
    let array = |role: Role| {
        let array = params.get(node.owner(), role);
        array.ok_or_else(|| format!("{}.{role}", node.name))
    };
    let (mean, variance) = (array(Role::RunningMean)?, array(Role::RunningVar)?);
    let weight = norm.scale.then(|| array(Role::Weight)).transpose()?;
    let bias = norm.shift.then(|| array(Role::Bias)).transpose()?;
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
            for role in [
                Role::Weight,
                Role::Bias,
                Role::RunningMean,
                Role::RunningVar,
            ] {
                all.extend(
                    params
                        .get(node.owner(), role)
                        .map(|it| Arc::clone(&it.values)),
                );
            }
        }
        if params.get(self.node.owner(), Role::Weight).is_none() {
            return Err(format!("{}.weight", self.node.name));
        }
        Ok(all)
    }

    pub(super) fn bias(&self, params: &Params, outputs: usize) -> Vec<f32> {
        match params.get(self.node.owner(), Role::Bias) {
            Some(bias) => bias.values.to_vec(),
            None => vec![0.0; outputs],
        }
    }

    pub(super) fn dense(&self, params: &Params) -> Result<Dense, String> {
        let missing = || format!("{}.weight", self.node.name);
        let weight = params.get(self.node.owner(), Role::Weight);
        let weight = weight.ok_or_else(missing)?;
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
