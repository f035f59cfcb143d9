//! The offline copy of the site, and newer versions of it.

use std::collections::HashMap;

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Set, With};

use crate::signals::set_if_changed;

/// The state of the offline copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Offline {
    /// Not known yet.
    #[default]
    Unknown,
    /// The browser stores no offline copy, and why.
    Unable(String),
    Kept {
        /// The version of the build, a hash of its files.
        version: String,
        /// Bytes stored, and those of the whole site.
        kept: u64,
        all: u64,
    },
}

/// A newer version of the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newer {
    #[default]
    None,
    /// It is downloaded and waits for the user.
    Waiting,
    /// The user accepted it: the page reloads once its service worker is active.
    Wanted,
    /// Its service worker is active, because the user accepted it in another tab.
    Active,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Site {
    offline: RwSignal<Offline>,
    keeping: RwSignal<bool>,
    newer: RwSignal<Newer>,
    /// Bytes stored of each data set's folder, and all of them.
    folders: RwSignal<HashMap<String, (u64, u64)>>,
}

readable!(Site {
    /// The state of the offline copy.
    offline: Offline,
    /// The whole site is being downloaded for offline use.
    keeping: bool,
    /// Whether there is a newer version.
    newer: Newer,
});

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            offline: RwSignal::default(),
            keeping: RwSignal::new(false),
            newer: RwSignal::default(),
            folders: RwSignal::default(),
        }
    }

    /// Sets the state of the offline copy.
    pub fn set_offline(self, offline: Offline) {
        self.offline.set(offline);
    }

    /// The bytes that are stored of a folder of data, and all of them; `None` where nothing is stored.
    pub fn kept_of(self, folder: &str) -> Option<(u64, u64)> {
        self.folders.with(|folders| folders.get(folder).copied())
    }

    /// Sets how much of each folder of data is stored.
    pub fn set_folders(self, folders: HashMap<String, (u64, u64)>) {
        set_if_changed(self.folders, folders);
    }

    /// Sets whether the whole site is being downloaded.
    pub fn set_keeping(self, keeping: bool) {
        self.keeping.set(keeping);
    }

    /// Sets the state of a newer version.
    pub fn set_newer(self, newer: Newer) {
        self.newer.set(newer);
    }
}
