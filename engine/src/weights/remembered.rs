//! Trained parameters of nodes that an edit removed, restored when undo restores the nodes.
//!
//! A parameter is identified by its node's id, its role and its dimensions, so a renamed node finds
//! its own. At most [`MOST_BYTES`] are kept; beyond that the oldest are dropped. A restored node
//! without remembered weights gets those of the file loaded last, or random ones.

use std::collections::{HashSet, VecDeque};

use super::{Param, Provenance, Role};
use crate::NodeId;

/// The maximum of bytes of remembered parameters. They stay where their network has them.
pub const MOST_BYTES: u64 = 256 << 20;

/// See the module.
#[derive(Clone, Debug)]
pub struct Remembered<V> {
    /// The oldest first.
    params: VecDeque<Param<V>>,
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self {
            params: VecDeque::new(),
        }
    }
}

impl<V: Clone> Remembered<V> {
    /// Bytes of all that is remembered.
    pub fn bytes(&self) -> u64 {
        self.params.iter().map(|it| 4 * it.count() as u64).sum()
    }

    /// The remembered values of this parameter.
    pub fn get(&self, node: NodeId, role: Role, dims: &[usize]) -> Option<V> {
        let same = |it: &&Param<V>| it.node == node && it.role == role && it.dims == dims;
        self.params.iter().find(same).map(|it| it.values.clone())
    }

    /// Updates the memory after an edit: remembered parameters that `after` has are dropped, and
    /// trained parameters of `before` that it lacks are added.
    pub fn follow_params(
        &mut self,
        before: &[Param<V>],
        provenance: &Provenance,
        after: &[Param<V>],
    ) {
        let key = |it: &Param<V>| (it.node, it.role, it.dims.clone());
        let there: HashSet<_> = after.iter().map(key).collect();
        let left = before.iter();
        let left =
            left.filter(|it| provenance.is_trained(it.node, it.role) && !there.contains(&key(it)));
        let left: Vec<Param<V>> = left.cloned().collect();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Graph;
    use crate::graph::Edit;
    use crate::train::Initialisation;
    use crate::weights::started;
    use crate::zoo;

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let whole = zoo::lenet5().unwrap();
        let id = |name: &str| whole.named(name).unwrap().id;
        let params = |graph: Graph| -> Vec<Param<Arc<[f32]>>> {
            started(&graph, Initialisation::default(), 1, &()).unwrap()
        };
        let without = |names: &[&str]| {
            let nodes = names.iter().map(|name| id(name));
            let edits: Vec<Edit> = nodes.map(|node| Edit::Remove { node }).collect();
            params(whole.apply_all(&edits).unwrap())
        };
        let steps = [
            params(whole.clone()),
            without(&["F6"]),
            without(&["F6", "F5"]),
        ];
        let mut remembered = Remembered::default();
        for pair in steps.windows(2) {
            let trained = Provenance::of_all(&pair[0], true);
            remembered.follow_params(&pair[0], &trained, &pair[1]);
        }
        let has = |remembered: &Remembered<Arc<[f32]>>, name: &str, dims: &[usize]| {
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
        remembered.follow_params(before, &Provenance::of_all(before, true), &steps[0]);
        assert!(!has(&remembered, "F5", &[120, 400]));
    }
}
