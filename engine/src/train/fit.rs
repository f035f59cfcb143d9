//! The training loop for classification.

use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{Adam, Examples, Optimiser};
use crate::data::Warp;
use crate::layer::{Activation, Layer};
use crate::run::{Network, NetworkError, read};
use crate::{Graph, NodeId};

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub epochs: u32,
    /// Examples in one step.
    pub batch: usize,
    /// The first step's; it falls to 0 along half a cosine (Loshchilov and Hutter 2017).
    pub rate: f64,
    /// Of the weights, the order and the warps.
    pub seed: u64,
    /// Warp each example a little each time it is seen.
    pub augment: bool,
}

/// What one pass over the examples came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// From 1.
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
    #[error(
        "“{node}” behaves differently in training, which is not built yet; only networks without batch norm and dropout can be trained"
    )]
    TrainingMode { node: String },
    #[error("label {label} has no output: the network tells {classes} classes apart")]
    Label { label: u8, classes: usize },
    #[error("the loss became {loss} in epoch {epoch}; a smaller learning rate may help")]
    Diverged { loss: f64, epoch: u32 },
}

/// How many examples are run at once when nothing is learnt from them.
const TEST_BATCH: usize = 500;

/// Trains a seeded network of this graph by cross-entropy with Adam and tells of each epoch. The
/// same settings give the same weights bit by bit on the same kind of CPU.
///
/// # Errors
/// When the graph cannot be trained, an example does not fit it, or the loss is not finite.
pub async fn fit(
    graph: Graph,
    examples: &Examples,
    settings: &Settings,
    device: &Device,
    mut report: impl AsyncFnMut(Epoch, &Network),
) -> Result<Network, TrainError> {
    check(&graph, examples, settings)?;
    let mut network = Network::seeded(graph, settings.seed, &device.clone().autodiff())?;
    let mut adam = Adam::default();
    // Its own stream, so that another order does not change the first weights.
    let mut random = Pcg64Mcg::seed_from_u64(settings.seed ^ 0x5851_f42d_4c95_7f2d);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let per_epoch = examples.len().div_ceil(settings.batch);
    let steps = per_epoch * settings.epochs as usize;
    for number in 1..=settings.epochs {
        order.shuffle(&mut random);
        let mut total = 0.0;
        for (at, chosen) in order.chunks(settings.batch).enumerate() {
            let done = (per_epoch * (number as usize - 1) + at) as f64 / steps as f64;
            let rate = settings.rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
            let mut warp = || {
                settings
                    .augment
                    .then(|| Warp::drawn(|| random.random::<f32>()))
            };
            let batch = Batch::new(&network, examples, chosen, &mut warp)?;
            let loss = step(&mut network, batch, &mut adam, rate)?;
            total += read(vec![loss]).await?[0]
                .iter()
                .map(|&loss| f64::from(loss))
                .sum::<f64>();
        }
        let loss = total / per_epoch as f64;
        if !loss.is_finite() {
            return Err(TrainError::Diverged {
                loss,
                epoch: number,
            });
        }
        report(Epoch { number, loss }, &network).await;
    }
    for param in network.params_mut() {
        param.values = param.values.clone().inner();
    }
    Ok(network)
}

fn check(graph: &Graph, examples: &Examples, settings: &Settings) -> Result<(), TrainError> {
    if examples.is_empty() {
        return Err(TrainError::NoExamples);
    }
    if settings.batch == 0 {
        return Err(TrainError::NoBatch);
    }
    let differs = |layer: &Layer| matches!(layer, Layer::BatchNorm(_) | Layer::Dropout(_));
    if let Some(node) = graph.nodes().iter().find(|node| differs(&node.layer)) {
        return Err(TrainError::TrainingMode {
            node: node.name.clone(),
        });
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
        let mut labels = vec![0.0_f32; chosen.len() * classes];
        for (row, &index) in chosen.iter().enumerate() {
            inputs.extend(examples.input(index, warp(), target).unwrap_or_default());
            let label = examples.labels[index];
            if usize::from(label) >= classes {
                return Err(TrainError::Label { label, classes });
            }
            labels[row * classes + usize::from(label)] = 1.0;
        }
        let labels = TensorData::new(labels, [chosen.len(), classes]);
        let labels = Tensor::from_data(labels, network.device());
        Ok(Self {
            inputs: network.input(inputs)?,
            labels,
        })
    }
}

/// One step of the optimiser; gives the mean cross-entropy before it.
fn step(
    network: &mut Network,
    batch: Batch,
    optimiser: &mut impl Optimiser,
    rate: f64,
) -> Result<Tensor<4>, TrainError> {
    for param in network.params_mut() {
        if param.role.trainable() {
            param.values = param.values.clone().inner().autodiff().require_grad();
        }
    }
    let logits = network
        .forward(batch.inputs, &[logits(network.graph())])?
        .remove(0);
    let [examples, classes] = batch.labels.dims();
    let log_probabilities = activation::log_softmax(logits.reshape([examples, classes]), 1);
    let loss = (log_probabilities * batch.labels)
        .sum()
        .div_scalar(-(examples as f64));
    let gradients = loss.backward();
    for (place, param) in network.params_mut().iter_mut().enumerate() {
        if let Some(gradient) = param.values.grad(&gradients) {
            let value = param.values.clone().inner();
            param.values = optimiser.step(place, value, gradient, rate).autodiff();
        }
    }
    Ok(loss.inner().reshape([1, 1, 1, 1]))
}

/// The node whose values are the logits: the last one, or the one before a last softmax.
fn logits(graph: &Graph) -> NodeId {
    match graph.nodes().last() {
        Some(node) => match (&node.layer, node.inputs.first()) {
            (Layer::Activation(Activation::Softmax | Activation::LogSoftmax), Some(&input)) => {
                input
            }
            _ => node.id,
        },
        None => NodeId::INPUT,
    }
}

/// The share of the examples whose largest output is their label.
///
/// # Errors
/// When the examples do not fit the network, or the device fails.
pub async fn accuracy(network: &Network, examples: &Examples) -> Result<f64, TrainError> {
    let all: Vec<usize> = (0..examples.len()).collect();
    let mut right = 0;
    for chosen in all.chunks(TEST_BATCH) {
        let batch = Batch::new(network, examples, chosen, &mut || None)?;
        let outputs = network.forward(batch.inputs, &[network.graph().output()])?;
        let values = read(outputs).await?.remove(0);
        let classes = values.len() / chosen.len();
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
