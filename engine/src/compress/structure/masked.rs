//! The large network with channels set to 0 where they are made.

use super::remove::sets;
use super::ties::Ties;
use super::{Channels, Refusal};
use crate::Graph;
use crate::checkpoint::Role;
use crate::compress::Weights;
use crate::layer::Layer;

/// The weights with the rows, biases, scales and shifts of the channels, and of those tied to them,
/// set to 0.
///
/// # Errors
/// With the node that keeps channels together.
pub fn masked(graph: &Graph, weights: &Weights, wanted: &[Channels]) -> Result<Weights, Refusal> {
    let ties = Ties::of(graph).ok_or(Refusal::Weights)?;
    let sets = sets(graph, &ties, wanted)?;
    let mut weights = weights.clone();
    for tensor in weights.tensors_mut() {
        let (node, role) = (tensor.parameter.node, tensor.parameter.role);
        let Some(found) = graph.node(node) else {
            continue;
        };
        let gone = |channel: usize| ties.set(node, channel).is_some_and(|it| sets.contains(&it));
        let rows: Vec<usize> = match (&found.layer, role) {
            // The values of one output lie beside each other, as many as it has inputs.
            (Layer::TableConv(conv), Role::Weight) => {
                let rows = conv.table.iter().enumerate();
                rows.flat_map(|(row, inputs)| vec![row; inputs.len()])
                    .collect()
            }
            // Without a scale only the mean can take the channel to 0.
            (Layer::BatchNorm(norm), Role::RunningMean) if norm.scale => Vec::new(),
            // One slope is of all channels; rows of a transposed convolution are inputs.
            (Layer::PRelu(prelu), _) if !prelu.per_channel => Vec::new(),
            (Layer::TransposedConv(_), Role::Weight) => Vec::new(),
            (_, Role::RunningVar | Role::Codes) => Vec::new(),
            _ => (0..tensor.dims().first().copied().unwrap_or(0)).collect(),
        };
        let each = tensor.row();
        for (values, channel) in tensor.values.chunks_mut(each.max(1)).zip(rows) {
            if gone(channel) {
                values.fill(0.0);
            }
        }
    }
    Ok(weights)
}
