//! The user's selection, folded blocks, and what is being dragged.

mod clipboard;
mod folding;

use engine::{Graph, NodeId};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update, WithUntracked};

pub use self::folding::Folding;

use crate::document::{first, holds};
use crate::palette::PaletteEntry;
use crate::signals::set_if_changed;

/// See the module.
#[derive(Clone, Copy)]
pub struct Selection {
    node: RwSignal<NodeId>,
    nodes: RwSignal<Vec<NodeId>>,
    folding: RwSignal<Folding>,
    dragged: RwSignal<Option<PaletteEntry>>,
}

readable!(Selection {
    /// The node that the inspector shows.
    node: NodeId,
    /// All selected nodes, in the order they were selected.
    nodes: Vec<NodeId>,
    /// The blocks that the graph shows as one box.
    folding: Folding,
    /// The layer or block that is dragged from the palette.
    dragged: Option<PaletteEntry>,
});

impl Selection {
    pub(crate) fn new(graph: &Graph) -> Self {
        let first = first(graph);
        Self {
            node: RwSignal::new(first),
            nodes: RwSignal::new(vec![first]),
            folding: RwSignal::new(Folding::usual(graph)),
            dragged: RwSignal::new(None),
        }
    }

    /// Shows one of the selected nodes in the inspector.
    pub fn inspect(self, node: NodeId) {
        self.node.set(node);
    }

    /// Selects these nodes and no others; nothing changes where there are none.
    pub fn select_all(self, nodes: Vec<NodeId>) {
        if let Some(&first) = nodes.first() {
            self.nodes.set(nodes);
            self.node.set(first);
        }
    }

    /// Selects only this node; does nothing if the graph no longer has it.
    pub fn select(self, graph: &Graph, node: NodeId) {
        if holds(graph, node) {
            self.nodes.set(vec![node]);
            self.node.set(node);
        }
    }

    /// Toggles a node's membership of the selection.
    pub fn toggle(self, graph: &Graph, node: NodeId) {
        let there = holds(graph, node);
        self.nodes.update(
            |nodes| match nodes.iter().position(|&other| other == node) {
                Some(place) => {
                    nodes.remove(place);
                }
                None if there => nodes.push(node),
                None => {}
            },
        );
        if let Some(&last) = self.nodes.get_untracked().last() {
            self.node.set(last);
        }
    }

    /// The selection after `after` replaces `before`: removed nodes are deselected. It is computed
    /// and set in two steps, so that the graph can change between them.
    pub(crate) fn within(self, before: &Graph, after: &Graph) -> (NodeId, Vec<NodeId>) {
        let there = |id: &NodeId| holds(after, *id);
        let node = self.node.get_untracked();
        let nodes = self.nodes.get_untracked();
        let mut kept = nodes.clone();
        kept.retain(there);
        let node = if there(&node) {
            node
        } else {
            let fed = || fed(before, node, there);
            kept.first()
                .copied()
                .or_else(fed)
                .unwrap_or_else(|| after.output())
        };
        if kept.is_empty() && !nodes.is_empty() {
            kept.push(node);
        }
        (node, kept)
    }

    pub(crate) fn set(self, (node, nodes): (NodeId, Vec<NodeId>)) {
        set_if_changed(self.node, node);
        set_if_changed(self.nodes, nodes);
    }

    /// Toggles the folding of this block (an index into [`Graph::blocks`]).
    pub fn fold(self, graph: &Graph, block: usize) {
        if let Some(block) = graph.blocks().get(block) {
            self.folding.update(|folding| folding.toggle(block));
        }
    }

    /// Folds or unfolds every block.
    pub fn fold_all(self, graph: &Graph, folded: bool) {
        self.folding.set(if folded {
            Folding::all(graph)
        } else {
            Folding::default()
        });
    }

    /// Opens the folded blocks around a node.
    pub fn unfold_around(self, graph: &Graph, node: NodeId) {
        let blocks = graph.blocks().iter();
        let around = blocks.filter(|block| block.nodes.contains(&node));
        let around: Vec<_> = self
            .folding
            .with_untracked(|folding| around.filter(|it| folding.folds(it)).collect());
        if !around.is_empty() {
            let open = |folding: &mut Folding| around.iter().for_each(|it| folding.toggle(it));
            self.folding.update(open);
        }
    }

    /// Folds these blocks and no others.
    pub fn set_folding(self, folding: Folding) {
        self.folding.set(folding);
    }

    /// Sets what is dragged from the palette; `None` ends the drag.
    pub fn drag(self, entry: Option<PaletteEntry>) {
        self.dragged.set(entry);
    }
}

/// The nearest ancestor of this node, along first inputs, that still exists.
fn fed(before: &Graph, node: NodeId, there: impl Fn(&NodeId) -> bool) -> Option<NodeId> {
    let feeds = |&id: &NodeId| before.node(id)?.inputs.first().copied();
    std::iter::successors(feeds(&node), feeds).find(there)
}
