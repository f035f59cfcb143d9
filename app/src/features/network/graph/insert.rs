//! The list of layers that the + on a wire opens.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use state::palette::{PaletteEntry, common, palette};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::paint::px;
use super::picture::Picture;
use crate::ui::into_view;

/// The width of the list.
const WIDE: f32 = 220.0;

/// The open list, at its place.
pub fn insert_list(picture: Picture) -> AnyView {
    let open = Memo::new(move |_| {
        let at = picture.inserting.get()?;
        picture
            .places
            .with(|places| Some((at, places.get(at)?.clone())))
    });
    (move || {
        let (_, place) = open.get()?;
        let wanted = RwSignal::new(String::new());
        let search = NodeRef::<html::Input>::new();
        Effect::new(move |_| {
            if let Some(search) = search.get() {
                let focused = search.focus();
                debug_assert!(focused.is_ok());
                // Where the picture is lower than the list, all of it and not the search alone.
                if let Ok(Some(list)) = search.closest(".insert-list") {
                    into_view(&list);
                }
            }
        });
        let spot = place.spot();
        let close = move || {
            picture.inserting.set(None);
            picture.focus(picture.here());
        };
        let take = move |entry: &PaletteEntry| {
            picture.inserting.set(None);
            if picture.lab.insert_at(entry, &spot) {
                picture.focus_node(picture.lab.selection.node().get_untracked());
            }
        };
        let found = move || {
            wanted.with(|wanted| {
                let mut all = palette();
                all.retain(|entry| entry.is_found(wanted));
                // The common ones first.
                all.sort_by_key(|entry| common(entry).map_or(usize::MAX, |(at, _)| at));
                all
            })
        };
        let first = take.clone();
        let keys = move |event: KeyboardEvent| {
            match event.key().as_str() {
                "Escape" => close(),
                "ArrowDown" => step(&event, true),
                "ArrowUp" => step(&event, false),
                "Enter"
                    if event
                        .target()
                        .is_some_and(|it| it.is_instance_of::<web_sys::HtmlInputElement>()) =>
                {
                    if let Some(entry) = untrack(found).first() {
                        first(entry);
                    }
                }
                _ => {
                    event.stop_propagation();
                    return;
                }
            }
            event.prevent_default();
            event.stop_propagation();
        };
        let entries = move || {
            let take = take.clone();
            let all = found();
            if all.is_empty() {
                return view! { <p class="hint">"No layer or block of this name."</p> }.into_any();
            }
            let button = move |entry: PaletteEntry| {
                let take = take.clone();
                let (title, kind, variant) = (entry.title, entry.kind.clone(), entry.variant);
                let family = entry.family.map_or("shape", engine::layer::Family::name);
                let sentence = entry.sentence;
                view! {
                    <button
                        type="button"
                        data-testid="insert-item"
                        data-layer=kind
                        data-variant=variant
                        data-family=family
                        title=sentence
                        tabindex="-1"
                        on:click=move |_| take(&entry)
                    >
                        {title}
                    </button>
                }
            };
            all.into_iter().map(button).collect_view().into_any()
        };
        let (x, y) = place.at;
        // Within the picture.
        let (width, height) = picture.layout.with_untracked(|it| (it.width, it.height));
        let left = (x - WIDE / 2.0).clamp(8.0, (width - WIDE - 8.0).max(8.0));
        let top = (y + 16.0).min((height - 300.0).max(8.0));
        Some(view! {
            <div
                class="insert-list"
                role="dialog"
                aria-label=format!("Insert {}", place.label)
                style:left=px(left)
                style:top=px(top)
                style:width=px(WIDE)
                on:keydown=keys
                on:pointerdown=move |event| event.stop_propagation()
                on:click=move |event| event.stop_propagation()
            >
                <input
                    node_ref=search
                    type="search"
                    placeholder="Search layers and blocks"
                    aria-label="Search layers and blocks"
                    prop:value=wanted
                    on:input=move |event| wanted.set(event_target_value(&event))
                />
                <div class="insert-items">{entries}</div>
            </div>
        })
    })
    .into_any()
}

/// The focus goes to the next control of the list.
fn step(event: &KeyboardEvent, down: bool) {
    let list = event
        .current_target()
        .and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let Some(all) = list.and_then(|list| list.query_selector_all("input, button").ok()) else {
        return;
    };
    let focused = document().active_element();
    let at =
        (0..all.length()).find(|&at| all.get(at).as_ref() == focused.as_ref().map(AsRef::as_ref));
    let at = at.unwrap_or_default();
    let next = if down { at + 1 } else { at.saturating_sub(1) };
    if let Some(next) = all
        .get(next)
        .and_then(|it| it.dyn_into::<HtmlElement>().ok())
    {
        let focused = next.focus();
        debug_assert!(focused.is_ok());
    }
}
