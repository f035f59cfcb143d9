//! Measures the layers of a resting network on some images.

use super::backward::loss_gradient;
use super::health::{NodeHealth, saturates};
use super::histogram::{self, Histogram};
use super::scope::finite;
use super::{ExplainFailure, ProjectFailure, Rank, Scope};
use crate::analysis::{Analysis, Budget};
use crate::checkpoint::Role;
use crate::data::{DataSet, Part};
use crate::layer::Layer;
use crate::run::Network;
use crate::session::{Cause, NonFinite};
use crate::train::{Task, TaskError};
use crate::{Node, NodeId, Shape};

/// Values of one turn at most: 64 MB.
const MOST_VALUES: u64 = 1 << 24;
/// Images of one turn at most.
const MOST_IMAGES: u64 = 64;
/// Multiply-adds of one turn, about, and how many passes of them a gradient takes.
const TURN: u64 = 1_000_000_000;
const BACKWARD: u64 = 3;

/// What is added up for one node.
#[derive(Clone, Debug, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
    /// Channels with a value other than 0 so far.
    alive: Vec<bool>,
    saturated: f64,
    saturates: bool,
    /// The sum of the gradients' lengths.
    gradients: f64,
    values: Option<Histogram>,
}

/// Measurements under way.
#[derive(Debug)]
pub struct Checkup {
    scope: Scope,
    task: Task,
    numbers: Vec<u32>,
    at: usize,
    turn: usize,
    sums: Vec<Sums>,
    /// The nodes whose weights have been looked at.
    done: Vec<NodeHealth>,
}

impl Checkup {
    /// On the first test images of a data set, so many at most.
    ///
    /// # Errors
    /// When the network has no classes, the data no images, or the gradients do not fit the memory.
    pub fn new(
        network: &Network,
        data: &DataSet,
        task: Task,
        images: usize,
        budget: Budget,
    ) -> Result<Self, ProjectFailure> {
        let graph = network.graph();
        let scope = Scope::of(graph).map_err(ExplainFailure::from)?;
        let mut numbers = data.split(&task.split).of(Part::Test).to_vec();
        numbers.truncate(images);
        if numbers.is_empty() {
            return Err(TaskError::NoImages.into());
        }
        budget
            .check_gradients(graph, 1)
            .map_err(ExplainFailure::from)?;
        let analysis = Analysis::of(graph);
        let values = analysis.nodes.iter().map(|it| it.elements()).sum::<u64>();
        let by_values = MOST_VALUES / values.max(1);
        let by_time = TURN / (BACKWARD * analysis.total.macs.max(1));
        let mut turn = by_values.min(by_time).clamp(1, MOST_IMAGES);
        while turn > 1 && budget.check_gradients(graph, turn).is_err() {
            turn /= 2;
        }
        Ok(Self {
            sums: vec![Sums::default(); scope.nodes.len()],
            scope,
            task,
            numbers,
            at: 0,
            turn: turn as usize,
            done: Vec::new(),
        })
    }

    /// Images.
    pub const fn images(&self) -> u64 {
        self.numbers.len() as u64
    }

    /// Images and nodes done, and of how many.
    pub const fn progress(&self) -> [u64; 2] {
        let (images, nodes) = (self.numbers.len(), self.scope.nodes.len());
        [(self.at + self.done.len()) as u64, (images + nodes) as u64]
    }

    /// Runs the next images; the result when it is complete, in the graph's order.
    ///
    /// # Errors
    /// When the device fails, or an answer is not finite.
    pub async fn advance(
        &mut self,
        network: &Network,
        data: &DataSet,
    ) -> Result<Option<Vec<NodeHealth>>, ProjectFailure> {
        if self.at == self.numbers.len() {
            return self.look_at_weights(network).await;
        }
        let end = (self.at + self.turn).min(self.numbers.len());
        let target = network.graph().input();
        let images = &self.numbers[self.at..end];
        let input = |&image: &u32| {
            let input = data.input(image as usize, None, self.task.means, target);
            input.unwrap_or_default()
        };
        let inputs: Vec<f32> = images.iter().flat_map(input).collect();
        let labels: Vec<usize> = images
            .iter()
            .map(|&image| {
                data.labels()
                    .get(image as usize)
                    .copied()
                    .unwrap_or_default()
                    .into()
            })
            .collect();
        let given = || vec![(NodeId::INPUT, inputs.clone())];
        let nodes = &self.scope.nodes;
        let outputs = network.outputs_from(given(), nodes).await;
        let outputs = outputs.map_err(ExplainFailure::from)?;
        if !outputs.last().is_none_or(|it| finite(it)) {
            return Err(self.not_finite(network, inputs).await?.into());
        }
        let classes = self.scope.classes;
        let upstream = |logits: &[f32]| loss_gradient(logits, &labels, classes);
        let pulled = network
            .pull_back(given(), self.scope.logits, nodes, upstream)
            .await;
        let gradients = pulled.map_err(ExplainFailure::from)?.gradients;
        for (place, (values, gradient)) in outputs.iter().zip(&gradients).enumerate() {
            let id = self.scope.nodes[place];
            let (node, shape) = (network.graph().node(id), network.shape(id));
            if let (Some(node), Some(shape)) = (node, shape) {
                self.sums[place].add(node, shape, values, gradient);
            }
        }
        self.at = end;
        Ok(None)
    }

