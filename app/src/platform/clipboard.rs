//! The browser's clipboard.

use leptos::prelude::window;

/// The clipboard, where the browser gives pages one.
pub fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = window().navigator().clipboard();
    (!clipboard.is_undefined()).then_some(clipboard)
}
