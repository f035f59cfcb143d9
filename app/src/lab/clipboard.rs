//! The selected layers on the browser's clipboard.

use engine::compare::layers_as_csv;
use leptos::prelude::*;
use state::notices::Place;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Lab;
use crate::platform::clipboard::clipboard;
use crate::platform::download::download;
use crate::platform::fetch::reason;

impl Lab {
    /// Writes the selected nodes to the browser's clipboard, and removes them when `cut`.
    pub fn copy_selected(self, cut: bool) {
        let at = self.selection.node().get_untracked();
        let refuse = move |why: &str| self.document.refuse(at, why);
        // The selection or the network may change before the browser has taken the text.
        let nodes = self.selection.nodes().get_untracked();
        let opening = self.document.opening().get_untracked();
        let (text, clipboard) = match (self.copied(), clipboard()) {
            (Ok(text), Some(clipboard)) => (text, clipboard),
            (Err(why), _) => return refuse(&why),
            (Ok(_), None) => return refuse("here only the keys copy: press Ctrl+C"),
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&text)).await {
                Ok(_) if cut && self.document.opening().get_untracked() == opening => {
                    self.remove(nodes);
                }
                Ok(_) => {}
                Err(error) => refuse(&format!("the browser does not copy: {}", reason(&error))),
            }
        });
    }

    /// Puts the table of layers on the browser's clipboard as comma-separated values.
    pub fn copy_layers(self) {
        let notices = self.notices;
        let way_out = "save the table instead";
        let Some(clipboard) = clipboard() else {
            let why = format!("This browser gives pages no clipboard: {way_out}.");
            return notices.fail(Place::File, why);
        };
        let csv = self.layers_csv();
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&csv)).await {
                Ok(_) => {
                    notices.dismiss(Place::File);
                    notices.tell("The table of layers is on the clipboard as CSV.".into());
                }
                Err(error) => {
                    let why = reason(&error);
                    let why = format!("The browser does not copy ({why}): {way_out}.");
                    notices.fail(Place::File, why);
                }
            }
        });
    }

    /// Saves the table of layers as a file of comma-separated values.
    pub fn save_layers(self) {
        let graph = self.document.graph();
        let name = graph.with_untracked(|graph| graph.name().to_lowercase());
        let name = name.replace(|letter: char| !letter.is_alphanumeric(), "-");
        let name = format!("{name}-layers.csv");
        match download(&name, self.layers_csv().as_bytes()) {
            Ok(()) => self.notices.dismiss(Place::File),
            Err(error) => {
                let why = reason(&error);
                let why = format!("The browser does not save {name}: {why}.");
                self.notices.fail(Place::File, why);
            }
        }
    }

    fn layers_csv(self) -> String {
        let document = self.document;
        document.graph().with_untracked(|graph| {
            let analysis = document.analysis;
            analysis.with_untracked(|analysis| layers_as_csv(graph, analysis))
        })
    }

    /// Pastes the text of the browser's clipboard behind the selected node.
    pub fn paste_clipboard(self) {
        let at = self.selection.node().get_untracked();
        let refuse = move |why: &str| self.document.refuse(at, why);
        let Some(clipboard) = clipboard() else {
            return refuse("here only the keys paste: press Ctrl+V in the network");
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.read_text()).await {
                Ok(text) => {
                    self.paste(&text.as_string().unwrap_or_default());
                }
                Err(error) => refuse(&format!(
                    "the browser does not show the clipboard ({}): press Ctrl+V",
                    reason(&error)
                )),
            }
        });
    }
}
