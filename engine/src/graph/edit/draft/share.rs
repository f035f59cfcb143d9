//! Edits of nodes that share their parameters.

use super::super::super::{GraphError, NodeId};
use super::super::EditError;
use super::Draft;
use crate::Layer;

impl Draft {
    /// Changes the layer of a node and of all that share its parameters.
    pub(in crate::graph::edit) fn set_layer(
        &mut self,
        id: NodeId,
        layer: &Layer,
    ) -> Result<(), EditError> {
        let owner = self.node(id)?.owner();
        for node in self.nodes.iter_mut().filter(|node| node.owner() == owner) {
            node.layer.clone_from(layer);
        }
        Ok(())
    }

    /// Makes a node, and those that use its parameters, use the parameters of `with`; without it the
    /// node gets its own, and those that used them share among themselves.
    pub(in crate::graph::edit) fn share(
        &mut self,
        id: NodeId,
        with: Option<NodeId>,
    ) -> Result<(), EditError> {
        let node = self.node(id)?;
        let (name, own) = (node.name.clone(), node.owner());
        let Some(with) = with else {
            return self.separate(id);
        };
        let source = self.node(with)?;
        if with == id {
            return Err(EditError::SharesItself(name));
        }
        if source.layer != node.layer {
            return Err(GraphError::SharesUnlike {
                name,
                layer: node.layer.title(),
                source_name: source.name.clone(),
                source_layer: source.layer.title(),
            }
            .into());
        }
        if !node.layer.has_parameters() {
            let layer = node.layer.title();
            return Err(GraphError::SharesNothing { name, layer }.into());
        }
        let owner = source.owner();
        if own == owner {
            return Ok(());
        }
        for node in self.nodes.iter_mut().filter(|node| node.owner() == own) {
            node.shares = Some(owner);
        }
        Ok(())
    }

    fn separate(&mut self, id: NodeId) -> Result<(), EditError> {
        let node = self.node_mut(id)?;
        if node.shares.take().is_some() {
            return Ok(());
        }
        let mut sharers = { self.nodes.iter_mut() }.filter(|node| node.shares == Some(id));
        let Some(first) = sharers.next() else {
            return Ok(());
        };
        first.shares = None;
        let owner = first.id;
        for node in sharers {
            node.shares = Some(owner);
        }
        Ok(())
    }
}
