//! burn: regions as modules with a `forward`.

mod layers;
mod write;

pub(super) use write::paths;

use super::{CodeError, Listing};
use crate::{Analysis, Graph, NodeId};

/// The network as a program.
pub(super) fn code(graph: &Graph, analysis: &Analysis) -> Result<Listing, CodeError> {
    write::listing(graph, analysis, true)
}

/// The network as a module of another program.
pub(super) fn module(graph: &Graph, analysis: &Analysis) -> Result<Listing, CodeError> {
    write::listing(graph, analysis, false)
}

/// Whether a node's values are examples × features in the code.
pub(super) fn is_flat(graph: &Graph, node: NodeId) -> bool {
    layers::Maker::new(graph, &Analysis::of(graph)).is_flat(node)
}
