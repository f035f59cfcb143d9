//! Keras 3: regions as functions of the functional API, channels last.

mod helpers;
mod layers;
mod write;

use super::{CodeError, Listing};
use crate::{Analysis, Graph};

/// The network as a function that makes a model.
pub(super) fn code(graph: &Graph, analysis: &Analysis) -> Result<Listing, CodeError> {
    write::listing(graph, analysis)
}
