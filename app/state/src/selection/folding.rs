//! Which blocks are shown as one box.

use std::collections::BTreeSet;

use engine::graph::Block;
use engine::{Graph, NodeId};

/// Networks of more nodes than this open with their blocks folded.
const OPEN_NODES: usize = 60;

/// The folded blocks, each identified by its first and last node: indices into [`Graph::blocks`]
/// change with edits elsewhere, and a copy of a block has the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folding(BTreeSet<(NodeId, NodeId)>);

impl Folding {
    /// The initial folding: every block of a long graph.
    pub fn usual(graph: &Graph) -> Self {
        if graph.nodes().len() > OPEN_NODES {
            Self::all(graph)
        } else {
            Self::default()
        }
    }

    /// Every block folded; opening an outer one shows the inner ones folded.
    pub fn all(graph: &Graph) -> Self {
        Self(graph.blocks().iter().filter_map(key).collect())
    }

    /// The folded blocks by their first and last nodes.
    pub fn pairs(&self) -> Vec<(NodeId, NodeId)> {
        self.0.iter().copied().collect()
    }

    /// The folding of these pairs; pairs that match no block are ignored.
    pub fn of(graph: &Graph, pairs: &[(NodeId, NodeId)]) -> Self {
        let wanted: BTreeSet<_> = pairs.iter().copied().collect();
        let keys = graph.blocks().iter().filter_map(key);
        Self(keys.filter(|key| wanted.contains(key)).collect())
    }

    /// Whether this block is folded.
    pub fn folds(&self, block: &Block) -> bool {
        key(block).is_some_and(|key| self.0.contains(&key))
    }

    /// Toggles the folding of a block.
    pub fn toggle(&mut self, block: &Block) {
        if let Some(key) = key(block)
            && !self.0.remove(&key)
        {
            self.0.insert(key);
        }
    }
}

fn key(block: &Block) -> Option<(NodeId, NodeId)> {
    Some((*block.nodes.first()?, *block.nodes.last()?))
}
