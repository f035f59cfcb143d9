//! Weights that survive an edit: what a node had, as long as it is the same node.

use std::collections::HashSet;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

use super::params::{self, Slot};
use super::weights::values;
use super::{Network, NetworkError, Param, WeightsError};
use crate::{Graph, NodeId};

/// How many nodes have weights, and how many of those have trained ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    pub trained: HashSet<NodeId>,
    pub weighted: usize,
}

impl Provenance {
    /// Of a network whose weights all come from one source.
    pub fn all(network: &Network, trained: bool) -> Self {
        let nodes: HashSet<NodeId> = network.params().iter().map(|param| param.node).collect();
        Self {
            weighted: nodes.len(),
            trained: if trained { nodes } else { HashSet::new() },
        }
    }
}

impl Network {
    /// The edited `graph` with this network's weights where a node is the same: a parameter of the
    /// same node, part and dimensions. Others come from `file` where it has one of the same name
    /// and dimensions, else they are random numbers from `seed`.
    ///
    /// # Errors
    /// When the graph has a problem, or the file is none.
    pub fn edited(
        &self,
        provenance: &Provenance,
        graph: Graph,
        file: Option<&[u8]>,
        seed: u64,
    ) -> Result<(Self, Provenance), EditedError> {
        let kept = |slot: &Slot| {
            let same = |param: &&Param| {
                param.node == slot.node && param.role == slot.role && param.dims == slot.dims
            };
            let param = self.params().iter().find(same)?;
            Some((
                param.values.clone(),
                provenance.trained.contains(&slot.node),
            ))
        };
        filled(graph, file, seed, self.device(), kept)
    }

    /// The `graph` with the weights of `file` where it has one of the same name and dimensions,
    /// else random numbers from `seed`.
    ///
    /// # Errors
    /// When the graph has a problem, or the file is none.
    pub fn fitting(
        graph: Graph,
        file: &[u8],
        seed: u64,
        device: &Device,
    ) -> Result<(Self, Provenance), EditedError> {
        filled(graph, Some(file), seed, device, |_| None)
    }
}

/// Why a graph cannot take its weights over.
#[derive(Debug, thiserror::Error)]
pub enum EditedError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

fn filled(
    graph: Graph,
    file: Option<&[u8]>,
    seed: u64,
    device: &Device,
    kept: impl Fn(&Slot) -> Option<(Tensor<1>, bool)>,
) -> Result<(Network, Provenance), EditedError> {
    let file = file.map(SafeTensors::deserialize).transpose();
    let file = file.map_err(WeightsError::from)?;
    let stored = |slot: &Slot| -> Result<Option<Tensor<1>>, WeightsError> {
        let view = file.as_ref().and_then(|file| file.tensor(&slot.name).ok());
        let Some(view) = view.filter(|view| view.shape() == slot.dims) else {
            return Ok(None);
        };
        let values = values(&slot.name, &view)?;
        let count = values.len();
        let values = TensorData::new(values, [count]);
        Ok(Some(Tensor::from_data(values, device)))
    };
    // A node is trained only when all of its parameters are.
    let (mut all, mut random, mut unreadable) = (HashSet::new(), HashSet::new(), None);
    let params = params::filled(&graph, seed, device, |slot| {
        all.insert(slot.node);
        let (values, trained) = match kept(slot) {
            Some((values, trained)) => (Some(values), trained),
            None => match stored(slot) {
                Ok(values) => (values, true),
                Err(error) => {
                    unreadable.get_or_insert(error);
                    (None, false)
                }
            },
        };
        if values.is_none() || !trained {
            random.insert(slot.node);
        }
        values
    });
    if let Some(error) = unreadable {
        return Err(error.into());
    }
    let network = Network::with_params(graph, params.unwrap_or_default(), device)?;
    let provenance = Provenance {
        weighted: all.len(),
        trained: all.difference(&random).copied().collect(),
    };
    Ok((network, provenance))
}
