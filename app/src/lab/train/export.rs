//! A training's curve as a table of comma-separated values.

use leptos::prelude::*;
use state::notices::Place;
use state::train::Curve;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::lab::Lab;
use crate::platform::clipboard::clipboard;
use crate::platform::download::download;
use crate::platform::fetch::reason;

impl Lab {
    /// Puts the curve on the browser's clipboard as CSV.
    pub fn copy_curve(self) {
        let notices = self.notices;
        let way_out = "save the CSV instead";
        let Some(clipboard) = clipboard() else {
            let why = format!("This browser gives pages no clipboard: {way_out}.");
            return notices.fail(Place::File, why);
        };
        let csv = self.train.curve().with_untracked(Curve::csv);
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&csv)).await {
                Ok(_) => {
                    notices.dismiss(Place::File);
                    notices.tell("The curve is on the clipboard as CSV.".into());
                }
                Err(error) => {
                    let why = reason(&error);
                    notices.fail(
                        Place::File,
                        format!("The browser does not copy ({why}): {way_out}."),
                    );
                }
            }
        });
    }

    /// Saves the curve as a file of CSV.
    pub fn save_curve(self) {
        let graph = self.document.running();
        let name = graph.with_untracked(|graph| graph.name().to_lowercase());
        let name = name.replace(|letter: char| !letter.is_alphanumeric(), "-");
        let name = format!("{name}-training.csv");
        let csv = self.train.curve().with_untracked(Curve::csv);
        match download(&name, csv.as_bytes()) {
            Ok(()) => self.notices.dismiss(Place::File),
            Err(error) => {
                let why = reason(&error);
                let why = format!("The browser does not save {name}: {why}.");
                self.notices.fail(Place::File, why);
            }
        }
    }
}
