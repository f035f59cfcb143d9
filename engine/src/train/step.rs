//! One step of training.

use std::collections::{HashMap, HashSet};

use burn::tensor::{ElementConversion, Tensor};

use super::quantised::quantised;
use super::{Optimiser, Update};
use crate::compress::quantise::Width;
use crate::run::{Mode, Network, NetworkError};
use crate::{Graph, NodeId};

/// What one step does beside the optimiser's method.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub update: Update,
    /// Weight decay is for tensors of more than one dimension only: not for biases, and not for
    /// scales and shifts of norms.
    pub decay_matrices_only: bool,
    /// Gradients longer than this, all together, are scaled down to it.
    pub clip_norm: Option<f64>,
    /// Nodes whose parameters stay.
    pub frozen: HashSet<NodeId>,
    /// The pass sees the weights so wide; the gradient is for the weights themselves.
    pub quantised: Option<Width>,
    /// For each parameter 0 where its values stay 0; none without such.
    pub masks: Vec<Option<Tensor<1>>>,
}

/// What a step gives, of the weights before it.
#[derive(Clone, Debug)]
pub struct Stepped {
    pub loss: Tensor<1>,
    /// Examples × classes.
    pub logits: Tensor<2>,
    /// The length of all gradients together, before it is clipped.
    pub norm: Tensor<1>,
    /// The sum of the squares of each parameter's gradient, before it is clipped.
    pub squares: Vec<Option<Tensor<1>>>,
}

/// Moves the weights against the gradient of the `loss` of the network's logits, examples ×
/// classes. The pass starts from `given`: the values of the input, or of nodes that separate it
/// from the logits. Running statistics are left to [`Network::update_running`].
///
/// # Errors
/// When the network cannot run on the inputs in this mode.
pub fn step(
    network: &mut Network,
    given: HashMap<NodeId, Tensor<4>>,
    mode: Mode<'_>,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    optimiser: &mut Optimiser,
    plan: &Plan,
) -> Result<Stepped, NetworkError> {
    let from = logits(network.graph());
    let mut of_batch = None;
    let objective = |mut outputs: Vec<Tensor<4>>| {
        let outputs = outputs.remove(0);
        let [examples, channels, height, width] = outputs.dims();
        let outputs: Tensor<2> = outputs.reshape([examples, channels * height * width]);
        of_batch = Some(outputs.clone().inner());
        loss(outputs)
    };
    let seen = plan.quantised.map(|width| quantised(network, width));
    let seen = seen.as_ref().unwrap_or(network);
    let gradients = seen.gradients_from(given, &plan.frozen, from, mode, objective)?;
    let (norm, squares) = apply(network, gradients.params, optimiser, plan);
    let missing = || NetworkError::NoNode(from.0);
    Ok(Stepped {
        loss: gradients.objective,
        logits: of_batch.ok_or_else(missing)?,
        norm,
        squares,
    })
}

/// Moves each parameter against its gradient, where it has one. Gives the length of all gradients
/// together, before it is clipped, and the sum of the squares of each.
pub(super) fn apply(
    network: &mut Network,
    gradients: Vec<Option<Tensor<1>>>,
    optimiser: &mut Optimiser,
    plan: &Plan,
) -> (Tensor<1>, Vec<Option<Tensor<1>>>) {
    let on_autodiff = network.device().is_autodiff();
    let square = |gradient: &Option<Tensor<1>>| Some(gradient.clone()?.square().sum());
    let squares: Vec<Option<Tensor<1>>> = gradients.iter().map(square).collect();
    let all: Vec<Tensor<1>> = squares.iter().flatten().cloned().collect();
    let norm = match all.is_empty() {
        true => Tensor::<1>::zeros([1], network.device()).inner(),
        false => Tensor::cat(all, 0).sum().sqrt(),
    };
    // As PyTorch's `clip_grad_norm_`.
    let scale = plan.clip_norm.map(|most| {
        let share = norm.clone().add_scalar(1e-6).recip().mul_scalar(most);
        share.clamp_max(1.0.elem::<f32>())
    });
    let changes = network.params_mut().iter_mut().zip(gradients);
    for (place, (param, gradient)) in changes.enumerate() {
        let Some(mut gradient) = gradient else {
            continue;
        };
        if let Some(scale) = &scale {
            gradient = gradient * scale.clone();
        }
        let mut update = plan.update;
        if plan.decay_matrices_only && param.dims.len() < 2 {
            update.decay = 0.0;
        }
        let value = param.values.clone().inner();
        let mut value = optimiser.step(place, value, gradient, update);
        if let Some(Some(mask)) = plan.masks.get(place) {
            value = value * mask.clone();
        }
        param.values = if on_autodiff { value.autodiff() } else { value };
    }
    (norm, squares)
}

/// [`Graph::logits`].
pub fn logits(graph: &Graph) -> NodeId {
    graph.logits()
}
