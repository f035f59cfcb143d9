//! The measurements of [`LayerHealth`], computed on the device.

use burn::tensor::Tensor;

use super::LayerHealth;
use crate::NodeId;
use crate::run::Network;
use crate::run::Params;

/// Sums and counts of one step, on the device until they are read with its loss.
#[derive(Debug)]
pub(super) struct Measured {
    /// Nodes with gradients: three values each, the squares of gradient, change and weights.
    weighted: Vec<NodeId>,
    /// Activations: the share of dead channels each.
    activations: Vec<NodeId>,
    values: Vec<Tensor<1>>,
}

impl Measured {
    /// Of a step from the parameters `before` to the network's. `squares` are the sums of the
    /// squared gradients, one for each parameter that has one.
    pub fn of(
        network: &Network,
        before: &Params,
        squares: &[Option<Tensor<1>>],
        dead: Vec<(NodeId, Tensor<1>)>,
    ) -> Self {
        let (mut weighted, mut values) = (Vec::new(), Vec::new());
        for node in network.graph().nodes() {
            let mut sums: Option<[Tensor<1>; 3]> = None;
            let params = before.iter().zip(network.params()).zip(squares);
            for ((before, after), square) in params {
                let Some(square) = square.as_ref().filter(|_| before.node == node.id) else {
                    continue;
                };
                let (before, after) = (before.values.clone().inner(), after.values.clone().inner());
                let change = (after - before.clone()).square().sum();
                let more = [square.clone(), change, before.square().sum()];
                sums = Some(match sums {
                    Some([gradient, moved, weight]) => {
                        let [more_gradient, more_moved, more_weight] = more;
                        [
                            gradient + more_gradient,
                            moved + more_moved,
                            weight + more_weight,
                        ]
                    }
                    None => more,
                });
            }
            if let Some(sums) = sums {
                weighted.push(node.id);
                values.extend(sums);
            }
        }
        let (activations, shares): (Vec<NodeId>, Vec<Tensor<1>>) = dead.into_iter().unzip();
        values.extend(shares);
        Self {
            weighted,
            activations,
            values,
        }
    }

    /// All values, to be read.
    pub fn tensor(&self) -> Option<Tensor<4>> {
        let count = self.values.len();
        let all = (count > 0).then(|| Tensor::cat(self.values.clone(), 0))?;
        Some(all.reshape([1, 1, 1, count]))
    }

    /// What the values that were read say.
    pub fn health(&self, values: &[f32]) -> Vec<LayerHealth> {
        let finite = |value: f64| value.is_finite().then_some(value);
        let (sums, shares) = values.split_at((3 * self.weighted.len()).min(values.len()));
        let weighted = self.weighted.iter().zip(sums.chunks_exact(3));
        let weighted = weighted.map(|(&node, sums)| {
            let root = |place: usize| f64::from(sums[place]).sqrt();
            LayerHealth {
                node,
                gradient_norm: finite(root(0)),
                update_ratio: finite(root(1) / root(2)),
                dead: None,
            }
        });
        let activations = self.activations.iter().zip(shares);
        let activations = activations.map(|(&node, &share)| LayerHealth {
            node,
            gradient_norm: None,
            update_ratio: None,
            dead: finite(share.into()),
        });
        weighted.chain(activations).collect()
    }
}
