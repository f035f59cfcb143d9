//! Copy, paste and duplicate. The clipboard holds a document of the lab: the selected layers as a
//! network whose input represents the inputs of the selected layers.

use engine::format::{json, link, share, told};
use engine::graph::Edit;
use engine::{Graph, NodeId};
use reactive_graph::traits::{GetUntracked, WithUntracked};

use crate::State;

impl State {
    /// The document of the selected nodes and of the blocks among them.
    ///
    /// # Errors
    /// When no layer is selected, or a setting cannot be written.
    pub fn copied(self) -> Result<String, String> {
        let nodes = self.selection.nodes().get_untracked();
        let fragment = self
            .document
            .graph()
            .with_untracked(|graph| graph.extract(&nodes));
        let fragment = fragment.map_err(|error| error.to_string())?;
        json::write(fragment.graph()).map_err(|error| error.to_string())
    }

    /// Pastes the network that this text describes after the selected node; it replaces an empty
    /// network. `false` when it was refused; the reason is in the document's refusal.
    pub fn paste(self, text: &str) -> bool {
        let at = self.selection.node().get_untracked();
        let text = text.trim().trim_start_matches('\u{feff}');
        let read = match text.chars().next() {
            None => Err("the clipboard holds no text".into()),
            Some('{') => json::read(text).map_err(|error| error.to_string()),
            Some(_) if text.len() <= share::MAX_SENT && link::is_link(text) => {
                share::decode(text).map_err(|error| error.to_string())
            }
            Some(_) => Err(
                "the pasted text is neither a document of the lab, which begins with {, nor the \
                 text of one of its links"
                    .into(),
            ),
        };
        let unknown = json::unknown_keys(text);
        let graph = match read {
            Ok(graph) => graph,
            Err(why) => {
                self.document.refuse(at, &why);
                return false;
            }
        };
        let document = self.document.graph();
        if let Some(unknown) = told(&unknown) {
            self.notices.tell(unknown);
        }
        if document.with_untracked(|graph| graph.nodes().is_empty()) {
            return self.open_as(graph, None);
        }
        let next = document.with_untracked(Graph::next_id);
        let fragment = graph.into();
        let made = self.apply(Edit::Paste {
            after: at,
            fragment,
        });
        if made {
            self.selection.select_all(self.nodes_from(next));
        }
        made
    }

    /// Duplicates the selected nodes, as [`Edit::DuplicateNodes`] says; a whole block as a block.
    pub fn duplicate(self) -> bool {
        let mut nodes = self.selection.nodes().get_untracked();
        nodes.retain(|&node| node != NodeId::INPUT);
        let edit = match (self.whole_block(&nodes), &nodes[..]) {
            (Some(block), _) => Edit::DuplicateBlock { block },
            (None, &[node]) => Edit::Duplicate { node },
            (None, _) => Edit::DuplicateNodes { nodes },
        };
        self.drop_dragged(&[edit])
    }
}
