//! How much a channel matters: the criteria of structured pruning.

use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::layer::{Activation, Layer};
use crate::{Node, NodeId};

/// By what channels are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// The sum of the absolute weights of the filter (Li et al. 2017).
    #[default]
    L1,
    /// The absolute scale of the batch norm behind it (Liu et al. 2017).
    BatchNormScale,
    /// `|mean over positions of a · dL/da|`, mean over the examples (Molchanov et al. 2017), divided
    /// by the length of the layer's scores.
    TaylorActivation,
    /// `(Σ g · w)²` over the weights of the filter (Molchanov et al. 2019).
    TaylorWeight,
}

impl Criterion {
    pub const ALL: [Self; 4] = [
        Self::L1,
        Self::BatchNormScale,
        Self::TaylorActivation,
        Self::TaylorWeight,
    ];

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::L1 => "L1 norm",
            Self::BatchNormScale => "batch-norm scale",
            Self::TaylorActivation => "Taylor, activations",
            Self::TaylorWeight => "Taylor, weights",
        }
    }

    /// Whether it needs gradients, and so images.
    pub const fn needs_images(self) -> bool {
        matches!(self, Self::TaylorActivation | Self::TaylorWeight)
    }
}

/// The sum of the absolute weights of each filter, `row` weights each.
pub fn l1(values: &[f32], row: usize) -> Vec<f64> {
    let filters = values.chunks_exact(row.max(1));
    let sum = |filter: &[f32]| filter.iter().map(|&it| f64::from(it).abs()).sum();
    filters.map(sum).collect()
}

/// The absolute scale of each channel.
pub fn scales(gamma: &[f32]) -> Vec<f64> {
    gamma.iter().map(|&it| f64::from(it).abs()).collect()
}

/// From the activations of a batch and the gradient of its mean loss, batch × channels × positions
/// both: the mean over the examples of `|mean over positions of a · dL_n/da|`, with `L_n` the
/// example's own loss.
pub fn taylor_activation(
    activations: &[f32],
    gradient: &[f32],
    examples: usize,
    channels: usize,
) -> Vec<f64> {
    let positions = activations.len() / (examples * channels).max(1);
    let mut scores = vec![0.0; channels];
    if positions == 0 {
        return scores;
    }
    let maps = activations
        .chunks_exact(positions)
        .zip(gradient.chunks_exact(positions));
    for (place, (a, g)) in maps.enumerate() {
        let products = a.iter().zip(g);
        let sum: f64 = products.map(|(&a, &g)| f64::from(a) * f64::from(g)).sum();
        // The gradient is of the mean loss, `examples` times less than the example's own; the mean
        // over the examples divides by as many.
        scores[place % channels] += (sum / positions as f64).abs();
    }
    scores
}

/// The scores divided by the length of all of them.
pub fn normalised(scores: &[f64]) -> Vec<f64> {
    let length = scores.iter().map(|it| it * it).sum::<f64>().sqrt();
    let least = length.max(f64::MIN_POSITIVE);
    scores.iter().map(|it| it / least).collect()
}

/// `Σ (g · w)²` over each filter.
pub fn taylor_weight_squares(gradient: &[f32], weights: &[f32], row: usize) -> Vec<f64> {
    products(gradient, weights, row)
        .map(|it| it.iter().map(|it| it * it).sum())
        .collect()
}

/// `(Σ g · w)²` over each filter.
pub fn taylor_weight_group(gradient: &[f32], weights: &[f32], row: usize) -> Vec<f64> {
    products(gradient, weights, row)
        .map(|it| it.iter().sum::<f64>().powi(2))
        .collect()
}

fn products(gradient: &[f32], weights: &[f32], row: usize) -> impl Iterator<Item = Vec<f64>> {
    let row = row.max(1);
    let filters = gradient.chunks_exact(row).zip(weights.chunks_exact(row));
    filters.map(|(g, w)| {
        let pairs = g.iter().zip(w);
        pairs.map(|(&g, &w)| f64::from(g) * f64::from(w)).collect()
    })
}

/// The channels from the least important; of equal ones the lower number first.
pub fn order(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    order
}

/// The batch norm that follows a layer directly and alone.
pub fn norm_after(graph: &Graph, layer: NodeId) -> Option<&Node> {
    only_consumer(graph, layer).filter(|it| matches!(it.layer, Layer::BatchNorm(_)))
}

/// The node whose output is the layer's activation: the function after it or after its batch norm,
/// the batch norm where none follows, else the layer itself.
pub fn activation_of(graph: &Graph, layer: NodeId) -> NodeId {
    let last = norm_after(graph, layer).map_or(layer, |norm| norm.id);
    let function = only_consumer(graph, last).filter(|it| match it.layer {
        Layer::Activation(function) => {
            !matches!(function, Activation::Softmax | Activation::LogSoftmax)
        }
        _ => false,
    });
    function.map_or(last, |it| it.id)
}

fn only_consumer(graph: &Graph, node: NodeId) -> Option<&Node> {
    let mut consumers = graph.consumers(node);
    let (first, _) = consumers.next()?;
    consumers.next().is_none().then_some(first)
}
