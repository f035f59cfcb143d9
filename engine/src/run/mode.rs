//! Training mode of the layers that behave differently in it: batch norm and dropout.

use std::collections::{HashMap, HashSet};

use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::NetworkError;
use super::Role;
use super::dead::dead_share;
use super::forward::{NodeParams, forward};
use super::norm::batch_norm_of_batch;
use crate::layer::{BatchNorm, Dropout, Layer};
use crate::{Node, NodeId};

/// The mode of batch norm and dropout; gradients can be computed in both.
#[derive(Debug)]
pub enum Mode<'a> {
    /// Dropout is the identity; batch norm uses its running statistics.
    Inference,
    /// Dropout drops; batch norm uses the batch's statistics.
    Training(&'a mut Training),
}

/// Which variance of the batch updates the running one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunningVariance {
    /// The sum of squares over `n − 1`, as PyTorch stores it.
    #[default]
    Unbiased,
    /// The sum of squares over `n`, as Keras 3 stores it.
    Biased,
}

/// The source of dropout's masks.
#[derive(Clone, Debug)]
enum Masks {
    /// Boxed because a generator is larger than a map's handle.
    Seeded(Box<Pcg64Mcg>),
    Given(HashMap<NodeId, Tensor<4>>),
}

/// The inputs of training mode beside the weights, and the statistics that its passes compute.
#[derive(Clone, Debug)]
pub struct Training {
    pub variance: RunningVariance,
    /// Nodes that behave as in inference.
    pub frozen: HashSet<NodeId>,
    masks: Masks,
    running: Vec<Running>,
    /// The share of dead channels of each activation, while they are watched.
    dead: Option<Vec<(NodeId, Tensor<1>)>>,
}

/// New running statistics of one batch norm, one value per channel.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub node: NodeId,
    pub mean: Tensor<1>,
    pub var: Tensor<1>,
}

impl Training {
    /// With dropout drawn from this seed: the same on every machine.
    pub fn seeded(seed: u64) -> Self {
        let random = Pcg64Mcg::seed_from_u64(seed);
        Self::with(Masks::Seeded(Box::new(random)))
    }

    /// With these masks for the dropout nodes: 1 keeps a value, 0 drops it; shaped as the node's
    /// input, batch × channels × height × width.
    pub fn with_masks(masks: HashMap<NodeId, Tensor<4>>) -> Self {
        Self::with(Masks::Given(masks))
    }

    fn with(masks: Masks) -> Self {
        Self {
            variance: RunningVariance::default(),
            frozen: HashSet::new(),
            masks,
            running: Vec::new(),
            dead: None,
        }
    }

    /// From now on, passes count the dead channels of activations.
    pub(crate) fn watch_dead(&mut self) {
        self.dead = Some(Vec::new());
    }

    /// Takes the share of dead channels of each activation in the passes so far.
    pub(crate) fn take_dead(&mut self) -> Vec<(NodeId, Tensor<1>)> {
        self.dead.take().unwrap_or_default()
    }

    /// Takes the running statistics computed by the passes so far.
    pub(super) fn take_running(&mut self) -> Vec<Running> {
        std::mem::take(&mut self.running)
    }

    /// Runs one layer in training mode; `None` when a parameter is missing.
    ///
    /// # Errors
    /// When batch norm has a single value per channel, or dropout no mask.
    pub(super) fn forward(
        &mut self,
        node: &Node,
        inputs: &[Tensor<4>],
        params: &NodeParams,
    ) -> Result<Option<Tensor<4>>, NetworkError> {
        let Some(x) = inputs.first() else {
            return Ok(None);
        };
        let output = match &node.layer {
            _ if self.frozen.contains(&node.id) => forward(&node.layer, inputs, params),
            Layer::BatchNorm(norm) => self.batch_norm(node, norm, x.clone(), params)?,
            Layer::Dropout(dropout) => self.drop_out(node, dropout, x.clone()).map(Some)?,
            _ => forward(&node.layer, inputs, params),
        };
        if let (Some(dead), Layer::Activation(function), Some(output)) =
            (&mut self.dead, &node.layer, &output)
            && let Some(share) = dead_share(*function, output)
        {
            dead.push((node.id, share));
        }
        Ok(output)
    }

    fn batch_norm(
        &mut self,
        node: &Node,
        norm: &BatchNorm,
        x: Tensor<4>,
        params: &NodeParams,
    ) -> Result<Option<Tensor<4>>, NetworkError> {
        let [batch, channels, height, width] = x.dims();
        let count = (batch * height * width) as f64;
        // A single value equals its mean: every output would be the shift.
        if count < 2.0 {
            let node = node.name.clone();
            return Err(NetworkError::SingleValue { node });
        }
        let Some((output, [mean, variance])) = batch_norm_of_batch(norm, x, params) else {
            return Ok(None);
        };
        let stored = match self.variance {
            RunningVariance::Unbiased => variance.mul_scalar(count / (count - 1.0)),
            RunningVariance::Biased => variance,
        };
        // One that shares its statistics moves them on from where the use before it left them.
        let owner = node.owner();
        let before = node.shares.and_then(|_| {
            let place = self.running.iter().rposition(|it| it.node == owner)?;
            Some(self.running.remove(place))
        });
        let moved = |role, batch: Tensor<4>| {
            let old = match (&before, role) {
                (Some(before), Role::RunningMean) => before.mean.clone(),
                (Some(before), Role::RunningVar) => before.var.clone(),
                _ => params.get(role)?.values.clone().inner(),
            };
            let batch = batch.inner().reshape([channels]);
            Some(old.mul_scalar(1.0 - norm.momentum) + batch.mul_scalar(norm.momentum))
        };
        let (mean, var) = (
            moved(Role::RunningMean, mean),
            moved(Role::RunningVar, stored),
        );
        let (Some(mean), Some(var)) = (mean, var) else {
            return Ok(None);
        };
        self.running.push(Running {
            node: owner,
            mean,
            var,
        });
        Ok(Some(output))
    }

    fn drop_out(
        &mut self,
        node: &Node,
        dropout: &Dropout,
        x: Tensor<4>,
    ) -> Result<Tensor<4>, NetworkError> {
        let p = dropout.p;
        if p <= 0.0 {
            return Ok(x);
        }
        // All are dropped; the scale 1 / (1 − p) is undefined.
        if p >= 1.0 {
            return Ok(x.mul_scalar(0.0));
        }
        let mask = match &mut self.masks {
            Masks::Given(masks) => masks.get(&node.id).cloned().ok_or_else(|| {
                let node = node.name.clone();
                NetworkError::NoMask { node }
            })?,
            Masks::Seeded(random) => {
                let dims = x.dims();
                let keep = |_| f32::from(random.random::<f32>() >= p as f32);
                let values: Vec<f32> = (0..dims.iter().product()).map(keep).collect();
                let options = (&x.device(), x.dtype());
                Tensor::from_data(TensorData::new(values, dims), options)
            }
        };
        Ok(x * mask.div_scalar(1.0 - p))
    }
}
