//! Repairs of the document's problems, looked for only where they are shown.

use std::time::Duration;

use engine::NodeId;
use leptos::prelude::*;

use super::Lab;

impl Lab {
    /// Looks for repairs of this node's problem in a task of its own; [`Lab::repairs`] has them
    /// then.
    pub fn find_repairs(self, node: NodeId) {
        self.repairs.update(|all| {
            all.insert(node, None);
        });
        let graph = self.graph.get_untracked();
        let look = move || {
            if self.graph.with_untracked(|now| *now != graph) {
                return;
            }
            let found = self.analysis.with_untracked(|analysis| {
                let mut problems = analysis.problems.iter();
                let problem = problems.find(|problem| problem.node == node)?;
                Some(problem.repairs(&graph))
            });
            self.repairs.update(|all| {
                all.insert(node, Some(found.unwrap_or_default()));
            });
        };
        set_timeout(look, Duration::ZERO);
    }
}
