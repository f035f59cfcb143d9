//! The panel at the right of the network: a column where there is room, a sheet over the network
//! where there is less, and a sheet at the bottom of a phone.

use leptos::html::Aside;
use leptos::prelude::*;

use super::panels::{PANELS, Panel, Place};
use super::sheet::Sheet;
use crate::lab::Lab;

/// The open panel of the right side.
pub fn open(lab: Lab) -> Option<Panel> {
    let mut panels = PANELS.into_iter();
    panels.find(|it| matches!(it.place, Place::Right { .. }) && it.is_part(lab) && it.is_open(lab))
}

#[component]
pub fn RightPanel(sheet: Sheet) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let key = Memo::new(move |_| sheet.panel().map(|panel| panel.key));
    let panel = move || {
        let panel = PANELS.into_iter().find(|it| Some(it.key) == key.get())?;
        Some(view! {
            <section id=panel.key class=format!("panel {}", panel.key) role="region" aria-label=panel.title>
                {(panel.view)(lab)}
            </section>
        })
    };
    // A sheet of a phone is half as high as the screen, or nearly all of it.
    let tall = RwSignal::new(false);
    let aside = NodeRef::<Aside>::new();
    // Opened for another panel, it begins at its top.
    Effect::new(move |_| {
        key.track();
        tall.set(false);
        if let Some(aside) = aside.get_untracked() {
            aside.set_scroll_top(0);
        }
    });
    view! {
        <aside
            class="right"
            data-testid="right-panel"
            data-tall=move || tall.get().to_string()
            node_ref=aside
            hidden=move || key.get().is_none()
        >
            <button
                type="button"
                class="grab"
                aria-label="Height of this sheet"
                aria-expanded=move || tall.get().to_string()
                on:click=move |_| tall.update(|tall| *tall = !*tall)
            ></button>
            {sheet.tabs()}
            {panel}
        </aside>
    }
}
