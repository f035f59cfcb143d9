//! The edits that insert a piece at a place: what is added before it, and the further inputs of a
//! merge.

use engine::graph::{Edit, Piece, Place};
use engine::layer::{Flatten, Merge};
use engine::{Analysis, Graph, Layer, NodeId};

use crate::document::shape_of;

/// A place for a new piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The node whose output the piece takes.
    pub from: NodeId,
    /// The wires that it goes on: consumers of `from`, with the slot of each. Empty: before all
    /// consumers, or at the end of the network.
    pub takers: Vec<(NodeId, usize)>,
    /// Further inputs of a merge; empty to choose one by its shape.
    pub with: Vec<NodeId>,
}

impl Spot {
    /// Behind this node, before all of its consumers.
    pub const fn behind(from: NodeId) -> Self {
        Self {
            from,
            takers: Vec::new(),
            with: Vec::new(),
        }
    }

    /// On these wires out of `from`: consumers, with the slot of each.
    pub const fn on(from: NodeId, takers: Vec<(NodeId, usize)>) -> Self {
        Self {
            from,
            takers,
            with: Vec::new(),
        }
    }

    /// Behind the last of these nodes; a merge takes the outputs of all of them.
    pub fn behind_all(graph: &Graph, nodes: &[NodeId]) -> Self {
        let mut all: Vec<NodeId> = nodes.to_vec();
        all.retain(|&id| crate::document::holds(graph, id));
        all.sort_by_key(|&id| graph.position(id));
        let from = all.pop().unwrap_or(NodeId::INPUT);
        Self {
            with: all,
            ..Self::behind(from)
        }
    }

    /// The edits that insert the piece here, with a flatten before a layer that needs a vector, and
    /// with further inputs of a merge.
    pub(super) fn edits(&self, graph: &Graph, analysis: &Analysis, piece: Piece) -> Vec<Edit> {
        let map = shape_of(graph, analysis, self.from).is_some_and(|shape| !shape.is_vector());
        match piece {
            Piece::Layer(Layer::Linear(_) | Layer::Rbf(_)) if map => {
                let mut edits = self.put(graph, Flatten::default().into());
                edits.push(Edit::Insert {
                    place: Place::After {
                        node: graph.next_id(),
                        with: Vec::new(),
                    },
                    piece,
                    name: None,
                });
                edits
            }
            Piece::Layer(Layer::Merge(merge)) => {
                let with = match &*self.with {
                    [] => vec![self.partner(graph, analysis, merge)],
                    with => with.to_vec(),
                };
                match self.takers.is_empty() {
                    true => vec![self.insert(with, piece)],
                    false => self.on_wires(graph, piece, with),
                }
            }
            Piece::Layer(layer) => self.put(graph, layer),
            Piece::Block(_) => match self.takers.is_empty() {
                true => vec![self.insert(Vec::new(), piece)],
                false => self.on_wires(graph, piece, Vec::new()),
            },
        }
    }

    fn put(&self, graph: &Graph, layer: Layer) -> Vec<Edit> {
        let piece = Piece::Layer(layer);
        match self.takers.is_empty() {
            true => vec![self.insert(Vec::new(), piece)],
            false => self.on_wires(graph, piece, Vec::new()),
        }
    }

    fn insert(&self, with: Vec<NodeId>, piece: Piece) -> Edit {
        let place = match self.takers.first() {
            Some(&(to, slot)) => Place::On { to, slot },
            None => Place::After {
                node: self.from,
                with,
            },
        };
        Edit::Insert {
            place,
            piece,
            name: None,
        }
    }

    /// On the first wire, then the other consumers are connected to it.
    fn on_wires(&self, graph: &Graph, piece: Piece, with: Vec<NodeId>) -> Vec<Edit> {
        let new = graph.next_id();
        let mut edits = vec![self.insert(Vec::new(), piece)];
        for (at, from) in with.into_iter().enumerate() {
            let slot = at + 1;
            edits.push(Edit::Connect {
                from,
                to: new,
                slot,
            });
        }
        if let [(to, slot), others @ ..] = &*self.takers
            && !others.is_empty()
            && let Ok(edited) = graph.apply_all(&edits)
            && let Some(node) = edited.node(*to)
            && let Some(&from) = node.inputs.get(*slot)
        {
            let connect = |&(to, slot): &(NodeId, usize)| Edit::Connect { from, to, slot };
            edits.extend(others.iter().map(connect));
        }
        edits
    }

    /// The other input of a merge: the nearest node before it with a fitting shape, or the same
    /// node again.
    fn partner(&self, graph: &Graph, analysis: &Analysis, merge: Merge) -> NodeId {
        let shape = shape_of(graph, analysis, self.from);
        let fits = |id: &NodeId| match (shape_of(graph, analysis, *id), shape) {
            (Some(other), Some(shape)) => match merge {
                Merge::Add | Merge::Multiply => other == shape,
                Merge::Concat => other.size() == shape.size(),
            },
            (None, _) | (_, None) => false,
        };
        let before = graph.position(self.from).unwrap_or(0);
        let earlier = graph.nodes().iter().take(before).rev().map(|node| node.id);
        let mut earlier = earlier.chain([NodeId::INPUT]);
        earlier.find(fits).unwrap_or(self.from)
    }
}
