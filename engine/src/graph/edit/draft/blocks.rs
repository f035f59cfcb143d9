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
        number: usize,
    ) -> Result<(), EditError> {
        let block = self.block(number)?;
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
        one_end(&block, &originals)?;
        // What fed the block's first node feeds the copy's through the block itself.
        let source = originals
            .first()
            .and_then(|node| node.inputs.first())
            .copied();
        let mut copies: HashMap<NodeId, NodeId> = source.map(|id| (id, last)).into_iter().collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(originals.len());
        let mut names = self.names();
        // What is named after the block is named after its copy.
        let named = names.free(&block.name);
        names.insert(&named);
        let rest = |name: &str| {
            Some(
                name.strip_prefix(&block.name)?
                    .strip_prefix('.')?
                    .to_owned(),
            )
        };
        let mut free = |name: &str| match rest(name) {
            // No name begins with the copy's.
            Some(rest) => format!("{named}.{rest}"),
            None => {
                let name = names.free(name);
                names.insert(&name);
                name
            }
        };
        for mut node in originals {
            let id = self.new_id();
            copies.insert(node.id, id);
            node.id = id;
            node.name = free(&node.name);
            for input in &mut node.inputs {
                *input = copies.get(input).copied().unwrap_or(*input);
            }
            nodes.push(node);
        }
        let mut blocks = Vec::new();
        for (at, inner) in self.blocks.iter().enumerate() {
            if inner.nodes.iter().all(|id| inside.contains(id)) {
                let name = if at == number {
                    named.clone()
                } else {
                    free(&inner.name)
                };
                let nodes = inner.nodes.iter();
                let nodes = nodes.filter_map(|id| copies.get(id).copied()).collect();
                blocks.push(Block { name, nodes });
            }
        }
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
        self.passed(&wrapped)?;
        let nodes = wrapped.into_iter().collect();
        self.blocks.push(Block {
            name: name.to_owned(),
            nodes,
        });
        Ok(())
    }

    /// Refuses nodes between which others lie: folded, they would feed themselves.
    fn passed(&self, wrapped: &HashSet<NodeId>) -> Result<(), EditError> {
        // The nodes outside that depend on one inside, each with that one.
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

/// Refuses a block of several nodes that no other of it takes: of its copy, all but one would be
/// taken by nobody.
fn one_end(block: &Block, nodes: &[Node]) -> Result<(), EditError> {
    let taken: HashSet<NodeId> = nodes.iter().flat_map(|node| node.inputs.clone()).collect();
    let mut ends = nodes.iter().filter(|node| !taken.contains(&node.id));
    match (ends.next(), ends.next()) {
        (Some(one), Some(other)) => Err(EditError::BlockEnds {
            block: block.name.clone(),
            one: one.name.clone(),
            other: other.name.clone(),
        }),
        _ => Ok(()),
    }
}

fn named(name: &str) -> Result<(), EditError> {
    if name.trim().is_empty() {
        return Err(EditError::EmptyBlockName);
    }
    Ok(())
}
