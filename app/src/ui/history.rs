//! One step back or forth in the document's history.

use engine::format::Control;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::lockable;
use crate::lab::Lab;

/// Undo and redo, with these names for tests.
pub fn history(lab: Lab, [undo, redo]: [&'static str; 2]) -> AnyView {
    let steps = view! {
        <div class="history">
            {step("Undo", undo, "Ctrl+Z", Icon::Undo, move || lab.document.undo_description(), move || lab.undo_edit())}
            {step("Redo", redo, "Ctrl+Shift+Z", Icon::Redo, move || lab.document.redo_description(), move || lab.redo_edit())}
        </div>
    };
    lockable(lab, Control::Undo, steps.into_any())
}

fn step(
    name: &'static str,
    testid: &'static str,
    keys: &'static str,
    picture: Icon,
    what: impl Fn() -> Option<String> + Copy + Send + Sync + 'static,
    act: impl Fn() -> bool + 'static,
) -> AnyView {
    let title = move || match what() {
        Some(what) => format!("{name}: {what} ({keys})"),
        None => format!("{name}: nothing ({keys})"),
    };
    view! {
        <button
            type="button"
            class="icon"
            data-testid=testid
            aria-label=name
            title=title
            disabled=move || what().is_none()
            on:click=move |_| {
                act();
            }
        >
            {icon(picture)}
        </button>
    }
    .into_any()
}
