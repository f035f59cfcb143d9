//! Guided backpropagation: the backward pass node by node, each from its own inputs, with another rule
//! at the rectifiers.

use std::collections::HashMap;

use super::passes_like_relu;
use crate::analysis::Analysis;
use crate::layer::Layer;
use crate::run::{Network, NetworkError};
use crate::{Graph, NodeId};

/// A backward pass under way.
#[derive(Debug)]
pub struct Guided {
    /// From the logits to the input.
    nodes: Vec<NodeId>,
    at: usize,
    /// The outputs that are still inputs of a node to come.
    outputs: HashMap<NodeId, Vec<f32>>,
    /// What has come back to each node so far.
    gradients: HashMap<NodeId, Vec<f32>>,
    macs: HashMap<NodeId, u64>,
    relu: bool,
}

impl Guided {
    /// Through these nodes, in the graph's order, with their outputs.
    pub fn new(graph: &Graph, nodes: &[NodeId], outputs: Vec<Vec<f32>>, input: &[f32]) -> Self {
        let mut outputs: HashMap<_, _> = nodes.iter().copied().zip(outputs).collect();
        outputs.insert(NodeId::INPUT, input.to_vec());
        let analysis = Analysis::of(graph);
        let macs = |id: &NodeId| (*id, analysis.node(*id).map_or(0, |it| it.cost.macs));
        Self {
            nodes: nodes.iter().rev().copied().collect(),
            at: 0,
            outputs,
            gradients: HashMap::new(),
            macs: nodes.iter().map(macs).collect(),
            relu: false,
        }
    }

    /// A node's output.
    pub fn output(&self, node: NodeId) -> &[f32] {
        self.outputs.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Starts with this gradient at the logits.
    pub fn begin(&mut self, logits: NodeId, gradient: Vec<f32>) {
        self.gradients.insert(logits, gradient);
    }

    pub const fn progress(&self) -> [u64; 2] {
        [self.at as u64, self.nodes.len() as u64]
    }

    /// Whether a rectifier was met.
    pub const fn has_relu(&self) -> bool {
        self.relu
    }

    /// What has come back to the input; zeros if nothing has.
    pub fn of_input(mut self) -> Vec<f32> {
        let length = self.output(NodeId::INPUT).len();
        let gradient = self.gradients.remove(&NodeId::INPUT);
        gradient.unwrap_or_else(|| vec![0.0; length])
    }

    /// Goes back through nodes of about this many multiply-adds.
    pub async fn advance(&mut self, network: &Network, macs: u64) -> Result<(), NetworkError> {
        let mut done = 0_u64;
        while let Some(&id) = self.nodes.get(self.at) {
            self.step(network, id).await?;
            self.at += 1;
            let of_node = self.macs.get(&id).copied().unwrap_or_default();
            done = done.saturating_add(3 * of_node.max(macs / 256));
            if done >= macs {
                break;
            }
        }
        Ok(())
    }

    async fn step(&mut self, network: &Network, id: NodeId) -> Result<(), NetworkError> {
        let node = network.graph().node(id).ok_or(NetworkError::NoNode(id.0))?;
        self.outputs.remove(&id);
        let Some(upstream) = self.gradients.remove(&id) else {
            return Ok(());
        };
        let passes = match node.layer {
            Layer::Activation(function) => passes_like_relu(function),
            _ => None,
        };
        if let (Some(passes), Some(&before)) = (passes, node.inputs.first()) {
            self.relu = true;
            let inputs = self.output(before).iter();
            let rule =
                |(&x, gradient): (&f32, f32)| if passes(x) { gradient.max(0.0) } else { 0.0 };
            let gradient = inputs.zip(upstream).map(rule).collect();
            self.add(before, gradient);
            return Ok(());
        }
        let mut inputs = node.inputs.clone();
        inputs.sort_unstable();
        inputs.dedup();
        let given = inputs.iter().map(|&it| (it, self.output(it).to_vec()));
        let given: Vec<_> = given.collect();
        let pulled = network.pull_back(given, id, &inputs, |_| upstream).await?;
        for (input, gradient) in inputs.into_iter().zip(pulled.gradients) {
            self.add(input, gradient);
        }
        Ok(())
    }

    fn add(&mut self, node: NodeId, gradient: Vec<f32>) {
        match self.gradients.get_mut(&node) {
            Some(sums) => {
                for (sum, value) in sums.iter_mut().zip(gradient) {
                    *sum += value;
                }
            }
            None => {
                self.gradients.insert(node, gradient);
            }
        }
    }
}
