//! The document's actions that need the page: opening networks, repairs, and persisted settings.

use engine::format::Control;
use engine::{Graph, NodeId, zoo};
use leptos::prelude::*;
use state::document::Snapshot;
use state::notices::Place;

use super::Lab;
use crate::platform::clipboard::clipboard;
use crate::platform::fetch::reason;
use crate::platform::local_storage;
use crate::platform::schedule::soon;
use wasm_bindgen_futures::{JsFuture, spawn_local};

impl Lab {
    /// Opens a network of the zoo in a new task; undo restores the previous one. One of the person's
    /// own stays in the list of experiments.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn open_preset(self, name: &str) -> Result<(), zoo::ZooError> {
        let entry = zoo::entry(name)?;
        if !self.permits(Control::Presets) || !self.permits(Control::Network) {
            return Ok(());
        }
        let graph = entry.graph(&zoo::Options::default())?;
        let origin = Some(entry.name);
        self.document.clear_refusal();
        self.notices.dismiss(Place::File);
        if self.document.origin().get_untracked() != origin {
            self.leave_network();
        }
        let open = async move {
            self.leave_own_work(graph.name()).await;
            let pristine = Some(graph.clone());
            let state = Snapshot {
                graph,
                origin,
                weights: None,
            };
            self.replace_with(state, &format!("open {}", entry.title));
            self.select_first();
            self.core(|core| core.pristine = pristine);
        };
        // In a new task; the views of the previous network are removed in this one.
        soon(move || spawn_local(open));
        Ok(())
    }

    /// Opens a network derived from the zoo's network `origin`; undo restores the previous one. One
    /// of the person's own stays in the list of experiments.
    pub fn open_beside(self, graph: Graph, origin: Option<&'static str>) {
        if !self.permits(Control::Presets) || !self.permits(Control::Network) {
            return;
        }
        self.notices.dismiss(Place::File);
        spawn_local(async move {
            self.leave_own_work(graph.name()).await;
            self.open_as(graph, origin);
        });
    }

    /// Opens a pinned network as the document; undo restores the previous one.
    pub fn open_pin(self, slot: usize) {
        if let Some((graph, origin)) = self.compare.pinned(slot) {
            self.open_beside(graph, origin);
        }
    }

    /// Pins the current document. `false` when that is refused, with a notice of the reason.
    pub fn pin_current(self) -> bool {
        let graph = self.document.graph().get_untracked();
        let origin = self.document.origin().get_untracked();
        self.compare.pin(graph, origin)
    }

    /// Applies a value of a what-if curve to the document as one step of the history; `control` is
    /// the control that makes the same change.
    pub fn take_what_if(self, control: Control, graph: Graph, what: &str) {
        self.document.clear_refusal();
        self.replace_as(control, graph, what);
    }

    /// Puts the comparison's table into the clipboard as comma-separated values.
    pub fn copy_comparison(self, csv: String) {
        let compare = self.compare;
        let way_out = "select the table and press Ctrl+C";
        let Some(clipboard) = clipboard() else {
            return compare.refuse(Some(format!(
                "This browser gives pages no clipboard: {way_out}."
            )));
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&csv)).await {
                Ok(_) => compare.confirm("The table is in the clipboard as CSV.".into()),
                Err(error) => compare.refuse(Some(format!(
                    "The browser does not copy ({}): {way_out}.",
                    reason(&error)
                ))),
            }
        });
    }

    /// Computes repairs of this node's problem in a new task.
    pub fn find_repairs(self, node: NodeId) {
        self.document.await_repairs(node);
        let graph = self.document.graph().get_untracked();
        let look = move || self.document.find_repairs(node, &graph);
        soon(look);
    }

    /// Shows the network as a list or as a graph, and persists the choice.
    pub fn show_list(self, list: bool) {
        if !self.permits(Control::View) {
            return;
        }
        self.screen.show_list(list);
        local_storage::write("view", if list { "list" } else { "graph" });
    }

    /// Shows all layers of the palette or the common ones, and persists the choice.
    pub fn open_palette(self, open: bool) {
        self.screen.open_palette(open);
        local_storage::write("palette", if open { "all" } else { "common" });
    }
}
