//! What a pass in training mode over some images takes, and the pass over a shard.

use std::collections::{HashMap, HashSet};

use burn::tensor::Tensor;

use super::evaluate::judged;
use super::inputs::Inputs;
use super::still::still;
use super::sum::Sum;
use super::{CrossEntropy, Task, TaskError, TrainError, Work, logits, one_hot};
use crate::NodeId;
use crate::data::{DataSet, Random};
use crate::run::{Mode, Network, Param, Training, read};

/// The stream of dropout's random numbers.
const DROPOUT: u64 = 0x6472_6f70;

/// A network, and what it is trained on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    pub network: &'a Network,
    pub data: &'a DataSet,
    pub task: &'a Task,
}

/// See the module.
pub(super) struct Batch {
    pub given: HashMap<NodeId, Tensor<4>>,
    pub labels: Vec<usize>,
    pub targets: Tensor<2>,
    pub loss: CrossEntropy,
}

impl Batch {
    pub fn new(
        of: Of<'_>,
        inputs: &mut Inputs,
        images: &[u32],
        epoch: u32,
    ) -> Result<Self, TrainError> {
        let Of {
            network,
            data,
            task,
        } = of;
        let settings = &task.settings;
        let change = settings.augmentation.map(|augmentation| {
            let (seed, shape) = (settings.seed, data.shape());
            move |image: u32| augmentation.drawn(seed, epoch.into(), image.into(), shape)
        });
        let change = change.as_ref().map(|it| it as &dyn Fn(u32) -> _);
        let given = inputs.of(network, data, task, images, change)?;
        let label = |&image: &u32| data.labels().get(image as usize).copied();
        let labels: Option<Vec<u16>> = images.iter().map(label).collect();
        let labels = labels.ok_or(TaskError::OtherData)?;
        let labels: Vec<usize> = labels.into_iter().map(usize::from).collect();
        let classes = data.classes() as usize;
        let targets = one_hot(&labels, classes, network.device()).ok_or(TaskError::NoImages)?;
        let loss = CrossEntropy {
            label_smoothing: settings.label_smoothing,
            ..CrossEntropy::default()
        };
        Ok(Self {
            given,
            labels,
            targets,
            loss,
        })
    }

    /// How many of these logits are largest at the label.
    pub fn right(&self, logits: &[f32]) -> u64 {
        let classes = self.targets.dims()[1];
        let of_batch = logits.chunks_exact(classes).zip(&self.labels);
        let right = of_batch.filter(|(logits, label)| {
            judged(logits, **label).is_some_and(|(_, answer)| answer == **label)
        });
        right.count() as u64
    }
}

/// Training mode in this step; each shard drops other values.
pub(super) fn training(
    task: &Task,
    still: &HashSet<NodeId>,
    step: u64,
    shard: Option<u32>,
) -> Training {
    let numbers = [task.settings.seed, DROPOUT, step];
    let numbers = numbers.into_iter().chain(shard.map(u64::from));
    let numbers: Vec<u64> = numbers.collect();
    let mut training = Training::seeded(Random::of(&numbers).next());
    training.frozen.clone_from(still);
    training
}

/// Whether a parameter has values in a [`Sum`].
pub(super) fn is_summed(param: &Param, task: &Task, still: &HashSet<NodeId>) -> bool {
    if param.role.trainable() {
        !task.settings.frozen.contains(&param.node)
    } else {
        param.role.is_running() && !still.contains(&param.node)
    }
}

/// Computes shards for a training of which another worker has the optimiser.
#[derive(Debug)]
pub struct Worker {
    task: Task,
    still: HashSet<NodeId>,
    inputs: Inputs,
}

impl Worker {
    /// For this training. The values of frozen nodes are kept, so another one is needed for another
    /// network or other data.
    pub fn new(network: &Network, task: &Task) -> Self {
        Self {
            still: still(network.graph(), &task.settings.frozen),
            inputs: Inputs::new(network, task),
            task: task.clone(),
        }
    }

    /// What it is for.
    pub const fn task(&self) -> &Task {
        &self.task
    }

    /// The sum of the work's shards.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn compute(
        &mut self,
        network: &Network,
        data: &DataSet,
        work: &Work,
    ) -> Result<Sum, TrainError> {
        let task = &self.task;
        let of = Of {
            network,
            data,
            task,
        };
        sum_of(of, &self.still, &mut self.inputs, work).await
    }
}

/// The sum of the work's shards.
pub(super) async fn sum_of(
    of: Of<'_>,
    still: &HashSet<NodeId>,
    inputs: &mut Inputs,
    work: &Work,
) -> Result<Sum, TrainError> {
    let count = work.shards.len() as u32;
    let mut gathered = super::sum::Gathered::new(count);
    for (place, images) in work.shards.iter().enumerate() {
        let place = place as u32;
        let sum = if images.is_empty() {
            Sum::default()
        } else {
            shard(of, still, inputs, work, work.first + place, images).await?
        };
        gathered.insert(place, 1, sum);
    }
    Ok(gathered.take().unwrap_or_default())
}

/// One shard by itself.
async fn shard(
    of: Of<'_>,
    still: &HashSet<NodeId>,
    inputs: &mut Inputs,
    work: &Work,
    number: u32,
    images: &[u32],
) -> Result<Sum, TrainError> {
    let Of { network, task, .. } = of;
    let mut batch = Batch::new(of, inputs, images, work.epoch)?;
    batch.harden(of, images, work.epoch).await?;
    let mut training = training(task, still, work.step, Some(number));
    let frozen = task.settings.frozen.iter().copied().collect();
    let from = logits(network.graph());
    let mut of_batch = None;
    let objective = |mut outputs: Vec<Tensor<4>>| {
        let outputs = outputs.remove(0);
        of_batch = Some(outputs.clone().inner());
        let [examples, channels, height, width] = outputs.dims();
        let outputs: Tensor<2> = outputs.reshape([examples, channels * height * width]);
        batch.loss.of(outputs, batch.targets.clone())
    };
    let mode = Mode::Training(&mut training);
    let gradients = network.gradients_from(batch.given.clone(), &frozen, from, mode, objective)?;
    let mut values = gradients.params;
    for (place, new) in network.running(&mut training) {
        values[place] = Some(new);
    }
    let flat = |it: Tensor<1>| {
        let count = it.dims()[0];
        it.reshape([1, 1, 1, count])
    };
    let mut wanted = vec![flat(gradients.objective)];
    wanted.extend(of_batch);
    for (param, value) in network.params().iter().zip(values) {
        if is_summed(param, task, still) {
            let zeros = || param.values.clone().inner().zeros_like();
            wanted.push(flat(value.unwrap_or_else(zeros)));
        }
    }
    let mut read = read(wanted).await?.into_iter();
    let loss = read.next().unwrap_or_default();
    let answers = read.next().unwrap_or_default();
    let share = images.len() as f64 / work.examples.max(1) as f64;
    let weight = share as f32;
    let values = read.flatten().map(|value| value * weight).collect();
    Ok(Sum {
        loss: loss.first().map_or(f64::NAN, |&loss| f64::from(loss)) * share,
        right: batch.right(&answers),
        values,
    })
}
