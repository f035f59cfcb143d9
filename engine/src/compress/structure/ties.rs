//! Which channels go together: those that a layer hands on, adds or multiplies.

use std::collections::{HashMap, VecDeque};

use super::Refusal;
use crate::layer::{FlattenOrder, Layer, Merge};
use crate::{Analysis, Graph, Node, NodeId, Shape};

/// Sets of channels that are taken out together.
#[derive(Debug)]
pub struct Ties {
    /// The place of each node's first channel.
    first: HashMap<NodeId, usize>,
    shapes: HashMap<NodeId, Shape>,
    /// The set that each place is in.
    set: Vec<usize>,
    /// The ties of each place: to which, and by which node.
    links: Vec<Vec<(usize, NodeId)>>,
}

impl Ties {
    /// The ties of a valid graph; `None` for a graph with problems.
    pub fn of(graph: &Graph) -> Option<Self> {
        let analysis = Analysis::of(graph);
        if !analysis.is_valid() {
            return None;
        }
        let mut shapes = HashMap::from([(NodeId::INPUT, graph.input())]);
        for facts in &analysis.nodes {
            shapes.insert(facts.id, facts.shape?);
        }
        let mut first = HashMap::new();
        let mut count = 0;
        for id in ids(graph) {
            first.insert(id, count);
            count += shapes.get(&id)?.channels as usize;
        }
        let mut ties = Self {
            first,
            shapes,
            set: Vec::new(),
            links: vec![Vec::new(); count],
        };
        for node in graph.nodes() {
            for (output, input, channel) in ties.of_node(node)? {
                let (a, b) = (ties.place(node.id, output)?, ties.place(input, channel)?);
                ties.links[a].push((b, node.id));
                ties.links[b].push((a, node.id));
            }
        }
        for node in graph.nodes() {
            if let Some(source) = node.shares.and_then(|id| graph.node(id)) {
                ties.share(node, source)?;
            }
        }
        ties.number();
        Some(ties)
    }

    /// One weight has one set of rows and of columns, whoever uses it.
    fn share(&mut self, node: &Node, source: &Node) -> Option<()> {
        let inputs = [*source.inputs.first()?, *node.inputs.first()?];
        for [one, other] in [[source.id, node.id], inputs] {
            let channels = self.shape(one)?.channels.min(self.shape(other)?.channels);
            for channel in 0..channels as usize {
                let (a, b) = (self.place(one, channel)?, self.place(other, channel)?);
                self.links[a].push((b, node.id));
                self.links[b].push((a, node.id));
            }
        }
        Some(())
    }

    /// The shape of a node's output.
    pub fn shape(&self, node: NodeId) -> Option<Shape> {
        self.shapes.get(&node).copied()
    }

    /// The number of the set that a channel is in.
    pub fn set(&self, node: NodeId, channel: usize) -> Option<usize> {
        self.set.get(self.place(node, channel)?).copied()
    }

    fn place(&self, node: NodeId, channel: usize) -> Option<usize> {
        let inside = channel < self.shape(node)?.channels as usize;
        inside.then(|| self.first.get(&node).map(|first| first + channel))?
    }

    /// Each output channel with an input and its channel that it goes together with.
    fn of_node(&self, node: &Node) -> Option<Vec<(usize, NodeId, usize)>> {
        let output = self.shape(node.id)?.channels as usize;
        let first = *node.inputs.first()?;
        let input = self.shape(first)?;
        let channels = input.channels as usize;
        let by = |channel: &dyn Fn(usize) -> usize| {
            (0..output).map(|it| (it, first, channel(it))).collect()
        };
        Some(match &node.layer {
            Layer::Conv(conv) if conv.groups > 1 && conv.groups == input.channels => {
                let each = (output / channels).max(1);
                by(&|it| it / each)
            }
            Layer::Conv(_)
            | Layer::TableConv(_)
            | Layer::TransposedConv(_)
            | Layer::Linear(_)
            | Layer::Rbf(_) => Vec::new(),
            Layer::Subsample(pool) => by(&|it| it / pool.fan as usize),
            Layer::Merge(Merge::Add | Merge::Multiply) => {
                let mut ties = Vec::new();
                for &input in &node.inputs {
                    if self.shape(input)?.channels as usize == output {
                        ties.extend((0..output).map(|it| (it, input, it)));
                    }
                }
                ties
            }
            Layer::Merge(Merge::Concat) => {
                let (mut ties, mut start) = (Vec::new(), 0);
                for &input in &node.inputs {
                    let channels = self.shape(input)?.channels as usize;
                    ties.extend((0..channels).map(|it| (start + it, input, it)));
                    start += channels;
                }
                ties
            }
            Layer::Flatten(flatten) => {
                let positions = (input.positions() as usize).max(1);
                match flatten.order {
                    FlattenOrder::Chw => by(&|it| it / positions),
                    FlattenOrder::Hwc => by(&|it| it % channels),
                }
            }
            Layer::ChannelShuffle(shuffle) => {
                let groups = shuffle.groups as usize;
                by(&|it| shuffled(it, channels, groups))
            }
            Layer::ChannelSlice(slice) => by(&|it| slice.start as usize + it),
            Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::AdaptiveAvgPool(_)
            | Layer::AdaptiveMaxPool(_)
            | Layer::GlobalPool(_)
            | Layer::BatchNorm(_)
            | Layer::GroupNorm(_)
            | Layer::LayerNorm(_)
            | Layer::InstanceNorm(_)
            | Layer::Lrn(_)
            | Layer::Activation(_)
            | Layer::PRelu(_)
            | Layer::Dropout(_)
            | Layer::Upsample(_)
            | Layer::Pad(_) => by(&|it| it),
        })
    }

