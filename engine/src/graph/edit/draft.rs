//! A graph being changed: between the first and the last step of an edit it need not be one.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::super::{Block, GraphBuilder, GraphError, Node, NodeId, Parts};
use super::{EditError, Graph, Piece, Place};
use crate::{Layer, Shape};

pub(super) struct Draft {
    pub(super) name: String,
    pub(super) input: Shape,
    nodes: Vec<Node>,
    blocks: Vec<Block>,
    next_id: u32,
}

/// New nodes with numbers of their own, not yet in the graph.
struct Fragment {
    nodes: Vec<Node>,
    blocks: Vec<Block>,
    output: NodeId,
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

    /// The graph, its nodes in order and its blocks tidy.
    pub(super) fn finish(mut self) -> Result<Graph, EditError> {
        self.sort()?;
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

    pub(super) fn block_mut(&mut self, block: usize) -> Result<&mut Block, EditError> {
        self.blocks.get_mut(block).ok_or(EditError::NoBlock(block))
    }

    fn block(&self, block: usize) -> Result<Block, EditError> {
        self.blocks
            .get(block)
            .cloned()
            .ok_or(EditError::NoBlock(block))
    }

    /// Whether this may be an input: the picture, or a node that is there.
    fn check_source(&self, id: NodeId) -> Result<(), EditError> {
        if id == NodeId::INPUT {
            Ok(())
        } else {
            self.place_of(id).map(|_| ())
        }
    }

    /// The place just behind a node; the first one behind the picture.
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
                let at = self.behind(*node)?;
                let fragment = self.fragment(&sources, piece, name)?;
                let takers = self.rewire(*node, fragment.output);
                self.join_blocks(*node, &takers, &fragment);
                self.add(at, fragment);
            }
            Place::On { to, slot } => {
                let at = self.place_of(*to)?;
                let from = self.source(*to, *slot)?;
                let fragment = self.fragment(&[from], piece, name)?;
                self.join_blocks(from, &[*to], &fragment);
                self.node_mut(*to)?.inputs[*slot] = fragment.output;
                self.add(at, fragment);
            }
            Place::Branch { from } => {
                let places = from.iter().map(|&id| self.behind(id));
                let at = places
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .max()
                    .unwrap_or(0);
                let fragment = self.fragment(from, piece, name)?;
                self.add(at, fragment);
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
        let fragment = self.fragment(&old.inputs, piece, name)?;
        self.rewire(id, fragment.output);
        for block in self
            .blocks
            .iter_mut()
            .filter(|block| block.nodes.contains(&id))
        {
            block
                .nodes
                .extend(fragment.nodes.iter().map(|node| node.id));
        }
        self.add(at, fragment);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: NodeId) -> Result<(), EditError> {
        let at = self.place_of(id)?;
        let removed = self.nodes.remove(at);
        let Some(&instead) = removed.inputs.first() else {
            return Ok(());
        };
        self.rewire(id, instead);
        // The answer of a network that loses its last node is that node's first input, though a
        // side branch may stand behind it.
        if at == self.nodes.len()
            && instead != NodeId::INPUT
            && !self.nodes.iter().any(|node| node.inputs.contains(&instead))
        {
            let place = self.place_of(instead)?;
            self.nodes[place..].rotate_left(1);
        }
        Ok(())
    }

