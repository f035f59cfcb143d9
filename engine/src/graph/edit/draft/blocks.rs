//! Edits of whole blocks.

use std::collections::{HashMap, HashSet};

use super::super::super::{Block, GraphError, NodeId};
use super::super::EditError;
use super::Draft;

impl Draft {
    pub(in crate::graph::edit) fn remove_block(&mut self, block: usize) -> Result<(), EditError> {
        for &id in self.block(block)?.nodes.iter().rev() {
            self.remove(id)?;
        }
        Ok(())
    }

    pub(in crate::graph::edit) fn wrap(
        &mut self,
        nodes: &[NodeId],
        name: &str,
    ) -> Result<(), EditError> {
        let wrapped: HashSet<NodeId> = nodes.iter().copied().collect();
        if wrapped.is_empty() {
            return Err(EditError::EmptyBlock);
        }
        named(name)?;
        // In the given order, so that the same edit always reports the same missing node.
        for &id in nodes {
            self.place_of(id)?;
        }
        for block in &self.blocks {
            let shared = block.nodes.iter().filter(|id| wrapped.contains(id)).count();
            if shared > 0 && shared < block.nodes.len() && shared < wrapped.len() {
                return Err(EditError::BlocksCross(block.name.clone()));
            }
        }
        self.passed(&wrapped)?;
        let nodes = wrapped.into_iter().collect();
        self.blocks.push(Block {
            name: name.to_owned(),
            nodes,
        });
        Ok(())
    }

    /// Refuses a block if a path between two of its nodes leaves it: folded, it would be its own input.
    fn passed(&self, wrapped: &HashSet<NodeId>) -> Result<(), EditError> {
        // Nodes outside that depend on a node inside, each with that node.
        let mut behind: HashMap<NodeId, NodeId> = HashMap::new();
        let mut takers: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for node in &self.nodes {
            for &input in &node.inputs {
                takers.entry(input).or_default().push(node.id);
            }
        }
        let mut ways: Vec<(NodeId, NodeId)> = wrapped.iter().map(|&id| (id, id)).collect();
        ways.sort_unstable();
        while let Some((from, id)) = ways.pop() {
            for &taker in takers.get(&id).into_iter().flatten() {
                if !wrapped.contains(&taker) && behind.insert(taker, from).is_none() {
                    ways.push((from, taker));
                }
            }
        }
        for node in self.nodes.iter().filter(|node| wrapped.contains(&node.id)) {
            for &input in &node.inputs {
                if let Some(&from) = behind.get(&input) {
                    return Err(EditError::BlockPassed {
                        from: self.node(from)?.name.clone(),
                        passed: self.node(input)?.name.clone(),
                        to: node.name.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    pub(in crate::graph::edit) fn rename_block(
        &mut self,
        block: usize,
        name: &str,
    ) -> Result<(), EditError> {
        let block = self
            .blocks
            .get_mut(block)
            .ok_or(EditError::NoBlock(block))?;
        named(name)?;
        name.clone_into(&mut block.name);
        Ok(())
    }

    pub(in crate::graph::edit) fn unwrap(&mut self, block: usize) -> Result<(), EditError> {
        self.block(block)?;
        self.blocks.remove(block);
        Ok(())
    }
}

fn named(name: &str) -> Result<(), EditError> {
    if name.trim().is_empty() {
        return Err(GraphError::EmptyBlockName.into());
    }
    Ok(())
}
