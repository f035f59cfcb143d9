//! Finds a node's index by its number, in logarithmic time. Memory is proportional to the count of
//! nodes and not to the largest number, which may come from a hostile document.

use super::NodeId;

/// Numbers and indices, sorted by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index(Vec<(NodeId, usize)>);

impl Index {
    /// The index of nodes in this order.
    pub(crate) fn new(ids: impl Iterator<Item = NodeId>) -> Self {
        let mut places: Vec<_> = ids.enumerate().map(|(place, id)| (id, place)).collect();
        places.sort_unstable();
        Self(places)
    }

    /// The index of the node with this number; `None` for the input and for unknown numbers.
    pub(crate) fn position(&self, id: NodeId) -> Option<usize> {
        let found = self.0.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        self.0.get(found).map(|&(_, place)| place)
    }

    /// The largest number in use; that of the input if there is no node.
    pub(crate) fn largest(&self) -> NodeId {
        self.0.last().map_or(NodeId::INPUT, |&(id, _)| id)
    }
}
