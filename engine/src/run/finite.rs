//! The first node with a value that is not finite.

use super::Param;
use super::network::{Network, NetworkError, read};
use crate::NodeId;
use crate::session::{Cause, NonFinite};
use crate::weights::cause_in;

fn first(values: &[f32]) -> Option<f32> {
    values.iter().copied().find(|value| !value.is_finite())
}

impl Network {
    /// Runs this finite input again and checks every value. `None` when all are finite.
    pub(crate) async fn find_non_finite(
        &self,
        input: Vec<f32>,
    ) -> Result<Option<NonFinite>, NetworkError> {
        let ids: Vec<NodeId> = self.graph().nodes().iter().map(|node| node.id).collect();
        let outputs = self.forward(self.input(input)?, &ids)?;
        for (node, output) in self.graph().nodes().iter().zip(outputs) {
            let values = read(vec![output]).await?.remove(0);
            if let Some(value) = first(&values) {
                return Ok(Some(NonFinite {
                    node: node.id,
                    name: node.name.clone(),
                    nan: value.is_nan(),
                    cause: self.cause(node.id).await?,
                }));
            }
        }
        Ok(None)
    }

    async fn cause(&self, node: NodeId) -> Result<Cause, NetworkError> {
        let layer = self.graph().node(node).map(|node| &node.layer);
        let owner = self.graph().owner(node);
        for param in self.params().iter().filter(|param| param.node == owner) {
            let values = on_host(param).await?;
            if let Some(cause) = cause_in(layer, &param.name, param.role, &values) {
                return Ok(cause);
            }
        }
        Ok(Cause::Arithmetic)
    }

    /// The first parameter with a value that is not finite.
    ///
    /// # Errors
    /// When the device fails.
    pub(crate) async fn non_finite_param(&self) -> Result<Option<&str>, NetworkError> {
        for param in self.params() {
            if first(&on_host(param).await?).is_some() {
                return Ok(Some(&param.name));
            }
        }
        Ok(None)
    }
}

/// A parameter's values, read back.
pub(super) async fn on_host(param: &Param) -> Result<Vec<f32>, NetworkError> {
    let values = param.values.clone().inner();
    let count = values.dims()[0];
    Ok(read(vec![values.reshape([count, 1, 1, 1])])
        .await?
        .remove(0))
}
