//! The styles of panels and dialogs that are opened after the first answer.

use leptos::prelude::document;

/// Loads them, once. A page that links all of its styles itself, as trunk's does, has none to load.
pub fn load_later() {
    let link = document()
        .query_selector("link[rel='later']")
        .ok()
        .flatten();
    if let Some(link) = link {
        let set = link.set_attribute("rel", "stylesheet");
        debug_assert!(set.is_ok());
    }
}
