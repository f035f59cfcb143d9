//! Which layers are read as one: the nodes of a graph come together in parts, and parts in stages.

use std::collections::{HashMap, HashSet};

use engine::graph::Block;
use engine::layer::Family;
use engine::{Analysis, Graph, Layer, Node, NodeId};

use super::{Edge, Part, Stage, StageId, Stages, face, words};
use crate::selection::Folding;

/// Where a node stands in the document's blocks.
struct Home {
    /// The outermost folded block around it.
    folded: Option<usize>,
    /// The open blocks around that, the outermost first.
    around: Vec<usize>,
}

fn homes(graph: &Graph, folding: &Folding) -> HashMap<NodeId, Home> {
    let mut order: Vec<usize> = (0..graph.blocks().len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(graph.blocks()[at].nodes.len()));
    let mut homes: HashMap<NodeId, Home> = HashMap::new();
    for at in order {
        let block: &Block = &graph.blocks()[at];
        for &node in &block.nodes {
            let (folded, around) = (None, Vec::new());
            let home = homes.entry(node).or_insert(Home { folded, around });
            match (home.folded, folding.folds(block)) {
                (Some(_), _) => {}
                (None, true) => home.folded = Some(at),
                (None, false) => home.around.push(at),
            }
        }
    }
    homes
}

/// The stages of this graph. The stages of `unfolded`, by their first nodes, are split into their
/// layers.
pub fn stages(
    graph: &Graph,
    analysis: &Analysis,
    folding: &Folding,
    unfolded: &HashSet<NodeId>,
) -> Stages {
    let homes = homes(graph, folding);
    let mut takers: HashMap<NodeId, usize> = HashMap::new();
    for input in graph.nodes().iter().flat_map(|node| &node.inputs) {
        *takers.entry(*input).or_default() += 1;
    }
    // The groups of nodes, each a list of parts.
    let mut drafts: Vec<Draft> = vec![Draft::default()];
    let mut of: HashMap<NodeId, usize> = HashMap::new();
    let mut block_at: HashMap<usize, usize> = HashMap::new();
    for node in graph.nodes() {
        let home = homes.get(&node.id);
        let around = home.map(|home| home.around.clone()).unwrap_or_default();
        let block = home.and_then(|home| home.folded);
        if let Some(&at) = block.and_then(|block| block_at.get(&block)) {
            drafts[at].parts[0].push(node.id);
            continue;
        }
        // The only layer before it, where it is the only one behind that.
        let before = match node.inputs[..] {
            [input] if takers.get(&input) == Some(&1) => of.get(&input).map(|&at| (at, input)),
            _ => None,
        };
        let joined = before.filter(|_| block.is_none()).and_then(|(at, before)| {
            let draft = &drafts[at];
            let last = draft.parts.last().and_then(|part| part.last());
            let together = draft.around == around && last == Some(&before);
            together.then(|| Some((at, joins(graph, draft, node)?)))?
        });
        let at = match joined {
            Some((at, Joins::Part)) => {
                if let Some(part) = drafts[at].parts.last_mut() {
                    part.push(node.id);
                }
                at
            }
            Some((at, Joins::Stage)) => {
                drafts[at].parts.push(vec![node.id]);
                at
            }
            None => {
                drafts.push(Draft {
                    block,
                    around,
                    parts: vec![vec![node.id]],
                    unfolded: None,
                });
                drafts.len() - 1
            }
        };
        match block {
            Some(block) => {
                block_at.insert(block, at);
            }
            None => {
                of.insert(node.id, at);
            }
        }
    }
    let drafts: Vec<Draft> = { drafts.into_iter() }
        .flat_map(|draft| draft.split(unfolded))
        .collect();
    let places = drafts.iter().enumerate();
    let places =
        places.flat_map(|(at, draft)| draft.parts.iter().flatten().map(move |&id| (id, at)));
    let of: HashMap<NodeId, usize> = places.chain([(NodeId::INPUT, 0)]).collect();
    let edges = edges(graph, &of);
    let all = drafts.into_iter();
    let all = all.map(|draft| draft.finish(graph, analysis)).collect();
    Stages { all, edges, of }
}

#[derive(Default)]
struct Draft {
    block: Option<usize>,
    around: Vec<usize>,
    parts: Vec<Vec<NodeId>>,
    unfolded: Option<NodeId>,
}

/// How a layer joins the stage before it.
enum Joins {
    /// As one more layer of its last part.
    Part,
    /// As a part of its own.
    Stage,
}

fn joins(graph: &Graph, draft: &Draft, node: &Node) -> Option<Joins> {
    let part = draft.parts.last()?;
    let is_pad = |id: &NodeId| matches!(graph.node(*id).map(|it| &it.layer), Some(Layer::Pad(_)));
    // Padding belongs to the layer that slides over it.
    if part.iter().all(is_pad) && (is_sliding(node) || matches!(node.layer, Layer::Pad(_))) {
        return Some(Joins::Part);
    }
    let family = node.layer.family();
    let follows = matches!(
        family,
        Family::Normalisation | Family::Activation | Family::Regularisation
    );
    if follows || matches!(node.layer, Layer::Flatten(_)) {
        return Some(Joins::Part);
    }
    let convolves = part.iter().any(|&id| {
        let family = graph.node(id).map(|node| node.layer.family());
        family == Some(Family::Convolution)
    });
    let first = draft.parts.len() == 1;
    (first && convolves && is_pooling(node)).then_some(Joins::Stage)
}

