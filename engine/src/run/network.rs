//! A graph with weights on a device, and the maps of one pass through it.

use std::collections::HashMap;
use std::ops::Range;

use burn::tensor::{Device, FloatDType, Tensor, TensorData, Transaction};

use super::Role;
use super::mode::{Mode, Training};
use super::params::{self, Params};
use super::pass::{Pass, Walk};
use crate::graph::EditError;
use crate::session::{CancelReason, Check, NonFinite, YieldPoint};
use crate::{Analysis, Graph, NodeId, Shape};

/// A graph with weights on a device.
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) graph: Graph,
    shapes: HashMap<NodeId, Shape>,
    pub(super) params: Params,
    /// Which of `params` each node uses, in the graph's order.
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) device: Device,
}

/// Why a network cannot be created or run.
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
    #[error("the objective's gradient has {got} values; the node's output has {wanted}")]
    Upstream { got: usize, wanted: usize },
    #[error("the network has no node number {0}")]
    NoNode(u32),
    #[error("“{node}” lacks its weights; load the network again")]
    MissingWeights { node: String },
    #[error(
        "“{node}” normalises over the batch while training, which needs more than one value per \
         channel; use a larger batch"
    )]
    SingleValue { node: String },
    #[error("“{node}” drops values while training, but was given no mask of which to keep")]
    NoMask { node: String },
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("the device could not give its results back: {0}")]
    Read(String),
    /// Cancelled at a yield point.
    #[error("the pass was cancelled: {0}")]
    Cancelled(CancelReason),
}

impl Network {
    /// The graph with seeded random weights.
    ///
    /// # Errors
    /// When the graph has a problem.
    pub fn seeded(graph: Graph, seed: u64, device: &Device) -> Result<Self, NetworkError> {
        let params = params::seeded(&graph, seed, device).unwrap_or_default();
        Self::with_params(graph, params, device)
    }

