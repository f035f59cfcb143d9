//! Files of other programs: what is asked about one that is not opened at once.

mod light;

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::Set;

pub use light::{Marked, marked};

/// What is asked about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub file: String,
    pub question: Question,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Some of its nodes are not supported: is the part before them to be opened?
    Part {
        /// Each with its operator and why.
        unsupported: Vec<String>,
        /// How many nodes need the output of one of these.
        behind: usize,
        /// How many layers the part has.
        layers: usize,
    },
    /// Lines of a text are not understood: is the network without them to be opened?
    Unread {
        /// Each with its number and why.
        lines: Vec<String>,
        /// How many layers are understood.
        layers: usize,
    },
    /// Which text is to be opened?
    Paste {
        /// Why the text is no network.
        wrong: Option<String>,
    },
    /// It leaves the size of its pictures open.
    Size {
        /// What it says of them.
        why: String,
    },
}

/// The file that is asked about.
#[derive(Clone, Copy)]
pub struct Exchange {
    asked: RwSignal<Option<Asked>>,
    text: RwSignal<String>,
}

readable!(Exchange {
    /// What is asked; `None` where nothing is.
    asked: Option<Asked>,
    /// The text that is pasted; it stays when it is refused.
    text: String,
});

impl Exchange {
    pub(crate) fn new() -> Self {
        Self {
            asked: RwSignal::new(None),
            text: RwSignal::new(String::new()),
        }
    }

    /// The person changes the text.
    pub fn paste(self, text: String) {
        self.text.set(text);
    }

    pub fn ask(self, asked: Asked) {
        self.asked.set(Some(asked));
    }

    /// It is answered.
    pub fn answered(self) {
        self.asked.set(None);
    }
}
