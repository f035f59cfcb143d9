//! The weights of a graph: those that the same node has or had, those of a file, else new ones.

use std::collections::{HashMap, HashSet};

use super::noise::Stream;
use super::remembered::Remembered;
use super::{Param, Slot, Values, slots};
use crate::checkpoint::{File, Fit, Note, Parameter, Role, Turn, WeightsError, parameters};
use crate::train::Initialisation;
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
    /// Whether this parameter is trained.
    pub fn is_trained(&self, node: NodeId, role: Role) -> bool {
        self.params.contains(&(node, role))
    }

    /// For parameters that all come from one source.
    pub fn of_all<V>(params: &[Param<V>], trained: bool) -> Self {
        Self::of(params.iter().map(|it| (it.node, it.role, trained)))
    }

    /// For parameters with these flags.
    pub(crate) fn of(params: impl Iterator<Item = (NodeId, Role, bool)>) -> Self {
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
#[derive(Debug)]
pub struct Held<'a, V> {
    /// Of the network before the edit.
    pub graph: &'a Graph,
    pub params: &'a [Param<V>],
    pub provenance: &'a Provenance,
    /// Trained parameters of nodes that are not in it.
    pub remembered: &'a Remembered<V>,
}

impl<V: Values> Held<'_, V> {
    /// The current or remembered parameter of the same node, role and dimensions, and whether it is
    /// trained.
    pub(crate) fn kept(&self, wanted: &Parameter) -> Option<(V, bool)> {
        let Self {
            graph,
            params,
            provenance,
            remembered,
        } = self;
        let remembered = || remembered.get(wanted.node, wanted.role, &wanted.dims);
        // The weights that it shared go on; new ones start where those were not trained.
        let owner = graph.owner(wanted.node);
        if owner != wanted.node {
            let shared = params
                .iter()
                .find(|it| it.node == owner && it.role == wanted.role && it.dims == wanted.dims);
            let trained = provenance.is_trained(owner, wanted.role);
            let shared = shared.filter(|_| trained).map(|it| it.values.clone());
            return remembered().or(shared).map(|values| (values, true));
        }
        let same = |param: &&Param<V>| {
            param.node == wanted.node && param.role == wanted.role && param.dims == wanted.dims
        };
        let current = params.iter().find(same);
        let trained = provenance.is_trained(wanted.node, wanted.role);
        match current {
            Some(param) if trained => Some((param.values.clone(), true)),
            Some(param) => Some(
                remembered().map_or_else(|| (param.values.clone(), false), |values| (values, true)),
            ),
            None => remembered().map(|values| (values, true)),
        }
    }
}

/// Bytes of the parameters that this graph does not take over.
pub(crate) fn bytes_left_behind<V>(params: &[Param<V>], graph: &Graph) -> u64 {
    let parameters = parameters(graph);
    let places = parameters.iter().map(|it| (it.node, it.role, &it.dims));
    let places: HashSet<_> = places.collect();
    let left = params.iter();
    let left = left.filter(|it| !places.contains(&(it.node, it.role, &it.dims)));
    left.map(|it| 4 * it.count() as u64).sum()
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

    /// The parameter's numbers and whether they are trained.
    fn numbers(&self, wanted: &Parameter) -> Result<Option<(Vec<f32>, bool)>, WeightsError> {
        let Some((place, turn)) = self.places.get(&(wanted.node, wanted.role)) else {
            return Ok(None);
        };
        let numbers = self.file.turned(*place, turn.as_ref())?;
        Ok(Some((numbers, self.file.is_trained(*place))))
    }
}

/// Every parameter that the graph has: what `kept` gives for it, else what `file` has under its name
/// (or, in a checkpoint, for its node's number) and of its dimensions, else random numbers from
/// `seed`. None for a graph with problems.
///
/// # Errors
/// When the file is none.
pub(crate) fn filled<V: Values>(
    graph: &Graph,
    file: Option<&[u8]>,
    seed: u64,
    home: &V::Home,
    kept: impl Fn(&Parameter) -> Option<(V, bool)>,
) -> Result<(Vec<Param<V>>, Provenance), WeightsError> {
    let source = file.map(|bytes| Source::of(bytes, graph)).transpose()?;
    let stored = |wanted: &Parameter| match &source {
        Some(source) => source.numbers(wanted),
        None => Ok(None),
    };
    let slots = slots(graph).unwrap_or_default();
    let (mut origins, mut params) = (Vec::new(), Vec::with_capacity(slots.len()));
    for slot in slots {
        let wanted = &slot.parameter;
        // Trained values take precedence over random ones: a node whose shape or name was restored
        // gets those of the file again.
        let (values, trained) = match kept(wanted) {
            Some((values, true)) => (Some(values), true),
            random => match stored(wanted)? {
                Some((numbers, trained)) => (Some(V::of(numbers, home)), trained),
                None => (random.map(|(values, _)| values), false),
            },
        };
        origins.push((wanted.node, wanted.role, trained));
        let rule = Initialisation::default();
        let values = values.unwrap_or_else(|| fresh(&slot, rule, seed, home));
        params.push(Param::new(slot.parameter, values));
    }
    Ok((params, Provenance::of(origins.into_iter())))
}

/// Every parameter that the graph has, by this rule, each from a stream of its own, so that its
/// numbers are the same whatever the other nodes are. `None` for a graph with problems.
pub(crate) fn started<V: Values>(
    graph: &Graph,
    rule: Initialisation,
    seed: u64,
    home: &V::Home,
) -> Option<Vec<Param<V>>> {
    let param = |slot: Slot| {
        let values = fresh(&slot, rule, seed, home);
        Param::new(slot.parameter, values)
    };
    Some(slots(graph)?.into_iter().map(param).collect())
}

fn fresh<V: Values>(slot: &Slot, rule: Initialisation, seed: u64, home: &V::Home) -> V {
    let Parameter { node, role, .. } = slot.parameter;
    let stream = Stream::of(seed, node, role);
    V::started(slot.start(rule), stream, slot.parameter.count(), home)
}

/// The weights of a file.
pub(crate) struct Stored {
    /// In the order in which they were wanted.
    pub values: Vec<Vec<f32>>,
    pub provenance: Provenance,
    /// How the file differs from one of this program.
    pub notes: Vec<Note>,
}

/// The weights of a checkpoint or a safetensors file of this or another program.
///
/// # Errors
/// When the file is not one, or its names and shapes are not exactly those wanted.
pub(crate) fn stored(
    graph: &Graph,
    wanted: &[Parameter],
    bytes: &[u8],
) -> Result<Stored, WeightsError> {
    let file = File::read(bytes)?;
    let Fit {
        found,
        mismatch,
        turns,
        notes,
    } = file.fit_of(wanted, graph);
    if !mismatch.is_empty() {
        return Err(WeightsError::Mismatch(mismatch));
    }
    let places: Vec<usize> = found.into_iter().flatten().collect();
    let turn = |number: usize| turns.get(number).and_then(Option::as_ref);
    let values = places.iter().enumerate();
    let values = values.map(|(number, &place)| file.turned(place, turn(number)));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let origins = wanted.iter().zip(&places);
    let origins = origins.map(|(it, &place)| (it.node, it.role, file.is_trained(place)));
    Ok(Stored {
        values,
        provenance: Provenance::of(origins),
        notes,
    })
}
