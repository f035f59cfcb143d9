//! Steps whose gradients the compiled plan computes: of networks that it has a step for. The
//! optimiser, clipping and masks are the same as after burn's.

use std::collections::HashMap;

use burn::tensor::{Tensor, TensorData};

#[cfg(feature = "plan-gpu")]
use super::device::{self, OnDevice};
use crate::checkpoint::Role;
use crate::layer::{BatchNorm, Layer};
use crate::plan::{Params, Trainer};
use crate::run::{Network, NetworkError, cpu, read};
use crate::session::BurnReason;
use crate::train::batch::Batch;
use crate::train::step::apply;
use crate::train::{Optimiser, Plan, Stepped, Task, TaskError, TrainError};
use crate::{Graph, NodeId};

/// Bytes of the maps of a batch and their slopes at most.
pub const MOST_MAPS: usize = 512 << 20;

/// What computes gradients without burn.
#[derive(Debug)]
pub(super) enum Steps {
    Cpu(Box<Trainer>),
    /// The network in training is on the CPU: weights go to the device and gradients come back.
    #[cfg(feature = "plan-gpu")]
    Device(Box<OnDevice>),
}

/// What one of them gives.
struct Given {
    loss: f32,
    logits: Vec<f32>,
    /// For each parameter, where it has any.
    slopes: Vec<Option<Vec<f32>>>,
    statistics: Vec<(NodeId, [Vec<f32>; 2])>,
    /// The share of dead channels of each activation.
    dead: Vec<(NodeId, f32)>,
}

/// A parameter's values by its node and role.
pub(super) type Weights<'a> = HashMap<(NodeId, Role), &'a [f32]>;

/// The settings that only burn has.
pub(super) fn refused(graph: &Graph, task: &Task) -> Option<BurnReason> {
    let settings = &task.settings;
    let settings = [
        (settings.teacher.is_some(), "it learns from a teacher"),
        (settings.quantised.is_some(), "its weights are quantised"),
        (settings.shards.is_some(), "several workers share a batch"),
        (!settings.frozen.is_empty(), "some layers are frozen"),
        (graph.has_sharers(), "some layers share their weights"),
    ];
    let (_, setting) = settings.into_iter().find(|(is_set, _)| *is_set)?;
    let setting = setting.to_owned();
    Some(BurnReason::Setting { setting })
}

/// The maps of a batch are too large.
pub(super) fn too_large() -> BurnReason {
    let setting = "the maps of its batch take more than 512 MiB".to_owned();
    BurnReason::Setting { setting }
}

/// What computes the gradients of a network's training. It follows from network and settings, so
/// that a training that goes on has the same.
///
/// # Errors
/// Why it is burn.
pub(super) fn trainer(network: &Network, task: &Task) -> Result<Steps, BurnReason> {
    if *network.device() != cpu() {
        // Its device may have another step.
        return Err(BurnReason::Training);
    }
    let graph = network.graph();
    if let Some(reason) = refused(graph, task) {
        return Err(reason);
    }
    // The weights come with each step.
    let blank = Params::made(graph, |parameter| vec![0.0; parameter.count()]);
    let trainer = Trainer::new(graph, &blank).map_err(BurnReason::of)?;
    if trainer.bytes(task.settings.batch) > MOST_MAPS {
        return Err(too_large());
    }
    Ok(Steps::Cpu(Box::new(trainer)))
}

impl Steps {
    /// Whether a watched step gives the dead channels as well.
    pub(super) const fn finds_dead(&self) -> bool {
        match self {
            Self::Cpu(_) => false,
            #[cfg(feature = "plan-gpu")]
            Self::Device(_) => true,
        }
    }

