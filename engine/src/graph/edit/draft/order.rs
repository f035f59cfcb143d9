//! Topological sorting.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::super::super::{Node, NodeId};
use super::super::EditError;
use super::Draft;

impl Draft {
    /// Sorts every node behind its inputs; otherwise the order stays.
    pub(super) fn sort(&mut self) -> Result<(), EditError> {
        let places: HashMap<NodeId, usize> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id, place))
            .collect();
        let mut waiting_for = vec![0_usize; self.nodes.len()];
        let mut takers: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            for from in node.inputs.iter().filter_map(|input| places.get(input)) {
                waiting_for[place] += 1;
                takers[*from].push(place);
            }
        }
        let ready = waiting_for
            .iter()
            .enumerate()
            .filter(|&(_, &count)| count == 0);
        let mut ready: BinaryHeap<Reverse<usize>> = ready.map(|(at, _)| Reverse(at)).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse(place)) = ready.pop() {
            order.push(place);
            for &taker in &takers[place] {
                waiting_for[taker] -= 1;
                if waiting_for[taker] == 0 {
                    ready.push(Reverse(taker));
                }
            }
        }
        if let Some(stuck) = waiting_for.iter().position(|&count| count > 0) {
            return Err(self.circle(stuck, &waiting_for, &places));
        }
        let mut nodes: Vec<Option<Node>> = self.nodes.drain(..).map(Some).collect();
        self.nodes = order
            .into_iter()
            .filter_map(|place| nodes[place].take())
            .collect();
        Ok(())
    }

    /// Two neighbouring nodes of a cycle that `stuck` depends on.
    fn circle(
        &self,
        stuck: usize,
        waiting_for: &[usize],
        places: &HashMap<NodeId, usize>,
    ) -> EditError {
        let waiting_input = |place: usize| {
            let inputs = self.nodes[place]
                .inputs
                .iter()
                .filter_map(|id| places.get(id))
                .copied();
            inputs.into_iter().find(|&input| waiting_for[input] > 0)
        };
        // After as many steps upwards as there are nodes, the node is on the cycle itself.
        let on = (0..self.nodes.len()).try_fold(stuck, |place, _| waiting_input(place));
        let on = on.unwrap_or(stuck);
        let from = waiting_input(on).unwrap_or(on);
        EditError::Circle {
            from: self.nodes[from].name.clone(),
            to: self.nodes[on].name.clone(),
        }
    }
}
