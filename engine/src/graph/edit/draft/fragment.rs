//! New nodes: numbered, named and fed, before they are put into the graph.

use std::collections::{HashMap, HashSet};

use super::super::super::{Block, GraphBuilder, GraphError, Node, NodeId, Parts};
use super::super::{EditError, Piece};
use super::Draft;
use crate::{Layer, Shape};

/// What the picture that goes in is called wherever nodes are named; no node takes this name by an edit.
pub(super) const INPUT: &str = "input";

/// New nodes with numbers of their own, not yet in the graph.
pub(super) struct Fragment {
    pub(super) nodes: Vec<Node>,
    pub(super) blocks: Vec<Block>,
    pub(super) output: NodeId,
}

impl Draft {
    /// The nodes of a piece fed by `sources`, numbered and named.
    pub(super) fn fragment(
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
    pub(super) fn shape_of(&self, source: NodeId) -> Option<Shape> {
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
    pub(super) fn graft(&mut self, parts: Parts, source: NodeId, output: NodeId) -> Fragment {
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

    pub(super) fn names(&self) -> Names {
        let nodes = self.nodes.iter().map(|node| node.name.as_str());
        let blocks = self.blocks.iter().map(|block| block.name.as_str());
        Names::of(nodes.chain(blocks).chain(std::iter::once(INPUT)))
    }

    pub(super) fn free_name(&self, wanted: &str) -> String {
        self.names().free(wanted)
    }

    pub(super) fn unused(&self, name: &str) -> Result<String, EditError> {
        if name == INPUT || self.nodes.iter().any(|node| node.name == name) {
            return Err(EditError::NameTaken(name.to_owned()));
        }
        Ok(name.to_owned())
    }
}

/// The names that are taken, and every beginning of one that ends before a dot: those of blocks.
pub(super) struct Names {
    taken: HashSet<String>,
    /// The first number not yet tried behind a stem; names are only added, so none before is free.
    next: HashMap<String, u32>,
}

impl Names {
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let (taken, next) = (HashSet::new(), HashMap::new());
        let mut all = Self { taken, next };
        names.for_each(|name| all.insert(name));
        all
    }

    pub(super) fn insert(&mut self, name: &str) {
        let beginnings = name.match_indices('.').map(|(dot, _)| &name[..dot]);
        self.taken.extend(beginnings.map(str::to_owned));
        self.taken.insert(name.to_owned());
    }

    /// `wanted`, or its beginning without a number and the first number from 2 that is free, also
    /// as the beginning of a block's names.
    pub(super) fn free(&mut self, wanted: &str) -> String {
        if !self.taken.contains(wanted) {
            return wanted.to_owned();
        }
        let stem = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        let stem = if stem.is_empty() { "node" } else { stem };
        let number = self.next.entry(stem.to_owned()).or_insert(2);
        loop {
            let name = format!("{stem}{number}");
            if !self.taken.contains(&name) {
                return name;
            }
            *number += 1;
        }
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
