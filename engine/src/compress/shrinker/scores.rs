//! How much channels matter: sums over images, and what weights alone tell.

use std::collections::{HashMap, HashSet};

use super::Shrinker;
use crate::checkpoint::Role;
use crate::compress::prune::{self, Criterion};
use crate::compress::sample::Batch;
use crate::compress::{ShrinkError, Tensor, Weights, soft};
use crate::run::{Network, NetworkError};
use crate::train::logits;
use crate::{Graph, Layer, NodeId};

/// Scores that are summed over batches.
#[derive(Debug, Default)]
pub(super) struct Gradients {
    scores: HashMap<NodeId, Vec<f64>>,
    weights: HashMap<NodeId, Vec<f64>>,
    examples: usize,
}

impl Shrinker {
    pub(super) fn scores(
        &self,
        graph: &Graph,
        by: Criterion,
    ) -> Result<HashMap<NodeId, Vec<f64>>, ShrinkError> {
        let matrices = self.weights.matrices();
        let scores: HashMap<NodeId, Vec<f64>> = match by {
            Criterion::L1 => matrices
                .map(|it| {
                    let node = it.parameter.node;
                    (node, prune::l1(&rows(graph, it), row(graph, it)))
                })
                .collect(),
            Criterion::BatchNormScale => matrices
                .filter_map(|it| {
                    let node = it.parameter.node;
                    let norm = prune::norm_after(graph, node)?;
                    let gamma = self.weights.get(norm.owner(), Role::Weight)?;
                    Some((node, prune::scales(&gamma.values)))
                })
                .collect(),
            Criterion::TaylorActivation => { self.gradients.scores.iter() }
                .map(|(&node, scores)| (node, prune::normalised(scores)))
                .collect(),
            Criterion::TaylorWeight => self.gradients.group_scores(&self.weights),
        };
        if scores.is_empty() && by == Criterion::BatchNormScale {
            return Err(ShrinkError::NoNorm);
        }
        Ok(scores)
    }
}

/// How many weights belong to one output.
fn row(graph: &Graph, tensor: &Tensor) -> usize {
    match table(graph, tensor) {
        // Filled up to the longest row.
        Some(lengths) => lengths.iter().max().copied().unwrap_or(0) * tensor.row(),
        None => tensor.row(),
    }
}

fn table(graph: &Graph, tensor: &Tensor) -> Option<Vec<usize>> {
    match &graph.node(tensor.parameter.node)?.layer {
        Layer::TableConv(conv) => Some(conv.table.iter().map(Vec::len).collect()),
        _ => None,
    }
}

/// The weights, with as many for each output; those of a connection table are filled up with 0.
fn rows(graph: &Graph, tensor: &Tensor) -> Vec<f32> {
    let Some(lengths) = table(graph, tensor) else {
        return tensor.values.clone();
    };
    let (whole, each) = (row(graph, tensor), tensor.row());
    let (mut rest, mut filled) = (tensor.values.as_slice(), Vec::new());
    for length in lengths {
        let (own, after) = rest.split_at((length * each).min(rest.len()));
        rest = after;
        filled.extend_from_slice(own);
        filled.extend(std::iter::repeat_n(0.0, whole - own.len()));
    }
    filled
}

impl Gradients {
    pub(super) async fn add(
        &mut self,
        network: &Network,
        weights: &Weights,
        by: Criterion,
        batch: Batch,
    ) -> Result<(), NetworkError> {
        let Batch { inputs, labels } = batch;
        let graph = network.graph();
        let examples = labels.len();
        // Of the sum of the examples' losses: batches are summed, and the mean is taken at the end.
        let upstream = |logits: &[f32]| {
            let classes = logits.len() / examples.max(1);
            let mut gradient = soft(logits, classes, 1.0);
            for (row, &label) in gradient.chunks_mut(classes.max(1)).zip(&labels) {
                if let Some(value) = row.get_mut(label) {
                    *value -= 1.0;
                }
            }
            gradient
        };
        let given = || vec![(NodeId::INPUT, inputs.clone())];
        let from = logits(graph);
        self.examples += examples;
        if by == Criterion::TaylorWeight {
            let (_, gradients) = network.pull_back_weights(given(), from, upstream).await?;
            for (tensor, gradient) in weights.tensors().iter().zip(gradients) {
                let Some(gradient) = gradient.filter(|_| tensor.is_matrix()) else {
                    continue;
                };
                let sums = self.weights.entry(tensor.parameter.node).or_default();
                sums.resize(gradient.len(), 0.0);
                for (sum, value) in sums.iter_mut().zip(gradient) {
                    *sum += f64::from(value);
                }
            }
            return Ok(());
        }
        let layers: Vec<NodeId> = weights.matrices().map(|it| it.parameter.node).collect();
        let of: Vec<NodeId> = { layers.iter() }
            .map(|&it| prune::activation_of(graph, it))
            .collect();
        let unique: Vec<NodeId> = { of.iter().copied().collect::<HashSet<_>>() }
            .into_iter()
            .collect();
        let values = network.outputs_from(given(), &unique).await?;
        let pulled = network.pull_back(given(), from, &unique, upstream).await?;
        for (layer, activation) in layers.into_iter().zip(of) {
            let Some(place) = unique.iter().position(|it| *it == activation) else {
                continue;
            };
            let channels = network
                .shape(activation)
                .map_or(1, |it| it.channels as usize);
            let (a, g) = (&values[place], &pulled.gradients[place]);
            let scores = prune::taylor_activation(a, g, examples, channels);
            let sums = self.scores.entry(layer).or_default();
            sums.resize(channels, 0.0);
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum += score;
            }
        }
        Ok(())
    }

    /// Of the mean loss.
    fn group_scores(&self, weights: &Weights) -> HashMap<NodeId, Vec<f64>> {
        let examples = self.examples.max(1) as f64;
        let scores = |(&node, sums): (&NodeId, &Vec<f64>)| {
            let tensor = weights.get(node, Role::Weight)?;
            let mean: Vec<f32> = sums.iter().map(|it| (it / examples) as f32).collect();
            let row = tensor.row();
            let scores = prune::taylor_weight_group(&mean, &tensor.values, row);
            Some((node, scores))
        };
        self.weights.iter().filter_map(scores).collect()
    }
}
