//! Copy, cut, paste, duplicate and delete. The clipboard holds a document of the lab: the selected
//! layers as a network whose input stands for whatever feeds them.

use engine::format::{json, share};
use engine::graph::Edit;
use engine::{Graph, NodeId};
use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Lab;
use super::fetch::reason;

impl Lab {
    /// The document of the selected nodes and of the blocks among them.
    ///
    /// # Errors
    /// When no layer is selected, or a setting cannot be written.
    pub fn copied(self) -> Result<String, String> {
        let nodes = self.selection.get_untracked();
        let fragment = self.graph.with_untracked(|graph| graph.extract(&nodes));
        let fragment = fragment.map_err(|error| error.to_string())?;
        json::write(fragment.graph()).map_err(|error| error.to_string())
    }

    /// Writes the selected nodes to the browser's clipboard, and removes them when `cut`.
    pub fn copy_selected(self, cut: bool) {
        let at = self.selected.get_untracked();
        // The selection or the network may change before the browser has taken the text.
        let (nodes, opening) = (self.selection.get_untracked(), self.opening.get_untracked());
        let (text, clipboard) = match (self.copied(), clipboard()) {
            (Ok(text), Some(clipboard)) => (text, clipboard),
            (Err(why), _) => return self.refuse(at, &why),
            (Ok(_), None) => return self.refuse(at, "here only the keys copy: press Ctrl+C"),
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&text)).await {
                Ok(_) if cut && self.opening.get_untracked() == opening => {
                    self.remove(nodes);
                }
                Ok(_) => {}
                Err(error) => self.refuse(
                    at,
                    &format!("the browser does not copy: {}", reason(&error)),
                ),
            }
        });
    }

    /// Pastes the text of the browser's clipboard behind the selected node.
    pub fn paste_clipboard(self) {
        let at = self.selected.get_untracked();
        let Some(clipboard) = clipboard() else {
            return self.refuse(at, "here only the keys paste: press Ctrl+V in the network");
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.read_text()).await {
                Ok(text) => {
                    self.paste(&text.as_string().unwrap_or_default());
                }
                Err(error) => self.refuse(
                    at,
                    &format!(
                        "the browser does not show the clipboard ({}): press Ctrl+V",
                        reason(&error)
                    ),
                ),
            }
        });
    }

    /// Pastes the network that this text describes behind the selected node; an empty network is
    /// replaced by it. `false` when it was refused; [`Lab::refused`] says why.
    pub fn paste(self, text: &str) -> bool {
        let at = self.selected.get_untracked();
        let text = text.trim();
        let read = match text.chars().next() {
            None => Err("the clipboard holds no text".into()),
            Some('{') => json::read(text).map_err(|error| error.to_string()),
            Some(share::VERSION) => share::decode(text).map_err(|error| error.to_string()),
            Some(_) => Err(
                "the pasted text is neither a document of the lab, which begins with {, nor the \
                 text of one of its links"
                    .into(),
            ),
        };
        let graph = match read {
            Ok(graph) => graph,
            Err(why) => {
                self.refuse(at, &why);
                return false;
            }
        };
        if self.graph.with_untracked(|graph| graph.nodes().is_empty()) {
            return self.open_graph(graph);
        }
        let next = self.graph.with_untracked(Graph::next_id);
        let fragment = graph.into();
        let made = self.apply(Edit::Paste {
            after: at,
            fragment,
        });
        if made {
            self.select_new(next);
        }
        made
    }

    /// Duplicates the selected nodes, as [`Edit::DuplicateNodes`] says; a whole block as a block.
    pub fn duplicate(self) -> bool {
        let mut nodes = self.selection.get_untracked();
        nodes.retain(|&node| node != NodeId::INPUT);
        let edit = match (self.whole_block(&nodes), &nodes[..]) {
            (Some(block), _) => Edit::DuplicateBlock { block },
            (None, &[node]) => Edit::Duplicate { node },
            (None, _) => Edit::DuplicateNodes { nodes },
        };
        self.put_down(&[edit])
    }

    /// Removes the selected nodes in one step.
    pub fn remove_selected(self) -> bool {
        self.remove(self.selection.get_untracked())
    }

    fn remove(self, mut nodes: Vec<NodeId>) -> bool {
        let selected = self
            .selection
            .with_untracked(|selection| *selection == nodes);
        self.graph
            .with_untracked(|graph| nodes.retain(|&id| graph.node(id).is_some()));
        // Selected afterwards: what fed the first of them.
        let before = self.graph.with_untracked(|graph| {
            nodes.sort_by_key(|&id| std::cmp::Reverse(graph.position(id)));
            let first = graph.node(*nodes.last()?)?;
            first.inputs.first().copied()
        });
        let edits: Vec<Edit> = nodes
            .into_iter()
            .map(|node| Edit::Remove { node })
            .collect();
        let made = self.apply_all(&edits);
        if let Some(before) = before.filter(|_| made && selected) {
            self.select(before);
        }
        made
    }
}

/// The browser's clipboard; `None` where pages have no access to it.
pub(super) fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = window().navigator().clipboard();
    (!clipboard.is_undefined()).then_some(clipboard)
}
