//! Code beside the network: its lines, and which of them are of the selected layers.

use std::collections::HashSet;

use engine::NodeId;
use engine::export::Listing;

/// A line of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    pub text: String,
    /// The layer that a click on it selects: the first that it is of.
    pub node: Option<NodeId>,
    /// Whether it is of a selected layer.
    pub is_lit: bool,
}

/// The lines of a listing; one of a whole block is lit by each of its layers.
pub fn marked(listing: &Listing, selected: &HashSet<NodeId>) -> Vec<Marked> {
    let lines = listing.text.lines().zip(&listing.nodes);
    let marked = lines.map(|(text, nodes)| Marked {
        text: text.to_owned(),
        node: nodes.first().copied(),
        is_lit: nodes.iter().any(|node| selected.contains(node)),
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use engine::export::{Library, code};
    use engine::zoo::{self, Options};

    use super::*;

    #[test]
    fn the_lines_of_a_selected_layer_are_lit() {
        let graph = zoo::build("lenet-5", &Options::default()).unwrap();
        let node = graph.named("C3").unwrap().id;
        for library in Library::ALL {
            let listing = code(&graph, library).unwrap();
            let lines = marked(&listing, &HashSet::from([node]));
            let lit: Vec<&Marked> = lines.iter().filter(|line| line.is_lit).collect();
            assert!(!lit.is_empty(), "{}", library.title());
            for line in lit {
                assert!(line.text.to_lowercase().contains("c3"), "{}", line.text);
                assert_eq!(line.node, Some(node));
            }
            let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(text.join("\n"), listing.text.trim_end_matches('\n'));
        }
    }

    #[test]
    fn a_line_of_a_block_is_lit_by_each_of_its_layers() {
        let graph = zoo::build("resnet-mini", &Options::default()).unwrap();
        let first = graph
            .nodes()
            .iter()
            .find(|node| node.name.contains("layer1.0.conv1"));
        let listing = code(&graph, Library::PyTorch).unwrap();
        let lines = marked(&listing, &HashSet::from([first.unwrap().id]));
        let lit = lines.iter().filter(|line| line.is_lit);
        let text: Vec<&str> = lit.map(|line| line.text.trim()).collect();
        assert!(
            text.iter().any(|line| line.starts_with("self.conv1 = ")),
            "{text:?}"
        );
        assert!(
            text.iter().any(|line| line.contains("self.layer1(")),
            "{text:?}"
        );
    }
}
