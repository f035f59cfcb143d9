//! Which channels to take out, by a score of each.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::remove::walked;
use super::ties::Ties;
use super::{Channels, Refusal};
use crate::compress::prune::{count_of, order};
use crate::layer::Layer;
use crate::{Graph, NodeId};

/// Channels of one or several layers that go together: those that an add ties are one dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// The layers that make them.
    pub layers: Vec<NodeId>,
    /// Each set of channels, as layers and their channels.
    pub sets: Vec<Vec<(NodeId, u32)>>,
}

/// A layer that keeps its channels, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub node: NodeId,
    pub why: Refusal,
}

/// The layers that make channels of their own.
const fn makes(layer: &Layer) -> bool {
    matches!(
        layer,
        Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
    )
}

/// The dimensions of the network that have nothing to do with its input and output, and the layers
/// that cannot be made smaller. None of a graph with problems.
pub fn dimensions(graph: &Graph) -> (Vec<Dimension>, Vec<Left>) {
    let Some(ties) = Ties::of(graph) else {
        return (Vec::new(), Vec::new());
    };
    let mut left = Vec::new();
    // Of each set the layers that make it.
    let mut sets: BTreeMap<usize, Vec<(NodeId, u32)>> = BTreeMap::new();
    for node in graph.nodes() {
        let channels = ties.shape(node.id).map_or(0, |it| it.channels);
        let depthwise = matches!(&node.layer, Layer::Conv(conv) if conv.groups > 1
            && node.inputs.first().and_then(|&it| ties.shape(it))
                .is_some_and(|it| it.channels == conv.groups));
        if !makes(&node.layer) || depthwise {
            continue;
        }
        if let Err(why) = { 0..channels }.try_for_each(|it| ties.check(graph, node, it as usize)) {
            left.push(Left { node: node.id, why });
            continue;
        }
        for channel in 0..channels {
            if let Some(set) = ties.set(node.id, channel as usize) {
                sets.entry(set).or_default().push((node.id, channel));
            }
        }
    }
    let mut of_layer: HashMap<NodeId, usize> = HashMap::new();
    let mut all: Vec<Dimension> = Vec::new();
    for members in sets.into_values() {
        let known: Vec<usize> = { members.iter() }
            .filter_map(|(node, _)| of_layer.get(node).copied())
            .collect();
        let place = known.iter().min().copied().unwrap_or_else(|| {
            all.push(Dimension {
                layers: Vec::new(),
                sets: Vec::new(),
            });
            all.len() - 1
        });
        // A set may join dimensions that were apart so far.
        for other in known.into_iter().filter(|&other| other != place) {
            let moved = std::mem::replace(
                &mut all[other],
                Dimension {
                    layers: Vec::new(),
                    sets: Vec::new(),
                },
            );
            for layer in &moved.layers {
                of_layer.insert(*layer, place);
            }
            all[place].layers.extend(moved.layers);
            all[place].sets.extend(moved.sets);
        }
        for (node, _) in &members {
            if of_layer.insert(*node, place).is_none() {
                all[place].layers.push(*node);
            }
        }
        all[place].sets.push(members);
    }
    all.retain(|it| !it.layers.is_empty());
    (all, left)
}

