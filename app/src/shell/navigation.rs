//! The navigation at the bottom of a phone.

use leptos::prelude::*;
use state::screen::{Area, View};

use super::panels::{areas, is_locked, show};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

#[component]
pub fn Navigation() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let item = move |name: &'static str, picture: Icon, area: Area, view: View| {
        let here = move || {
            let same = lab.screen.area().get() == area;
            // Only Look has a view of its own for the input.
            same && (area != Area::Look || lab.screen.view().get() == view)
        };
        view! {
            <button
                type="button"
                data-testid="go"
                data-to=name.to_ascii_lowercase()
                aria-current=move || here().then_some("page")
                disabled=move || is_locked(lab, area)
                on:click=move |_| show(lab, area, view)
            >
                {icon(picture)}
                {name}
            </button>
        }
        .into_any()
    };
    // The other areas, in the order of their tabs.
    let others = move || {
        let areas = areas(lab).into_iter().filter(|area| *area != Area::Look);
        areas
            .map(|area| item(area.title(), Icon::of(area), area, View::Network))
            .collect_view()
    };
    view! {
        <nav class="bottom" aria-label="Views">
            {item("Draw", Icon::Pen, Area::Look, View::Draw)}
            {item("Network", Icon::Network, Area::Look, View::Network)}
            {others}
        </nav>
    }
}
