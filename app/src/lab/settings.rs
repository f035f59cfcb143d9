//! Small choices kept from visit to visit, where the browser allows it.

use leptos::prelude::window;

/// The kept value of this name. A browser that forbids storage gives nothing.
pub fn read(name: &str) -> Option<String> {
    window()
        .local_storage()
        .ok()
        .flatten()?
        .get_item(&key(name))
        .ok()
        .flatten()
}

/// Keeps a value. Where the browser forbids storage the choice lasts for this visit only, which
/// is what a person who forbids it expects.
pub fn write(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _forbidden = storage.set_item(&key(name), value);
    }
}

fn key(name: &str) -> String {
    format!("cnn-lab/{name}")
}
