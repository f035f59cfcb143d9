//! A network after an operation.

use super::{Operation, SurgeryError};
use crate::run::{Network, NetworkError};

/// Why an operation was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperationFailure {
    #[error(transparent)]
    Surgery(#[from] SurgeryError),
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// The network after this operation; the given one stays as it is.
///
/// # Errors
/// When the operation is not possible, or the device fails.
pub async fn operated(
    network: &Network,
    operation: &Operation,
) -> Result<Network, OperationFailure> {
    let graph = network.graph();
    let nodes = operation.check(graph)?;
    let changed = network.with_changed(&nodes, |id, role, dims, values| {
        if let Some(node) = graph.node(id) {
            operation.change(node, role, dims, values);
        }
    });
    Ok(changed.await?)
}