    pub(super) fn remove_block(&mut self, block: usize) -> Result<(), EditError> {
        for &id in self.block(block)?.nodes.iter().rev() {
            self.remove(id)?;
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
        if self
            .nodes
            .iter()
            .any(|node| node.name == name && node.id != id)
        {
            return Err(EditError::NameTaken(name.to_owned()));
        }
        name.clone_into(&mut self.node_mut(id)?.name);
        Ok(())
    }

    pub(super) fn duplicate(&mut self, id: NodeId) -> Result<(), EditError> {
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

    pub(super) fn duplicate_block(&mut self, block: usize) -> Result<(), EditError> {
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
            node.name = free(&names, &node.name);
            names.insert(node.name.clone());
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
        let at = self.behind(after)?;
        let moved = Node {
            inputs: vec![after],
            ..node
        };
        let fragment = Fragment {
            output: id,
            nodes: vec![moved],
            blocks: Vec::new(),
        };
        let takers = self.rewire(after, id);
        self.join_blocks(after, &takers, &fragment);
        self.add(at, fragment);
        Ok(())
    }

    pub(super) fn wrap(&mut self, nodes: &[NodeId], name: &str) -> Result<(), EditError> {
        let wrapped: HashSet<NodeId> = nodes.iter().copied().collect();
        if wrapped.is_empty() {
            return Err(EditError::EmptyBlock);
        }
        for &id in &wrapped {
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

    pub(super) fn unwrap(&mut self, block: usize) -> Result<(), EditError> {
        self.block(block)?;
        self.blocks.remove(block);
        Ok(())
    }

    fn source(&self, to: NodeId, slot: usize) -> Result<NodeId, EditError> {
        let node = self.node(to)?;
        node.inputs
            .get(slot)
            .copied()
            .ok_or_else(|| no_slot(node, slot))
    }

    /// Everybody who took `from` takes `to`; gives those who did.
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

    /// New nodes join the blocks that hold both what is before and all that is behind them.
    fn join_blocks(&mut self, before: NodeId, takers: &[NodeId], fragment: &Fragment) {
        for block in &mut self.blocks {
            let holds = |id: &NodeId| block.nodes.contains(id);
            if holds(&before) && !takers.is_empty() && takers.iter().all(holds) {
                block
                    .nodes
                    .extend(fragment.nodes.iter().map(|node| node.id));
            }
        }
    }

    fn add(&mut self, at: usize, fragment: Fragment) {
        self.nodes.splice(at..at, fragment.nodes);
        self.blocks.extend(fragment.blocks);
    }

    /// The nodes of a piece fed by `sources`, numbered and named.
    fn fragment(
        &mut self,
        sources: &[NodeId],
        piece: &Piece,
        name: Option<&str>,
    ) -> Result<Fragment, EditError> {
        for &source in sources {
            self.check_source(source)?;
        }
        let name = match (name, piece) {
            (Some(name), _) => self.unused(name)?,
            (None, Piece::Layer(layer)) => self.free_name(stem(layer)),
            (None, Piece::Block(block)) => self.free_name(block.stem()),
        };
        match piece {
            Piece::Layer(layer) => {
                let (layer, inputs) = (layer.clone(), sources.to_vec());
                let id = self.new_id();
                let nodes = vec![Node {
                    id,
                    name,
                    layer,
                    inputs,
                }];
                Ok(Fragment {
                    nodes,
                    blocks: Vec::new(),
                    output: id,
                })
            }
            Piece::Block(block) => {
                let [source] = *sources else {
                    return Err(EditError::BlockInputs { got: sources.len() });
                };
                let Some(input) = self.shape_of(source) else {
                    return Err(GraphError::UnknownShape { block: name }.into());
                };
                let mut net = GraphBuilder::new("", input);
                let output = net.template(&name, block)?;
                let parts = net.into_parts();
                Ok(self.graft(parts, source, output))
            }
        }
    }

    /// The shape that comes out of a node; `None` behind a layer that does not fit.
    fn shape_of(&self, source: NodeId) -> Option<Shape> {
        let mut shapes = HashMap::from([(NodeId::INPUT, self.input)]);
        for node in &self.nodes {
            let inputs = node.inputs.iter().map(|input| shapes.get(input).copied());
            let inputs: Option<Vec<Shape>> = inputs.collect();
            if let Some((shape, _)) = inputs.and_then(|inputs| node.layer.measure(&inputs).ok()) {
                shapes.insert(node.id, shape);
            }
            if node.id == source {
                break;
            }
        }
        shapes.get(&source).copied()
    }

    /// The parts with this draft's numbers, fed by `source`.
    fn graft(&mut self, parts: Parts, source: NodeId, output: NodeId) -> Fragment {
        let first = self.next_id;
        let number = |id: NodeId| {
            if id == NodeId::INPUT {
                source
            } else {
                NodeId(first + id.0 - 1)
            }
        };
        let mut nodes = parts.nodes;
        for node in &mut nodes {
            node.id = number(node.id);
            node.inputs
                .iter_mut()
                .for_each(|input| *input = number(*input));
        }
        let mut blocks = parts.blocks;
        for block in &mut blocks {
            block.nodes.iter_mut().for_each(|id| *id = number(*id));
        }
        self.next_id += nodes.len() as u32;
        Fragment {
            nodes,
            blocks,
            output: number(output),
        }
    }

    fn names(&self) -> HashSet<String> {
        let nodes = self.nodes.iter().map(|node| node.name.clone());
        nodes
            .chain(self.blocks.iter().map(|block| block.name.clone()))
            .collect()
    }

    fn free_name(&self, wanted: &str) -> String {
        free(&self.names(), wanted)
    }

    fn unused(&self, name: &str) -> Result<String, EditError> {
        if self.nodes.iter().any(|node| node.name == name) {
            return Err(EditError::NameTaken(name.to_owned()));
        }
        Ok(name.to_owned())
    }

    /// Puts every node behind its inputs and changes the order no more than that needs.
    fn sort(&mut self) -> Result<(), EditError> {
        let places: HashMap<NodeId, usize> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id, place))
            .collect();
        let mut waiting_for = vec![0_usize; self.nodes.len()];
        let mut takers: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            for from in node.inputs.iter().filter_map(|input| places.get(input)) {
                waiting_for[place] += 1;
                takers[*from].push(place);
            }
        }
        let ready = waiting_for
            .iter()
            .enumerate()
            .filter(|&(_, &count)| count == 0);
        let mut ready: BinaryHeap<Reverse<usize>> = ready.map(|(at, _)| Reverse(at)).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse(place)) = ready.pop() {
            order.push(place);
            for &taker in &takers[place] {
                waiting_for[taker] -= 1;
                if waiting_for[taker] == 0 {
                    ready.push(Reverse(taker));
                }
            }
        }
        if let Some(stuck) = waiting_for.iter().position(|&count| count > 0) {
            return Err(self.circle(stuck, &waiting_for, &places));
        }
        let mut nodes: Vec<Option<Node>> = self.nodes.drain(..).map(Some).collect();
        self.nodes = order
            .into_iter()
            .filter_map(|place| nodes[place].take())
            .collect();
        Ok(())
    }

