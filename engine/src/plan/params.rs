//! A network's parameters on the host, as plain numbers that no backend owns.

use std::collections::HashMap;
use std::sync::Arc;

use crate::checkpoint::{Header, LENGTH_BYTES, Parameter, Role, WeightsError, adapt, parameters};
use crate::data::Random;
use crate::weights::Param;
use crate::{Graph, NodeId};

/// One parameter: its axes and values, laid out as PyTorch does (convolution: out, in / groups,
/// kernel height, kernel width; linear: out, in).
#[derive(Clone, Debug)]
pub struct Array {
    pub dims: Vec<usize>,
    /// A clone shares them, so that a plan knows by the address what has changed.
    pub values: Arc<[f32]>,
}

/// The parameters of a network by the node that owns them and role.
#[derive(Clone, Debug, Default)]
pub struct Params {
    arrays: HashMap<(NodeId, Role), Array>,
}

impl FromIterator<Param<Arc<[f32]>>> for Params {
    fn from_iter<I: IntoIterator<Item = Param<Arc<[f32]>>>>(params: I) -> Self {
        let array = |it: Param<Arc<[f32]>>| {
            let (dims, values) = (it.dims, it.values);
            ((it.node, it.role), Array { dims, values })
        };
        Self {
            arrays: params.into_iter().map(array).collect(),
        }
    }
}

impl Params {
    /// Every parameter that the graph has, with these values.
    pub fn made(graph: &Graph, mut values: impl FnMut(&Parameter) -> Vec<f32>) -> Self {
        let mut params = Self::default();
        for parameter in parameters(graph) {
            let values = values(&parameter);
            params.set(parameter.node, parameter.role, parameter.dims, values);
        }
        params
    }

    /// Every parameter that the graph has, from numbers that look random and keep the values of a
    /// deep network within bounds: weights within ± √(6 / inputs of a value). The same at each call.
    pub fn made_up(graph: &Graph) -> Self {
        let mut random = Random::new(0);
        Self::made(graph, |parameter| {
            let count = parameter.count();
            let inputs = parameter.dims[1..].iter().product::<usize>().max(1) as f32;
            let mut numbers = |middle: f32, spread: f32| -> Vec<f32> {
                (0..count).map(|_| middle + random.within(spread)).collect()
            };
            match parameter.role {
                Role::Weight if parameter.dims.len() > 1 => numbers(0.0, (6.0 / inputs).sqrt()),
                Role::Weight | Role::RunningVar => numbers(1.0, 0.2),
                Role::Coefficient => numbers(0.25, 0.1),
                Role::Codes => numbers(0.0, 1.0),
                Role::Bias | Role::RunningMean => numbers(0.0, 0.1),
            }
        })
    }

    /// The weights of a checkpoint or a safetensors file of this or another program.
    ///
    /// # Errors
    /// When the file is not one, its names and shapes are not exactly the network's, or a value is
    /// not a finite 32-bit float.
    pub fn read(graph: &Graph, file: &[u8]) -> Result<Self, WeightsError> {
        let header = Header::of_file(file)?;
        let data = &file[LENGTH_BYTES + Header::length(file)?..];
        let wanted = parameters(graph);
        let fit = adapt(&header, &wanted, graph);
        if !fit.mismatch.is_empty() {
            return Err(WeightsError::Mismatch(fit.mismatch));
        }
        let mut params = Self::default();
        let places = fit.found.into_iter().flatten();
        for (number, (parameter, place)) in wanted.into_iter().zip(places).enumerate() {
            let stored = &header.tensors[place];
            let [start, end] = stored.offsets.map(|offset| offset as usize);
            let values = stored.finite_floats(&data[start..end])?;
            let values = match fit.turns.get(number) {
                Some(Some(turn)) => turn.apply(&values),
                _ => values,
            };
            params.set(parameter.node, parameter.role, parameter.dims, values);
        }
        Ok(params)
    }

    pub fn set(&mut self, node: NodeId, role: Role, dims: Vec<usize>, values: Vec<f32>) {
        let values = values.into();
        self.arrays.insert((node, role), Array { dims, values });
    }

    pub fn get(&self, node: NodeId, role: Role) -> Option<&Array> {
        self.arrays.get(&(node, role))
    }
}
