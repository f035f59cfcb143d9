//! Networks as text: code, what PyTorch prints, Keras' summaries.

use std::cell::RefCell;

use engine::format::Experiment;
use engine::import_text::{self, Import};
use state::exchange::{Asked, Question};
use state::notices::Place;

use crate::lab::Lab;

/// What a text without a file is called.
const PASTED: &str = "The text";

thread_local! {
    static HELD: RefCell<Option<Import>> = const { RefCell::new(None) };
}

impl Lab {
    /// Asks for a text.
    pub fn ask_for_text(self) {
        self.exchange.ask(Asked {
            file: PASTED.to_owned(),
            question: Question::Paste { wrong: None },
        });
    }

    /// Reads a text, which is of a file where it has a name. `None` where it is refused, or something is
    /// asked first.
    pub fn read_text(self, name: Option<&str>, text: &str) -> Option<Experiment> {
        HELD.take();
        let import = match import_text::read(text, None) {
            Ok(import) => import,
            Err(error) => {
                self.refuse_text(name, &error.to_string());
                return None;
            }
        };
        let stem = name.map_or("Pasted network", |name| {
            name.rsplit_once('.').map_or(name, |(stem, _)| stem)
        });
        let import = Import {
            graph: import_text::named(&import.graph, stem),
            ..import
        };
        if import.is_complete() {
            return Some(self.opened_text(import));
        }
        let question = Question::Unread {
            lines: import.unread.iter().map(ToString::to_string).collect(),
            layers: import.graph.nodes().len(),
        };
        HELD.replace(Some(import));
        self.exchange.ask(Asked {
            file: name.unwrap_or(PASTED).to_owned(),
            question,
        });
        None
    }

    /// The network without the lines that are not understood.
    pub fn part_of_text(self) -> Option<Experiment> {
        HELD.take().map(|import| self.opened_text(import))
    }

    /// What was pasted stays in the dialog; a file is refused as others are.
    fn refuse_text(self, name: Option<&str>, why: &str) {
        match name {
            None => self.exchange.ask(Asked {
                file: PASTED.to_owned(),
                question: Question::Paste {
                    wrong: Some(format!("The text cannot be opened: {why}.")),
                },
            }),
            Some(name) => {
                let text = format!("{name} cannot be opened: {why}. Your work is as it was.");
                self.notices.fail(Place::File, text);
            }
        }
    }

    fn opened_text(self, import: Import) -> Experiment {
        self.exchange.answered();
        self.exchange.paste(String::new());
        self.notices.dismiss(Place::File);
        if !import.assumed.is_empty() {
            let assumed = import.assumed.join("; ");
            self.notices
                .tell(format!("Taken from the text: {assumed}."));
        }
        Experiment {
            graph: import.graph,
            settings: Default::default(),
        }
    }
}