    /// Two neighbours on a circle that `stuck` waits for.
    fn circle(
        &self,
        stuck: usize,
        waiting_for: &[usize],
        places: &HashMap<NodeId, usize>,
    ) -> EditError {
        let waiting_input = |place: usize| {
            let inputs = self.nodes[place]
                .inputs
                .iter()
                .filter_map(|id| places.get(id))
                .copied();
            inputs.into_iter().find(|&input| waiting_for[input] > 0)
        };
        // After as many steps as there are nodes one is on the circle itself.
        let on = (0..self.nodes.len()).try_fold(stuck, |place, _| waiting_input(place));
        let on = on.unwrap_or(stuck);
        let from = waiting_input(on).unwrap_or(on);
        EditError::Circle {
            from: self.nodes[from].name.clone(),
            to: self.nodes[on].name.clone(),
        }
    }
}

fn no_slot(node: &Node, slot: usize) -> EditError {
    EditError::NoSlot {
        name: node.name.clone(),
        slot,
        inputs: node.inputs.len(),
    }
}

/// `wanted`, or its beginning without a number and the first number from 2 that is free, also as
/// the beginning of a block's names.
fn free(names: &HashSet<String>, wanted: &str) -> String {
    let taken = |name: &str| {
        let inside = format!("{name}.");
        names.contains(name) || names.iter().any(|other| other.starts_with(&inside))
    };
    if !taken(wanted) {
        return wanted.to_owned();
    }
    let stem = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = if stem.is_empty() { "node" } else { stem };
    let mut number = 2_u32;
    loop {
        let name = format!("{stem}{number}");
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}

/// What a new node of this kind is named, a number added where the name is taken.
const fn stem(layer: &Layer) -> &'static str {
    match layer {
        Layer::Conv(_) | Layer::TableConv(_) => "conv",
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_) => "pool",
        Layer::BatchNorm(_) | Layer::Lrn(_) => "norm",
        Layer::Activation(_) => "act",
        Layer::Dropout(_) => "dropout",
        Layer::Linear(_) => "linear",
        Layer::Rbf(_) => "rbf",
        Layer::Merge(_) => "merge",
        Layer::Flatten(_) => "flatten",
        Layer::Pad(_) => "pad",
        Layer::ChannelShuffle(_) => "shuffle",
        Layer::ChannelSlice(_) => "slice",
    }
}
