//! Initialisation of weights on a device.

use burn::tensor::Device;

use super::{Network, NetworkError};
use crate::Graph;
pub use crate::train::Initialisation;
use crate::weights::started;

impl Network {
    /// The graph with weights that start by this rule. Each number depends only on the seed, its
    /// node's number and its place in the node's parameter: an edit of another node leaves it as
    /// it is. The same seed gives the same bits on every machine's CPU; a graphics device makes
    /// large arrays of normal numbers itself, with its own logarithm.
    ///
    /// # Errors
    /// When the graph has a problem.
    pub fn initialised(
        graph: Graph,
        rule: &Initialisation,
        seed: u64,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let params = started(&graph, *rule, seed, device).unwrap_or_default();
        Self::with_params(graph, params, device)
    }
}
