//! Folding of batch norm into the convolution or linear layer before it.

use std::collections::HashMap;

use burn::tensor::Tensor;

use super::network::{Network, NetworkError};
use super::{Param, Role};
use crate::graph::Edit;
use crate::layer::{BatchNorm, Conv, Layer, Linear};
use crate::{Node, NodeId};

/// A layer and the batch norm that is its only consumer.
struct Pair<'a> {
    layer: &'a Node,
    norm: &'a Node,
    settings: &'a BatchNorm,
}

impl Network {
    /// The network without the batch norms that follow a convolution or linear layer directly and
    /// alone, neither of them with weights that another node uses: with `s = γ / √(var + ε)` the layer's weights become `s · W` and its bias `s · (b −
    /// mean) + β`. In inference mode it gives the same values up to rounding; it can no longer be
    /// trained as before.
    ///
    /// # Errors
    /// When the network lacks parameters of its graph.
    pub fn folded(&self) -> Result<Self, NetworkError> {
        let pairs = self.pairs();
        let mut edits = Vec::new();
        for Pair { layer, norm, .. } in &pairs {
            edits.push(Edit::SetLayer {
                node: layer.id,
                layer: with_bias(&layer.layer),
            });
            edits.push(Edit::Remove { node: norm.id });
        }
        let graph = self.graph().apply_all(&edits)?;
        let mut folded: HashMap<NodeId, [Param; 2]> = HashMap::new();
        for pair in &pairs {
            let params = self
                .fold(pair)
                .ok_or_else(|| NetworkError::MissingWeights {
                    node: pair.norm.name.clone(),
                })?;
            folded.insert(pair.layer.id, params);
        }
        let gone = |id: NodeId| pairs.iter().any(|pair| pair.norm.id == id);
        let mut params = Vec::new();
        for param in self.params() {
            match (folded.get(&param.node), param.role) {
                (Some(pair), Role::Weight) => params.extend(pair.iter().cloned()),
                // Stored with the weight.
                (Some(_), _) => {}
                (None, _) if gone(param.node) => {}
                (None, _) => params.push(param.clone()),
            }
        }
        Self::with_params(graph, params, self.device())
    }

    fn pairs(&self) -> Vec<Pair<'_>> {
        let graph = self.graph();
        let nodes = graph.nodes();
        let pair = |(place, norm)| -> Option<Pair<'_>> {
            let norm: &Node = norm;
            let Layer::BatchNorm(settings) = &norm.layer else {
                return None;
            };
            let input = *norm.inputs.first()?;
            let before = graph.position(input)?;
            let layer = &nodes[before];
            let foldable = matches!(layer.layer, Layer::Conv(_) | Layer::Linear(_));
            // The last node is the output: where the batch norm is, its layer must become it.
            let output_stays = place + 1 < nodes.len() || before + 1 == place;
            let alone = graph.consumers(input).count() == 1
                && [norm.id, layer.id]
                    .iter()
                    .all(|&id| graph.uses(id).count() == 1);
            (foldable && output_stays && alone).then_some(Pair {
                layer,
                norm,
                settings,
            })
        };
        nodes.iter().enumerate().filter_map(pair).collect()
    }

    /// The new weight and bias of a pair's layer.
    fn fold(&self, pair: &Pair<'_>) -> Option<[Param; 2]> {
        let param = |node: &Node, role| {
            let found = |param: &&Param| param.node == node.id && param.role == role;
            self.params().iter().find(found)
        };
        let values =
            |node, role| -> Option<Tensor<1>> { Some(param(node, role)?.values.clone().inner()) };
        let Pair {
            layer,
            norm,
            settings,
        } = pair;
        let deviation = values(norm, Role::RunningVar)?
            .add_scalar(settings.eps)
            .sqrt();
        let mean = values(norm, Role::RunningMean)?;
        // Without its own scale and shift a batch norm has 1 and 0.
        let scale = match values(norm, Role::Weight) {
            Some(gamma) => gamma / deviation,
            None => deviation.recip(),
        };
        let centre = match values(layer, Role::Bias) {
            Some(bias) => bias - mean,
            None => mean.neg(),
        };
        let bias = match values(norm, Role::Bias) {
            Some(beta) => centre * scale.clone() + beta,
            None => centre * scale.clone(),
        };
        let weight = param(layer, Role::Weight)?;
        let (outputs, count) = (weight.dims[0], weight.dims.iter().product::<usize>());
        let rows = weight
            .values
            .clone()
            .inner()
            .reshape([outputs, count / outputs]);
        let scaled = rows * scale.reshape([outputs, 1]);
        Some([
            Param {
                values: scaled.reshape([count]),
                ..weight.clone()
            },
            Param {
                node: layer.id,
                role: Role::Bias,
                name: format!("{}.{}", layer.name, Role::Bias.name()),
                dims: vec![outputs],
                values: bias,
            },
        ])
    }
}

/// The layer with a bias; other layers than convolution and linear unchanged.
fn with_bias(layer: &Layer) -> Layer {
    if let Layer::Conv(conv) = layer {
        return Conv {
            bias: true,
            ..conv.clone()
        }
        .into();
    }
    if let Layer::Linear(linear) = layer {
        return Linear {
            bias: true,
            ..linear.clone()
        }
        .into();
    }
    layer.clone()
}
