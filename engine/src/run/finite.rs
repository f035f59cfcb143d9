//! The first node with a value that is not finite.

use super::network::{Network, NetworkError, read};
use super::params::Param;
use crate::NodeId;
use crate::session::{Cause, NonFinite};

impl NonFinite {
    /// The picture itself has such a value.
    pub(super) fn in_picture(values: &[f32]) -> Option<Self> {
        let value = first(values)?;
        Some(Self {
            node: NodeId::INPUT,
            name: "input".to_owned(),
            nan: value.is_nan(),
            cause: Cause::Picture,
        })
    }
}

fn first(values: &[f32]) -> Option<f32> {
    values.iter().copied().find(|value| !value.is_finite())
}

impl Network {
    /// Runs this finite input again and checks every value. `None` when all are finite.
    pub(super) async fn find_non_finite(
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
        for Param { name, values, .. } in self.params().iter().filter(|param| param.node == node) {
            let count = values.dims()[0];
            let values = values.clone().inner().reshape([count, 1, 1, 1]);
            if first(&read(vec![values]).await?.remove(0)).is_some() {
                return Ok(Cause::Weights(name.clone()));
            }
        }
        Ok(Cause::Arithmetic)
    }
}
