//! Which nodes of a document with problems are unchanged in the running graph.

use std::collections::HashSet;

use engine::{Graph, NodeId};

/// The nodes of a graph whose values are those of `running`: the same layers lead to them.
pub fn of(graph: &Graph, running: &Graph) -> HashSet<NodeId> {
    let mut same = HashSet::new();
    if graph.input() != running.input() {
        return same;
    }
    same.insert(NodeId::INPUT);
    for node in graph.nodes() {
        let alike = running.node(node.id).is_some_and(|other| {
            (&other.layer, &other.inputs, other.shares) == (&node.layer, &node.inputs, node.shares)
        });
        if alike && node.inputs.iter().all(|input| same.contains(input)) {
            same.insert(node.id);
        }
    }
    same
}

#[cfg(test)]
mod tests {
    use engine::graph::Edit;

    use super::*;

    #[test]
    fn nodes_after_a_changed_layer_are_changed_and_nodes_before_it_are_not() {
        let running = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let all = of(&running, &running);
        assert_eq!(all.len(), 1 + running.nodes().len());

        // The first convolution in the first block; the shortcut does not depend on it.
        let block = &running.blocks()[0].nodes;
        let name = "another name".to_owned();
        let graph = running.apply(&Edit::Rename {
            node: block[0],
            name,
        });
        assert_eq!(of(&graph.unwrap(), &running), all);
        let graph = running.apply(&Edit::Remove { node: block[0] });
        let same = of(&graph.unwrap(), &running);
        let before = running.position(block[0]).unwrap();
        for (place, node) in running.nodes().iter().enumerate() {
            assert_eq!(same.contains(&node.id), place < before, "{}", node.name);
        }
    }
}
