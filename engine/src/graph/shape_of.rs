//! The output shape of one node, without a whole analysis.

use std::collections::HashMap;

use super::{Node, NodeId};
use crate::Shape;

/// The output shape of the node `wanted`. `nodes` stand in topological order and `input` is the
/// shape of the graph's input. `None` where a layer up to there does not fit its inputs, or where
/// there is no such node.
pub(super) fn shape_of(input: Shape, nodes: &[Node], wanted: NodeId) -> Option<Shape> {
    let mut shapes = HashMap::from([(NodeId::INPUT, input)]);
    for node in nodes {
        let inputs = node.inputs.iter().map(|input| shapes.get(input).copied());
        let inputs: Option<Vec<Shape>> = inputs.collect();
        if let Some((shape, _)) = inputs.and_then(|inputs| node.layer.measure(&inputs).ok()) {
            shapes.insert(node.id, shape);
        }
        if node.id == wanted {
            break;
        }
    }
    shapes.get(&wanted).copied()
}
