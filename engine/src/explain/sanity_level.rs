//! A step of the sanity check.

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// The explanation of the network whose weights are random from the logits down to a node (Adebayo et
/// al. 2018).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SanityLevel {
    /// The lowest node with random weights, and its name.
    pub node: NodeId,
    pub name: String,
    /// Spearman's rank correlation of the sizes of the map's values with those of the network as it is;
    /// none where one of the maps is the same everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
}
