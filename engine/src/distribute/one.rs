//! One stage of a pipeline's step, as a worker of its own computes it: values come in, values go out.

use super::partition::{Partition, partition};
use super::stages::StageError;
use crate::run::Network;
use crate::train::logits;
use crate::{Analysis, NodeId};

/// A network cut into stages, and a batch into micro-batches.
#[derive(Clone, Debug)]
pub struct Cut {
    pub(super) partition: Partition,
    /// By micro-batch.
    labels: Vec<Vec<usize>>,
    /// The logits.
    output: NodeId,
}

impl Cut {
    /// Cuts the network by its multiply-adds.
    ///
    /// # Errors
    /// When the network cannot be cut so, or the batch not into micro-batches of the same size.
    pub fn new(
        network: &Network,
        stages: usize,
        labels: &[usize],
        micro_batches: usize,
    ) -> Result<Self, StageError> {
        let graph = network.graph();
        let analysis = Analysis::of(graph);
        let output = logits(graph);
        let count = graph.position(output).map_or(0, |place| place + 1);
        let costs = analysis.nodes[..count].iter();
        let costs: Vec<f64> = costs
            .map(|it| (2 * it.cost.macs + it.cost.element_flops) as f64)
            .collect();
        let partition = partition(graph, &analysis, &costs, stages)?;
        let stage_of = |id| {
            let place = graph.position(id)?;
            partition.ends.iter().position(|&end| place < end)
        };
        for node in &graph.nodes()[..count] {
            let source = node.shares.and_then(|id| graph.node(id));
            if let Some(source) = source.filter(|it| stage_of(it.id) != stage_of(node.id)) {
                return Err(StageError::Shared {
                    node: node.name.clone(),
                    source_name: source.name.clone(),
                });
            }
        }
        let batch = labels.len();
        if micro_batches == 0 || batch == 0 || !batch.is_multiple_of(micro_batches) {
            return Err(StageError::MicroBatches {
                batch,
                micro_batches,
            });
        }
        let classes = network.shape(output).map_or(0, |it| it.elements() as usize);
        if let Some(&label) = labels.iter().find(|&&label| label >= classes) {
            return Err(StageError::Label { label, classes });
        }
        let labels = labels.chunks(batch / micro_batches);
        Ok(Self {
            partition,
            labels: labels.map(<[_]>::to_vec).collect(),
            output,
        })
    }

    /// Pictures of a micro-batch.
    pub fn examples(&self) -> usize {
        self.labels.first().map_or(1, Vec::len)
    }

    pub fn micro_batches(&self) -> usize {
        self.labels.len()
    }

    /// The nodes whose values come into a stage.
    fn begins(&self, stage: usize) -> Vec<NodeId> {
        match stage.checked_sub(1) {
            None => vec![NodeId::INPUT],
            Some(before) => self.ends(before),
        }
    }

    /// The nodes whose values go out of it.
    fn ends(&self, stage: usize) -> Vec<NodeId> {
        let crossings = self.partition.crossings.get(stage);
        crossings.cloned().unwrap_or_else(|| vec![self.output])
    }
}

/// Nodes with their values, each batch × channels × height × width.
type Values = Vec<(NodeId, Vec<f32>)>;

/// See the module.
#[derive(Debug)]
pub struct OneStage {
    cut: Cut,
    stage: usize,
    /// By micro-batch: what the stage begins with, until its backward pass.
    begins: Vec<Option<Values>>,
    /// Of the last stage: the gradient of the loss with respect to the logits.
    of_loss: Vec<Option<Vec<f32>>>,
    params: Vec<Option<Vec<f32>>>,
    loss: f64,
}

impl OneStage {
    pub fn new(network: &Network, cut: &Cut, stage: usize) -> Self {
        let micro_batches = cut.micro_batches();
        Self {
            begins: vec![None; micro_batches],
            of_loss: vec![None; micro_batches],
            params: vec![None; network.params().len()],
            loss: 0.0,
            cut: cut.clone(),
            stage,
        }
    }

    /// Its share of the mean loss: all of it in the last stage.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The sums of the gradients, as [`Network::params`]; `None` for parameters of other stages and
    /// those that are not trained.
    pub fn take_params(&mut self) -> Vec<Option<Vec<f32>>> {
        std::mem::take(&mut self.params)
    }

