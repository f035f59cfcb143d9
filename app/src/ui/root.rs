//! Attributes of the page's root, for styles that depend on something far away.
//!
//! `:has()` would do the same in CSS alone, but makes the browser evaluate it after every change of
//! the page.

use leptos::prelude::*;

/// Sets an attribute of the root for the life of the calling component; `None` removes it.
pub fn mark(name: &'static str, value: impl Fn() -> Option<&'static str> + 'static) {
    let put = move |value: Option<&str>| {
        if let Some(root) = document().document_element() {
            let done = match value {
                Some(value) => root.set_attribute(name, value),
                None => root.remove_attribute(name),
            };
            debug_assert!(done.is_ok());
        }
    };
    Effect::new(move |_| put(value()));
    on_cleanup(move || put(None));
}
