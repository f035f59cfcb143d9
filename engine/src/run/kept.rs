//! Weights that survive an edit: what a node had, as long as it is the same node.

use std::collections::HashSet;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

use super::initial::Initialisation;
use super::params::{self, Slot};
use super::weights::values;
use super::{Network, NetworkError, Param, Role, WeightsError};
use crate::{Graph, NodeId};

/// Which parameters are trained, and how many nodes that makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// How many nodes have weights.
    pub weighted: usize,
    /// How many nodes have trained weights: a node has when all of its parameters are.
    pub trained: usize,
    /// A parameter stays trained whatever becomes of its node's others: they may come back.
    params: HashSet<(NodeId, Role)>,
}

impl Provenance {
    /// Of a network whose weights all come from one source.
    pub fn all(network: &Network, trained: bool) -> Self {
        let params = network.params().iter();
        Self::of(params.map(|param| (param.node, param.role, trained)))
    }

    /// Of parameters that are trained or not.
    fn of(params: impl Iterator<Item = (NodeId, Role, bool)>) -> Self {
        let (mut nodes, mut random) = (HashSet::new(), HashSet::new());
        let mut trained = HashSet::new();
        for (node, role, is_trained) in params {
            nodes.insert(node);
            if is_trained {
                trained.insert((node, role));
            } else {
                random.insert(node);
            }
        }
        Self {
            weighted: nodes.len(),
            trained: nodes.len() - random.len(),
            params: trained,
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
                provenance.params.contains(&(slot.node, slot.role)),
            ))
        };
        filled(graph, file, seed, self.device(), kept)
    }

    /// Bytes of the parameters that [`Self::edited`] does not take over into this graph.
    pub(crate) fn bytes_left_behind(&self, graph: &Graph) -> u64 {
        let slots = params::slots(graph).unwrap_or_default();
        let places = slots.iter().map(|slot| (slot.node, slot.role, &slot.dims));
        let places: HashSet<_> = places.collect();
        let left = self.params().iter();
        let left = left.filter(|it| !places.contains(&(it.node, it.role, &it.dims)));
        left.map(|it| 4 * it.dims.iter().product::<usize>() as u64)
            .sum()
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
    let (mut origins, mut unreadable) = (Vec::new(), None);
    let rule = Initialisation::default();
    let params = params::initialised(&graph, rule, seed, device, |slot| {
        // Trained values before random ones, wherever they are: a node whose shape or name came back
        // gets those of the file again.
        let (values, trained) = match kept(slot) {
            Some((values, true)) => (Some(values), true),
            random => match stored(slot) {
                Ok(Some(values)) => (Some(values), true),
                Ok(None) => (random.map(|(values, _)| values), false),
                Err(error) => {
                    unreadable.get_or_insert(error);
                    (None, false)
                }
            },
        };
        origins.push((slot.node, slot.role, trained));
        values
    });
    if let Some(error) = unreadable {
        return Err(error.into());
    }
    let network = Network::with_params(graph, params.unwrap_or_default(), device)?;
    let provenance = Provenance::of(origins.into_iter());
    Ok((network, provenance))
}
