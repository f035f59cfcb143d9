//! One layer used several times: nodes that use the parameters of a node before them.

use std::collections::HashMap;

use super::{Graph, GraphError, Node, NodeId};
use crate::Layer;

impl Node {
    /// The node that has the parameters of this one: itself, unless it shares another's.
    pub fn owner(&self) -> NodeId {
        self.shares.unwrap_or(self.id)
    }
}

impl Graph {
    /// The node that has the parameters of this one: itself, unless it shares another's.
    pub fn owner(&self, id: NodeId) -> NodeId {
        self.node(id).map_or(id, Node::owner)
    }

    /// The layer in a few words, with the node whose weights it shares: “conv 3×3 ×8, shares C3”.
    pub fn title(&self, node: &Node) -> String {
        let title = node.layer.title();
        match node.shares.and_then(|id| self.node(id)) {
            Some(source) => format!("{title}, shares {}", source.name),
            None => title,
        }
    }

    /// Every node that uses the parameters of this one's owner, the owner first; in the graph's order.
    pub fn uses(&self, id: NodeId) -> impl Iterator<Item = &Node> {
        let owner = self.owner(id);
        { self.nodes().iter() }.filter(move |node| node.owner() == owner)
    }

    /// Whether any node shares another's parameters.
    pub fn has_sharers(&self) -> bool {
        self.nodes().iter().any(|node| node.shares.is_some())
    }
}

/// Checks that each source comes before, has parameters of its own, and is the same layer.
pub(super) fn check(nodes: &[Node]) -> Result<(), GraphError> {
    if nodes.iter().all(|node| node.shares.is_none()) {
        return Ok(());
    }
    let mut before: HashMap<NodeId, &Node> = HashMap::new();
    for node in nodes {
        if let Some(id) = node.shares {
            let name = node.name.clone();
            let source = before.get(&id).filter(|source| source.shares.is_none());
            let Some(source) = source else {
                return Err(GraphError::SharesNone {
                    name,
                    source_node: id.0,
                });
            };
            if source.layer != node.layer {
                return Err(GraphError::SharesUnlike {
                    name,
                    layer: node.layer.title(),
                    source_name: source.name.clone(),
                    source_layer: source.layer.title(),
                });
            }
            if !node.layer.has_parameters() {
                let layer = node.layer.title();
                return Err(GraphError::SharesNothing { name, layer });
            }
        }
        before.insert(node.id, node);
    }
    Ok(())
}

/// Makes the first of the nodes that share parameters their owner, whatever has become of the one that
/// was, gives all of them its layer, and shares nothing where that has no parameters.
pub(super) fn settle(nodes: &mut [Node]) {
    if nodes.iter().all(|node| node.shares.is_none()) {
        return;
    }
    // The first user of each owner's parameters.
    let mut first: HashMap<NodeId, (NodeId, Layer)> = HashMap::new();
    for node in nodes.iter_mut() {
        let owner = node.owner();
        match first.get(&owner) {
            Some((id, layer)) => {
                node.layer.clone_from(layer);
                node.shares = layer.has_parameters().then_some(*id);
            }
            None => {
                first.insert(owner, (node.id, node.layer.clone()));
                node.shares = None;
            }
        }
    }
}
