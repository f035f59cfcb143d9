//! Weights kept through edits: those that the same node has or had.

use std::collections::{HashMap, HashSet};

use burn::tensor::{Device, Tensor, TensorData};

use super::initial::Initialisation;
use super::params;
use super::remembered::Remembered;
use super::{Network, NetworkError, Param, Role};
use crate::checkpoint::{File, Fit, Parameter, Turn, WeightsError, parameters};
use crate::{Graph, NodeId};

/// Which parameters are trained, and the number of trained nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// How many nodes have weights.
    pub weighted: usize,
    /// How many nodes have trained weights: a node has when all of its parameters are.
    pub trained: usize,
    /// A parameter stays trained when its node's others change: an undo may restore them.
    params: HashSet<(NodeId, Role)>,
}

impl Provenance {
    /// For a network whose weights all come from one source.
    pub fn all(network: &Network, trained: bool) -> Self {
        let params = network.params().iter();
        Self::of(params.map(|param| (param.node, param.role, trained)))
    }

    /// Whether this parameter is trained.
    pub fn is_trained(&self, node: NodeId, role: Role) -> bool {
        self.params.contains(&(node, role))
    }

    /// For parameters with these flags.
    pub(super) fn of(params: impl Iterator<Item = (NodeId, Role, bool)>) -> Self {
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

/// The sources of an edited network's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub network: &'a Network,
    pub provenance: &'a Provenance,
    /// Trained parameters of nodes that are not in `network`.
    pub remembered: &'a Remembered,
}

impl Before<'_> {
    /// The current or remembered parameter of the same node, role and dimensions.
    fn kept(&self, wanted: &Parameter) -> Option<(Tensor<1>, bool)> {
        let Self {
            network,
            provenance,
            remembered,
        } = self;
        let same = |param: &&Param| {
            param.node == wanted.node && param.role == wanted.role && param.dims == wanted.dims
        };
        let current = network.params().iter().find(same);
        let trained = provenance.is_trained(wanted.node, wanted.role);
        let remembered = || remembered.get(wanted.node, wanted.role, &wanted.dims);
        match current {
            Some(param) if trained => Some((param.values.clone(), true)),
            Some(param) => Some(
                remembered().map_or_else(|| (param.values.clone(), false), |values| (values, true)),
            ),
            None => remembered().map(|values| (values, true)),
        }
    }
}

impl Network {
    /// The edited `graph` with the weights that its nodes had in `before`, where they are of the
    /// same dimensions. Others come from `file` where it has one of the same name (or, in a
    /// checkpoint, of the same node's number) and dimensions, else they are random numbers from
    /// `seed`.
    ///
    /// # Errors
    /// When the graph has a problem, or the file is none.
    pub fn edited(
        before: Before<'_>,
        graph: Graph,
        file: Option<&[u8]>,
        seed: u64,
    ) -> Result<(Self, Provenance), EditedError> {
        let device = before.network.device();
        filled(graph, file, seed, device, |wanted| before.kept(wanted))
    }

    /// Bytes of the parameters that [`Self::edited`] does not take over into this graph.
    pub(crate) fn bytes_left_behind(&self, graph: &Graph) -> u64 {
        let parameters = parameters(graph);
        let places = parameters.iter().map(|it| (it.node, it.role, &it.dims));
        let places: HashSet<_> = places.collect();
        let left = self.params().iter();
        let left = left.filter(|it| !places.contains(&(it.node, it.role, &it.dims)));
        left.map(|it| 4 * it.dims.iter().product::<usize>() as u64)
            .sum()
    }

    /// The `graph` with the weights of `file` where it has one of the same name (or, in a
    /// checkpoint, of the same node's number) and dimensions, else random numbers from `seed`.
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

/// Why weights cannot be transferred to a graph.
#[derive(Debug, thiserror::Error)]
pub enum EditedError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// A file with the index of the tensor for each parameter.
struct Source<'a> {
    file: File<'a>,
    places: HashMap<(NodeId, Role), (usize, Option<Turn>)>,
}

impl<'a> Source<'a> {
    fn of(bytes: &'a [u8], graph: &Graph) -> Result<Self, WeightsError> {
        let file = File::read(bytes)?;
        let parameters = parameters(graph);
        let Fit {
            found, mut turns, ..
        } = file.fit_of(&parameters, graph);
        turns.resize(found.len(), None);
        let places = parameters.iter().zip(found.into_iter().zip(turns));
        let places =
            places.filter_map(|(it, (place, turn))| Some(((it.node, it.role), (place?, turn))));
        Ok(Self {
            places: places.collect(),
            file,
        })
    }

    /// The parameter's values and whether they are trained.
    fn values(
        &self,
        wanted: &Parameter,
        device: &Device,
    ) -> Result<Option<(Tensor<1>, bool)>, WeightsError> {
        let Some((place, turn)) = self.places.get(&(wanted.node, wanted.role)) else {
            return Ok(None);
        };
        let values = self.file.turned(*place, turn.as_ref())?;
        let count = values.len();
        let values = Tensor::from_data(TensorData::new(values, [count]), device);
        Ok(Some((values, self.file.is_trained(*place))))
    }
}

fn filled(
    graph: Graph,
    file: Option<&[u8]>,
    seed: u64,
    device: &Device,
    kept: impl Fn(&Parameter) -> Option<(Tensor<1>, bool)>,
) -> Result<(Network, Provenance), EditedError> {
    let source = file.map(|bytes| Source::of(bytes, &graph)).transpose()?;
    let stored = |wanted: &Parameter| match &source {
        Some(source) => source.values(wanted, device),
        None => Ok(None),
    };
    let (mut origins, mut unreadable) = (Vec::new(), None);
    let rule = Initialisation::default();
    let params = params::initialised(&graph, rule, seed, device, |wanted| {
        // Trained values take precedence over random ones: a node whose shape or name was restored
        // gets those of the file again.
        let (values, trained) = match kept(wanted) {
            Some((values, true)) => (Some(values), true),
            random => match stored(wanted) {
                Ok(Some((values, trained))) => (Some(values), trained),
                Ok(None) => (random.map(|(values, _)| values), false),
                Err(error) => {
                    unreadable.get_or_insert(error);
                    (None, false)
                }
            },
        };
        origins.push((wanted.node, wanted.role, trained));
        values
    });
    if let Some(error) = unreadable {
        return Err(error.into());
    }
    let network = Network::with_params(graph, params.unwrap_or_default(), device)?;
    let provenance = Provenance::of(origins.into_iter());
    Ok((network, provenance))
}