    async fn not_finite(
        &self,
        network: &Network,
        inputs: Vec<f32>,
    ) -> Result<ExplainFailure, ProjectFailure> {
        let found = network.find_non_finite(inputs).await;
        let found = found.map_err(ExplainFailure::from)?;
        Ok(ExplainFailure::NotFinite(found.unwrap_or_else(|| {
            NonFinite {
                node: self.scope.logits,
                name: "output".to_owned(),
                nan: true,
                cause: Cause::Arithmetic,
            }
        })))
    }

    /// The weights of the next node; all nodes when that was the last.
    async fn look_at_weights(
        &mut self,
        network: &Network,
    ) -> Result<Option<Vec<NodeHealth>>, ProjectFailure> {
        let graph = network.graph();
        let images = self.numbers.len() as f64;
        let place = self.done.len();
        let next = self.scope.nodes.get(place).copied();
        if let (Some(id), Some(sums)) = (next, self.sums.get(place)) {
            let (mut squares, mut weight_values, mut rank) = (None, None, None);
            let channels = network.shape(id).map_or(0, |it| it.channels as usize);
            let has_kernels = graph
                .node(id)
                .is_some_and(|node| matches!(node.layer, Layer::Conv(_) | Layer::Linear(_)));
            let read = network.read_params(id, |role, values| {
                if role.trainable() {
                    *squares.get_or_insert(0.0) += squared(values);
                }
                if role == Role::Weight {
                    weight_values = Histogram::of(values);
                    if has_kernels {
                        // A row a map.
                        rank = Rank::of(values, channels);
                    }
                }
            });
            read.await.map_err(ExplainFailure::from)?;
            let mut scaled_to_zero = 0;
            if let Some(norm) = norm_before(graph.node(id), |id| graph.node(id)) {
                let read = network.read_params(norm, |role, values| {
                    if role == Role::Weight {
                        scaled_to_zero = values.iter().filter(|it| **it == 0.0).count() as u32;
                    }
                });
                read.await.map_err(ExplainFailure::from)?;
            }
            let mean = sums.sum / sums.count.max(1.0);
            self.done.push(NodeHealth {
                node: id,
                mean,
                variance: (sums.squares / sums.count.max(1.0) - mean * mean).max(0.0),
                channels: sums.alive.len() as u32,
                zero: sums.alive.iter().filter(|alive| !**alive).count() as u32,
                saturated: sums.saturates.then(|| sums.saturated / sums.count.max(1.0)),
                gradient: sums.gradients / images,
                weights: squares.map(f64::sqrt),
                scaled_to_zero,
                values: sums.values.clone(),
                weight_values,
                rank,
            });
        }
        let all = self.done.len() == self.scope.nodes.len();
        Ok(all.then(|| std::mem::take(&mut self.done)))
    }
}

impl Sums {
    fn add(&mut self, node: &Node, shape: Shape, values: &[f32], gradient: &[f32]) {
        let (channels, area) = (shape.channels as usize, shape.positions().max(1) as usize);
        self.alive.resize(channels, false);
        for (place, channel) in values.chunks_exact(area).enumerate() {
            let alive = channel.iter().any(|&it| it != 0.0);
            if let Some(before) = self.alive.get_mut(place % channels.max(1)) {
                *before |= alive;
            }
        }
        self.count += values.len() as f64;
        self.sum += values.iter().map(|&it| f64::from(it)).sum::<f64>();
        self.squares += squared(values);
        histogram::add(&mut self.values, values);
        if let Layer::Activation(function) = node.layer {
            let ends = values.iter().filter_map(|&it| saturates(function, it));
            let (mut count, mut some) = (0, false);
            for at_end in ends {
                some = true;
                count += u32::from(at_end);
            }
            self.saturates |= some;
            self.saturated += f64::from(count);
        }
        let each = shape.elements().max(1) as usize;
        let lengths = gradient.chunks_exact(each).map(|it| squared(it).sqrt());
        self.gradients += lengths.sum::<f64>();
    }
}

/// The batch norm that an activation takes.
fn norm_before<'a>(
    node: Option<&Node>,
    find: impl Fn(NodeId) -> Option<&'a Node>,
) -> Option<NodeId> {
    let node = node.filter(|it| matches!(it.layer, Layer::Activation(_)))?;
    let before = find(*node.inputs.first()?)?;
    matches!(before.layer, Layer::BatchNorm(_)).then_some(before.id)
}

fn squared(values: &[f32]) -> f64 {
    values.iter().map(|&it| f64::from(it).powi(2)).sum()
}
