//! Copies of nodes and blocks: duplicates and pasted fragments.

use std::collections::{HashMap, HashSet};

use super::super::super::{Block, Fragment, Node, NodeId};
use super::super::EditError;
use super::Draft;
use super::names::Names;
use super::new_nodes::NewNodes;

impl Draft {
    /// A copy of one node behind it.
    pub(in crate::graph::edit) fn duplicate(&mut self, id: NodeId) -> Result<(), EditError> {
        let mut copy = self.node(id)?.clone();
        copy.id = self.new_id();
        copy.name = self.free_name(&copy.name);
        if let Some(first) = copy.inputs.first_mut() {
            *first = id;
        }
        self.put_behind(id, NewNodes::single(copy))
    }

    /// A copy of a block behind it.
    pub(in crate::graph::edit) fn duplicate_block(
        &mut self,
        number: usize,
    ) -> Result<(), EditError> {
        let block = self.block(number)?;
        let originals = self.nodes_of(&block.nodes)?;
        let end = match ends(&originals)[..] {
            [] => return Err(EditError::EmptyBlock),
            [end] => end.id,
            // All ends of the copy but one would be unused.
            [one, other, ..] => {
                return Err(EditError::BlockEnds {
                    block: block.name,
                    one: one.name.clone(),
                    other: other.name.clone(),
                });
            }
        };
        self.duplicate_behind(originals, end)
    }

    /// A copy of these nodes: as a unit behind their end where they have one end and one node
    /// feeds them, otherwise each behind itself.
    pub(in crate::graph::edit) fn duplicate_nodes(
        &mut self,
        nodes: &[NodeId],
    ) -> Result<(), EditError> {
        if nodes.is_empty() {
            return Err(EditError::NothingSelected);
        }
        let originals = self.nodes_of(nodes)?;
        if let [end] = ends(&originals)[..]
            && feeding(&originals) == 1
        {
            let end = end.id;
            return self.duplicate_behind(originals, end);
        }
        let mut each = originals.iter();
        each.try_for_each(|node| self.duplicate(node.id))
    }

    /// A copy of these nodes, and of the blocks among them, behind their end. What feeds the first
    /// of them feeds its copy through the originals; other nodes outside feed both.
    fn duplicate_behind(&mut self, originals: Vec<Node>, end: NodeId) -> Result<(), EditError> {
        let inside: HashSet<NodeId> = originals.iter().map(|node| node.id).collect();
        let blocks = self.blocks.iter();
        let blocks = blocks.filter(|block| block.nodes.iter().all(|id| inside.contains(id)));
        let blocks = blocks.cloned().collect();
        let source = originals.first().and_then(|node| node.inputs.first());
        let feeds = source.map(|&id| (id, end)).into_iter().collect();
        let copy = self.copy(originals, blocks, end, feeds);
        self.put_behind(end, copy)
    }

    /// A copy of all nodes and blocks of a fragment behind `after`.
    pub(in crate::graph::edit) fn paste(
        &mut self,
        after: NodeId,
        fragment: &Fragment,
    ) -> Result<(), EditError> {
        let graph = fragment.graph();
        let (nodes, blocks) = (graph.nodes().to_vec(), graph.blocks().to_vec());
        let feeds = HashMap::from([(NodeId::INPUT, after)]);
        let copy = self.copy(nodes, blocks, graph.output(), feeds);
        self.put_behind(after, copy)
    }

    /// These nodes and blocks with new numbers and free names. `numbers` has the nodes that take
    /// the place of some outside; inputs that are in neither stay as they are.
    fn copy(
        &mut self,
        mut nodes: Vec<Node>,
        mut blocks: Vec<Block>,
        output: NodeId,
        mut numbers: HashMap<NodeId, NodeId>,
    ) -> NewNodes {
        self.names().rename(&mut nodes, &mut blocks);
        for node in &mut nodes {
            let id = self.new_id();
            numbers.insert(node.id, id);
            node.id = id;
        }
        let number = |id: &mut NodeId| *id = numbers.get(id).copied().unwrap_or(*id);
        for node in &mut nodes {
            node.inputs.iter_mut().for_each(number);
            node.shares.iter_mut().for_each(number);
        }
        for block in &mut blocks {
            block.nodes.iter_mut().for_each(number);
        }
        NewNodes {
            nodes,
            blocks,
            output: numbers.get(&output).copied().unwrap_or(output),
        }
    }

    /// The nodes of these numbers, in the graph's order.
    fn nodes_of(&self, ids: &[NodeId]) -> Result<Vec<Node>, EditError> {
        for &id in ids {
            self.place_of(id)?;
        }
        let wanted: HashSet<NodeId> = ids.iter().copied().collect();
        let nodes = self.nodes.iter().filter(|node| wanted.contains(&node.id));
        Ok(nodes.cloned().collect())
    }
}

impl Names {
    /// Gives these nodes and blocks names that are free. What is named after a block that holds it
    /// is named after the block's new name: a copy of `layer1.2` is `layer1.3`, and its `layer1.2.conv1`
    /// is `layer1.3.conv1`.
    fn rename(&mut self, nodes: &mut [Node], blocks: &mut [Block]) {
        // The names given here. None from before begins with the new name of a block.
        let mut given: HashSet<String> = HashSet::new();
        let mut renamed: Vec<(Block, String)> = Vec::new();
        let mut order: Vec<usize> = (0..blocks.len()).collect();
        // Outer blocks before those inside them.
        order.sort_by_key(|&at| {
            let block = &blocks[at];
            (std::cmp::Reverse(block.nodes.len()), block.name.len())
        });
        for at in order {
            let old = blocks[at].clone();
            let new = after_block(&renamed, &old.name, &old.nodes);
            let new = new.filter(|name| !given.contains(name));
            let new = new.unwrap_or_else(|| self.free(&old.name));
            self.insert(&new);
            given.insert(new.clone());
            blocks[at].name.clone_from(&new);
            renamed.push((old, new));
        }
        for node in nodes {
            let new = after_block(&renamed, &node.name, &[node.id]);
            let new = new.filter(|name| !given.contains(name));
            let new = new.unwrap_or_else(|| self.free(&node.name));
            self.insert(&new);
            given.insert(new.clone());
            node.name = new;
        }
    }
}

/// The name with the new name of the block that it is named after: of those that hold the nodes,
/// the one with the longest name that the name begins with.
fn after_block(renamed: &[(Block, String)], name: &str, nodes: &[NodeId]) -> Option<String> {
    let of_block = |(old, new): &(Block, String)| {
        let rest = name.strip_prefix(&old.name)?.strip_prefix('.')?;
        let holds = nodes.iter().all(|id| old.nodes.contains(id));
        holds.then(|| (old.name.len(), format!("{new}.{rest}")))
    };
    let named = renamed.iter().filter_map(of_block);
    Some(named.max_by_key(|&(length, _)| length)?.1)
}

/// Those of these nodes whose output no other of them takes.
fn ends(nodes: &[Node]) -> Vec<&Node> {
    let taken: HashSet<NodeId> = nodes.iter().flat_map(|node| node.inputs.clone()).collect();
    let ends = nodes.iter().filter(|node| !taken.contains(&node.id));
    ends.collect()
}

/// How many nodes outside feed these; the graph's input counts as one.
fn feeding(nodes: &[Node]) -> usize {
    let inside: HashSet<NodeId> = nodes.iter().map(|node| node.id).collect();
    let inputs = nodes.iter().flat_map(|node| node.inputs.iter());
    let outside = inputs.filter(|input| !inside.contains(input));
    outside.collect::<HashSet<_>>().len()
}
