//! The error of 32-bit floats, related to what they were computed from.

use std::collections::HashMap;

use engine::layer::{Merge, PoolMode};
use engine::plan::Params;
use engine::{Graph, Layer, Node, NodeId};

use crate::naive;

/// An output is smaller only where an exponential is below the smallest 32-bit float, which is then 0
/// or that float.
const UNDERFLOW: f64 = 1e-20;

/// Where terms cancel, what a share of the largest value is compared with: 1e-6 of the terms, which is
/// 17 roundings, for a bound of 2e-5.
const CANCELLING: f64 = 1e-6 / 2e-5;

/// The largest difference, as a share of the largest wanted value.
pub fn error(got: &[f32], wanted: &[f64]) -> f64 {
    error_of_sums(got, wanted, 0.0)
}

/// The largest difference, as a share of the largest wanted value; of sums of [`terms`].
pub fn error_of_sums(got: &[f32], wanted: &[f64], terms: f64) -> f64 {
    assert_eq!(got.len(), wanted.len());
    let scale = wanted.iter().fold(0.0, |most: f64, it| most.max(it.abs()));
    let worst = got.iter().zip(wanted).map(|(&got, &wanted)| {
        let same = f64::from(got) == wanted || (got.is_nan() && wanted.is_nan());
        let error = (f64::from(got) - wanted).abs();
        match (same, error.is_nan()) {
            (true, _) => 0.0,
            (false, true) => f64::INFINITY,
            (false, false) => error,
        }
    });
    worst.fold(0.0, f64::max) / scale.max(terms * CANCELLING).max(UNDERFLOW)
}

/// The largest sum of the sizes of an output's terms, of a layer that sums; 0 for other layers. The
/// rounding error of a sum is relative to it, not to the sum (Higham, Accuracy and Stability of
/// Numerical Algorithms, 4.2).
pub fn terms(graph: &Graph, node: &Node, params: &Params, map: impl Fn(NodeId) -> Vec<f64>) -> f64 {
    let sums = match &node.layer {
        Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_) | Layer::Subsample(_) => true,
        Layer::AvgPool(_) | Layer::AdaptiveAvgPool(_) | Layer::Merge(Merge::Add) => true,
        Layer::GlobalPool(pool) => pool.mode == PoolMode::Avg,
        _ => false,
    };
    if !sums {
        return 0.0;
    }
    let sums = naive::computed(graph, node, params, map, f64::abs);
    sums.into_iter().fold(0.0, f64::max)
}

/// The terms of the sum that a node's map is a function of; no function is much steeper than 1.
pub fn terms_behind(
    graph: &Graph,
    id: NodeId,
    params: &Params,
    maps: &HashMap<NodeId, Vec<f64>>,
) -> f64 {
    let Some(node) = graph.node(id) else {
        return 0.0;
    };
    match node.layer {
        Layer::Activation(_) | Layer::Dropout(_) | Layer::Flatten(_) => {
            terms_behind(graph, node.inputs[0], params, maps)
        }
        _ => terms(graph, node, params, |id| maps[&id].clone()),
    }
}

#[test]
fn where_terms_cancel_the_error_is_related_to_them() {
    let got = [(1.0_f32 + 1e-5) - 1.0];
    assert!(error(&got, &[1e-5]) > 1e-3);
    assert!(error_of_sums(&got, &[1e-5], 2.0) < 2e-5);
    assert!(error_of_sums(&[3e-5], &[1e-5], 2.0) > 1e-4);
}
