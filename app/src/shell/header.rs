//! The header: the network's name, the areas, undo and redo, sharing, and a menu with the rest.

use engine::format::Control;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use state::screen::{Area, View};

use super::drawer::learn_button;
use super::menu::more_button;
use super::panels::{areas, is_locked, show};
use crate::features::library;
use crate::lab::Lab;
use crate::ui::format::percent;
use crate::ui::{focus_by_id, history, lockable, turn};

#[component]
pub fn Header() -> impl IntoView {
    let lab = expect_context::<Lab>();
    view! {
        <header class="bar">
            <h1 class="visually-hidden">"CNN lab"</h1>
            <Logo />
            {lockable(lab, Control::Presets, view! { <library::Networks /> }.into_any())}
            <AnswerChip />
            <Areas />
            <div class="bar-tools">
                {learn_button(lab)}
                {history(lab, ["undo", "redo"])}
                {library::buttons(lab)}
                {more_button()}
            </div>
        </header>
    }
}

/// The picture of the lab, as in favicon.svg.
#[component]
fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 18 18" aria-hidden="true">
            <path d="M0 0h5v5H0zM6.5 0h5v5h-5zM0 6.5h5v5H0zM6.5 6.5h5v5h-5zM13 6.5h5v5h-5zM6.5 13h5v5h-5zM13 13h5v5h-5z"></path>
            <path class="logo-weak" d="M13 0h5v5h-5zM0 13h5v5H0z"></path>
        </svg>
    }
}

/// The areas as tabs; the arrow keys go from one to the next.
#[component]
fn Areas() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let shown = Memo::new(move |_| areas(lab));
    // The present area may be hidden or locked by the link that is opened.
    Effect::new(move |_| {
        let area = lab.screen.area().get();
        if is_locked(lab, area) || !shown.with(|shown| shown.contains(&area)) {
            lab.screen.show_area(Area::Look);
        }
    });
    let turned = move |event: KeyboardEvent| {
        let mut all = shown.get_untracked();
        all.retain(|area| untrack(|| !is_locked(lab, *area)));
        let now = lab.screen.area().get_untracked();
        let at = all.iter().position(|area| *area == now).unwrap_or_default();
        let next = turn(&event, at, all.len());
        if let Some(&area) = next.and_then(|next| all.get(next)) {
            show(lab, area, View::Network);
            focus_by_id(&format!("area-{}", area.name()));
        }
    };
    let one = move |area: Area| {
        let here = move || lab.screen.area().get() == area;
        let content = if area == Area::Compare {
            view! { <span data-testid="compare-button">{area.title()}</span> }.into_any()
        } else {
            area.title().into_any()
        };
        let locked = move || is_locked(lab, area);
        view! {
            <button
                type="button"
                role="tab"
                id=format!("area-{}", area.name())
                data-testid="area"
                data-area=area.name()
                aria-selected=move || here().to_string()
                tabindex=move || if here() { "0" } else { "-1" }
                disabled=locked
                title=move || locked().then_some(state::document::LOCKED)
                on:click=move |_| show(lab, area, View::Network)
            >
                {content}
            </button>
        }
    };
    view! {
        <div class="areas" role="tablist" aria-label="Areas" on:keydown=turned>
            {move || shown.get().into_iter().map(one).collect_view()}
        </div>
    }
}

/// The answer on a phone, where the network hides it.
#[component]
fn AnswerChip() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let answer = Memo::new(move |_| {
        let (class, share) = lab.answer.reading.with(|reading| {
            let reading = reading.as_ref()?;
            Some((reading.best?, reading.sure()?))
        })?;
        let name = lab.answer.names.with(|names| names.of(class));
        Some((name, percent(share)))
    });
    let shown = move || {
        let (name, share) = answer.get()?;
        let hidden = lab.document.hides(Control::Answer);
        (!hidden).then(|| view! { <b>{name}</b> " " {share} })
    };
    view! { <p class="answer-chip" aria-hidden="true">{shown}</p> }
}
