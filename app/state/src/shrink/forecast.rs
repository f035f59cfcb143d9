//! What a step costs and saves, before it is made: counts alone, no weight is looked at.

use engine::compress::quantise::{Granularity, Scheme, Width};
use engine::compress::structure::preview;
use engine::compress::{Prune, Quantise, Stored, What};
use engine::layer::Layer;
use engine::{Analysis, Graph};

/// Counts of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    pub parameters: u64,
    /// Parameters that are not 0.
    pub nonzero: u64,
    pub macs: u64,
    /// Every weight stored.
    pub bytes: u64,
    /// One bit a weight says whether it is 0.
    pub sparse: u64,
}

/// The weights of convolutions and linear layers that a step is about, and all parameters.
fn counts(graph: &Graph, layers: &[engine::NodeId]) -> [u64; 4] {
    let analysis = Analysis::of(graph);
    let (mut weights, mut channels, mut tensors) = (0, 0, 0);
    for node in graph.nodes() {
        let asked = layers.is_empty() || layers.contains(&node.id);
        let of_kind = matches!(
            node.layer,
            Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
        );
        let facts = analysis.node(node.id).filter(|_| asked && of_kind);
        let Some((cost, shape)) = facts.and_then(|it| Some((it.cost, it.shape?))) else {
            continue;
        };
        let bias = match &node.layer {
            Layer::Conv(conv) => conv.bias,
            Layer::TableConv(conv) => conv.bias,
            Layer::Linear(linear) => linear.bias,
            _ => false,
        };
        let biases = if bias { u64::from(shape.channels) } else { 0 };
        weights += cost.trainable.saturating_sub(biases);
        channels += u64::from(shape.channels);
        tensors += 1;
    }
    [
        analysis.total.trainable + analysis.total.other,
        weights,
        channels,
        tensors,
    ]
}

/// Bytes of all parameters, with the weights of these layers stored so; others are floats.
fn bytes(graph: &Graph, layers: &[engine::NodeId], stored: Stored) -> u64 {
    let [parameters, weights, channels, tensors] = counts(graph, layers);
    let Some(width) = stored.width else {
        return 4 * parameters;
    };
    let grids = match (width, stored.granularity) {
        (Width::F16, _) => 0,
        (_, Granularity::Channel) => channels,
        (_, Granularity::Tensor) => tensors,
    };
    let grid = match stored.scheme {
        Scheme::Symmetric => 4,
        // With a zero point.
        Scheme::Affine => 5,
    };
    4 * (parameters - weights) + (weights * u64::from(width.bits())).div_ceil(8) + grid * grids
}

impl Forecast {
    /// Of a network whose weights are stored so, none of them 0.
    pub fn of(graph: &Graph, stored: Stored) -> Self {
        let total = Analysis::of(graph).total;
        let parameters = total.trainable + total.other;
        let bytes = bytes(graph, &[], stored);
        Self {
            parameters,
            nonzero: parameters,
            macs: total.macs,
            bytes,
            sparse: bytes,
        }
    }
}

/// What a step leaves.
pub enum Step<'a> {
    Prune(&'a Prune),
    Quantise(&'a Quantise),
}

/// The network after a step.
pub fn forecast(graph: &Graph, stored: Stored, step: &Step<'_>) -> Forecast {
    let now = Forecast::of(graph, stored);
    match step {
        Step::Prune(prune) => match prune.what {
            What::Channels { .. } => {
                let only = (!prune.layers.is_empty()).then_some(prune.layers.as_slice());
                Forecast::of(&preview(graph, prune.share, only), stored)
            }
            What::Weights { .. } | What::TwoOfFour => {
                let [_, weights, ..] = counts(graph, &prune.layers);
                let share = match prune.what {
                    What::TwoOfFour => 0.5,
                    _ => prune.share,
                };
                let gone = (share * weights as f64).round_ties_even() as u64;
                let bits = u64::from(stored.width.map_or(32, Width::bits));
                let saved = (gone * bits).div_euclid(8);
                let sparse = now.sparse.saturating_sub(saved) + weights.div_ceil(8);
                Forecast {
                    nonzero: now.parameters - gone,
                    sparse: sparse.min(now.bytes),
                    ..now
                }
            }
        },
        Step::Quantise(quantise) => {
            let bytes = bytes(graph, &quantise.layers, quantise.stored());
            Forecast {
                bytes,
                sparse: bytes,
                ..now
            }
        }
    }
}
