//! Two graphs side by side, line by line, with their differences.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Change, GraphDiff};
use crate::{Graph, Layer, Node, NodeId};

/// One line: a node of either graph, or both where they match.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub before: Option<Node>,
    pub after: Option<Node>,
    /// The differences of two matching nodes, a few words each.
    pub what: Vec<String>,
    /// Whether both have the same layer and inputs; the names may differ.
    pub alike: bool,
}

/// Every node of both graphs in their order; nodes that match share a line. `diff` is that of
/// `before` and `after`.
pub fn side_by_side(diff: &GraphDiff, before: &Graph, after: &Graph) -> Vec<Line> {
    let removed: HashSet<NodeId> = diff.removed.iter().map(|node| node.id).collect();
    let changes: HashMap<NodeId, &Change> = diff
        .changed
        .iter()
        .map(|change| (change.after.id, change))
        .collect();
    let added: HashSet<NodeId> = diff.added.iter().map(|node| node.id).collect();
    let mut old = before.nodes().iter().peekable();
    let mut lines = Vec::new();
    for node in after.nodes() {
        // Nodes of the first graph only come before the next match.
        if !added.contains(&node.id) {
            while let Some(gone) = old.next_if(|it| removed.contains(&it.id)) {
                lines.push(only_before(gone));
            }
        }
        let (partner, what, alike) = match changes.get(&node.id) {
            Some(change) => {
                let alike = !change.layer && !change.inputs;
                let words = change.words(before, after);
                (Some(change.before.clone()), words, alike)
            }
            None if added.contains(&node.id) => (None, Vec::new(), false),
            // Equal is equal in its name too.
            None => (before.named(&node.name).cloned(), Vec::new(), true),
        };
        if let Some(partner) = &partner {
            old.next_if(|it| it.id == partner.id);
        }
        lines.push(Line {
            before: partner,
            after: Some(node.clone()),
            what,
            alike,
        });
    }
    // The rest: nodes behind matches whose order differs in the two graphs.
    let shown: HashSet<NodeId> = lines
        .iter()
        .filter_map(|line| Some(line.before.as_ref()?.id))
        .collect();
    let rest = before.nodes().iter().filter(|it| !shown.contains(&it.id));
    lines.extend(rest.map(only_before));
    lines
}

fn only_before(node: &Node) -> Line {
    Line {
        before: Some(node.clone()),
        after: None,
        what: Vec::new(),
        alike: false,
    }
}

impl Change {
    /// What is different, a few words each: “conv 5×5 ×16 → table conv 5×5 ×16”.
    pub fn words(&self, before: &Graph, after: &Graph) -> Vec<String> {
        let mut words = Vec::new();
        if self.name {
            words.push(format!("now named {}", self.after.name));
        }
        if self.layer {
            let [old, new] = [self.before.layer.title(), self.after.layer.title()];
            if old == new {
                // Settings that the short title leaves out (a bias, an epsilon).
                words.extend(settings(&self.before.layer, &self.after.layer));
            } else {
                words.push(format!("{old} → {new}"));
            }
        }
        if self.shares {
            let source = |graph: &Graph, node: &Node| {
                let source = node.shares.and_then(|id| graph.node(id));
                source.map(|source| source.name.clone())
            };
            words.push(
                match (source(after, &self.after), source(before, &self.before)) {
                    (Some(source), _) => format!("shares the weights of {source}"),
                    (None, Some(source)) => format!("no longer shares the weights of {source}"),
                    (None, None) => "has weights of its own".to_owned(),
                },
            );
        }
        if self.inputs {
            let names = |graph: &Graph, ids: &[NodeId]| {
                let name = |&id: &NodeId| {
                    graph
                        .node(id)
                        .map_or_else(|| "input".to_owned(), |node| node.name.clone())
                };
                ids.iter().map(name).collect::<Vec<_>>().join(", ")
            };
            let from = names(before, &self.before.inputs);
            let to = names(after, &self.after.inputs);
            words.push(format!("takes {to} instead of {from}"));
        }
        words
    }
}

/// The settings that differ between two layers of one kind, as in the document, which leaves out
/// default values.
fn settings(before: &Layer, after: &Layer) -> Vec<String> {
    let written = |layer: &Layer| match serde_json::to_value(layer) {
        Ok(Value::Object(settings)) => settings,
        // Every layer is written as an object; the sentence below then says less.
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let [old, new] = [written(before), written(after)];
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let usual = || "as usual".to_owned();
    let value = |of: &serde_json::Map<String, Value>, name: &String| {
        of.get(name).map_or_else(usual, Value::to_string)
    };
    let differing = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    differing
        .map(|name| format!("{name}: {} → {}", value(&old, name), value(&new, name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo::{self, Options};

    fn lines(before: &str, after: &str) -> Vec<Line> {
        let [old, new] = [before, after].map(|it| zoo::build(it, &Options::default()).unwrap());
        side_by_side(&GraphDiff::between(&old, &new), &old, &new)
    }

    #[test]
    fn every_node_of_both_is_on_one_line_and_orders_are_kept() {
        for (before, after) in [
            ("lenet-5", "lenet-5-1998"),
            ("alexnet", "alexnet-article"),
            ("vgg-16", "vgg-19"),
            ("resnet-18", "mobilenet-v2"),
        ] {
            let lines = lines(before, after);
            let [old, new] = [before, after].map(|it| zoo::build(it, &Options::default()).unwrap());
            let mut left: Vec<u32> = lines
                .iter()
                .filter_map(|it| Some(it.before.as_ref()?.id.0))
                .collect();
            let right: Vec<u32> = lines
                .iter()
                .filter_map(|it| Some(it.after.as_ref()?.id.0))
                .collect();
            let ids = |graph: &Graph| graph.nodes().iter().map(|it| it.id.0).collect::<Vec<_>>();
            assert_eq!(right, ids(&new), "{after}");
            left.sort_unstable();
            assert_eq!(left, ids(&old), "{before}");
        }
    }

    #[test]
    fn the_1998_lenet_differs_in_its_table_its_subsampling_and_its_codes() {
        let lines = lines("lenet-5", "lenet-5-1998");
        let words = |name: &str| {
            let line = lines
                .iter()
                .find(|it| it.after.as_ref().is_some_and(|it| it.name == name));
            line.unwrap().what.join("; ")
        };
        assert!(words("C3").contains("table conv"), "{}", words("C3"));
        assert!(words("S2").contains("subsample"), "{}", words("S2"));
        let rbf = lines.iter().filter_map(|it| it.after.as_ref());
        assert!(rbf.clone().any(|it| matches!(it.layer, Layer::Rbf(_))));
    }

    #[test]
    fn vgg_19_has_three_convolutions_more_and_nothing_else() {
        let lines = lines("vgg-16", "vgg-19");
        let alone = lines.iter().filter(|it| it.before.is_none());
        let convolutions =
            alone.filter(|it| matches!(it.after.as_ref().unwrap().layer, Layer::Conv(_)));
        assert_eq!(convolutions.count(), 3);
        // With their activations, and names moved on behind them.
        let differing = lines.iter().filter(|it| !it.alike);
        assert_eq!(differing.count(), 6);
    }
}
