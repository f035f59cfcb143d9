//! Gradients on plain numbers: what explanations and attacks use, which know no tensors.

use std::collections::{HashMap, HashSet};

use burn::tensor::{Tensor, TensorData};

use super::mode::Mode;
use super::network::{Network, NetworkError, read};
use super::pass::Walk;
use crate::NodeId;

/// A node's output, and what it pulls back.
#[derive(Clone, Debug, PartialEq)]
pub struct PulledBack {
    /// The output of the node, batch × channels × height × width.
    pub output: Vec<f32>,
    /// The gradients with respect to each of the requested nodes, in that order, each batch ×
    /// channels × height × width; 0 where the output does not depend on the node.
    pub gradients: Vec<Vec<f32>>,
}

impl Network {
    /// Runs the network in inference mode from the values of the nodes `given`, each batch ×
    /// channels × height × width, to the node `from`. `upstream` turns the output of `from` into the
    /// gradient of an objective with respect to it, of the same length; what comes back are the
    /// gradients of that objective with respect to the nodes `of` (given ones among them). The
    /// weights are constants. With `given` the input alone this is the vector–Jacobian product of the
    /// whole network; with `given` the inputs of one node, that of the node alone.
    ///
    /// # Errors
    /// When a node does not exist or is neither given nor computed from given ones, when given values
    /// are not a whole number of pictures or those of `upstream` not as many as the output has, or
    /// when the device fails.
    pub async fn pull_back(
        &self,
        given: Vec<(NodeId, Vec<f32>)>,
        from: NodeId,
        of: &[NodeId],
        upstream: impl FnOnce(&[f32]) -> Vec<f32>,
    ) -> Result<PulledBack, NetworkError> {
        let constant = self.tracked(&self.graph().nodes().iter().map(|it| it.id).collect());
        let mut values = HashMap::with_capacity(given.len());
        let mut batch = 1;
        for (node, numbers) in given {
            let tensor = self.values_of(node, numbers)?;
            batch = tensor.dims()[0];
            values.insert(node, tensor.autodiff());
        }
        let mut probes = HashMap::with_capacity(of.len());
        for &node in of {
            let zeros = Tensor::zeros(self.dims(node, batch)?, self.device());
            let probe = zeros.autodiff().require_grad();
            if let Some(value) = values.get_mut(&node) {
                *value = value.clone() + probe.clone();
            }
            probes.insert(node, probe);
        }
        let mut walk = Walk::new(Mode::Inference);
        walk.probes = probes;
        let output = if let Some(given) = values.get(&from) {
            given.clone()
        } else {
            let mut outputs = constant.walk_from(values, &[from], &mut walk)?;
            outputs.pop().ok_or(NetworkError::NoNode(from.0))?
        };
        let probes = walk.probes;
        let numbers = read(vec![output.clone().inner()])
            .await?
            .pop()
            .unwrap_or_default();
        let weights = upstream(&numbers);
        if weights.len() != numbers.len() {
            return Err(NetworkError::Upstream {
                got: weights.len(),
                wanted: numbers.len(),
            });
        }
        let weights = TensorData::new(weights, output.dims());
        let weights = Tensor::<4>::from_data(weights, self.device()).autodiff();
        let objective = (output * weights).sum();
        let gradients = if objective.is_tracked() {
            let gradients = objective.backward();
            let of = of.iter().map(|node| {
                let probe = probes.get(node).ok_or(NetworkError::NoNode(node.0))?;
                let none = || probe.clone().inner().zeros_like();
                Ok(probe.grad(&gradients).unwrap_or_else(none))
            });
            read(of.collect::<Result<_, NetworkError>>()?).await?
        } else {
            let zeros = |node: &NodeId| Ok(vec![0.0; self.dims(*node, batch)?.iter().product()]);
            of.iter().map(zeros).collect::<Result<_, NetworkError>>()?
        };
        Ok(PulledBack {
            output: numbers,
            gradients,
        })
    }

