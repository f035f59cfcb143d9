//! The training loop for classification.

use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::loss::one_hot;
use super::{Adam, CrossEntropy, Examples, step};
use crate::Graph;
use crate::data::Warp;
use crate::layer::Layer;
use crate::run::{Mode, Network, NetworkError, Training, read};

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub epochs: u32,
    /// Examples in one step.
    pub batch: usize,
    /// The learning rate of the first step; it decays to 0 along half a cosine (Loshchilov and
    /// Hutter 2017).
    pub rate: f64,
    /// The seed of the weights, the order, the warps and dropout.
    pub seed: u64,
    /// Warp each example slightly each time it is used.
    pub augment: bool,
}

/// The result of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// The epoch's number, from 1.
    pub number: u32,
    /// The mean cross-entropy of its steps, in nats.
    pub loss: f64,
}

/// Why a network cannot be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("there are no examples")]
    NoExamples,
    #[error("the batch size is 0; it must be at least 1")]
    NoBatch,
    #[error("label {label} has no output: the network tells {classes} classes apart")]
    Label { label: usize, classes: usize },
    #[error("the loss became {loss} in epoch {epoch}; a smaller learning rate may help")]
    Diverged { loss: f64, epoch: u32 },
    #[error(
        "the last step of epoch {epoch} left “{param}” with a value that is not a finite number; a \
         smaller learning rate may help"
    )]
    DivergedWeights { param: String, epoch: u32 },
    #[error(
        "the network's outputs are no finite numbers for example {example} (from 0): its training \
         diverged; a smaller learning rate may help"
    )]
    DivergedOutputs { example: usize },
}

/// The batch size of evaluation.
const TEST_BATCH: usize = 500;

/// Trains a seeded network of this graph by cross-entropy with Adam and reports each epoch. The
/// same settings give the same weights bit by bit on the same kind of CPU.
///
/// # Errors
/// When the graph cannot be trained, an example does not fit it, or a loss or a weight is not
/// finite.
pub async fn fit(
    graph: Graph,
    examples: &Examples,
    settings: &Settings,
    device: &Device,
    mut report: impl AsyncFnMut(Epoch, &Network),
) -> Result<Network, TrainError> {
    check(examples, settings)?;
    // Batch norm needs more than one picture; a last batch of one is skipped.
    let normalises = |layer: &Layer| matches!(layer, Layer::BatchNorm(_));
    let least = if graph.nodes().iter().any(|node| normalises(&node.layer)) {
        2
    } else {
        1
    };
    let mut network = Network::seeded(graph, settings.seed, device)?;
    let mut adam = Adam::default();
    // Separate streams, so that another order or dropout does not change the initial weights.
    let mut random = Pcg64Mcg::seed_from_u64(settings.seed ^ 0x5851_f42d_4c95_7f2d);
    let mut training = Training::seeded(settings.seed ^ 0x1405_7b7e_f767_814f);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let per_epoch = examples.len().div_ceil(settings.batch);
    let steps = per_epoch * settings.epochs as usize;
    for number in 1..=settings.epochs {
        order.shuffle(&mut random);
        let (mut total, mut taken) = (0.0, 0);
        for (at, chosen) in order.chunks(settings.batch).enumerate() {
            if at > 0 && chosen.len() < least {
                continue;
            }
            let done = (per_epoch * (number as usize - 1) + at) as f64 / steps as f64;
            let rate = settings.rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
            let mut warp = || {
                settings
                    .augment
                    .then(|| Warp::drawn(|| random.random::<f32>()))
            };
            let batch = Batch::new(&network, examples, chosen, &mut warp)?;
            let mode = Mode::Training(&mut training);
            let cross_entropy =
                |outputs: Tensor<2>| CrossEntropy::default().of(outputs, batch.labels);
            let loss = step(
                &mut network,
                batch.inputs,
                mode,
                cross_entropy,
                &mut adam,
                rate,
            )?;
            network.update_running(&mut training);
            total += read(vec![loss.reshape([1, 1, 1, 1])]).await?[0]
                .iter()
                .map(|&loss| f64::from(loss))
                .sum::<f64>();
            taken += 1;
        }
        let loss = total / f64::from(taken);
        if !loss.is_finite() {
            return Err(TrainError::Diverged {
                loss,
                epoch: number,
            });
        }
        // A loss is of the weights before its step: of the last step only they can tell.
        if let Some(param) = network.non_finite_param().await? {
            return Err(TrainError::DivergedWeights {
                param: param.to_owned(),
                epoch: number,
            });
        }
        report(Epoch { number, loss }, &network).await;
    }
    Ok(network)
}

fn check(examples: &Examples, settings: &Settings) -> Result<(), TrainError> {
    if examples.is_empty() {
        return Err(TrainError::NoExamples);
    }
    if settings.batch == 0 {
        return Err(TrainError::NoBatch);
    }
    Ok(())
}

/// Inputs and one-hot labels of one step.
struct Batch {
    inputs: Tensor<4>,
    labels: Tensor<2>,
}

impl Batch {
    fn new(
        network: &Network,
        examples: &Examples,
        chosen: &[usize],
        warp: &mut impl FnMut() -> Option<Warp>,
    ) -> Result<Self, TrainError> {
        let target = network.graph().input();
        let shape = network.shape(network.graph().output());
        let classes = shape.map_or(0, |shape| shape.elements() as usize);
        let mut inputs = Vec::with_capacity(chosen.len() * target.elements() as usize);
        for &index in chosen {
            inputs.extend(examples.input(index, warp(), target).unwrap_or_default());
        }
        let labels: Vec<usize> = chosen
            .iter()
            .map(|&index| usize::from(examples.labels[index]))
            .collect();
        let labels = one_hot(&labels, classes, network.device()).ok_or_else(|| {
            let label = labels.iter().copied().max().unwrap_or_default();
            TrainError::Label { label, classes }
        })?;
        Ok(Self {
            inputs: network.input(inputs)?,
            labels,
        })
    }
}

/// The share of the examples whose largest output is their label.
///
/// # Errors
/// When the examples do not fit the network, an output is not finite, or the device fails.
pub async fn accuracy(network: &Network, examples: &Examples) -> Result<f64, TrainError> {
    let all: Vec<usize> = (0..examples.len()).collect();
    let mut right = 0;
    for chosen in all.chunks(TEST_BATCH) {
        let batch = Batch::new(network, examples, chosen, &mut || None)?;
        let outputs = network.forward(batch.inputs, &[network.graph().output()])?;
        let values = read(outputs).await?.remove(0);
        let classes = values.len() / chosen.len();
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(TrainError::DivergedOutputs {
                example: chosen[place / classes],
            });
        }
        right += values
            .chunks(classes)
            .zip(chosen)
            .filter(|(row, index)| largest(row) == Some(usize::from(examples.labels[**index])))
            .count();
    }
    Ok(right as f64 / examples.len().max(1) as f64)
}

fn largest(row: &[f32]) -> Option<usize> {
    row.iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(index, _)| index)
}
