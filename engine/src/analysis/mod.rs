//! The analysis of a graph without running it: shapes, costs, receptive fields, memory, problems.

mod budget;
mod calibrate;
mod explain;
mod least_squares;
mod memory;
mod problem;
mod reach;
mod receptive_field;
mod roofline;
mod separable;
mod sharing;
mod training;

pub use budget::{Budget, BudgetError, BufferUse};
pub use explain::{Explanation, Quantity};
pub use memory::{Peak, Precision};
pub use problem::{Problem, Repair};
pub use reach::{Reach, reach};
pub use receptive_field::ReceptiveField;
pub use roofline::{Machine, Sample, Work};
pub use separable::{Form, forms, separable_share};
pub use training::{OptimiserKind, TrainingMemory};

pub use crate::layer::{Arithmetic, grouped};

use std::sync::Arc;

use crate::graph::Index;
use crate::layer::Cost;
use crate::{Graph, NodeId, Shape};

/// The analysis of one node. All counts are for one image.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFacts {
    pub id: NodeId,
    /// The output shape; `None` where a problem makes it unknown.
    pub shape: Option<Shape>,
    /// Parameters and operations; zero where the shape is unknown.
    pub cost: Cost,
    /// The receptive field. `None` where it is the whole input, and where it is not known because
    /// of a problem.
    pub receptive_field: Option<ReceptiveField>,
    /// How many values it reads from its inputs; zero where the shape is unknown.
    pub reads: u64,
}

impl NodeFacts {
    /// How many values its output has; zero where the shape is unknown.
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

    /// The least memory traffic in bytes: parameters and inputs read once, the output written once.
    pub fn moved_bytes(&self, precision: Precision) -> u64 {
        let values = self
            .cost
            .params()
            .saturating_add(self.reads)
            .saturating_add(self.elements());
        precision.bytes(values)
    }

    /// Arithmetic intensity (Williams, Waterman and Patterson 2009): FLOPs for each byte moved.
    /// `None` without memory traffic.
    pub fn intensity(&self, precision: Precision) -> Option<f64> {
        ratio(self.cost.flops(), self.moved_bytes(precision))
    }
}

/// The analysis of a graph, by node in the graph's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    pub nodes: Vec<NodeFacts>,
    /// The sum over all nodes.
    pub total: Cost,
    pub problems: Vec<Problem>,
    /// The step of a forward pass at which most values are alive.
    pub inference: Peak,
    /// The step of a training step at which most values and gradients are alive.
    pub training: Peak,
    /// Convolutions and linear layers on the longest path from the input to the output, as papers
    /// count depth (ResNet-152 has 152).
    pub depth: u32,
    index: Arc<Index>,
}

impl Analysis {
    /// Analyses the graph in one pass, which does not stop at a problem.
    pub fn of(graph: &Graph) -> Self {
        let count = graph.nodes().len();
        let mut facts: Vec<NodeFacts> = Vec::with_capacity(count);
        let mut depths: Vec<u32> = Vec::with_capacity(count);
        let (mut total, mut problems) = (Cost::default(), Vec::new());
        // Reused for each node to avoid allocations.
        let (mut shapes, mut inputs) = (Vec::new(), Vec::new());
        for node in graph.nodes() {
            shapes.clear();
            inputs.clear();
            let mut depth = 0;
            for &input in &node.inputs {
                let (shape, field) = match graph.position(input) {
                    Some(place) => {
                        depth = depth.max(depths[place]);
                        (facts[place].shape, facts[place].receptive_field)
                    }
                    None => (Some(graph.input()), Some(ReceptiveField::PIXEL)),
                };
                if let Some(shape) = shape {
                    shapes.push(shape);
                    inputs.push((shape, field));
                }
            }
            depths.push(depth + u32::from(node.layer.rule().arithmetic().is_some()));
            let (cost, reads) = (Cost::default(), 0);
            let mut fact = NodeFacts {
                id: node.id,
                shape: None,
                cost,
                receptive_field: None,
                reads,
            };
            if shapes.len() == node.inputs.len() {
                match node.layer.measure(&shapes) {
                    Ok((shape, cost)) => {
                        fact.shape = Some(shape);
                        fact.cost = cost;
                        if let Some(source) = node.shares {
                            fact.cost.trainable = 0;
                            fact.cost.other = 0;
                            let input = shapes.first().copied().unwrap_or(shape);
                            let own = (input, cost);
                            problems.extend(sharing::problem(graph, &facts, node, source, own));
                        }
                        fact.receptive_field = receptive_field::after(&node.layer, &inputs);
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

    /// The analysis of this node, in logarithmic time.
    pub fn node(&self, id: NodeId) -> Option<&NodeFacts> {
        self.index
            .position(id)
            .and_then(|place| self.nodes.get(place))
    }

    /// Whether there is no problem.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    /// Bytes of all parameters, trainable or not.
    pub fn weight_bytes(&self, precision: Precision) -> u64 {
        precision.bytes(self.total.params())
    }

    /// Bytes of all nodes' outputs together.
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

    /// The receptive field of the network's output; `None` where it is the whole input, and where
    /// it is not known because of a problem.
    pub fn output_field(&self) -> Option<ReceptiveField> {
        match self.nodes.last() {
            Some(node) => node.receptive_field,
            None => Some(ReceptiveField::PIXEL),
        }
    }

    /// The last node whose receptive field is not the whole input, with its receptive field.
    pub fn last_spatial(&self) -> Option<(NodeId, ReceptiveField)> {
        let mut nodes = self.nodes.iter().rev();
        nodes.find_map(|node| Some((node.id, node.receptive_field?)))
    }

    /// The receptive field of [`Self::last_spatial`].
    pub fn last_receptive_field(&self) -> Option<ReceptiveField> {
        Some(self.last_spatial()?.1)
    }
}

fn ratio(flops: u64, bytes: u64) -> Option<f64> {
    (bytes > 0).then(|| flops as f64 / bytes as f64)
}
