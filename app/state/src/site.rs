//! How much of the site is kept on this machine, and newer versions of it.

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::Set;

/// How much of the site this machine keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Offline {
    /// Not known yet.
    #[default]
    Unknown,
    /// The browser does not keep it, and why.
    Unable(String),
    Kept {
        /// The build's version, made from its files.
        version: String,
        /// Bytes that are kept, and those of the whole site.
        kept: u64,
        all: u64,
    },
}

/// A newer version of the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newer {
    #[default]
    None,
    /// It is on this machine and waits until the person wants it.
    Waiting,
    /// The person wants it: the page is reloaded as soon as it has taken over.
    Wanted,
    /// It has taken over, because the person wanted it in another tab.
    Active,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Site {
    offline: RwSignal<Offline>,
    keeping: RwSignal<bool>,
    newer: RwSignal<Newer>,
}

readable!(Site {
    /// How much of the site is kept on this machine.
    offline: Offline,
    /// All of the site is being fetched, to be kept.
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
        }
    }

    /// How much of the site is kept is known.
    pub fn set_offline(self, offline: Offline) {
        self.offline.set(offline);
    }

    /// All of the site is being fetched, or no longer.
    pub fn set_keeping(self, keeping: bool) {
        self.keeping.set(keeping);
    }

    /// How a newer version stands.
    pub fn set_newer(self, newer: Newer) {
        self.newer.set(newer);
    }
}
