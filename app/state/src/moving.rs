//! Moves of a layer along its wire.

use engine::graph::Edit;
use engine::{Graph, NodeId};
use reactive_graph::traits::{GetUntracked, WithUntracked};

use crate::State;

impl State {
    /// Moves the selected node along its wire: after its consumer, or before its input. `false`
    /// where there is none.
    pub fn move_by(self, up: bool) -> bool {
        let node = self.selection.node().get_untracked();
        let graph = self.document.graph();
        match graph.with_untracked(|graph| neighbour(graph, node, up)) {
            Some(after) => self.apply(Edit::Move { node, after }),
            None => false,
        }
    }
}

/// The node after which this one would be inserted.
fn neighbour(graph: &Graph, node: NodeId, up: bool) -> Option<NodeId> {
    if !up {
        return graph.consumers(node).next().map(|(next, _)| next.id);
    }
    let before = *graph.node(node)?.inputs.first()?;
    graph.node(before)?.inputs.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_down_and_up_again_changes_nothing() {
        let graph = engine::zoo::lenet5().unwrap();
        let node = graph.named("S2").unwrap().id;
        let down = neighbour(&graph, node, false).unwrap();
        let moved = graph.apply(&Edit::Move { node, after: down }).unwrap();
        assert_ne!(moved, graph);
        let up = neighbour(&moved, node, true).unwrap();
        assert_eq!(moved.apply(&Edit::Move { node, after: up }).unwrap(), graph);
    }

    #[test]
    fn the_first_layer_cannot_move_before_the_input() {
        let graph = engine::zoo::lenet5().unwrap();
        let first = graph.nodes()[0].id;
        assert_eq!(neighbour(&graph, first, true), None);
    }
}
