//! Why the network answers as it does: maps of what counts, drawn over the input.

mod backward;
mod chips;
mod class_choice;
mod depth;
mod figure;
mod health;
mod picture;
mod projection;
mod sanity;
mod spread;
mod surgery;
mod wants;
mod why;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::screen::LookTab;

use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};
use crate::ui::look_tabs;

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(why_code))]
fn why_dock() -> Part {
    let lab: Lab = expect_context();
    let tab = lab.screen.look_tab();
    let body = move || match tab.get() {
        LookTab::Totals => ().into_any(),
        LookTab::Why => view! { <why::Why /> }.into_any(),
        LookTab::Backward => view! { <backward::BackwardTab /> }.into_any(),
        LookTab::Depth => view! { <depth::Depth /> }.into_any(),
        LookTab::Surgery => view! { <surgery::Surgery /> }.into_any(),
        LookTab::Wants => view! { <wants::Wants /> }.into_any(),
        LookTab::Health => view! { <health::Health /> }.into_any(),
        LookTab::Projection => view! { <projection::Projection /> }.into_any(),
    };
    let view = view! {
        <section class="why" data-testid="why-panel">
            <header class="dock-head">
                {look_tabs(lab)}
                <span class="spring"></span>
                <button
                    type="button"
                    class="icon"
                    aria-label="Close the dock"
                    title="Close"
                    on:click=move |_| lab.screen.open_dock(false)
                >
                    {icon(Icon::Down)}
                </button>
            </header>
            {body}
        </section>
    };
    Ok(view.into_any())
}

/// The dock below the network.
pub fn dock(_lab: Lab) -> AnyView {
    lazy::on_demand("Why this answer", why_code, why_dock)
}
