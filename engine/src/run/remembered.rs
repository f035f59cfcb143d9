//! Trained parameters that an edit took out of the network, for when undo brings their nodes back.
//!
//! A parameter is known by its node's number, its role and its dimensions, so a renamed node finds
//! its own. At most [`MOST_BYTES`] are kept; beyond that the oldest go. A node that comes back
//! without its remembered weights gets those of the file loaded last, or random ones.

use std::collections::{HashSet, VecDeque};

use burn::tensor::Tensor;

use super::{Network, Param, Provenance, Role};
use crate::NodeId;

/// Bytes of remembered parameters at most. They stay on the device of their network.
pub const MOST_BYTES: u64 = 256 << 20;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// The oldest first.
    params: VecDeque<Param>,
}

impl Remembered {
    /// Bytes of all that is remembered.
    pub fn bytes(&self) -> u64 {
        self.params.iter().map(bytes).sum()
    }

    /// The values that this parameter had.
    pub fn get(&self, node: NodeId, role: Role, dims: &[usize]) -> Option<Tensor<1>> {
        let same = |it: &&Param| it.node == node && it.role == role && it.dims == dims;
        self.params.iter().find(same).map(|it| it.values.clone())
    }

    /// Follows an edit: what `after` has of the remembered is forgotten, and trained parameters
    /// of `before` that it lacks are remembered.
    pub fn follow(&mut self, before: &Network, provenance: &Provenance, after: &Network) {
        let key = |it: &Param| (it.node, it.role, it.dims.clone());
        let there: HashSet<_> = after.params().iter().map(key).collect();
        let left = before.params().iter();
        let left =
            left.filter(|it| provenance.is_trained(it.node, it.role) && !there.contains(&key(it)));
        let left: Vec<Param> = left.cloned().collect();
        let newer: HashSet<_> = left.iter().map(key).collect();
        self.params
            .retain(|it| !there.contains(&key(it)) && !newer.contains(&key(it)));
        self.params.extend(left);
        while self.bytes() > MOST_BYTES {
            self.params.pop_front();
        }
    }
}

fn bytes(param: &Param) -> u64 {
    4 * param.dims.iter().product::<usize>() as u64
}
