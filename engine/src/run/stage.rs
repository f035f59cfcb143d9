//! The backward pass of a part of a network, on plain numbers.

use std::collections::HashMap;

use burn::tensor::{Tensor, TensorData};

use super::mode::Mode;
use super::network::{Network, NetworkError, read};
use super::pass::Walk;
use crate::NodeId;

/// Gradients of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageGradients {
    /// With respect to the values that were given, in their order; 0 for the input of the network,
    /// which nobody asks for.
    pub given: Vec<Vec<f32>>,
    /// With respect to each of [`Network::params`] that the stage has; `None` for the others.
    pub params: Vec<Option<Vec<f32>>>,
}

impl Network {
    /// Runs the nodes between the values `given` and those of `outputs` in inference mode, and pulls
    /// the gradients that stand beside `outputs` back to the given values and to the weights on the
    /// way. A given value may be an output too. All values are batch × channels × height × width.
    ///
    /// # Errors
    /// As [`Self::pull_back`].
    pub async fn stage_gradients(
        &self,
        given: &[(NodeId, Vec<f32>)],
        outputs: Vec<(NodeId, Vec<f32>)>,
    ) -> Result<StageGradients, NetworkError> {
        let tracked = self.tracked(&std::collections::HashSet::new());
        let mut leaves = HashMap::with_capacity(given.len());
        for (node, numbers) in given {
            let leaf = self.values_of(*node, numbers.clone())?.autodiff();
            let wanted = *node != NodeId::INPUT;
            leaves.insert(*node, if wanted { leaf.require_grad() } else { leaf });
        }
        let wanted: Vec<NodeId> = outputs.iter().map(|it| it.0).collect();
        let mut walk = Walk::new(Mode::Inference);
        let values = tracked.walk_from(leaves.clone(), &wanted, &mut walk)?;
        let mut objective: Option<Tensor<1>> = None;
        for (value, (_, upstream)) in values.into_iter().zip(outputs) {
            let (got, dims) = (upstream.len(), value.dims());
            let count: usize = dims.iter().product();
            if got != count {
                return Err(NetworkError::Upstream { got, wanted: count });
            }
            let upstream = TensorData::new(upstream, dims);
            let upstream = Tensor::<4>::from_data(upstream, self.device()).autodiff();
            let part = (value * upstream).sum();
            objective = Some(match objective {
                Some(sum) => sum + part,
                None => part,
            });
        }
        let gradients = objective.filter(Tensor::is_tracked).map(|it| it.backward());
        let mut tensors = Vec::new();
        for (node, _) in given {
            let leaf = leaves.get(node).ok_or(NetworkError::NoNode(node.0))?;
            let found = gradients.as_ref().and_then(|all| leaf.grad(all));
            tensors.push(found.unwrap_or_else(|| leaf.clone().inner().zeros_like()));
        }
        let mut places = Vec::new();
        for (place, param) in tracked.params().iter().enumerate() {
            let found = gradients.as_ref().and_then(|all| param.values.grad(all));
            if let Some(gradient) = found {
                let count = gradient.dims()[0];
                places.push(place);
                tensors.push(gradient.reshape([1, 1, 1, count]));
            }
        }
        let mut numbers = read(tensors).await?.into_iter();
        let given = numbers.by_ref().take(given.len()).collect();
        let mut params = vec![None; self.params().len()];
        for (place, values) in places.into_iter().zip(numbers) {
            params[place] = Some(values);
        }
        Ok(StageGradients { given, params })
    }
}
