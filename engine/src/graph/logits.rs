//! Which node's values are the logits.

use super::{Graph, NodeId};
use crate::layer::{Activation, Layer};

impl Graph {
    /// The node whose values are the logits: the last one, or the one before a last softmax.
    pub fn logits(&self) -> NodeId {
        match self.nodes().last() {
            Some(node) => match (&node.layer, node.inputs.first()) {
                (Layer::Activation(Activation::Softmax | Activation::LogSoftmax), Some(&input)) => {
                    input
                }
                _ => node.id,
            },
            None => NodeId::INPUT,
        }
    }
}