/// Slides a window over its input.
fn is_sliding(node: &Node) -> bool {
    is_pooling(node) || node.layer.family() == Family::Convolution
}

const fn is_pooling(node: &Node) -> bool {
    matches!(
        node.layer,
        Layer::MaxPool(_) | Layer::AvgPool(_) | Layer::Subsample(_)
    )
}

/// Connections between different stages. What several layers of one folded block take is one.
fn edges(graph: &Graph, of: &HashMap<NodeId, usize>) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut known: HashMap<(NodeId, usize), usize> = HashMap::new();
    for node in graph.nodes() {
        for (slot, &source) in node.inputs.iter().enumerate() {
            let (Some(&from), Some(&to)) = (of.get(&source), of.get(&node.id)) else {
                continue;
            };
            if from == to {
                continue;
            }
            let at = *known.entry((source, to)).or_insert(edges.len());
            if at == edges.len() {
                edges.push(Edge {
                    from,
                    to,
                    source,
                    takers: Vec::new(),
                });
            }
            edges[at].takers.push((node.id, slot));
        }
    }
    edges
}

impl Draft {
    /// A draft for each layer of a stage that was unfolded.
    fn split(self, unfolded: &HashSet<NodeId>) -> Vec<Self> {
        let first = self.parts.first().and_then(|part| part.first()).copied();
        match first.filter(|first| self.block.is_none() && unfolded.contains(first)) {
            Some(first) if self.parts.iter().flatten().nth(1).is_some() => {
                let layer = |node| Self {
                    block: None,
                    around: self.around.clone(),
                    parts: vec![vec![node]],
                    unfolded: Some(first),
                };
                self.parts.iter().flatten().copied().map(layer).collect()
            }
            _ => vec![self],
        }
    }

    fn finish(self, graph: &Graph, analysis: &Analysis) -> Stage {
        let Self {
            block,
            around,
            parts,
            unfolded,
        } = self;
        let first = parts.first().and_then(|part| part.first()).copied();
        let last = parts.last().and_then(|part| part.last()).copied();
        let id = match (block, first, last) {
            (Some(_), Some(first), Some(last)) => StageId::Block(first, last),
            (None, Some(first), _) => StageId::Layers(first),
            _ => StageId::Input,
        };
        let mut params = 0_u64;
        let mut macs = 0_u64;
        for facts in parts.iter().flatten().filter_map(|&id| analysis.node(id)) {
            params = params.saturating_add(facts.cost.params());
            macs = macs.saturating_add(facts.cost.macs);
        }
        let share = |part: u64, all: u64| {
            if all == 0 {
                0.0
            } else {
                part as f64 / all as f64
            }
        };
        let skips = block.is_some_and(|block| skips(graph, &graph.blocks()[block]));
        let parts: Vec<Part> = if first.is_none() {
            vec![face::input(graph)]
        } else if let Some(block) = block {
            vec![face::block(graph, analysis, block)]
        } else {
            let around = around.last().map(|&at| graph.blocks()[at].name.as_str());
            let part = |nodes| face::part(graph, analysis, nodes, around);
            parts.into_iter().map(part).collect()
        };
        let caption = words::caption(graph, analysis, &parts);
        let group = group(graph, block, &around);
        Stage {
            id,
            parts,
            block,
            around,
            unfolded,
            group,
            params,
            macs,
            params_share: share(params, analysis.total.params()),
            macs_share: share(macs, analysis.total.macs),
            caption,
            skips,
        }
    }
}

/// The row of a card: the outermost open block, or the stage of the network that a folded block's
/// name begins with: `layer3` of `layer3.5`.
fn group(graph: &Graph, block: Option<usize>, around: &[usize]) -> Option<String> {
    let name = |&at: &usize| graph.blocks()[at].name.clone();
    if let Some(name) = around.first().map(name) {
        return Some(name);
    }
    let name = block.as_ref().map(name)?;
    let (start, _) = name.rsplit_once(['.', '_', ' ', '-'])?;
    (!start.is_empty()).then(|| start.to_owned())
}

/// Whether the block adds its own input to what it computes.
pub fn skips(graph: &Graph, block: &Block) -> bool {
    let inside: HashSet<NodeId> = block.nodes.iter().copied().collect();
    let Some(first) = block.nodes.first().and_then(|&id| graph.node(id)) else {
        return false;
    };
    let mut nodes = block.nodes.iter().filter_map(|&id| graph.node(id));
    nodes.any(|node| {
        let outside = |input: &&NodeId| !inside.contains(input) && first.inputs.contains(input);
        node.layer.family() == Family::Merge && node.inputs.iter().any(|it| outside(&it))
    })
}
