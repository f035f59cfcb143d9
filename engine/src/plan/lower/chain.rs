//! Which nodes one step computes: a layer with the batch norm, the sum and the activation after it.

use std::collections::HashSet;

use kernels::Then;

use crate::layer::{Activation, Merge};
use crate::plan::step::then_of;
use crate::{Analysis, Graph, Layer, NodeId};

/// Nodes that one step computes, by their places in the graph.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub head: usize,
    pub norm: Option<usize>,
    /// The sum that the result goes into, and its other summand.
    pub sum: Option<(usize, NodeId)>,
    pub activation: Option<usize>,
}

impl Chain {
    /// All its nodes' places.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let sum = self.sum.map(|(place, _)| place);
        let after = [self.norm, sum, self.activation];
        std::iter::once(self.head).chain(after.into_iter().flatten())
    }

    /// The place of the last node, whose value the step gives.
    pub fn tail(&self) -> usize {
        self.places().max().unwrap_or(self.head)
    }
}

/// The chains of all nodes that a wanted node depends on, each behind those that it depends on.
pub(super) fn chains(graph: &Graph, analysis: &Analysis, wanted: &HashSet<NodeId>) -> Vec<Chain> {
    let nodes = graph.nodes();
    let mut alive = vec![false; nodes.len()];
    let mut uses = vec![0_usize; nodes.len()];
    let mut reader = vec![usize::MAX; nodes.len()];
    for (place, node) in nodes.iter().enumerate().rev() {
        alive[place] |= wanted.contains(&node.id);
        if !alive[place] {
            continue;
        }
        for &input in &node.inputs {
            if let Some(source) = graph.position(input) {
                alive[source] = true;
                uses[source] += 1;
                reader[source] = place;
            }
        }
    }
    // The only reader of a value that nobody else wants.
    let next = |place: usize| {
        let free = uses[place] == 1 && !wanted.contains(&nodes[place].id);
        free.then_some(reader[place])
    };
    let shape = |id: NodeId| match graph.position(id) {
        Some(place) => analysis.nodes[place].shape,
        None => Some(graph.input()),
    };
    let mut taken = vec![false; nodes.len()];
    let mut all = Vec::new();
    for (head, node) in nodes.iter().enumerate() {
        if !alive[head] || taken[head] {
            continue;
        }
        let mut chain = Chain {
            head,
            norm: None,
            sum: None,
            activation: None,
        };
        let mut last = head;
        let weighted = matches!(
            node.layer,
            Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
        );
        if weighted {
            if let Some(place) = next(last)
                && matches!(nodes[place].layer, Layer::BatchNorm(_))
            {
                chain.norm = Some(place);
                last = place;
            }
            if let Some(place) = next(last)
                && !taken[place]
                && let Some(other) = other_summand(&nodes[place], nodes[last].id)
                && shape(other) == shape(nodes[place].id)
                && shape(nodes[last].id) == shape(nodes[place].id)
                && !is_depthwise(&node.layer, node.inputs.first().and_then(|&id| shape(id)))
            {
                chain.sum = Some((place, other));
                last = place;
            }
        }
        let bends = weighted
            || matches!(
                node.layer,
                Layer::BatchNorm(_) | Layer::Merge(Merge::Add | Merge::Multiply)
            );
        if bends
            && let Some(place) = next(last)
            && let Layer::Activation(function) = nodes[place].layer
            && then_of(function).is_some()
        {
            chain.activation = Some(place);
        }
        for place in chain.places() {
            taken[place] = true;
        }
        all.push(chain);
    }
    all.sort_by_key(Chain::tail);
    all
}

fn other_summand(node: &crate::Node, one: NodeId) -> Option<NodeId> {
    match (&node.layer, node.inputs.as_slice()) {
        (Layer::Merge(Merge::Add), &[a, b]) if a == one && b != one => Some(b),
        (Layer::Merge(Merge::Add), &[a, b]) if b == one && a != one => Some(a),
        _ => None,
    }
}

/// Whether a convolution has the depthwise kernel: as many groups as inputs and outputs.
pub(super) fn is_depthwise(layer: &Layer, input: Option<crate::Shape>) -> bool {
    let (Layer::Conv(conv), Some(input)) = (layer, input) else {
        return false;
    };
    conv.groups > 1 && conv.groups == input.channels && conv.channels == input.channels
}

/// What an activation does behind a step's sums.
pub(super) fn then(graph: &Graph, place: Option<usize>) -> Then {
    let function = place.and_then(|place| match graph.nodes()[place].layer {
        Layer::Activation(function) => Some(function),
        _ => None,
    });
    function.and_then(then_of).unwrap_or(Then::NOTHING)
}

/// Whether a function is one of a whole position, and whether it is the logarithm.
pub(super) const fn softmax(function: Activation) -> Option<bool> {
    match function {
        Activation::Softmax => Some(false),
        Activation::LogSoftmax => Some(true),
        _ => None,
    }
}
