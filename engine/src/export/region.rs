//! The network as regions: nodes whose names have a common first part, with one input and one output,
//! become a module or function of their own.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::checkpoint::parameters;
use crate::{Graph, NodeId};

/// Where a value comes from within a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The region's input.
    Input,
    /// The item of this place.
    Item(usize),
}

/// A node, or a region within a region.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Node(NodeId),
    Region(Box<Region>),
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The last part of its name, as it is.
    pub part: String,
    pub kind: Kind,
    pub inputs: Vec<Source>,
    /// The item of the same region whose layer it is, called once more.
    pub again: Option<usize>,
}

/// Items in the order in which they run; the last one that nothing reads is the output.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub items: Vec<Item>,
    pub output: Source,
}

impl Region {
    /// The whole network.
    pub fn of(graph: &Graph) -> Self {
        let all: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        let paths = { graph.nodes().iter() }
            .map(|node| (node.id, parts(&node.name)))
            .collect();
        let mut readers: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for node in graph.nodes() {
            for &input in &node.inputs {
                readers.entry(input).or_default().push(node.id);
            }
        }
        let weighted = parameters(graph).iter().map(|it| it.node).collect();
        let maker = Maker {
            graph,
            weighted,
            paths,
            readers,
        };
        maker.region(&all, 0, NodeId::INPUT, graph.output())
    }

    /// Every node, with those of regions within.
    pub fn nodes(&self) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for item in &self.items {
            match &item.kind {
                Kind::Node(node) => nodes.push(*node),
                Kind::Region(region) => nodes.extend(region.nodes()),
            }
        }
        nodes
    }

    /// Whether each item takes the output of the one before, and nothing else.
    pub fn is_chain(&self) -> bool {
        let mut before = Source::Input;
        for (place, item) in self.items.iter().enumerate() {
            if item.inputs != [before] {
                return false;
            }
            before = Source::Item(place);
        }
        self.output == before
    }

    /// Whether the items are called one after the other, each once, and named 0, 1, 2 and so on.
    pub fn is_sequence(&self) -> bool {
        self.is_chain() && self.is_numbered() && self.items.iter().all(|it| it.again.is_none())
    }

    /// Whether the items are named 0, 1, 2 and so on.
    pub fn is_numbered(&self) -> bool {
        let mut items = self.items.iter().enumerate();
        items.all(|(place, item)| item.part == place.to_string())
    }
}

/// The parts of a name.
fn parts(name: &str) -> Vec<String> {
    let parts = name.split(['.', '/']).map(str::trim);
    let parts: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    if parts.is_empty() {
        vec![name.to_owned()]
    } else {
        parts
    }
}

struct Maker<'g> {
    graph: &'g Graph,
    /// The nodes with parameters.
    weighted: HashSet<NodeId>,
    paths: HashMap<NodeId, Vec<String>>,
    readers: HashMap<NodeId, Vec<NodeId>>,
}

/// How deep regions may lie within each other.
const MAX_DEPTH: usize = 6;

impl Maker<'_> {
    /// The region of these nodes, whose names share `depth` parts.
    fn region(&self, nodes: &[NodeId], depth: usize, input: NodeId, output: NodeId) -> Region {
        let mut groups: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        for &node in nodes {
            let path = &self.paths[&node];
            if depth < MAX_DEPTH
                && path.len() > depth + 1
                && let Some(part) = path.get(depth)
            {
                groups.entry(part).or_default().push(node);
            }
        }
        // A node that has the name of a group takes part in none.
        for &node in nodes {
            let path = &self.paths[&node];
            if let (Some(part), true) = (path.get(depth), path.len() == depth + 1) {
                groups.remove(part.as_str());
            }
        }
        // A layer that is called inside and outside a group belongs to neither.
        groups.retain(|_, group| self.is_alone(group));
        let mut ends: HashMap<&str, (NodeId, NodeId)> = HashMap::new();
        groups.retain(|part, group| match self.ends(group) {
            Some(found) => {
                ends.insert(part, found);
                true
            }
            None => false,
        });
        let mut sources = HashMap::from([(input, Source::Input)]);
        let mut done: HashSet<&str> = HashSet::new();
        let mut items: Vec<Item> = Vec::new();
        for &id in nodes {
            let path = &self.paths[&id];
            let group = path.get(depth).filter(|_| path.len() > depth + 1);
            let group = group.and_then(|part| groups.get_key_value(part.as_str()));
            if let Some((&part, group)) = group {
                if !done.insert(part) {
                    continue;
                }
                let (from, to) = ends[part];
                let region = self.region(group, depth + 1, from, to);
                let inputs = vec![sources.get(&from).copied().unwrap_or(Source::Input)];
                sources.insert(to, Source::Item(items.len()));
                items.push(Item {
                    part: part.to_owned(),
                    kind: Kind::Region(Box::new(region)),
                    inputs,
                    again: None,
                });
                continue;
            }
            let inputs = self.graph.node(id).map_or(&[][..], |node| &node.inputs);
            let inputs = inputs
                .iter()
                .map(|it| sources.get(it).copied().unwrap_or(Source::Input));
            let inputs = inputs.collect();
            sources.insert(id, Source::Item(items.len()));
            let owner = self.graph.owner(id);
            let again = items.iter().position(
                |item| matches!(item.kind, Kind::Node(first) if first == owner && owner != id),
            );
            items.push(Item {
                again,
                part: path.get(depth..).unwrap_or_default().join("_"),
                kind: Kind::Node(id),
                inputs,
            });
        }
        Region {
            output: sources.get(&output).copied().unwrap_or(Source::Input),
            items,
        }
    }

    /// Whether no node outside the group uses the parameters of one inside.
    fn is_alone(&self, group: &[NodeId]) -> bool {
        let is_inside = |id: &NodeId| group.contains(id);
        !self.graph.has_sharers() || { group.iter() }
            .all(|&id| self.graph.uses(id).all(|user| is_inside(&user.id)))
    }

    /// What a group takes and gives, where both are one value; `None` for a group of one node without
    /// parameters, whose name nobody looks for.
    fn ends(&self, group: &[NodeId]) -> Option<(NodeId, NodeId)> {
        let is_weighted = |node: &NodeId| self.weighted.contains(node);
        if group.len() < 2 && !group.iter().any(is_weighted) {
            return None;
        }
        let inside: HashSet<NodeId> = group.iter().copied().collect();
        let mut from = HashSet::new();
        let mut to = HashSet::new();
        for &id in group {
            let node = self.graph.node(id)?;
            from.extend(
                node.inputs
                    .iter()
                    .copied()
                    .filter(|it| !inside.contains(it)),
            );
            let readers = self.readers.get(&id).map_or(&[][..], Vec::as_slice);
            let is_read = readers.iter().any(|it| !inside.contains(it));
            if is_read || readers.is_empty() {
                to.insert(id);
            }
        }
        let (Some(&from), Some(&to), 1, 1) =
            (from.iter().next(), to.iter().next(), from.len(), to.len())
        else {
            return None;
        };
        Some((from, to))
    }
}