    /// The graph with these parameters, which must be complete and in the graph's order.
    ///
    /// # Errors
    /// When the graph has a problem.
    pub(crate) fn with_params(
        graph: Graph,
        params: Params,
        device: &Device,
    ) -> Result<Self, NetworkError> {
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
        let shapes = analysis
            .nodes
            .iter()
            .filter_map(|facts| Some((facts.id, facts.shape?)));
        let shapes = shapes.chain([(NodeId::INPUT, graph.input())]).collect();
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(graph.nodes().len());
        let mut start = 0;
        for node in graph.nodes() {
            let source = node.shares.and_then(|id| graph.position(id));
            if let Some(range) = source.and_then(|place| ranges.get(place)) {
                ranges.push(range.clone());
                continue;
            }
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

    /// The device.
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

    /// The same network with its weights in this precision, for checks; the input must have it too.
    pub fn in_precision(&self, precision: FloatDType) -> Self {
        let mut network = self.clone();
        for param in network.params_mut() {
            param.values = param.values.clone().cast(precision);
        }
        network
    }

    /// Runs the nodes up to the furthest of `wanted` in inference mode and gives those nodes'
    /// outputs in that order. A value is dropped after its last use.
    ///
    /// # Errors
    /// When a wanted node does not exist.
    pub fn forward(
        &self,
        input: Tensor<4>,
        wanted: &[NodeId],
    ) -> Result<Vec<Tensor<4>>, NetworkError> {
        self.walk(input, wanted, &mut Walk::new(Mode::Inference))
    }

    /// As [`Self::forward`], in this mode.
    ///
    /// # Errors
    /// When a wanted node does not exist, or the mode lacks what it needs.
    pub fn forward_in(
        &self,
        mode: Mode<'_>,
        input: Tensor<4>,
        wanted: &[NodeId],
    ) -> Result<Vec<Tensor<4>>, NetworkError> {
        self.walk(input, wanted, &mut Walk::new(mode))
    }

    /// Stores the running statistics computed by passes in training mode.
    pub fn update_running(&mut self, training: &mut Training) {
        for (place, new) in self.running(training) {
            self.set_running(place, new);
        }
    }

    /// Takes the running statistics computed by passes in training mode, each with its parameter's
    /// place.
    pub(crate) fn running(&self, training: &mut Training) -> Vec<(usize, Tensor<1>)> {
        let mut new = Vec::new();
        for running in training.take_running() {
            for (place, param) in self.params.iter().enumerate() {
                if param.node != running.node {
                    continue;
                }
                match param.role {
                    Role::RunningMean => new.push((place, running.mean.clone())),
                    Role::RunningVar => new.push((place, running.var.clone())),
                    Role::Weight | Role::Bias | Role::Coefficient | Role::Codes => {}
                }
            }
        }
        new
    }

    /// Stores one running statistic.
    pub(crate) fn set_running(&mut self, place: usize, new: Tensor<1>) {
        let on_autodiff = self.device.is_autodiff();
        if let Some(param) = self.params.get_mut(place) {
            param.values = if on_autodiff { new.autodiff() } else { new };
        }
    }

    pub(super) fn walk(
        &self,
        input: Tensor<4>,
        wanted: &[NodeId],
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Tensor<4>>, NetworkError> {
        let mut pass = Pass::new(self, input, wanted, walk);
        while pass.step()? {}
        pass.outputs(wanted)
    }

    /// As [`Self::forward`], from the values of the nodes `given` instead of the input's.
    ///
    /// # Errors
    /// When a wanted node does not exist, or a value that it needs is neither given nor computed
    /// from given ones.
    pub fn forward_from(
        &self,
        given: HashMap<NodeId, Tensor<4>>,
        wanted: &[NodeId],
    ) -> Result<Vec<Tensor<4>>, NetworkError> {
        self.walk_from(given, wanted, &mut Walk::new(Mode::Inference))
    }

    pub(super) fn walk_from(
        &self,
        given: HashMap<NodeId, Tensor<4>>,
        wanted: &[NodeId],
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Tensor<4>>, NetworkError> {
        let mut pass = Pass::given(self, given, wanted, walk);
        while pass.step()? {}
        pass.outputs(wanted)
    }

    /// One pass in inference mode: the outputs of `wanted`, read back in one go. Every node is
    /// checked.
    ///
    /// # Errors
    /// When the input does not fit, a node does not exist, or the device fails.
    pub async fn trace(&self, input: &[f32], wanted: &[NodeId]) -> Result<Trace, NetworkError> {
        let (check, yield_point) = (Check::EveryNode, YieldPoint::default());
        self.trace_reduced(input, wanted, check, &yield_point, |_, output| output)
            .await
    }

    /// As [`Self::trace`], each output (named by its place in `wanted`) changed on the device
    /// before it is read back.
    ///
    /// # Errors
    /// As [`Self::trace`], and when `yield_point` stops the pass.
    pub async fn trace_reduced(
        &self,
        input: &[f32],
        wanted: &[NodeId],
        check: Check,
        yield_point: &YieldPoint,
        reduce: impl Fn(usize, Tensor<4>) -> Tensor<4>,
    ) -> Result<Trace, NetworkError> {
        let mut walk = Walk::new(Mode::Inference);
        walk.sums = (check == Check::EveryNode).then(Vec::new);
        let mut pass = Pass::new(self, self.input(input.to_vec())?, wanted, &mut walk);
        while pass.step()? {
            yield_point
                .reached()
                .await
                .map_err(NetworkError::Cancelled)?;
        }
        let outputs = pass.outputs(wanted)?.into_iter().enumerate();
        let mut outputs: Vec<Tensor<4>> = outputs.map(|(place, it)| reduce(place, it)).collect();
        // The sum of a map is finite only if all values are: one value a node shows whether the
        // slower check of every value, another pass, is needed.
        let sums = walk.sums.filter(|sums| !sums.is_empty());
        let summed = sums.map(|sums| {
            let count = sums.len();
            outputs.push(Tensor::cat(sums, 0).reshape([count, 1, 1, 1]));
        });
        let mut values = read(outputs).await?;
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        let suspicious = !values.iter().all(|values| finite(values));
        if summed.is_some() {
            values.pop();
        }
        let mut warning = NonFinite::in_picture(input);
        if warning.is_none() && suspicious {
            warning = self.find_non_finite(input.to_vec()).await?;
        }
        Ok(Trace { values, warning })
    }
}

/// The outputs of one pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// In the requested order; each batch × channels × height × width.
    pub values: Vec<Vec<f32>>,
    /// The first node with a value that is not finite, requested or not.
    pub warning: Option<NonFinite>,
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
