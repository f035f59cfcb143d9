//! Pruned weights that stay 0 while the others are trained.

use std::collections::HashSet;

use burn::tensor::{Tensor, TensorData};

use crate::NodeId;
use crate::checkpoint::Role;
use crate::compress::Weights;
use crate::compress::prune::{Scope, magnitude};
use crate::run::{Network, NetworkError};

/// For each parameter 1 where it is trained and 0 where it stays 0; `None` where all are trained.
pub(super) fn masks(network: &Network) -> Vec<Option<Tensor<1>>> {
    let params = network.params().iter();
    let mask = params.map(|param| {
        let matrix = param.role == Role::Weight && param.dims.len() > 1;
        matrix.then(|| param.values.clone().inner().not_equal_elem(0.0).float())
    });
    mask.collect()
}

/// The network with the masked weights at 0, as after an initialisation.
pub(super) fn apply(network: &mut Network, masks: &[Option<Tensor<1>>]) {
    let on_autodiff = network.device().is_autodiff();
    for (param, mask) in network.params_mut().iter_mut().zip(masks) {
        if let Some(mask) = mask {
            let values = param.values.clone().inner() * mask.clone();
            param.values = if on_autodiff {
                values.autodiff()
            } else {
                values
            };
        }
    }
}

/// Sets the share of smallest weights to 0, those of frozen nodes apart, and gives the masks that
/// keep them so.
pub(super) async fn prune(
    network: &mut Network,
    frozen: &HashSet<NodeId>,
    scope: Scope,
    share: f64,
) -> Result<Vec<Option<Tensor<1>>>, NetworkError> {
    let values = network.values().await?;
    let weights = Weights::new(network.graph(), &values).unwrap_or_default();
    let nodes = network.graph().nodes().iter().map(|it| it.id);
    let pruned: Vec<NodeId> = nodes.filter(|it| !frozen.contains(it)).collect();
    let found = magnitude(&weights.of_layers(&pruned), scope, share);
    let device = network.device().clone();
    let mut masks = masks(network);
    for (param, mask) in network.params().iter().zip(&mut masks) {
        let found = found.iter().find(|it| it.node == param.node);
        if let (Some(mask), Some(found)) = (mask, found) {
            let keep: Vec<f32> = found.keep.iter().map(|&it| f32::from(it)).collect();
            let count = keep.len();
            *mask = Tensor::<1>::from_data(TensorData::new(keep, [count]), &device).inner();
        }
    }
    apply(network, &masks);
    Ok(masks)
}
