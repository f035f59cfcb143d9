//! The nodes that behave as in inference while others are trained.

use std::collections::HashSet;

use crate::layer::Layer;
use crate::{Analysis, Graph, NodeId};

/// The frozen nodes, and those that only they feed.
pub fn still(graph: &Graph, frozen: &[NodeId]) -> HashSet<NodeId> {
    let mut still = fixed(graph, frozen);
    still.extend(frozen);
    still
}

/// The nodes whose values no step changes, so that they need to be computed only once for each
/// image: frozen ones and those without parameters, as far as all before them are such. None
/// without frozen nodes.
pub(super) fn fixed(graph: &Graph, frozen: &[NodeId]) -> HashSet<NodeId> {
    let mut fixed = HashSet::new();
    if frozen.is_empty() {
        return fixed;
    }
    let analysis = Analysis::of(graph);
    fixed.insert(NodeId::INPUT);
    for node in graph.nodes() {
        let cost = analysis.node(node.owner()).map(|it| it.cost);
        let params = cost.is_none_or(|cost| cost.trainable + cost.other > 0);
        let varies = params || matches!(node.layer, Layer::Dropout(_));
        let still = frozen.contains(&node.id) || !varies;
        if still && node.inputs.iter().all(|input| fixed.contains(input)) {
            fixed.insert(node.id);
        }
    }
    fixed
}
