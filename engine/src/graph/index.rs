//! From a node's number to its place, in logarithmic time and memory proportional to the nodes:
//! numbers may come from a hostile document, so no table as long as the largest of them.

use super::NodeId;

/// Numbers and places, sorted by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index(Vec<(NodeId, usize)>);

impl Index {
    /// Of nodes standing in this order.
    pub(crate) fn new(ids: impl Iterator<Item = NodeId>) -> Self {
        let mut places: Vec<_> = ids.enumerate().map(|(place, id)| (id, place)).collect();
        places.sort_unstable();
        Self(places)
    }

    /// The place of this number; `None` for the input and for unknown numbers.
    pub(crate) fn position(&self, id: NodeId) -> Option<usize> {
        let found = self.0.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        self.0.get(found).map(|&(_, place)| place)
    }

    /// The largest number in use: the input's when there is no node.
    pub(crate) fn largest(&self) -> NodeId {
        self.0.last().map_or(NodeId::INPUT, |&(id, _)| id)
    }
}
