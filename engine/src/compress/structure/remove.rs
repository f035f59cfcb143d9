//! Takes channels out.

use std::collections::{HashMap, HashSet};

use super::ties::Ties;
use super::walk::{Change, Walk};
use super::{Refusal, params};
use crate::compress::Weights;
use crate::{Graph, Layer, NodeId};

/// Channels of a node's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels {
    pub node: NodeId,
    pub channels: Vec<u32>,
}

/// A network without some channels.
#[derive(Clone, Debug)]
pub struct Smaller {
    pub graph: Graph,
    pub weights: Weights,
    /// For each node the channels of the large network that it still has, in its order.
    pub kept: HashMap<NodeId, Vec<usize>>,
}

/// The sets that the channels are in, checked.
pub(super) fn sets(
    graph: &Graph,
    ties: &Ties,
    wanted: &[Channels],
) -> Result<HashSet<usize>, Refusal> {
    let mut sets = HashSet::new();
    for Channels { node, channels } in wanted {
        let found = graph.node(*node).ok_or(Refusal::NoNode { node: node.0 })?;
        for &channel in channels {
            let Some(set) = ties.set(*node, channel as usize) else {
                let last = ties
                    .shape(*node)
                    .map_or(0, |it| it.channels.saturating_sub(1));
                let node = found.name.clone();
                return Err(Refusal::NoChannel {
                    node,
                    channel,
                    last,
                });
            };
            if sets.insert(set) {
                ties.check(graph, found, channel as usize)?;
            }
        }
    }
    Ok(sets)
}

/// Takes the channels out, with those that are tied to them. The smaller network gives what
/// [`super::masked`] gives. Numbers and names of the nodes stay.
///
/// # Errors
/// With the node that keeps channels together.
pub fn remove(graph: &Graph, weights: &Weights, wanted: &[Channels]) -> Result<Smaller, Refusal> {
    let ties = Ties::of(graph).ok_or(Refusal::Weights)?;
    let sets = sets(graph, &ties, wanted)?;
    let (layers, changes, kept) = walked(graph, &ties, &sets)?;
    let small = graph.with_layers(|node| layers.get(&node.id).cloned());
    let weights = Weights::made(&small, |parameter| {
        let node = graph.node(parameter.node)?;
        let change = changes.get(&parameter.node)?;
        params::values(weights, node, change, parameter)
    });
    Ok(Smaller {
        weights: weights.ok_or(Refusal::Weights)?,
        graph: small,
        kept,
    })
}

type Walked = (
    HashMap<NodeId, Layer>,
    HashMap<NodeId, Change>,
    HashMap<NodeId, Vec<usize>>,
);

/// Each node's layer in the small network, how its parameters follow, and what it keeps.
pub(super) fn walked(graph: &Graph, ties: &Ties, sets: &HashSet<usize>) -> Result<Walked, Refusal> {
    let gone = |set: usize| sets.contains(&set);
    let mut walk = Walk {
        graph,
        ties,
        gone: &gone,
        outputs: HashMap::new(),
    };
    walk.start();
    let (mut layers, mut changes) = (HashMap::new(), HashMap::new());
    for node in graph.nodes() {
        let (layer, change) = walk.step(node)?;
        layers.insert(node.id, layer);
        changes.insert(node.id, change);
    }
    for node in graph.nodes() {
        let Some(source) = node.shares.and_then(|id| graph.node(id)) else {
            continue;
        };
        let same = layers.get(&node.id) == layers.get(&source.id)
            && changes.get(&node.id) == changes.get(&source.id);
        if !same {
            return Err(Refusal::Shared {
                node: node.name.clone(),
                source_name: source.name.clone(),
            });
        }
    }
    let outputs = walk.outputs.into_iter();
    let kept = outputs.map(|(node, output)| (node, output.kept)).collect();
    Ok((layers, changes, kept))
}
