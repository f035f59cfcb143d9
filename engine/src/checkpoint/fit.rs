//! Which tensor of a file is which parameter of a network.

use std::collections::{HashMap, HashSet};

use super::{Different, Header, Mismatch};
use crate::NodeId;

/// The start of the names of optimiser state, which is not weights of a network.
pub const OPTIMIZER: &str = "@optimizer/";

/// A parameter that a network has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub node: NodeId,
    /// The last part of its name, such as `weight`.
    pub role: &'static str,
    /// `<node name>.<role>`.
    pub name: String,
    pub dims: Vec<usize>,
}

/// What a file has for a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// For each parameter the place of its tensor in [`Header::tensors`], which has its shape.
    pub found: Vec<Option<usize>>,
    pub mismatch: Mismatch,
}

/// Finds each parameter in a file: by its name, else in a checkpoint by its node's number, which a
/// renamed node keeps.
pub fn fit(header: &Header, params: &[Parameter]) -> Fit {
    let tensors = header.tensors.iter().enumerate();
    let by_name: HashMap<&str, usize> = tensors
        .map(|(place, stored)| (stored.name.as_str(), place))
        .collect();
    let nodes = header.about.iter().flat_map(|about| &about.nodes);
    let stored_names: HashMap<NodeId, &str> = nodes
        .map(|node| (node.number, node.name.as_str()))
        .collect();
    let named: HashSet<usize> = params
        .iter()
        .filter_map(|param| by_name.get(param.name.as_str()).copied())
        .collect();
    let by_number = |param: &Parameter| {
        let node = stored_names.get(&param.node)?;
        let place = *by_name.get(format!("{node}.{}", param.role).as_str())?;
        // What another node has the name of is that node's.
        (!named.contains(&place)).then_some(place)
    };
    let mut fit = Fit::default();
    let mut used = HashSet::new();
    for param in params {
        let by_its_name = by_name.get(param.name.as_str()).copied();
        let place = by_its_name.or_else(|| by_number(param));
        let Some(place) = place.filter(|place| used.insert(*place)) else {
            fit.mismatch.missing.push(param.name.clone());
            fit.found.push(None);
            continue;
        };
        let stored = &header.tensors[place];
        let same = stored.dims == param.dims;
        if !same {
            fit.mismatch.different.push(Different {
                name: param.name.clone(),
                stored: stored.dims.clone(),
                wanted: param.dims.clone(),
            });
        }
        fit.found.push(same.then_some(place));
    }
    let extra = header.tensors.iter().enumerate();
    let extra = extra
        .filter(|(place, stored)| !used.contains(place) && !stored.name.starts_with(OPTIMIZER));
    fit.mismatch.extra = extra.map(|(_, stored)| stored.name.clone()).collect();
    fit
}
