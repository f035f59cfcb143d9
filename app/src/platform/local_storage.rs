//! Small settings in local storage, where the browser allows it. An embedded page stores nothing.

use leptos::prelude::window;
use web_sys::Storage;

use super::address;

fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The kept value of this name. A browser that forbids storage gives nothing.
pub fn read(name: &str) -> Option<String> {
    local()?.get_item(&key(name)).ok().flatten()
}

/// Keeps a value. Where the browser forbids storage the choice lasts for this visit only, as a user
/// who forbids it expects.
pub fn write(name: &str, value: &str) {
    if let Some(storage) = local().filter(|_| address::embed().is_none()) {
        let _forbidden = storage.set_item(&key(name), value);
    }
}

/// Forgets a value.
pub fn forget(name: &str) {
    if let Some(storage) = local() {
        let _forbidden = storage.remove_item(&key(name));
    }
}

/// All names that begin with this.
pub fn names(beginning: &str) -> Vec<String> {
    let Some(storage) = local() else {
        return Vec::new();
    };
    let beginning = key(beginning);
    let count = storage.length().unwrap_or_default();
    let names = (0..count).filter_map(|at| storage.key(at).ok().flatten());
    names
        .filter(|name| name.starts_with(&beginning))
        .map(|name| name[key("").len()..].to_owned())
        .collect()
}

/// Keeps a value for this tab and for new ones.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _forbidden = storage.set_item(&key(name), value);
    }
    write(name, value);
}

/// The value of this tab, or the last one of any.
pub fn remembered(name: &str) -> Option<String> {
    let session = window().session_storage().ok().flatten();
    let own = session.and_then(|it| it.get_item(&key(name)).ok().flatten());
    own.or_else(|| read(name))
}

fn key(name: &str) -> String {
    format!("cnn-lab/{name}")
}
