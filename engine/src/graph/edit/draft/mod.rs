//! A graph during an edit; it may be invalid between the steps.

mod blocks;
mod copy;
mod names;
mod new_nodes;
mod order;
mod share;

use std::collections::HashMap;

use super::super::{Block, Node, NodeId, Parts};
use super::{EditError, Graph, Piece, Place};
use crate::Shape;
use crate::graph::shared::settle;
use new_nodes::NewNodes;

pub(super) struct Draft {
    pub(super) name: String,
    pub(super) input: Shape,
    nodes: Vec<Node>,
    blocks: Vec<Block>,
    next_id: u32,
}

impl Draft {
    pub(super) fn of(graph: &Graph) -> Self {
        Self {
            name: graph.name().to_owned(),
            input: graph.input(),
            nodes: graph.nodes().to_vec(),
            blocks: graph.blocks().to_vec(),
            next_id: graph.next_id().0,
        }
    }

    /// Sorts the nodes topologically, cleans up the blocks and validates the graph.
    pub(super) fn finish(mut self) -> Result<Graph, EditError> {
        self.sort()?;
        settle(&mut self.nodes);
        let places: HashMap<NodeId, usize> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id, place))
            .collect();
        for block in &mut self.blocks {
            block.nodes.retain(|id| places.contains_key(id));
            block
                .nodes
                .sort_unstable_by_key(|id| places.get(id).copied());
        }
        self.blocks.retain(|block| !block.nodes.is_empty());
        let Self {
            name,
            input,
            nodes,
            blocks,
            next_id,
            ..
        } = self;
        let largest = nodes.iter().map(|node| node.id.0).max().unwrap_or(0);
        let next_id = (next_id > largest + 1).then_some(next_id);
        Ok(Graph::try_from(Parts {
            name,
            input,
            nodes,
            blocks,
            next_id,
        })?)
    }

    fn place_of(&self, id: NodeId) -> Result<usize, EditError> {
        if id == NodeId::INPUT {
            return Err(EditError::InputIsFixed);
        }
        self.nodes
            .iter()
            .position(|node| node.id == id)
            .ok_or(EditError::NoNode(id.0))
    }

    fn node(&self, id: NodeId) -> Result<&Node, EditError> {
        let place = self.place_of(id)?;
        self.nodes.get(place).ok_or(EditError::NoNode(id.0))
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> Result<&mut Node, EditError> {
        let place = self.place_of(id)?;
        self.nodes.get_mut(place).ok_or(EditError::NoNode(id.0))
    }

    fn block(&self, block: usize) -> Result<Block, EditError> {
        self.blocks
            .get(block)
            .cloned()
            .ok_or(EditError::NoBlock(block))
    }

    /// Checks that this is the graph's input or an existing node.
    fn check_source(&self, id: NodeId) -> Result<(), EditError> {
        if id == NodeId::INPUT {
            Ok(())
        } else {
            self.place_of(id).map(|_| ())
        }
    }

    /// The index just behind a node; 0 behind the graph's input.
    fn behind(&self, id: NodeId) -> Result<usize, EditError> {
        if id == NodeId::INPUT {
            Ok(0)
        } else {
            Ok(self.place_of(id)? + 1)
        }
    }

    fn new_id(&mut self) -> NodeId {
        let id = NodeId(self.next_id);
        self.next_id += 1;
        id
    }

    pub(super) fn insert(
        &mut self,
        place: &Place,
        piece: &Piece,
        name: Option<&str>,
    ) -> Result<(), EditError> {
        match place {
            Place::After { node, with } => {
                let sources: Vec<NodeId> = std::iter::once(node).chain(with).copied().collect();
                let new = self.new_nodes(&sources, piece, name)?;
                self.put_behind(*node, new)?;
            }
            Place::On { to, slot } => {
                let at = self.place_of(*to)?;
                let from = self.source(*to, *slot)?;
                let new = self.new_nodes(&[from], piece, name)?;
                self.join_blocks(from, &[*to], &new);
                self.node_mut(*to)?.inputs[*slot] = new.output;
                self.add(at, new);
            }
            Place::Branch { from } => {
                let places = from.iter().map(|&id| self.behind(id));
                let at = places
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .max()
                    .unwrap_or(0);
                let new = self.new_nodes(from, piece, name)?;
                self.add(at, new);
            }
        }
        Ok(())
    }

    pub(super) fn replace(
        &mut self,
        id: NodeId,
        piece: &Piece,
        name: Option<&str>,
    ) -> Result<(), EditError> {
        let at = self.place_of(id)?;
        let old = self.nodes.remove(at);
        let new = self.new_nodes(&old.inputs, piece, name)?;
        self.rewire(id, new.output);
        for block in self
            .blocks
            .iter_mut()
            .filter(|block| block.nodes.contains(&id))
        {
            block.nodes.extend(new.nodes.iter().map(|node| node.id));
        }
        self.add(at, new);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: NodeId) -> Result<(), EditError> {
        let at = self.place_of(id)?;
        let removed = self.nodes.remove(at);
        let Some(&instead) = removed.inputs.first() else {
            return Ok(());
        };
        self.rewire(id, instead);
        // When the last node is removed, its first input becomes the output of the network and must
        // come last, even if a side branch comes after it.
        if at == self.nodes.len()
            && instead != NodeId::INPUT
            && !self.nodes.iter().any(|node| node.inputs.contains(&instead))
        {
            let place = self.place_of(instead)?;
            self.nodes[place..].rotate_left(1);
        }
        Ok(())
    }

    pub(super) fn connect(
        &mut self,
        from: NodeId,
        to: NodeId,
        slot: usize,
    ) -> Result<(), EditError> {
        self.check_source(from)?;
        let node = self.node_mut(to)?;
        if slot > node.inputs.len() {
            return Err(no_slot(node, slot));
        }
        match node.inputs.get_mut(slot) {
            Some(input) => *input = from,
            None => node.inputs.push(from),
        }
        Ok(())
    }

    pub(super) fn disconnect(&mut self, to: NodeId, slot: usize) -> Result<(), EditError> {
        let node = self.node_mut(to)?;
        if slot >= node.inputs.len() {
            return Err(no_slot(node, slot));
        }
        if node.inputs.len() == 1 {
            return Err(EditError::OnlyInput {
                name: node.name.clone(),
            });
        }
        node.inputs.remove(slot);
        Ok(())
    }

    pub(super) fn rename(&mut self, id: NodeId, name: &str) -> Result<(), EditError> {
        let taken = |node: &Node| node.name == name && node.id != id;
        if self.nodes.iter().any(taken) {
            return Err(EditError::NameTaken(name.to_owned()));
        }
        name.clone_into(&mut self.node_mut(id)?.name);
        Ok(())
    }

    pub(super) fn relocate(&mut self, id: NodeId, after: NodeId) -> Result<(), EditError> {
        let node = self.node(id)?.clone();
        if node.inputs.len() > 1 {
            return Err(EditError::SeveralInputs {
                got: node.inputs.len(),
                name: node.name,
            });
        }
        if after == id {
            return Err(EditError::BehindItself(node.name));
        }
        self.check_source(after)?;
        if node.inputs.first() == Some(&after) {
            return Ok(());
        }
        self.remove(id)?;
        for block in &mut self.blocks {
            block.nodes.retain(|&inside| inside != id);
        }
        let moved = Node {
            inputs: vec![after],
            ..node
        };
        self.put_behind(after, NewNodes::single(moved))
    }

    fn source(&self, to: NodeId, slot: usize) -> Result<NodeId, EditError> {
        let node = self.node(to)?;
        node.inputs
            .get(slot)
            .copied()
            .ok_or_else(|| no_slot(node, slot))
    }

    /// Makes all consumers of `from` take `to` instead; returns them.
    fn rewire(&mut self, from: NodeId, to: NodeId) -> Vec<NodeId> {
        let mut takers = Vec::new();
        for node in &mut self.nodes {
            for input in node.inputs.iter_mut().filter(|input| **input == from) {
                *input = to;
                takers.push(node.id);
            }
        }
        takers
    }

    /// Inserts new nodes behind `after`: its consumers take the new output instead.
    fn put_behind(&mut self, after: NodeId, new: NewNodes) -> Result<(), EditError> {
        let at = self.behind(after)?;
        let takers = self.rewire(after, new.output);
        self.join_blocks(after, &takers, &new);
        self.add(at, new);
        Ok(())
    }

    /// Adds new nodes to the blocks that hold both the node before them and all their consumers.
    fn join_blocks(&mut self, before: NodeId, takers: &[NodeId], new: &NewNodes) {
        for block in &mut self.blocks {
            let holds = |id: &NodeId| block.nodes.contains(id);
            if holds(&before) && !takers.is_empty() && takers.iter().all(holds) {
                block.nodes.extend(new.nodes.iter().map(|node| node.id));
            }
        }
    }

    fn add(&mut self, at: usize, new: NewNodes) {
        self.nodes.splice(at..at, new.nodes);
        self.blocks.extend(new.blocks);
    }
}

fn no_slot(node: &Node, slot: usize) -> EditError {
    EditError::NoSlot {
        name: node.name.clone(),
        slot,
        inputs: node.inputs.len(),
    }
}
