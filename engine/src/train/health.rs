//! How each layer fares in a step: the length of its gradient, how far its weights moved, and how many
//! of its units are dead.

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// One node in one step. What does not apply to it, or is not a finite number, is missing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerHealth {
    pub node: NodeId,
    /// The length of the gradient of all its weights together, before it is clipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// The length of this step's change of its weights, divided by the length of the weights before
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_ratio: Option<f64>,
    /// Of an activation that can die: the share of its channels (of a vector: its values) that pass
    /// on no gradient, at no position of no example of the batch. A ReLU is 0 there, a ReLU6 0 or 6,
    /// a hard sigmoid 0 or 1; a tanh or sigmoid counts from 99 % of its way to either end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<f64>,
}
