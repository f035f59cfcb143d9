//! Insertion of a piece: what is added before it, and the further inputs of a merge.

use engine::graph::{Edit, Piece, Place};
use engine::layer::{Flatten, Merge};
use engine::{Analysis, Graph, Layer, NodeId};
use state::document::shape_of;

/// The edits that insert a piece after `node`, with a flatten before a layer that needs a vector,
/// and with further inputs of a merge.
pub fn behind(
    graph: &Graph,
    analysis: &Analysis,
    piece: Piece,
    node: NodeId,
    selection: &[NodeId],
) -> Vec<Edit> {
    let insert = |node, with, piece| Edit::Insert {
        place: Place::After { node, with },
        piece,
        name: None,
    };
    let map = shape_of(graph, analysis, node).is_some_and(|shape| !shape.is_vector());
    match piece {
        Piece::Layer(Layer::Linear(_) | Layer::Rbf(_)) if map => {
            let flatten = Piece::Layer(Flatten::default().into());
            let flat = graph.next_id();
            vec![
                insert(node, Vec::new(), flatten),
                insert(flat, Vec::new(), piece),
            ]
        }
        Piece::Layer(Layer::Merge(merge)) => {
            let (last, with) = partners(graph, analysis, node, selection, merge);
            vec![insert(last, with, piece)]
        }
        Piece::Layer(_) | Piece::Block(_) => vec![insert(node, Vec::new(), piece)],
    }
}

/// The node that a merge is inserted after and its further inputs: the other selected nodes, or the
/// nearest node before it with a fitting shape, or the same node again.
fn partners(
    graph: &Graph,
    analysis: &Analysis,
    node: NodeId,
    selection: &[NodeId],
    merge: Merge,
) -> (NodeId, Vec<NodeId>) {
    let place = |id: &NodeId| graph.position(*id);
    if selection.len() > 1 {
        let mut all = selection.to_vec();
        all.sort_by_key(place);
        let last = all.pop().unwrap_or(node);
        return (last, all);
    }
    let shape = shape_of(graph, analysis, node);
    let fits = |id: &NodeId| match (shape_of(graph, analysis, *id), shape) {
        (Some(other), Some(shape)) => match merge {
            Merge::Add | Merge::Multiply => other == shape,
            Merge::Concat => other.size() == shape.size(),
        },
        (None, _) | (_, None) => false,
    };
    let before = graph.position(node).unwrap_or(0);
    let earlier = graph.nodes().iter().take(before).rev().map(|node| node.id);
    let other = earlier.chain([NodeId::INPUT]).find(fits);
    (node, vec![other.unwrap_or(node)])
}