    /// Computes, or says why it is burn's from now on.
    #[cfg_attr(
        not(feature = "plan-gpu"),
        expect(unused_variables, reason = "only a device finds the dead channels")
    )]
    async fn slopes(
        &mut self,
        network: &Network,
        weights: &Weights<'_>,
        pictures: &[f32],
        batch: &Batch,
        watched: bool,
    ) -> Result<Result<Given, BurnReason>, TrainError> {
        let missing = |node| {
            let name = network.graph().node(node).map(|node| node.name.clone());
            let node = name.unwrap_or_default();
            NetworkError::MissingWeights { node }
        };
        let values = |node, role| weights.get(&(node, role)).copied();
        let smoothing = batch.loss.label_smoothing as f32;
        let examples = batch.labels.len();
        match self {
            Self::Cpu(trainer) => {
                trainer.load(values).map_err(missing)?;
                let loss = trainer.slopes_of(pictures, &batch.labels, smoothing);
                let slopes = trainer.last_slopes();
                let slopes = network.params().iter().map(|param| {
                    let slopes = slopes.get(param.node, param.role)?;
                    Some(slopes.values.to_vec())
                });
                Ok(Ok(Given {
                    // The labels or the pictures are not the network's.
                    loss: loss.map_err(|_| TaskError::OtherData)?,
                    logits: trainer.logits().to_vec(),
                    slopes: slopes.collect(),
                    statistics: trainer.statistics(examples),
                    dead: Vec::new(),
                }))
            }
            #[cfg(feature = "plan-gpu")]
            Self::Device(device) => {
                let trainer = &mut device.trainer;
                trainer.load(values).map_err(missing)?;
                let labels = &batch.labels;
                let loss = trainer.slopes_of(pictures, labels, smoothing, watched);
                let loss = match loss.await {
                    Ok(loss) => loss,
                    Err(error) => return device::failed(error),
                };
                let slopes = network.params().iter();
                let slopes = slopes.map(|it| Some(trainer.slopes(it.node, it.role)?.to_vec()));
                let slopes = slopes.collect();
                Ok(Ok(Given {
                    loss,
                    logits: trainer.logits().to_vec(),
                    slopes,
                    statistics: trainer.statistics(examples),
                    dead: if watched { device.dead() } else { Vec::new() },
                }))
            }
        }
    }
}

/// What a step gave, and the share of dead channels of each activation where it looked.
pub(super) type Taken = (Stepped, Vec<(NodeId, Tensor<1>)>);

/// As [`crate::train::step`]; or why it is burn's from now on, and nothing has changed.
pub(super) async fn step(
    trainer: &mut Steps,
    network: &mut Network,
    batch: &Batch,
    optimiser: &mut Optimiser,
    plan: &Plan,
    watched: bool,
) -> Result<Result<Taken, BurnReason>, TrainError> {
    let values = network.values().await?;
    let mut rest = values.as_slice();
    let mut weights = Weights::new();
    for param in network.params() {
        let count = param.dims.iter().product();
        let (own, after) = rest.split_at_checked(count).unwrap_or_default();
        rest = after;
        weights.insert((param.node, param.role), own);
    }
    let pictures = batch.given.get(&NodeId::INPUT).ok_or(TaskError::NoImages)?;
    let pictures = read(vec![pictures.clone().inner()]).await?.concat();
    let given = trainer.slopes(network, &weights, &pictures, batch, watched);
    let given = match given.await? {
        Ok(given) => given,
        Err(reason) => return Ok(Err(reason)),
    };
    let device = network.device().clone();
    let plain = |values: Vec<f32>| {
        let count = values.len();
        Tensor::<1>::from_data(TensorData::new(values, [count]), &device).inner()
    };
    let gradients = given.slopes.into_iter().map(|it| it.map(plain)).collect();
    let moved = running(network, &weights, given.statistics);
    let (norm, squares) = apply(network, gradients, optimiser, plan);
    for (place, values) in moved {
        network.set_running(place, plain(values));
    }
    let (logits, examples) = (given.logits, batch.labels.len());
    let classes = logits.len() / examples.max(1);
    let dead = given.dead.into_iter();
    let dead = dead.map(|(node, share)| (node, plain(vec![share])));
    let stepped = Stepped {
        loss: plain(vec![given.loss]),
        logits: plain(logits).reshape([examples, classes]),
        norm,
        squares,
    };
    Ok(Ok((stepped, dead.collect())))
}

/// The running statistics after a step, each with its parameter's place.
fn running(
    network: &Network,
    before: &Weights<'_>,
    statistics: Vec<(NodeId, [Vec<f32>; 2])>,
) -> Vec<(usize, Vec<f32>)> {
    let mut moved = Vec::new();
    for (node, [mean, variance]) in statistics {
        let layer = network.graph().node(node).map(|node| &node.layer);
        let Some(Layer::BatchNorm(BatchNorm { momentum, .. })) = layer else {
            continue;
        };
        let (kept, new) = ((1.0 - momentum) as f32, *momentum as f32);
        for (place, param) in network.params().iter().enumerate() {
            let of_batch = match param.role {
                Role::RunningMean if param.node == node => &mean,
                Role::RunningVar if param.node == node => &variance,
                _ => continue,
            };
            let before = before.get(&(node, param.role)).copied().unwrap_or_default();
            let each = before.iter().zip(of_batch);
            let values = each.map(|(before, batch)| before * kept + batch * new);
            moved.push((place, values.collect()));
        }
    }
    moved
}
