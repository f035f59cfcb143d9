//! One step of training.

use burn::tensor::Tensor;

use super::Optimiser;
use crate::layer::{Activation, Layer};
use crate::run::{Mode, Network, NetworkError};
use crate::{Graph, NodeId};

/// Moves the weights against the gradient of the `loss` of the network's logits, examples ×
/// classes; gives the loss before the step. Running statistics are left to
/// [`Network::update_running`].
///
/// # Errors
/// When the network cannot run on the inputs in this mode.
pub fn step(
    network: &mut Network,
    inputs: Tensor<4>,
    mode: Mode<'_>,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    optimiser: &mut impl Optimiser,
    rate: f64,
) -> Result<Tensor<1>, NetworkError> {
    let from = logits(network.graph());
    let examples = inputs.dims()[0];
    let objective = |mut outputs: Vec<Tensor<4>>| {
        let outputs = outputs.remove(0);
        let [_, channels, height, width] = outputs.dims();
        loss(outputs.reshape([examples, channels * height * width]))
    };
    let gradients = network.gradients(inputs, &[], &[from], mode, objective)?;
    let on_autodiff = network.device().is_autodiff();
    let changes = gradients.params.into_iter();
    for (place, (param, gradient)) in network.params_mut().iter_mut().zip(changes).enumerate() {
        if let Some(gradient) = gradient {
            let value = param.values.clone().inner();
            let value = optimiser.step(place, value, gradient, rate);
            param.values = if on_autodiff { value.autodiff() } else { value };
        }
    }
    Ok(gradients.objective)
}

/// The node whose values are the logits: the last one, or the one before a last softmax.
pub fn logits(graph: &Graph) -> NodeId {
    match graph.nodes().last() {
        Some(node) => match (&node.layer, node.inputs.first()) {
            (Layer::Activation(Activation::Softmax | Activation::LogSoftmax), Some(&input)) => {
                input
            }
            _ => node.id,
        },
        None => NodeId::INPUT,
    }
}
