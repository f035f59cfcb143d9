//! The list of kept experiments, and the text form that the browser's database keeps.

pub mod record;

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set};

/// A kept experiment as the list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub network: String,
    /// Milliseconds since 1970.
    pub edited: f64,
    /// It is the one on the screen.
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
    /// The kept experiments while their list is shown; `None` until they are read.
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

    /// The list is shown; it is read next.
    pub fn show(self) {
        self.shown.set(true);
    }

    /// The list is no longer shown. The next time it is read before it is shown: one that changes
    /// under the pointer opens what nobody meant.
    pub fn hide(self) {
        self.shown.set(false);
        self.list.set(None);
    }

    /// The list has been read.
    pub fn set_list(self, list: Vec<Listed>) {
        self.list.set(Some(list));
    }
}
