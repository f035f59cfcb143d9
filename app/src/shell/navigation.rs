//! The navigation at the bottom of a phone.

use leptos::prelude::*;
use state::screen::{Area, View};

use super::panels::{areas, is_locked, show};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};
use crate::ui::menu::named_menu;

/// Whether an area has a button of its own; the others are in the menu More.
const fn in_bar(area: Area) -> bool {
    matches!(area, Area::Look | Area::Build | Area::Train)
}

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
    // The areas but Look, in the order of their tabs.
    let others = move |bar: bool| {
        let areas = areas(lab).into_iter();
        areas
            .filter(|area| *area != Area::Look && in_bar(*area) == bar)
            .map(|area| item(area.title(), Icon::of(area), area, View::Network))
            .collect_view()
    };
    view! {
        <nav
            class="bottom"
            aria-label="Views"
            data-more=move || (!in_bar(lab.screen.area().get())).then_some("")
        >
            {item("Draw", Icon::Pen, Area::Look, View::Draw)}
            {item("Network", Icon::Network, Area::Look, View::Network)}
            {move || others(true)}
            {named_menu("More", "more-areas", Icon::More, move |close| {
                view! {
                    <div on:click=move |_| close.run(())>
                        {move || others(false)}
                        <button
                            type="button"
                            data-testid="go-learn"
                            on:click=move |_| lab.learn.show(true)
                        >
                            {icon(Icon::Learn)}
                            "Learn"
                        </button>
                    </div>
                }
                .into_any()
            })}
        </nav>
    }
}
