//! Which nodes have something to say: problems, a refused edit, an output that nobody takes.

use std::collections::HashSet;

use engine::graph::{Edit, Place};
use engine::{Graph, NodeId};
use reactive_graph::traits::With;

use super::{Document, changed};

impl Document {
    /// The nodes with a note: those with problems, the one where an edit was refused, and those with
    /// an unused output.
    pub fn noted(self) -> Vec<NodeId> {
        let mut noted: Vec<NodeId> = self.analysis.with(|analysis| {
            let nodes = analysis.problems.iter().map(|problem| problem.node);
            nodes.collect()
        });
        noted.extend(
            self.refusal
                .with(|refused| refused.as_ref().map(|it| it.node)),
        );
        self.graph.with(|graph| {
            let taken: HashSet<NodeId> = { graph.nodes().iter() }
                .flat_map(|node| node.inputs.iter().copied())
                .collect();
            let untaken = { graph.nodes().iter() }
                .filter(|node| !taken.contains(&node.id))
                .map(|node| node.id);
            noted.extend(untaken.filter(|&id| dangles(graph, id)));
        });
        let mut known = HashSet::new();
        noted.retain(|&node| known.insert(node));
        noted
    }
}

/// Whether this node's output is unused although it is neither the network's output nor an
/// auxiliary one, as in GoogLeNet.
pub fn dangles(graph: &Graph, node: NodeId) -> bool {
    let Some(node) = graph.node(node) else {
        return false;
    };
    let answers = node.layer.rule().is_classifier();
    !answers && graph.output() != node.id && graph.consumers(node.id).next().is_none()
}

/// The changes of a repair to other nodes, to follow the repair's title.
pub fn necessary(graph: &Graph, node: NodeId, edits: &[Edit]) -> Option<String> {
    let about = |edit: &Edit| match edit {
        Edit::Insert { place, .. } => match place {
            Place::After { node, .. } | Place::On { to: node, .. } => Some(*node),
            Place::Branch { .. } => None,
        },
        _ => changed(edit),
    };
    let mut known = HashSet::from([node]);
    // A node inserted by an earlier edit of the repair is not in the graph yet and is not listed.
    let others = edits.iter().skip(1).filter_map(about);
    let others = others.filter_map(|id| graph.node(id));
    let others = others.filter(|other| known.insert(other.id));
    let names: Vec<&str> = others.map(|other| other.name.as_str()).collect();
    let named = match names.as_slice() {
        [] => return None,
        [one] => format!("“{one}”"),
        [one, two] => format!("“{one}” and “{two}”"),
        [one, two, rest @ ..] => format!("“{one}”, “{two}” and {} more", rest.len()),
    };
    Some(format!("; that makes it necessary to change {named}"))
}

#[cfg(test)]
mod tests {
    use engine::zoo::{CATALOGUE, Options};

    use super::*;

    #[test]
    fn no_network_of_the_zoo_has_an_unused_output() {
        for entry in CATALOGUE {
            let graph = entry.graph(&Options::default()).unwrap();
            let mut nodes = graph.nodes().iter();
            let dangling = nodes.find(|node| dangles(&graph, node.id));
            assert_eq!(dangling.map(|node| &node.name), None, "{}", entry.name);
        }
    }

    #[test]
    fn a_repair_names_the_layers_that_it_changes_as_well() {
        let graph = engine::zoo::lenet5().unwrap();
        let id = |name: &str| graph.named(name).unwrap().id;
        let set = |name: &str| {
            let node = graph.named(name).unwrap();
            let (node, layer) = (node.id, node.layer.clone());
            Edit::SetLayer { node, layer }
        };
        let described = |names: &[&str]| {
            let edits: Vec<Edit> = names.iter().map(|name| set(name)).collect();
            necessary(&graph, id("C1"), &edits)
        };
        assert_eq!(described(&["C1"]), None);
        assert_eq!(described(&["C1", "C1"]), None);
        let named = |named: &str| Some(format!("; that makes it necessary to change {named}"));
        assert_eq!(described(&["C1", "C3"]), named("“C3”"));
        assert_eq!(described(&["C1", "C3", "F5", "C3"]), named("“C3” and “F5”"));
        assert_eq!(
            described(&["C1", "C3", "F5", "F6"]),
            named("“C3”, “F5” and 1 more")
        );
    }

    #[test]
    fn a_bypassed_layer_is_reported_as_unused() {
        let graph = engine::zoo::lenet5().unwrap();
        let id = |name: &str| graph.named(name).unwrap().id;
        let (from, to, slot) = (id("S2"), id("S4"), 0);
        let passed = graph.apply(&Edit::Connect { from, to, slot }).unwrap();
        assert!(dangles(&passed, id("tanh3")));
        assert!(!dangles(&graph, id("tanh3")));
    }
}
