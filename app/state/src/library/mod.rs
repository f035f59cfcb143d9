//! The list of stored experiments, and the text format of the browser's database.

pub mod record;

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set};

/// An entry of the list of stored experiments.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub network: String,
    /// Milliseconds since 1970.
    pub edited: f64,
    /// It is the open one.
    pub open: bool,
    /// Why it cannot be opened.
    pub closed: Option<String>,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Library {
    list: RwSignal<Option<Vec<Listed>>>,
    shown: RwSignal<bool>,
}

readable!(Library {
    /// The stored experiments while their list is shown; `None` until they are loaded.
    list: Option<Vec<Listed>>,
});

impl Library {
    pub(crate) fn new() -> Self {
        Self {
            list: RwSignal::new(None),
            shown: RwSignal::new(false),
        }
    }

    /// Whether the list is shown.
    pub fn is_shown(self) -> bool {
        self.shown.get_untracked()
    }

    /// Shows the list, which must be loaded next.
    pub fn show(self) {
        self.shown.set(true);
    }

    /// Hides the list. Its entries are cleared and loaded again before it is next shown, so that
    /// they do not change under the pointer.
    pub fn hide(self) {
        self.shown.set(false);
        self.list.set(None);
    }

    /// Sets the loaded entries.
    pub fn set_list(self, list: Vec<Listed>) {
        self.list.set(Some(list));
    }
}
