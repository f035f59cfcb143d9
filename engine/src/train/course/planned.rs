//! Steps whose gradients the compiled plan computes: of networks that it has a step for, on the CPU.
//! The optimiser, clipping and masks are the same as after burn's.

use std::collections::HashMap;

use burn::tensor::{Tensor, TensorData};

use crate::NodeId;
use crate::checkpoint::Role;
use crate::layer::{BatchNorm, Layer};
use crate::plan::{Params, Trainer};
use crate::run::{Network, NetworkError, cpu, read};
use crate::session::BurnReason;
use crate::train::batch::Batch;
use crate::train::step::apply;
use crate::train::{Optimiser, Plan, Stepped, Task, TaskError, TrainError};

/// Of the maps of a batch and their slopes.
const MOST_BYTES: usize = 512 << 20;

/// What computes the gradients of a network's training. It follows from network and settings, so
/// that a training that goes on has the same.
///
/// # Errors
/// Why it is burn.
pub(super) fn trainer(network: &Network, task: &Task) -> Result<Box<Trainer>, BurnReason> {
    let settings = &task.settings;
    let graph = network.graph();
    if *network.device() != cpu() {
        return Err(BurnReason::Device);
    }
    let settings = [
        (settings.teacher.is_some(), "it learns from a teacher"),
        (settings.quantised.is_some(), "its weights are quantised"),
        (settings.shards.is_some(), "several workers share a batch"),
        (!settings.frozen.is_empty(), "some layers are frozen"),
        (graph.has_sharers(), "some layers share their weights"),
    ];
    if let Some((_, setting)) = settings.into_iter().find(|(is_set, _)| *is_set) {
        let setting = setting.to_owned();
        return Err(BurnReason::Setting { setting });
    }
    // The weights come with each step.
    let blank = Params::made(graph, |parameter| vec![0.0; parameter.count()]);
    let trainer = Trainer::new(graph, &blank).map_err(BurnReason::of)?;
    if trainer.bytes(task.settings.batch) > MOST_BYTES {
        let setting = "the maps of its batch take more than 512 MiB".to_owned();
        return Err(BurnReason::Setting { setting });
    }
    Ok(Box::new(trainer))
}

/// As [`crate::train::step`].
pub(super) async fn step(
    trainer: &mut Trainer,
    network: &mut Network,
    batch: &Batch,
    optimiser: &mut Optimiser,
    plan: &Plan,
) -> Result<Stepped, TrainError> {
    let values = network.values().await?;
    let mut rest = values.as_slice();
    let mut weights: HashMap<(NodeId, Role), &[f32]> = HashMap::new();
    for param in network.params() {
        let count = param.dims.iter().product();
        let (own, after) = rest.split_at_checked(count).unwrap_or_default();
        rest = after;
        weights.insert((param.node, param.role), own);
    }
    let loaded = trainer.load(|node, role| weights.get(&(node, role)).copied());
    loaded.map_err(|node| {
        let name = network.graph().node(node).map(|node| node.name.clone());
        let node = name.unwrap_or_default();
        NetworkError::MissingWeights { node }
    })?;
    let pictures = batch.given.get(&NodeId::INPUT).ok_or(TaskError::NoImages)?;
    let pictures = read(vec![pictures.clone().inner()]).await?.concat();
    let smoothing = batch.loss.label_smoothing as f32;
    let loss = trainer.slopes_of(&pictures, &batch.labels, smoothing);
    // The labels or the pictures are not the network's.
    let loss = loss.map_err(|_| TaskError::OtherData)?;
    let device = network.device().clone();
    let plain = |values: Vec<f32>| {
        let count = values.len();
        Tensor::<1>::from_data(TensorData::new(values, [count]), &device).inner()
    };
    let examples = batch.labels.len();
    let slopes = trainer.last_slopes();
    let slopes = network.params().iter().map(|param| {
        let slopes = slopes.get(param.node, param.role)?;
        Some(plain(slopes.values.to_vec()))
    });
    let gradients = slopes.collect();
    let moved = running(network, &weights, trainer.statistics(examples));
    let (norm, squares) = apply(network, gradients, optimiser, plan);
    for (place, values) in moved {
        network.set_running(place, plain(values));
    }
    let logits = trainer.logits().to_vec();
    let classes = logits.len() / examples.max(1);
    Ok(Stepped {
        loss: plain(vec![loss]),
        logits: plain(logits).reshape([examples, classes]),
        norm,
        squares,
    })
}

/// The running statistics after a step, each with its parameter's place.
fn running(
    network: &Network,
    before: &HashMap<(NodeId, Role), &[f32]>,
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