/// The share of each dimension with the lowest scores; at least one channel of each stays. `scores`
/// has the scores of each layer's channels, and `only` the layers that are asked for, if not all.
/// What cannot go is left, with its reason.
pub fn select(
    graph: &Graph,
    scores: &HashMap<NodeId, Vec<f64>>,
    share: f64,
    only: Option<&[NodeId]>,
) -> (Vec<Channels>, Vec<Left>) {
    let (dimensions, mut left) = dimensions(graph);
    let Some(ties) = Ties::of(graph) else {
        return (Vec::new(), left);
    };
    let wanted =
        |it: &Dimension| only.is_none_or(|only| it.layers.iter().any(|node| only.contains(node)));
    left.retain(|it| only.is_none_or(|only| only.contains(&it.node)));
    let mut gone: HashSet<usize> = HashSet::new();
    let mut chosen = Vec::new();
    for dimension in dimensions.iter().filter(|it| wanted(it)) {
        let count = dimension.sets.len();
        let most = count.saturating_sub(1);
        let count = count_of(share, count).min(most);
        if count == 0 {
            continue;
        }
        let score = |members: &Vec<(NodeId, u32)>| -> f64 {
            let of = |&(node, channel): &(NodeId, u32)| {
                let scores = scores.get(&node)?;
                scores.get(channel as usize).copied()
            };
            members.iter().filter_map(of).sum()
        };
        let of_sets: Vec<f64> = dimension.sets.iter().map(score).collect();
        let lowest = order(&of_sets);
        let mut last = None;
        for choice in choices(graph, dimension, &lowest, count) {
            let sets: HashSet<usize> = { choice.iter() }
                .filter_map(|&it| dimension.sets[it].first())
                .filter_map(|&(node, channel)| ties.set(node, channel as usize))
                .collect();
            let all: HashSet<usize> = gone.union(&sets).copied().collect();
            match walked(graph, &ties, &all) {
                Ok(_) => {
                    gone = all;
                    chosen.extend(choice.into_iter().map(|it| &dimension.sets[it]));
                    last = None;
                    break;
                }
                Err(why) => last = last.or(Some(why)),
            }
        }
        if let (Some(why), Some(&node)) = (last, dimension.layers.first()) {
            left.push(Left { node, why });
        }
    }
    let mut channels: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
    for &(node, channel) in chosen.into_iter().flatten() {
        channels.entry(node).or_default().push(channel);
    }
    let channels = channels.into_iter().map(|(node, mut channels)| {
        channels.sort_unstable();
        Channels { node, channels }
    });
    (channels.collect(), left)
}

/// The lowest ones; then, for layers in groups, as many of each part of the channels, for all
/// numbers of groups that the network has.
fn choices(
    graph: &Graph,
    dimension: &Dimension,
    lowest: &[usize],
    count: usize,
) -> Vec<Vec<usize>> {
    let mut choices = vec![lowest[..count].to_vec()];
    let groups = graph.nodes().iter().filter_map(|node| match &node.layer {
        Layer::Conv(conv) => Some(conv.groups as usize),
        Layer::ChannelShuffle(shuffle) => Some(shuffle.groups as usize),
        _ => None,
    });
    let mut groups: Vec<usize> = groups.filter(|&it| it > 1).collect();
    groups.sort_unstable();
    groups.dedup();
    let all = dimension.sets.len();
    for groups in groups.into_iter().filter(|&it| all.is_multiple_of(it)) {
        let (each, of_each) = (all / groups, count.div_ceil(groups));
        if of_each >= each {
            continue;
        }
        // By the channel of the first layer.
        let part = |set: usize| {
            let channel = dimension.sets[set].first().map_or(0, |it| it.1 as usize);
            channel / each
        };
        let mut taken = vec![0; groups];
        let chosen = lowest.iter().copied().filter(|&set| {
            let Some(taken) = taken.get_mut(part(set)) else {
                return false;
            };
            *taken += 1;
            *taken <= of_each
        });
        choices.push(chosen.collect());
    }
    choices
}

/// The graph once the share of channels has gone, whatever their scores are.
pub fn preview(graph: &Graph, share: f64, only: Option<&[NodeId]>) -> Graph {
    let (channels, _) = select(graph, &HashMap::new(), share, only);
    let smaller = || {
        let ties = Ties::of(graph)?;
        let sets = super::remove::sets(graph, &ties, &channels).ok()?;
        let (layers, ..) = walked(graph, &ties, &sets).ok()?;
        Some(graph.with_layers(|node| layers.get(&node.id).cloned()))
    };
    smaller().unwrap_or_else(|| graph.clone())
}
