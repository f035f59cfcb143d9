//! Gradients with respect to the input, any activation and the weights.

use std::collections::{HashMap, HashSet};

use burn::tensor::Tensor;

use super::mode::Mode;
use super::network::{Network, NetworkError};
use super::pass::Walk;
use crate::NodeId;

/// The gradients of an objective.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// The objective's own value.
    pub objective: Tensor<1>,
    /// With respect to the outputs of the requested nodes, in that order, each batch × channels ×
    /// height × width; 0 where the objective does not depend on the node.
    pub nodes: Vec<Tensor<4>>,
    /// With respect to each of [`Network::params`]; `None` for those that training does not change
    /// and those that the objective does not depend on.
    pub params: Vec<Option<Tensor<1>>>,
}

impl Network {
    /// Runs the network, forms the `objective` of the outputs of the nodes `from`, and gives its
    /// gradients with respect to the outputs of the nodes `of` ([`NodeId::INPUT`] is the picture)
    /// and to the weights. The network may be on a plain device. An objective with several values
    /// is summed.
    ///
    /// # Errors
    /// When a node does not exist, or the mode lacks what it needs.
    pub fn gradients(
        &self,
        input: Tensor<4>,
        of: &[NodeId],
        from: &[NodeId],
        mode: Mode<'_>,
        objective: impl FnOnce(Vec<Tensor<4>>) -> Tensor<1>,
    ) -> Result<Gradients, NetworkError> {
        let tracked = self.tracked(&HashSet::new());
        let input = input.inner().autodiff();
        let mut walk = Walk::new(mode);
        walk.probes = self.probes(&input, of)?;
        let outputs = tracked.walk(input, from, &mut walk)?;
        let probes = walk.probes;
        let objective = objective(outputs);
        let zero = |id: &NodeId| {
            let probe = probes.get(id).ok_or(NetworkError::NoNode(id.0))?;
            Ok(probe.clone().inner().zeros_like())
        };
        if !objective.is_tracked() {
            return Ok(Gradients {
                objective: objective.inner(),
                nodes: of.iter().map(zero).collect::<Result<_, NetworkError>>()?,
                params: vec![None; self.params().len()],
            });
        }
        let gradients = objective.backward();
        let of_node = |id| match probes.get(id).and_then(|probe| probe.grad(&gradients)) {
            Some(gradient) => Ok(gradient),
            None => zero(id),
        };
        let params = tracked.params().iter();
        Ok(Gradients {
            objective: objective.inner(),
            nodes: of
                .iter()
                .map(of_node)
                .collect::<Result<_, NetworkError>>()?,
            params: params.map(|param| param.values.grad(&gradients)).collect(),
        })
    }

    /// As [`Self::gradients`] with respect to the weights, from the values of the nodes `given`, and
    /// without the parameters of the nodes `frozen`.
    ///
    /// # Errors
    /// As [`Self::gradients`].
    pub fn gradients_from(
        &self,
        given: HashMap<NodeId, Tensor<4>>,
        frozen: &HashSet<NodeId>,
        from: NodeId,
        mode: Mode<'_>,
        objective: impl FnOnce(Vec<Tensor<4>>) -> Tensor<1>,
    ) -> Result<Gradients, NetworkError> {
        let tracked = self.tracked(frozen);
        let given = given.into_iter();
        let given = given.map(|(node, values)| (node, values.inner().autodiff()));
        let outputs = tracked.walk_from(given.collect(), &[from], &mut Walk::new(mode))?;
        let objective = objective(outputs);
        let params = if objective.is_tracked() {
            let gradients = objective.backward();
            let params = tracked.params().iter();
            params.map(|param| param.values.grad(&gradients)).collect()
        } else {
            vec![None; self.params().len()]
        };
        Ok(Gradients {
            objective: objective.inner(),
            nodes: Vec::new(),
            params,
        })
    }

    /// The same network, its trainable weights (those of frozen nodes apart) the leaves of a new
    /// gradient graph.
    pub(super) fn tracked(&self, frozen: &HashSet<NodeId>) -> Self {
        let mut tracked = self.clone();
        for param in tracked.params_mut() {
            let values = param.values.clone().inner().autodiff();
            param.values = if param.role.trainable() && !frozen.contains(&param.node) {
                values.require_grad()
            } else {
                values
            };
        }
        tracked
    }

    /// A leaf of zeros for each node, to be added to its output: burn keeps the gradients of leaves
    /// only, and that of the sum with respect to the zeros is the output's.
    fn probes(
        &self,
        input: &Tensor<4>,
        of: &[NodeId],
    ) -> Result<HashMap<NodeId, Tensor<4>>, NetworkError> {
        let batch = input.dims()[0];
        of.iter()
            .map(|&id| {
                let shape = self.shape(id).ok_or(NetworkError::NoNode(id.0))?;
                let [channels, height, width] =
                    [shape.channels, shape.height, shape.width].map(|side| side as usize);
                let options = (&input.device(), input.dtype());
                let zeros = Tensor::zeros([batch, channels, height, width], options);
                Ok((id, zeros.require_grad()))
            })
            .collect()
    }
}
