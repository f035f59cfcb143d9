//! Studies as files of comma-separated values.

use leptos::prelude::*;
use state::notices::Place;

use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

impl Lab {
    /// Saves a table; `what` becomes a part of the file's name.
    pub fn save_table(self, what: &str, csv: &str) {
        let graph = self.document.running();
        let name = graph.with_untracked(|graph| graph.name().to_lowercase());
        let name = name.replace(|letter: char| !letter.is_alphanumeric(), "-");
        let name = format!("{name}-{what}.csv");
        match download(&name, csv.as_bytes()) {
            Ok(()) => self.notices.dismiss(Place::File),
            Err(error) => {
                let why = format!("The browser does not save {name}: {}.", reason(&error));
                self.notices.fail(Place::File, why);
            }
        }
    }
}
