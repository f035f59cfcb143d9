//! The first node with a value that is not finite.

use super::network::{Network, NetworkError, read};
use super::{Param, Role};
use crate::NodeId;
use crate::layer::Layer;
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
        for param in self.params().iter().filter(|param| param.node == node) {
            let values = on_host(param).await?;
            if first(&values).is_some() {
                return Ok(Cause::Weights(param.name.clone()));
            }
            let layer = self.graph().node(node).map(|node| &node.layer);
            if let (Role::RunningVar, Some(Layer::BatchNorm(norm))) = (param.role, layer) {
                // As the device adds them.
                let sum = |value: f32| value + norm.eps as f32;
                let wrong = values.iter().position(|&value| sum(value) <= 0.0);
                if let Some(channel) = wrong {
                    return Ok(Cause::Variance {
                        param: param.name.clone(),
                        channel,
                        value: values[channel],
                        eps: norm.eps,
                    });
                }
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
async fn on_host(param: &Param) -> Result<Vec<f32>, NetworkError> {
    let values = param.values.clone().inner();
    let count = values.dims()[0];
    Ok(read(vec![values.reshape([count, 1, 1, 1])])
        .await?
        .remove(0))
}
