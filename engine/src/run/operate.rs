//! A network with the values of some parameters changed, on plain numbers.

use burn::tensor::{Tensor, TensorData};

use super::Role;
use super::finite::on_host;
use super::network::{Network, NetworkError};
use crate::NodeId;

impl Network {
    /// Gives `read` each parameter of this node: its role and its values.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn read_params(
        &self,
        node: NodeId,
        mut read: impl FnMut(Role, &[f32]),
    ) -> Result<(), NetworkError> {
        let owner = self.graph.owner(node);
        for param in self.params.iter().filter(|param| param.node == owner) {
            let values = on_host(param).await?;
            read(param.role, &values);
        }
        Ok(())
    }

    /// The same network, after `change` was given each parameter of these nodes: its node, role, axes
    /// and values.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn with_changed(
        &self,
        nodes: &[NodeId],
        mut change: impl FnMut(NodeId, Role, &[usize], &mut [f32]),
    ) -> Result<Self, NetworkError> {
        let mut changed = self.clone();
        let nodes: Vec<NodeId> = nodes.iter().map(|&id| self.graph.owner(id)).collect();
        for param in &mut changed.params {
            if !nodes.contains(&param.node) {
                continue;
            }
            let mut values = on_host(param).await?;
            let count = values.len();
            change(param.node, param.role, &param.dims, &mut values);
            let values = TensorData::new(values, [count]);
            param.values = Tensor::from_data(values, &self.device);
        }
        Ok(changed)
    }
}
