//! The chain rule at one value: its derivative in each value that is computed from it, times the
//! gradient there.

use std::collections::HashMap;

use super::backward::{Chain, Term, Through};
use crate::checkpoint::Role;
use crate::layer::{Activation, Layer, Merge, PoolMode};
use crate::run::{Network, NetworkError};
use crate::session::Unit;
use crate::{Node, NodeId, Shape};

/// Terms that are told of each node.
const TOLD: usize = 32;
/// Values behind a unit, and values computed for them, beyond which only the sum is told.
const MOST_BEHIND: usize = 256;
const MOST_VALUES: usize = 1 << 24;

/// Values of nodes by their numbers.
pub type Values = HashMap<NodeId, Vec<f32>>;

/// The nodes whose values [`chain`] needs: the inputs of those that take this node.
pub fn needed(network: &Network, node: NodeId) -> Vec<NodeId> {
    let takers = network.graph().consumers(node);
    let mut all: Vec<NodeId> = takers
        .flat_map(|(taker, _)| taker.inputs.iter().copied())
        .chain([node])
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The gradient of `unit` taken apart: `values` are those of the nodes in [`needed`], `gradients` those
/// of the nodes on the way to the loss.
pub async fn chain(
    network: &Network,
    unit: Unit,
    values: &Values,
    gradients: &Values,
) -> Result<Chain, NetworkError> {
    let missing = || NetworkError::NoNode(unit.node.0);
    let shape = network.shape(unit.node).ok_or_else(missing)?;
    let place = flat(shape, unit);
    let at = |all: &Values| {
        let of_node = all.get(&unit.node);
        of_node
            .and_then(|it| it.get(place))
            .copied()
            .unwrap_or_default()
    };
    let mut through = Vec::new();
    let mut before = None;
    for (node, _) in network.graph().consumers(unit.node) {
        // One that takes it twice comes twice.
        let (Some(behind), true) = (gradients.get(&node.id), before != Some(node.id)) else {
            continue;
        };
        before = Some(node.id);
        through.push(back_through(network, node, unit, place, values, behind).await?);
    }
    Ok(Chain {
        unit,
        value: at(values),
        gradient: at(gradients),
        through,
    })
}

fn flat(shape: Shape, unit: Unit) -> usize {
    let [_, height, width] = super::scope::sides(shape);
    (unit.channel as usize * height + unit.row as usize) * width + unit.column as usize
}

async fn back_through(
    network: &Network,
    node: &Node,
    unit: Unit,
    place: usize,
    values: &Values,
    behind: &[f32],
) -> Result<Through, NetworkError> {
    let shape = network
        .shape(node.id)
        .ok_or(NetworkError::NoNode(node.id.0))?;
    let derivatives = if is_affine(&node.layer) {
        Some(affine(network, node, unit.node, place).await?)
    } else {
        curved(network, node, unit, place, shape, values).await?
    };
    let Some(derivatives) = derivatives else {
        let (given, of) = (given(node, values, 1), [unit.node]);
        let pulled = network.pull_back(given, node.id, &of, |_| behind.to_vec());
        let back = pulled.await?.gradients.concat();
        return Ok(Through {
            node: node.id,
            sum: back.get(place).copied().unwrap_or_default().into(),
            terms: None,
        });
    };
    let [_, height, width] = super::scope::sides(shape);
    let term = |(at, derivative): (usize, f32)| Term {
        channel: (at / (height * width).max(1)) as u32,
        row: (at / width.max(1) % height.max(1)) as u32,
        column: (at % width.max(1)) as u32,
        derivative,
        gradient: behind.get(at).copied().unwrap_or_default(),
    };
    let mut terms: Vec<Term> = derivatives.into_iter().map(term).collect();
    let (sum, count) = (terms.iter().map(Term::product).sum(), terms.len() as u64);
    terms.sort_by(|a, b| b.product().abs().total_cmp(&a.product().abs()));
    terms.truncate(TOLD);
    Ok(Through {
        node: node.id,
        sum,
        terms: Some((count, terms)),
    })
}

/// Whether its outputs are sums of its inputs, each times a number that no input changes, and constants.
fn is_affine(layer: &Layer) -> bool {
    match layer {
        Layer::Conv(_)
        | Layer::TableConv(_)
        | Layer::TransposedConv(_)
        | Layer::Upsample(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::Subsample(_)
        | Layer::BatchNorm(_)
        | Layer::Dropout(_)
        | Layer::Linear(_)
        | Layer::Merge(Merge::Add | Merge::Concat)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => true,
        Layer::GlobalPool(pool) => pool.mode == PoolMode::Avg,
        Layer::MaxPool(_)
        | Layer::AdaptiveMaxPool(_)
        | Layer::GroupNorm(_)
        | Layer::LayerNorm(_)
        | Layer::InstanceNorm(_)
        | Layer::PRelu(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Rbf(_)
        | Layer::Merge(Merge::Multiply) => false,
    }
}

/// The derivatives other than 0 of an affine node: what it makes of this value alone, the size 1, less
/// what it makes of zeros, without its biases so that nothing is rounded against them.
async fn affine(
    network: &Network,
    node: &Node,
    of: NodeId,
    place: usize,
) -> Result<Vec<(usize, f32)>, NetworkError> {
    let own = [node.id];
    let plain = network.with_changed(&own, |_, role, _, values| {
        if matches!(role, Role::Bias | Role::RunningMean) {
            values.fill(0.0);
        }
    });
    let mut given = Vec::new();
    for &input in &distinct(node) {
        let missing = NetworkError::NoNode(input.0);
        let length = network.shape(input).ok_or(missing)?.elements() as usize;
        let mut both = vec![0.0; 2 * length];
        if let (true, Some(value)) = (input == of, both.get_mut(place)) {
            *value = 1.0;
        }
        given.push((input, both));
    }
    let outputs = plain.await?.outputs_from(given, &own).await?.concat();
    let (one, none) = outputs.split_at(outputs.len() / 2);
    let slopes = one.iter().zip(none).map(|(one, none)| one - none);
    Ok(slopes.enumerate().filter(|it| it.1 != 0.0).collect())
}

/// Those of any other node: it is pulled back from each value behind the unit by itself. None where
/// these are too many.
async fn curved(
    network: &Network,
    node: &Node,
    unit: Unit,
    place: usize,
    shape: Shape,
    values: &Values,
) -> Result<Option<Vec<(usize, f32)>>, NetworkError> {
    let Some(of) = network.shape(unit.node) else {
        return Ok(None);
    };
    let [channels, height, width] = super::scope::sides(shape);
    let (area, here) = (
        height * width,
        unit.row as usize * width + unit.column as usize,
    );
    let behind: Vec<usize> = match &node.layer {
        Layer::MaxPool(_) => {
            // A map that is 1 there and 0 elsewhere is 1 behind every window that has it.
            let mut one = vec![0.0; of.elements() as usize];
            if let Some(value) = one.get_mut(place) {
                *value = 1.0;
            }
            let given = vec![(unit.node, one)];
            let windows = network.outputs_from(given, &[node.id]).await?.concat();
            (0..windows.len())
                .filter(|&at| windows[at] != 0.0)
                .collect()
        }
        Layer::GlobalPool(_) => vec![unit.channel as usize],
        Layer::Activation(Activation::Softmax | Activation::LogSoftmax) | Layer::Lrn(_) => {
            (0..channels).map(|channel| channel * area + here).collect()
        }
        Layer::Rbf(_) => (0..channels).collect(),
        // Sides of 1 are repeated.
        Layer::Merge(_) if of != shape => {
            let all = 0..shape.elements() as usize;
            let same = |at: &usize| {
                (of.channels == 1 || at / area == unit.channel as usize)
                    && (of.height == 1 || at / width % height == unit.row as usize)
                    && (of.width == 1 || at % width == unit.column as usize)
            };
            all.filter(same).collect()
        }
        _ => vec![place],
    };
    if behind.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let inputs = distinct(node);
    let each = inputs.iter().filter_map(|it| network.shape(*it));
    let each = each.map(|it| it.elements() as usize).sum::<usize>() + shape.elements() as usize;
    if behind.len() > MOST_BEHIND || behind.len().saturating_mul(each) > MOST_VALUES {
        return Ok(None);
    }
    let length = shape.elements() as usize;
    let mut upstream = vec![0.0; behind.len() * length];
    for (row, &at) in upstream.chunks_exact_mut(length).zip(&behind) {
        if let Some(one) = row.get_mut(at) {
            *one = 1.0;
        }
    }
    let (given, unit_of) = (given(node, values, behind.len()), [unit.node]);
    let pulled = network.pull_back(given, node.id, &unit_of, |_| upstream);
    let back = pulled.await?.gradients.concat();
    let rows = back.chunks_exact((of.elements() as usize).max(1));
    let at_unit = rows.map(|row| row.get(place).copied().unwrap_or_default());
    let both = behind.into_iter().zip(at_unit);
    Ok(Some(both.filter(|it| it.1 != 0.0).collect()))
}

fn distinct(node: &Node) -> Vec<NodeId> {
    let mut inputs = node.inputs.clone();
    inputs.sort_unstable();
    inputs.dedup();
    inputs
}

/// The inputs of a node, so many times.
fn given(node: &Node, values: &Values, times: usize) -> Vec<(NodeId, Vec<f32>)> {
    let one = |id: NodeId| {
        let values = values.get(&id).map_or(&[][..], Vec::as_slice);
        (id, values.repeat(times))
    };
    distinct(node).into_iter().map(one).collect()
}