    /// Divides values, one node behind the other, by the nodes that come in or go out.
    ///
    /// # Errors
    /// When they are not as many as the nodes have.
    pub fn divided(
        &self,
        network: &Network,
        micro_batch: usize,
        values: &[f32],
        ends: bool,
    ) -> Result<Vec<Vec<f32>>, StageError> {
        let nodes = if ends {
            self.cut.ends(self.stage)
        } else {
            self.cut.begins(self.stage)
        };
        let input = network.graph().input().elements() as usize;
        let size = |node: &NodeId| match *node {
            NodeId::INPUT => input,
            node => network.shape(node).map_or(0, |it| it.elements() as usize),
        };
        let sizes = nodes.iter().map(|node| size(node) * self.cut.examples());
        let sizes: Vec<usize> = sizes.collect();
        let wanted = sizes.iter().sum();
        if values.len() != wanted {
            return Err(StageError::Values {
                stage: self.stage,
                micro_batch,
                got: values.len(),
                wanted,
            });
        }
        let mut rest = values;
        let parts = sizes.into_iter().map(|size| {
            let (part, others) = rest.split_at(size);
            rest = others;
            part.to_vec()
        });
        Ok(parts.collect())
    }

    /// Computes the values that go to the next stage; of the last stage nothing goes out.
    ///
    /// # Errors
    /// When the network or the device fails, or there is no such micro-batch.
    pub async fn forward(
        &mut self,
        network: &Network,
        micro_batch: usize,
        given: Vec<Vec<f32>>,
    ) -> Result<Vec<Vec<f32>>, StageError> {
        let stage = self.stage;
        let Some(labels) = self.cut.labels.get(micro_batch) else {
            return Err(StageError::NoStage { stage, micro_batch });
        };
        let begins = self.cut.begins(stage);
        let given: Values = begins.into_iter().zip(given).collect();
        let ends = self.cut.ends(stage);
        let mut values = network.outputs_from(given.clone(), &ends).await?;
        self.begins[micro_batch] = Some(given);
        if stage + 1 < self.cut.partition.stages() {
            return Ok(values);
        }
        let logits = values.pop().unwrap_or_default();
        let (loss, gradient) = cross_entropy(&logits, labels, self.cut.micro_batches());
        self.loss += loss;
        self.of_loss[micro_batch] = Some(gradient);
        Ok(Vec::new())
    }

    /// Computes the gradients that go to the stage before from those that the next one gave; the last
    /// stage takes none.
    ///
    /// # Errors
    /// When the network or the device fails, or the forward pass is missing.
    pub async fn backward(
        &mut self,
        network: &Network,
        micro_batch: usize,
        upstream: Vec<Vec<f32>>,
    ) -> Result<Vec<Vec<f32>>, StageError> {
        let stage = self.stage;
        let given = self.begins.get_mut(micro_batch).and_then(Option::take);
        let Some(given) = given else {
            return Err(StageError::NoForward { stage, micro_batch });
        };
        let upstream = match self.of_loss[micro_batch].take() {
            Some(gradient) => vec![gradient],
            None => upstream,
        };
        let outputs: Values = { self.cut.ends(stage) }.into_iter().zip(upstream).collect();
        let found = network.stage_gradients(&given, outputs).await?;
        for (sum, gradient) in self.params.iter_mut().zip(found.params) {
            match (sum, gradient) {
                (Some(sum), Some(gradient)) => {
                    for (sum, value) in sum.iter_mut().zip(gradient) {
                        *sum += value;
                    }
                }
                (sum @ None, Some(gradient)) => *sum = Some(gradient),
                (_, None) => {}
            }
        }
        Ok(found.given)
    }
}

/// The loss of a micro-batch and its gradient with respect to the logits, both as shares of the mean
/// over the whole batch.
fn cross_entropy(logits: &[f32], labels: &[usize], micro_batches: usize) -> (f64, Vec<f32>) {
    let examples = (labels.len() * micro_batches) as f64;
    let classes = logits.len() / labels.len().max(1);
    let (mut loss, mut gradient) = (0.0, Vec::with_capacity(logits.len()));
    for (row, &label) in logits.chunks(classes.max(1)).zip(labels) {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers = row.iter().map(|it| f64::from(it - most).exp());
        let sum: f64 = powers.clone().sum();
        loss += (sum.ln() - f64::from(row[label] - most)) / examples;
        let shares = powers.enumerate().map(|(class, power)| {
            let target = f64::from(u8::from(class == label));
            ((power / sum - target) / examples) as f32
        });
        gradient.extend(shares);
    }
    (loss, gradient)
}
