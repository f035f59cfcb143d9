//! The selected layers on the browser's clipboard.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Lab;
use crate::platform::clipboard::clipboard;
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
