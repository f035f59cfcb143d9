//! A graph with weights on a device, and the maps of one pass through it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData, Transaction};

use super::forward::{NodeParams, forward};
use super::params::{self, Params};
use crate::{Analysis, Graph, NodeId, Shape};

/// A graph with weights on a device.
#[derive(Clone, Debug)]
pub struct Network {
    graph: Graph,
    shapes: HashMap<NodeId, Shape>,
    params: Params,
    /// Which of `params` belong to each node, in the graph's order.
    ranges: Vec<Range<usize>>,
    device: Device,
}

/// Why a network cannot be made or run.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error("“{node}” cannot stand where it is: {problem}")]
    Invalid { node: String, problem: String },
    #[error("the input has {got} values; the network takes {wanted} ({shape}) for each picture")]
    Input {
        got: usize,
        wanted: usize,
        shape: Shape,
    },
    #[error("the network has no node number {0}")]
    NoNode(u32),
    #[error("“{node}” lacks its weights; load the network again")]
    MissingWeights { node: String },
    #[error("the device could not give its results back: {0}")]
    Read(String),
}

impl Network {
    /// The graph with seeded random weights.
    ///
    /// # Errors
    /// When the graph has a problem.
    pub fn seeded(graph: Graph, seed: u64, device: &Device) -> Result<Self, NetworkError> {
        let analysis = Analysis::of(&graph);
        if let Some(problem) = analysis.problems.first() {
            let node = graph
                .node(problem.node)
                .map_or_else(String::new, |node| node.name.clone());
            return Err(NetworkError::Invalid {
                node,
                problem: problem.error.to_string(),
            });
        }
        let params = params::seeded(&graph, seed, device).unwrap_or_default();
        let shapes = analysis
            .nodes
            .iter()
            .filter_map(|facts| Some((facts.id, facts.shape?)));
        let shapes = shapes.chain([(NodeId::INPUT, graph.input())]).collect();
        let mut ranges = Vec::with_capacity(graph.nodes().len());
        let mut start = 0;
        for node in graph.nodes() {
            let count = params[start..]
                .iter()
                .take_while(|param| param.node == node.id)
                .count();
            ranges.push(start..start + count);
            start += count;
        }
        Ok(Self {
            graph,
            shapes,
            params,
            ranges,
            device: device.clone(),
        })
    }

    /// The graph.
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The parameters in the graph's order.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The parameters, to be changed in place.
    pub(crate) fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    /// Where it runs.
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// The shape of a node's output.
    pub fn shape(&self, node: NodeId) -> Option<Shape> {
        self.shapes.get(&node).copied()
    }

    /// `values` of one or more pictures as the network's input tensor.
    ///
    /// # Errors
    /// When they are not a whole number of pictures.
    pub fn input(&self, values: Vec<f32>) -> Result<Tensor<4>, NetworkError> {
        let shape = self.graph.input();
        let wanted = shape.elements() as usize;
        if values.is_empty() || !values.len().is_multiple_of(wanted) {
            return Err(NetworkError::Input {
                got: values.len(),
                wanted,
                shape,
            });
        }
        let dims = [
            values.len() / wanted,
            shape.channels as usize,
            shape.height as usize,
            shape.width as usize,
        ];
        Ok(Tensor::from_data(
            TensorData::new(values, dims),
            &self.device,
        ))
    }

    /// Runs the nodes up to the furthest of `wanted` and gives those nodes' outputs in that
    /// order. A value is dropped after its last use.
    ///
    /// # Errors
    /// When a wanted node does not exist.
    pub fn forward(
        &self,
        input: Tensor<4>,
        wanted: &[NodeId],
    ) -> Result<Vec<Tensor<4>>, NetworkError> {
        let kept: HashSet<NodeId> = wanted.iter().copied().collect();
        let nodes = self.graph.nodes();
        let end = nodes
            .iter()
            .rposition(|node| kept.contains(&node.id))
            .map_or(0, |last| last + 1);
        let mut uses: HashMap<NodeId, usize> = HashMap::new();
        for input in nodes[..end].iter().flat_map(|node| &node.inputs) {
            *uses.entry(*input).or_default() += 1;
        }
        let mut values = HashMap::from([(NodeId::INPUT, input)]);
        for (node, range) in nodes[..end].iter().zip(&self.ranges) {
            let missing = || NetworkError::MissingWeights {
                node: node.name.clone(),
            };
            let mut inputs = Vec::with_capacity(node.inputs.len());
            for id in &node.inputs {
                inputs.push(values.get(id).cloned().ok_or_else(missing)?);
                if let Some(left) = uses.get_mut(id) {
                    *left -= 1;
                    if *left == 0 && !kept.contains(id) {
                        values.remove(id);
                    }
                }
            }
            let params = NodeParams(&self.params[range.clone()]);
            let output = forward(&node.layer, &inputs, &params).ok_or_else(missing)?;
            values.insert(node.id, output);
        }
        wanted
            .iter()
            .map(|id| values.get(id).cloned().ok_or(NetworkError::NoNode(id.0)))
            .collect()
    }

    /// One pass: the outputs of `wanted`, read back in one go, in that order.
    ///
    /// # Errors
    /// When the input does not fit, a node does not exist, or the device fails.
    pub async fn trace(
        &self,
        input: Vec<f32>,
        wanted: &[NodeId],
    ) -> Result<Vec<Vec<f32>>, NetworkError> {
        let outputs = self.forward(self.input(input)?, wanted)?;
        read(outputs).await
    }
}

/// The values of these tensors, read back in one go.
///
/// # Errors
/// When the device fails.
pub async fn read(tensors: Vec<Tensor<4>>) -> Result<Vec<Vec<f32>>, NetworkError> {
    let transaction = tensors
        .into_iter()
        .fold(Transaction::default(), Transaction::register);
    let data = transaction
        .execute_async()
        .await
        .map_err(|e| NetworkError::Read(e.to_string()))?;
    data.into_iter()
        .map(|data| {
            data.try_into_vec::<f32>()
                .map_err(|e| NetworkError::Read(format!("{e:?}")))
        })
        .collect()
}
