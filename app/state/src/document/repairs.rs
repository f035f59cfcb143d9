//! Repairs of the document's problems, computed only where they are shown.

use engine::{Graph, NodeId};
use reactive_graph::traits::{Update, WithUntracked};

use super::Document;

impl Document {
    /// Starts the computation of repairs of this node's problem.
    pub fn await_repairs(self, node: NodeId) {
        self.repairs.update(|all| {
            all.insert(node, None);
        });
    }

    /// Computes repairs of this node's problem if the document is still this graph.
    pub fn find_repairs(self, node: NodeId, graph: &Graph) {
        if self.graph.with_untracked(|now| now != graph) {
            return;
        }
        let found = self.analysis.with_untracked(|analysis| {
            let mut problems = analysis.problems.iter();
            let problem = problems.find(|problem| problem.node == node)?;
            Some(problem.repairs(graph))
        });
        self.repairs.update(|all| {
            all.insert(node, Some(found.unwrap_or_default()));
        });
    }
}
