//! A network with some of its parameters replaced.

use std::collections::HashSet;

use super::network::Network;
use crate::NodeId;

impl Network {
    /// The same network, with the parameters of these nodes from another network of the same graph.
    #[must_use]
    pub fn with_params_of(&self, nodes: &HashSet<NodeId>, other: &Self) -> Self {
        let mut changed = self.clone();
        for (param, from) in changed.params.iter_mut().zip(other.params.iter()) {
            if nodes.contains(&param.node) && param.name == from.name {
                param.values = from.values.clone();
            }
        }
        changed
    }
}
