//! Locked parts of the screen: disabled controls, and a sentence that names them.

use engine::format::{Control, Lock};
use leptos::prelude::*;

use crate::lab::Lab;
use state::document::LOCKED;
use state::document::title;

/// A part of the screen that the experiment's author may have locked or hidden. A locked part is a
/// disabled `fieldset`, so that the browser disables all controls in it.
pub fn lockable(lab: Lab, control: Control, body: AnyView) -> AnyView {
    let locked = Memo::new(move |_| !lab.document.allows(control));
    let reason = move || locked.get().then_some(LOCKED);
    view! {
        <fieldset
            class="lockable"
            data-testid="lockable"
            data-control=format!("{control:?}").to_ascii_lowercase()
            data-locked=move || locked.get().to_string()
            disabled=locked
            hidden=move || lab.document.hides(control)
            title=reason
        >
            {move || reason().map(|reason| view! { <p class="hint lock-reason">{reason} "."</p> })}
            {body}
        </fieldset>
    }
    .into_any()
}

/// Lists the locked controls, and who locked them.
pub fn lock_note(lab: Lab) -> AnyView {
    let named = move || {
        let locked = lab.document.locks().with(|locks| {
            let locked = locks.iter().filter(|(_, lock)| **lock == Lock::Locked);
            locked
                .map(|(control, _)| title(*control))
                .collect::<Vec<_>>()
        });
        (!locked.is_empty()).then(|| {
            view! {
                <p class="message lock-note" data-testid="locks">
                    {format!("{LOCKED}: {}. Your own experiments are free.", locked.join(", "))}
                </p>
            }
        })
    };
    view! { <div class="lock-note-place" role="status">{named}</div> }.into_any()
}
