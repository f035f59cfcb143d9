//! Quantisation-aware training: the network is run with its weights on grids, and what comes back is
//! for the weights themselves (the straight-through estimator, Bengio et al. 2013). Each output
//! channel has a symmetric grid that reaches to its largest weight, so no weight lies outside of
//! its grid, where the estimator would be 0.

use burn::tensor::Tensor;

use crate::checkpoint::Role;
use crate::compress::quantise::Width;
use crate::run::Network;

/// The network with the weights of its convolutions and linear layers on grids.
pub(super) fn quantised(network: &Network, width: Width) -> Network {
    let mut network = network.clone();
    for param in network.params_mut() {
        if param.role != Role::Weight || param.dims.len() < 2 {
            continue;
        }
        let rows = param.dims[0];
        let count: usize = param.dims.iter().product();
        let values: Tensor<2> = param.values.clone().reshape([rows, count / rows.max(1)]);
        param.values = on_grid(values, width).reshape([count]);
    }
    network
}

fn on_grid(values: Tensor<2>, width: Width) -> Tensor<2> {
    let size = values.clone().abs();
    match width {
        Width::Binary => {
            let sign = values.greater_equal_elem(0.0).float();
            sign.mul_scalar(2.0).sub_scalar(1.0) * size.mean_dim(1)
        }
        Width::Int8 | Width::Int4 | Width::Int2 => {
            let high = f64::from((1_u32 << (width.bits() - 1)) - 1);
            let scale = size.max_dim(1).div_scalar(high).clamp_min(1e-30);
            (values / scale.clone()).round() * scale
        }
        // Their rounding is far below what a step changes.
        Width::F16 => values,
    }
}