    fn number(&mut self) {
        self.set = vec![usize::MAX; self.links.len()];
        for start in 0..self.links.len() {
            if self.set[start] != usize::MAX {
                continue;
            }
            let mut open = vec![start];
            self.set[start] = start;
            while let Some(place) = open.pop() {
                for &(other, _) in &self.links[place] {
                    if self.set[other] == usize::MAX {
                        self.set[other] = start;
                        open.push(other);
                    }
                }
            }
        }
    }

    /// Whether the channel is not tied to the input or output of the network.
    ///
    /// # Errors
    /// With the node that ties it.
    pub fn check(&self, graph: &Graph, node: &Node, channel: usize) -> Result<(), Refusal> {
        let set = self.set(node.id, channel);
        let ends = [NodeId::INPUT, graph.output()];
        for (place, end) in ends.into_iter().enumerate() {
            let channels = self.shape(end).map_or(0, |it| it.channels as usize);
            let tied = (0..channels).any(|it| self.set(end, it) == set);
            if tied {
                let by = self.path(graph, node.id, channel, end);
                let node = node.name.clone();
                let channel = channel as u32;
                return Err(match place {
                    0 => Refusal::Input { node, channel, by },
                    _ => Refusal::Output { node, channel, by },
                });
            }
        }
        Ok(())
    }

    /// The name of the node that ties a channel to a node: the first that merges on the shortest
    /// way, else the last.
    fn path(&self, graph: &Graph, node: NodeId, channel: usize, end: NodeId) -> String {
        let name = |id: NodeId| {
            graph
                .node(id)
                .map_or_else(String::new, |it| it.name.clone())
        };
        let Some(start) = self.place(node, channel) else {
            return name(node);
        };
        let first = self.first.get(&end).copied().unwrap_or_default();
        let count = self.shape(end).map_or(0, |it| it.channels as usize);
        let mut came: HashMap<usize, (usize, NodeId)> = HashMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(place) = open.pop_front() {
            if (first..first + count).contains(&place) {
                let (mut at, mut by) = (place, Vec::new());
                while at != start
                    && let Some(&(from, via)) = came.get(&at)
                {
                    by.push(via);
                    at = from;
                }
                by.reverse();
                let merges = |id: &&NodeId| {
                    let node = graph.node(**id);
                    node.is_some_and(|it| matches!(it.layer, Layer::Merge(_)))
                };
                let found = by.iter().find(merges).or(by.last());
                return name(found.copied().unwrap_or(node));
            }
            for &(other, via) in &self.links[place] {
                if other != start && !came.contains_key(&other) {
                    came.insert(other, (place, via));
                    open.push_back(other);
                }
            }
        }
        name(end)
    }
}

/// The input and every node.
fn ids(graph: &Graph) -> impl Iterator<Item = NodeId> {
    let nodes = graph.nodes().iter().map(|node| node.id);
    [NodeId::INPUT].into_iter().chain(nodes)
}

/// The input channel that a shuffle puts at this output channel.
pub(super) const fn shuffled(output: usize, channels: usize, groups: usize) -> usize {
    let each = channels / groups;
    (output % groups) * each + output / groups
}