    /// The output of the node `from`, and the gradients of an objective with respect to the weights,
    /// in the order of [`Self::params`]; `None` for those that training does not change and those
    /// that the objective does not depend on. Otherwise as [`Self::pull_back`].
    ///
    /// # Errors
    /// As [`Self::pull_back`].
    pub async fn pull_back_weights(
        &self,
        given: Vec<(NodeId, Vec<f32>)>,
        from: NodeId,
        upstream: impl FnOnce(&[f32]) -> Vec<f32>,
    ) -> Result<(Vec<f32>, Vec<Option<Vec<f32>>>), NetworkError> {
        self.pull_back_weights_but(given, from, &HashSet::new(), upstream)
            .await
    }

    /// The same without the weights of the nodes `frozen`.
    ///
    /// # Errors
    /// As [`Self::pull_back`].
    pub async fn pull_back_weights_but(
        &self,
        given: Vec<(NodeId, Vec<f32>)>,
        from: NodeId,
        frozen: &HashSet<NodeId>,
        upstream: impl FnOnce(&[f32]) -> Vec<f32>,
    ) -> Result<(Vec<f32>, Vec<Option<Vec<f32>>>), NetworkError> {
        let mut values = HashMap::with_capacity(given.len());
        for (node, numbers) in given {
            values.insert(node, self.values_of(node, numbers)?);
        }
        let outputs = self.forward_from(values.clone(), &[from])?;
        let numbers = read(outputs).await?.pop().unwrap_or_default();
        let weights = upstream(&numbers);
        if weights.len() != numbers.len() {
            return Err(NetworkError::Upstream {
                got: weights.len(),
                wanted: numbers.len(),
            });
        }
        let device = self.device();
        let objective = |mut outputs: Vec<Tensor<4>>| {
            let output = outputs.remove(0);
            let weights = TensorData::new(weights, output.dims());
            (output * Tensor::<4>::from_data(weights, device).autodiff()).sum()
        };
        let gradients = self.gradients_from(values, frozen, from, Mode::Inference, objective)?;
        let mut found = Vec::with_capacity(gradients.params.len());
        let mut tensors = Vec::new();
        for gradient in gradients.params {
            found.push(gradient.is_some());
            if let Some(gradient) = gradient {
                let count = gradient.dims()[0];
                tensors.push(gradient.reshape([1, 1, 1, count]));
            }
        }
        let mut read = read(tensors).await?.into_iter();
        let found = found.into_iter();
        let gradients = found.map(|found| if found { read.next() } else { None });
        Ok((numbers, gradients.collect()))
    }

    /// The outputs of the nodes `wanted` from the values of the nodes `given`, as
    /// [`Self::pull_back`] takes them, in inference mode.
    ///
    /// # Errors
    /// As [`Self::pull_back`].
    pub async fn outputs_from(
        &self,
        given: Vec<(NodeId, Vec<f32>)>,
        wanted: &[NodeId],
    ) -> Result<Vec<Vec<f32>>, NetworkError> {
        let mut values = HashMap::with_capacity(given.len());
        for (node, numbers) in given {
            values.insert(node, self.values_of(node, numbers)?);
        }
        read(self.forward_from(values, wanted)?).await
    }

    /// The shape of a batch of a node's maps.
    fn dims(&self, node: NodeId, batch: usize) -> Result<[usize; 4], NetworkError> {
        let shape = self.shape(node).ok_or(NetworkError::NoNode(node.0))?;
        let [channels, height, width] = [shape.channels, shape.height, shape.width];
        Ok([batch, channels as usize, height as usize, width as usize])
    }

    pub(super) fn values_of(
        &self,
        node: NodeId,
        numbers: Vec<f32>,
    ) -> Result<Tensor<4>, NetworkError> {
        let shape = self.shape(node).ok_or(NetworkError::NoNode(node.0))?;
        let wanted = shape.elements() as usize;
        if numbers.is_empty() || !numbers.len().is_multiple_of(wanted) {
            return Err(NetworkError::Input {
                got: numbers.len(),
                wanted,
                shape,
            });
        }
        let dims = self.dims(node, numbers.len() / wanted)?;
        let data = TensorData::new(numbers, dims);
        Ok(Tensor::from_data(data, self.device()))
    }
}
