//! Trained parameters of nodes that an edit removed, restored when undo restores the nodes.
//!
//! A parameter is identified by its node's id, its role and its dimensions, so a renamed node finds
//! its own. At most [`MOST_BYTES`] are kept; beyond that the oldest are dropped. A restored node
//! without remembered weights gets those of the file loaded last, or random ones.

use std::collections::{HashSet, VecDeque};

use burn::tensor::Tensor;

use super::{Network, Param, Provenance, Role};
use crate::NodeId;

/// The maximum of bytes of remembered parameters. They stay on the device of their network.
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

    /// The remembered values of this parameter.
    pub fn get(&self, node: NodeId, role: Role, dims: &[usize]) -> Option<Tensor<1>> {
        let same = |it: &&Param| it.node == node && it.role == role && it.dims == dims;
        self.params.iter().find(same).map(|it| it.values.clone())
    }

    /// Updates the memory after an edit: remembered parameters that `after` has are dropped, and
    /// trained parameters of `before` that it lacks are added.
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
        self.forget_beyond(MOST_BYTES);
    }

    fn forget_beyond(&mut self, most: u64) {
        while self.bytes() > most {
            self.params.pop_front();
        }
    }
}

fn bytes(param: &Param) -> u64 {
    4 * param.dims.iter().product::<usize>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Edit;
    use crate::run::cpu;
    use crate::zoo;

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let whole = zoo::lenet5().unwrap();
        let id = |name: &str| whole.named(name).unwrap().id;
        let network = |graph| Network::seeded(graph, 1, &cpu()).unwrap();
        let without = |names: &[&str]| {
            let nodes = names.iter().map(|name| id(name));
            let edits: Vec<Edit> = nodes.map(|node| Edit::Remove { node }).collect();
            network(whole.apply_all(&edits).unwrap())
        };
        let steps = [
            network(whole.clone()),
            without(&["F6"]),
            without(&["F6", "F5"]),
        ];
        let mut remembered = Remembered::default();
        for pair in steps.windows(2) {
            let trained = Provenance::all(&pair[0], true);
            remembered.follow(&pair[0], &trained, &pair[1]);
        }
        let has = |remembered: &Remembered, name: &str, dims: &[usize]| {
            remembered.get(id(name), Role::Weight, dims).is_some()
        };
        // F5's (120 × 400) is the newest, F6's (84 × 120) went before it.
        assert!(has(&remembered, "F5", &[120, 400]) && has(&remembered, "F6", &[84, 120]));
        // F6: 84 × 120 and 84, the output's 10 × 84, F5: 120 × 400 and 120, the output's 10 × 120.
        assert_eq!(
            remembered.bytes(),
            4 * (10_080 + 84 + 840 + 48_000 + 120 + 1_200)
        );
        remembered.forget_beyond(4 * 50_000);
        assert!(has(&remembered, "F5", &[120, 400]) && !has(&remembered, "F6", &[84, 120]));
        // Restored parameters are dropped from the memory.
        let before = &steps[2];
        remembered.follow(before, &Provenance::all(before, true), &steps[0]);
        assert!(!has(&remembered, "F5", &[120, 400]));
    }
}
