//! The nodes that `--trace` names.

use super::text;
use crate::{Graph, NodeId};

/// The nodes that these values name. A value is a name, or names separated by commas; a name may
/// have commas itself, the longest one that the network has counts. Names with characters that are
/// shown escaped may be given as they are shown.
///
/// # Errors
/// The first part that names no node.
pub(super) fn named(values: &[String], graph: &Graph) -> Result<Vec<NodeId>, String> {
    let mut nodes = Vec::new();
    for value in values {
        let parts: Vec<&str> = value.split(',').collect();
        let mut from = 0;
        while from < parts.len() {
            let found = (from + 1..=parts.len()).rev().find_map(|end| {
                let node = node(&parts[from..end].join(","), graph)?;
                Some((node, end))
            });
            let (node, end) = found.ok_or_else(|| unknown(parts[from], graph))?;
            nodes.push(node);
            from = end;
        }
    }
    Ok(nodes)
}

fn node(name: &str, graph: &Graph) -> Option<NodeId> {
    let as_shown = || {
        let mut nodes = graph.nodes().iter();
        nodes.find(|node| text::line(&node.name) == name)
    };
    graph.named(name).or_else(as_shown).map(|node| node.id)
}

fn unknown(name: &str, graph: &Graph) -> String {
    const MOST: usize = 12;
    let names = graph.nodes().iter().map(|node| text::line(&node.name));
    let shown: Vec<_> = names.take(MOST).collect();
    let more = if graph.nodes().len() > MOST {
        ", …"
    } else {
        ""
    };
    format!(
        "--trace: the network has no node “{}”; it has {}{more}",
        text::line(name),
        shown.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::Activation;
    use crate::{GraphBuilder, Shape};

    fn graph(names: &[&str]) -> Graph {
        let mut net = GraphBuilder::new("m", Shape::new(1, 8, 8));
        for &name in names {
            net.then(name, Activation::Relu);
        }
        net.finish().unwrap()
    }

    #[test]
    fn names_with_commas_spaces_and_line_ends_are_found() {
        let graph = graph(&["a,b", "c", "a", "b", "d, e", "x\ny", ",", "-f"]);
        for (values, wanted) in [
            (vec!["c"], vec![2]),
            (vec!["a,b"], vec![1]),
            (vec!["a,b,c"], vec![1, 2]),
            (vec!["c,a,b"], vec![2, 1]),
            (vec!["a", "b"], vec![3, 4]),
            (vec!["b,a"], vec![4, 3]),
            (vec!["d, e,c"], vec![5, 2]),
            (vec!["x\ny"], vec![6]),
            (vec!["x\\ny"], vec![6]),
            (vec![","], vec![7]),
            (vec!["-f"], vec![8]),
        ] {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            let wanted = wanted.into_iter().map(NodeId).collect();
            assert_eq!(named(&values, &graph), Ok(wanted), "{values:?}");
        }
    }

    #[test]
    fn a_name_that_the_network_does_not_have_is_told_with_those_it_has() {
        let error = named(&["c,x".to_owned()], &graph(&["c", "d"])).unwrap_err();
        assert!(error.contains("“x”") && error.contains("c, d"), "{error}");
    }
}
