//! Pictures of 16 × 16 in the text's colour.

use leptos::prelude::*;

pub const CHECK: &str = "M3.5 8.5l3 3 6-7";
pub const CLOSE: &str = "M4 4l8 8M12 4l-8 8";
pub const DOWN: &str = "M4.5 6.5 8 10l3.5-3.5";
pub const MORE: &str = "M3 8h.01M8 8h.01M13 8h.01";
pub const PLUS: &str = "M8 3.5v9M3.5 8h9";
pub const UP: &str = "M4.5 9.5 8 6l3.5 3.5";

/// The lines of one of these paths. It has no name: its button has one.
pub fn icon(path: &'static str) -> AnyView {
    view! {
        <svg class="ic" viewBox="0 0 16 16" aria-hidden="true">
            <path d=path />
        </svg>
    }
    .into_any()
}
