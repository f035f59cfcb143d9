//! Which tensor of a file is which parameter of a network.

use std::collections::{HashMap, HashSet};

use super::foreign::is_ignored;
use super::keras::Turn;
use super::{Different, Header, Mismatch, Note, Parameter};
use crate::NodeId;

/// The start of the names of optimiser state, which is not weights of a network.
pub const OPTIMIZER: &str = crate::graph::RESERVED_PREFIX;

/// What a file has for a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// For each parameter the place of its tensor in [`Header::tensors`], which has its shape.
    pub found: Vec<Option<usize>>,
    pub mismatch: Mismatch,
    /// For each parameter how its values are turned; none where they are as PyTorch has them.
    pub turns: Vec<Option<Turn>>,
    /// How the file differs from one that this program writes.
    pub notes: Vec<Note>,
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
    let extra = extra.filter(|(place, stored)| !used.contains(place) && !is_ignored(&stored.name));
    fit.mismatch.extra = extra.map(|(_, stored)| stored.name.clone()).collect();
    fit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{About, Role, Stored, StoredNode};

    fn stored(names: &[&str]) -> Vec<Stored> {
        let stored = |name: &&str| Stored {
            name: (*name).to_owned(),
            dtype: "F32".to_owned(),
            dims: vec![3],
            offsets: [0, 12],
        };
        names.iter().map(stored).collect()
    }

    /// A checkpoint of nodes 1, 2, … of these names, each with a weight.
    fn checkpoint(names: &[&str]) -> Header {
        let weights: Vec<String> = names.iter().map(|name| format!("{name}.weight")).collect();
        let weights: Vec<&str> = weights.iter().map(String::as_str).collect();
        let nodes = names.iter().zip(1..).map(|(name, number)| StoredNode {
            number: NodeId(number),
            name: (*name).to_owned(),
        });
        Header {
            about: Some(About {
                nodes: nodes.collect(),
                ..About::default()
            }),
            tensors: stored(&weights),
            ..Header::default()
        }
    }

    fn param(number: u32, name: &str) -> Parameter {
        Parameter {
            node: NodeId(number),
            role: Role::Weight,
            name: format!("{name}.weight"),
            dims: vec![3],
        }
    }

    #[test]
    fn a_renamed_node_is_found_by_its_number() {
        let fit = fit(
            &checkpoint(&["a", "b"]),
            &[param(1, "a"), param(2, "other")],
        );
        assert_eq!(fit.found, [Some(0), Some(1)]);
        assert!(fit.mismatch.is_empty());
    }

    #[test]
    fn names_come_before_numbers() {
        // Another document has the same names under other numbers.
        let fit = fit(&checkpoint(&["a", "b"]), &[param(2, "a"), param(1, "b")]);
        assert_eq!(fit.found, [Some(0), Some(1)]);
    }

    #[test]
    fn a_number_does_not_take_what_another_node_has_by_name() {
        let fit = fit(&checkpoint(&["a"]), &[param(1, "new"), param(7, "a")]);
        assert_eq!(fit.found, [None, Some(0)]);
        assert_eq!(fit.mismatch.missing, ["new.weight"]);
    }

    #[test]
    fn optimiser_state_is_not_extra_and_a_plain_file_has_no_numbers() {
        let header = Header {
            tensors: stored(&["a.weight", "@optimizer/a.weight/velocity", "b.weight"]),
            ..Header::default()
        };
        let fit = fit(&header, &[param(1, "a"), param(2, "c")]);
        assert_eq!(fit.found, [Some(0), None]);
        assert_eq!(fit.mismatch.extra, ["b.weight"]);
        assert_eq!(fit.mismatch.missing, ["c.weight"]);
    }
}
