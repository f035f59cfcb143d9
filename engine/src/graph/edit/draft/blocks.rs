//! Steps on whole blocks, and copies.

use std::collections::{HashMap, HashSet};

use super::super::super::{Block, Node, NodeId};
use super::super::EditError;
use super::Draft;
use super::fragment::Fragment;

impl Draft {
    pub(in crate::graph::edit) fn remove_block(&mut self, block: usize) -> Result<(), EditError> {
        for &id in self.block(block)?.nodes.iter().rev() {
            self.remove(id)?;
        }
        Ok(())
    }

    pub(in crate::graph::edit) fn duplicate(&mut self, id: NodeId) -> Result<(), EditError> {
        let at = self.behind(id)?;
        let mut copy = self.node(id)?.clone();
        copy.id = self.new_id();
        copy.name = self.free_name(&copy.name);
        if let Some(first) = copy.inputs.first_mut() {
            *first = id;
        }
        let fragment = Fragment {
            output: copy.id,
            nodes: vec![copy],
            blocks: Vec::new(),
        };
        let takers = self.rewire(id, fragment.output);
        self.join_blocks(id, &takers, &fragment);
        self.add(at, fragment);
        Ok(())
    }

    pub(in crate::graph::edit) fn duplicate_block(
        &mut self,
        block: usize,
    ) -> Result<(), EditError> {
        let block = self.block(block)?;
        let Some(&last) = block.nodes.last() else {
            return Err(EditError::EmptyBlock);
        };
        let inside: HashSet<NodeId> = block.nodes.iter().copied().collect();
        let originals: Vec<Node> = self
            .nodes
            .iter()
            .filter(|node| inside.contains(&node.id))
            .cloned()
            .collect();
        // What fed the block's first node feeds the copy's through the block itself.
        let source = originals
            .first()
            .and_then(|node| node.inputs.first())
            .copied();
        let mut copies: HashMap<NodeId, NodeId> = source.map(|id| (id, last)).into_iter().collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(originals.len());
        let mut names = self.names();
        for mut node in originals {
            let id = self.new_id();
            copies.insert(node.id, id);
            node.id = id;
            node.name = names.free(&node.name);
            names.insert(&node.name);
            for input in &mut node.inputs {
                *input = copies.get(input).copied().unwrap_or(*input);
            }
            nodes.push(node);
        }
        let copy = |block: &Block| Block {
            name: block.name.clone(),
            nodes: block
                .nodes
                .iter()
                .filter_map(|id| copies.get(id).copied())
                .collect(),
        };
        let within = |block: &&Block| block.nodes.iter().all(|id| inside.contains(id));
        let blocks = self.blocks.iter().filter(within).map(copy).collect();
        let output = copies.get(&last).copied().unwrap_or(last);
        let fragment = Fragment {
            nodes,
            blocks,
            output,
        };
        let at = self.behind(last)?;
        let takers = self.rewire(last, output);
        self.join_blocks(last, &takers, &fragment);
        self.add(at, fragment);
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
        // In the order asked for, so that the same request always names the same missing node.
        for &id in nodes {
            self.place_of(id)?;
        }
        for block in &self.blocks {
            let shared = block.nodes.iter().filter(|id| wrapped.contains(id)).count();
            if shared > 0 && shared < block.nodes.len() && shared < wrapped.len() {
                return Err(EditError::BlocksCross(block.name.clone()));
            }
        }
        let nodes = wrapped.into_iter().collect();
        self.blocks.push(Block {
            name: name.to_owned(),
            nodes,
        });
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
        return Err(EditError::EmptyBlockName);
    }
    Ok(())
}
