//! PyTorch: regions as modules, chains as `nn.Sequential`.

mod helpers;
pub(super) mod layers;
pub(super) mod write;

use super::{CodeError, Listing};
use crate::{Analysis, Graph};

pub(super) use layers::paths;

/// The network as a module.
pub(super) fn code(graph: &Graph, analysis: &Analysis) -> Result<Listing, CodeError> {
    write::listing(graph, analysis)
}
