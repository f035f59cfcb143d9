//! The weights of a network on the host, as plain numbers with their names.

use crate::checkpoint::{Parameter, Role, parameters};
use crate::{Graph, NodeId};

/// One parameter with its values, laid out as PyTorch does.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub parameter: Parameter,
    pub values: Vec<f32>,
}

/// All parameters of a network, in the graph's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    tensors: Vec<Tensor>,
}

impl Tensor {
    /// The sides of its axes.
    pub fn dims(&self) -> &[usize] {
        &self.parameter.dims
    }

    /// Whether it is the matrix of a convolution or a linear layer: what is pruned and quantised.
    pub fn is_matrix(&self) -> bool {
        self.parameter.role == Role::Weight && self.dims().len() > 1
    }

    /// How many values belong to one index of the first axis.
    pub fn row(&self) -> usize {
        self.dims().iter().skip(1).product()
    }
}

impl Weights {
    /// From the values of all parameters one after the other in the graph's order, as
    /// `Network::values` gives them; `None` when they are not as many as the graph has.
    pub fn new(graph: &Graph, values: &[f32]) -> Option<Self> {
        let mut rest = values;
        let mut tensors = Vec::new();
        for parameter in parameters(graph) {
            let (own, after) = rest.split_at_checked(parameter.count())?;
            rest = after;
            tensors.push(Tensor {
                parameter,
                values: own.to_vec(),
            });
        }
        rest.is_empty().then_some(Self { tensors })
    }

    /// Every parameter that the graph has, with these values; `None` when one has not as many as
    /// its axes say.
    pub fn made(
        graph: &Graph,
        mut values: impl FnMut(&Parameter) -> Option<Vec<f32>>,
    ) -> Option<Self> {
        let mut tensors = Vec::new();
        for parameter in parameters(graph) {
            let values = values(&parameter)?;
            if values.len() != parameter.count() {
                return None;
            }
            tensors.push(Tensor { parameter, values });
        }
        Some(Self { tensors })
    }

    /// All values one after the other, as `Network::set_values` takes them.
    pub fn flat(&self) -> Vec<f32> {
        let values = self.tensors.iter().map(|it| it.values.as_slice());
        values.collect::<Vec<_>>().concat()
    }

    /// The parameters in the graph's order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The parameters, to be changed in place.
    pub fn tensors_mut(&mut self) -> &mut [Tensor] {
        &mut self.tensors
    }

    /// The matrices of convolutions and linear layers.
    pub fn matrices(&self) -> impl Iterator<Item = &Tensor> {
        self.tensors.iter().filter(|it| it.is_matrix())
    }

    /// The parameters of these nodes only.
    #[must_use]
    pub fn of_layers(&self, layers: &[NodeId]) -> Self {
        let tensors = self.tensors.iter();
        let tensors = tensors.filter(|it| layers.contains(&it.parameter.node));
        Self {
            tensors: tensors.cloned().collect(),
        }
    }

    /// One parameter.
    pub fn get(&self, node: NodeId, role: Role) -> Option<&Tensor> {
        let wanted = |it: &&Tensor| it.parameter.node == node && it.parameter.role == role;
        self.tensors.iter().find(wanted)
    }

    /// One parameter, to be changed in place.
    pub fn get_mut(&mut self, node: NodeId, role: Role) -> Option<&mut Tensor> {
        let wanted = |it: &&mut Tensor| it.parameter.node == node && it.parameter.role == role;
        self.tensors.iter_mut().find(wanted)
    }
}
