//! All that is known of a graph without running it: shapes, costs, receptive field, memory,
//! problems.

mod budget;
mod calibrate;
mod explain;
mod formula;
mod least_squares;
mod memory;
mod problem;
mod reach;
mod roofline;
mod separable;

pub use budget::{Budget, BudgetError, BufferUse};
pub use explain::{Explanation, Quantity};
pub use formula::grouped;
pub use memory::{Peak, Precision};
pub use problem::{Problem, Repair};
pub use reach::Reach;
pub use roofline::{Arithmetic, Machine, Sample, Work};
pub use separable::{Form, forms, separable_share};

use std::sync::Arc;

use crate::graph::Index;
use crate::layer::Cost;
use crate::{Graph, Layer, NodeId, Shape};

/// What is known of one node. All counts are for one image.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFacts {
    pub id: NodeId,
    /// The shape of its output; `None` behind a problem.
    pub shape: Option<Shape>,
    /// What it stores and computes; zero behind a problem.
    pub cost: Cost,
    /// What one value sees of the input. `None` is the whole picture, and unknown behind a
    /// problem.
    pub reach: Option<Reach>,
    /// How many values it reads from its inputs; zero behind a problem.
    pub reads: u64,
}

impl NodeFacts {
    /// How many values its output has; zero behind a problem.
    pub fn elements(&self) -> u64 {
        self.shape.map_or(0, Shape::elements)
    }

    /// Bytes of all its parameters, trainable or not.
    pub fn weight_bytes(&self, precision: Precision) -> u64 {
        precision.bytes(self.cost.params())
    }

    /// Bytes of its output.
    pub fn activation_bytes(&self, precision: Precision) -> u64 {
        precision.bytes(self.elements())
    }

    /// Bytes that must be moved at least: parameters and inputs read once, the output written once.
    pub fn moved_bytes(&self, precision: Precision) -> u64 {
        let values = self
            .cost
            .params()
            .saturating_add(self.reads)
            .saturating_add(self.elements());
        precision.bytes(values)
    }

    /// Arithmetic intensity (Williams, Waterman and Patterson 2009): FLOPs for each byte moved.
    /// `None` where nothing is moved.
    pub fn intensity(&self, precision: Precision) -> Option<f64> {
        ratio(self.cost.flops(), self.moved_bytes(precision))
    }
}

/// All that is known of a graph without running it, by node in the graph's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    pub nodes: Vec<NodeFacts>,
    /// The sum over all nodes.
    pub total: Cost,
    pub problems: Vec<Problem>,
    /// When most values are alive while an answer is computed.
    pub inference: Peak,
    /// When most values and gradients are alive in a training step.
    pub training: Peak,
    /// Convolutions and linear layers on the longest way from the input to the output, as depth is
    /// counted in the papers (ResNet-152 has 152).
    pub depth: u32,
    index: Arc<Index>,
}

impl Analysis {
    /// One pass over the graph that goes on after a problem.
    pub fn of(graph: &Graph) -> Self {
        let count = graph.nodes().len();
        let mut facts: Vec<NodeFacts> = Vec::with_capacity(count);
        let mut depths: Vec<u32> = Vec::with_capacity(count);
        let (mut total, mut problems) = (Cost::default(), Vec::new());
        // Taken up again for each node, so that the pass allocates nothing per node.
        let (mut shapes, mut inputs) = (Vec::new(), Vec::new());
        for node in graph.nodes() {
            shapes.clear();
            inputs.clear();
            let mut depth = 0;
            for &input in &node.inputs {
                let (shape, reach) = match graph.position(input) {
                    Some(place) => {
                        depth = depth.max(depths[place]);
                        (facts[place].shape, facts[place].reach)
                    }
                    None => (Some(graph.input()), Some(Reach::PIXEL)),
                };
                if let Some(shape) = shape {
                    shapes.push(shape);
                    inputs.push((shape, reach));
                }
            }
            depths.push(depth + u32::from(counts_as_depth(&node.layer)));
            let (cost, reads) = (Cost::default(), 0);
            let mut fact = NodeFacts {
                id: node.id,
                shape: None,
                cost,
                reach: None,
                reads,
            };
            if shapes.len() == node.inputs.len() {
                match node.layer.measure(&shapes) {
                    Ok((shape, cost)) => {
                        fact.shape = Some(shape);
                        fact.cost = cost;
                        fact.reach = reach::after(&node.layer, &inputs);
                        fact.reads = shapes.iter().map(|shape| shape.elements()).sum();
                    }
                    Err(error) => problems.push(Problem {
                        node: node.id,
                        error,
                    }),
                }
            }
            total.add(fact.cost);
            facts.push(fact);
        }
        let outputs = facts.iter().map(NodeFacts::elements);
        let [inference, training] = memory::peaks(graph, graph.input().elements(), outputs);
        let depth = depths.last().copied().unwrap_or(0);
        Self {
            nodes: facts,
            total,
            problems,
            inference,
            training,
            depth,
            index: graph.index(),
        }
    }

    /// What is known of this node, found in logarithmic time.
    pub fn node(&self, id: NodeId) -> Option<&NodeFacts> {
        self.index
            .position(id)
            .and_then(|place| self.nodes.get(place))
    }

    /// Whether every node can stand where it is.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    /// Bytes of all parameters, trainable or not.
    pub fn weight_bytes(&self, precision: Precision) -> u64 {
        precision.bytes(self.total.params())
    }

    /// Bytes of all nodes' outputs, were they all kept.
    pub fn activation_bytes(&self, precision: Precision) -> u64 {
        precision.bytes(self.nodes.iter().map(NodeFacts::elements).sum())
    }

    /// Arithmetic intensity of the whole pass: FLOPs for each byte moved, node by node.
    pub fn intensity(&self, precision: Precision) -> Option<f64> {
        ratio(self.total.flops(), self.moved_bytes(precision))
    }

    fn moved_bytes(&self, precision: Precision) -> u64 {
        let moved = self.nodes.iter().map(|node| node.moved_bytes(precision));
        moved.fold(0, u64::saturating_add)
    }

    /// The widest receptive field among the nodes that do not see the whole picture: that of the
    /// last one.
    pub fn last_reach(&self) -> Option<Reach> {
        self.nodes.iter().rev().find_map(|node| node.reach)
    }
}

fn counts_as_depth(layer: &Layer) -> bool {
    match layer {
        Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_) => true,
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_)
        | Layer::BatchNorm(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Rbf(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => false,
    }
}

fn ratio(flops: u64, bytes: u64) -> Option<f64> {
    (bytes > 0).then(|| flops as f64 / bytes as f64)
}
