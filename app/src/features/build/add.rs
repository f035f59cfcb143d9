//! Layers to add: a search, the common ones as tiles, and all of them by family.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use state::palette::{PaletteEntry, common};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::item::{Shared, item};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

#[component]
pub fn Add() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let shared = Shared::new(lab);
    let wanted = RwSignal::new(String::new());
    let search = NodeRef::<html::Input>::new();
    focus_by_slash(search);
    let open = move || lab.screen.palette_open().get();
    let items = move || {
        let all = shared.entries.get_value();
        let searched = wanted.with(|wanted| !wanted.trim().is_empty());
        if !searched && !open() {
            return tiles(shared, &all).into_any();
        }
        let found = wanted.with(|wanted| {
            let found = all.iter().enumerate();
            let found = found.filter(|(_, entry)| entry.is_found(wanted));
            found.collect::<Vec<_>>()
        });
        if found.is_empty() {
            return view! { <p class="note">"No layer or block of this name."</p> }.into_any();
        }
        let group = |all: &[(usize, &PaletteEntry)]| {
            let name = all.first().map_or("", |(_, entry)| entry.group());
            let items = all
                .iter()
                .map(|(at, it)| item(shared, *at, it, &capital(it.title)));
            view! {
                <div class="palette-group" role="group" aria-label=name>
                    <h3 class="palette-family">{name}</h3>
                    {items.collect_view()}
                </div>
            }
        };
        let groups = found.chunk_by(|one, other| one.1.group() == other.1.group());
        groups.map(group).collect_view().into_any()
    };
    view! {
        <section
            class="add"
            data-testid="palette"
            aria-label="Add a layer"
            on:touchmove=move |event| {
                if shared.lifted.get_value() && event.cancelable() {
                    event.prevent_default();
                }
            }
            on:contextmenu=move |event| {
                if shared.lifted.get_value() {
                    event.prevent_default();
                }
            }
        >
            <h2>"Add a layer"</h2>
            <label class="search">
                {icon(Icon::Search)}
                <input
                    node_ref=search
                    type="search"
                    placeholder="Search layers and blocks"
                    aria-label="Search layers and blocks"
                    prop:value=wanted
                    on:input=move |event| wanted.set(event_target_value(&event))
                    on:keydown=move |event| {
                        if event.key() == "Escape" {
                            wanted.set(String::new());
                        }
                    }
                />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            {items}
            <button
                type="button"
                class="quiet unfold-all"
                data-testid="palette-toggle"
                aria-expanded=move || open().to_string()
                on:click=move |_| lab.open_palette(!lab.screen.palette_open().get_untracked())
            >
                {move || if open() { "Common layers only" } else { "All layers and blocks" }}
                {icon(Icon::Next)}
            </button>
        </section>
    }
}

/// The common entries.
fn tiles(shared: Shared, all: &[PaletteEntry]) -> impl IntoView + use<> {
    let tile = |(at, entry)| {
        let (order, title) = common(entry)?;
        Some((order, item(shared, at, entry, title)))
    };
    let mut tiles: Vec<_> = all.iter().enumerate().filter_map(tile).collect();
    tiles.sort_by_key(|(order, _)| *order);
    let tiles = tiles.into_iter().map(|(_, tile)| tile);
    view! {
        <div class="tiles" role="group" aria-label="Common layers">{tiles.collect_view()}</div>
    }
}

/// With a capital letter.
fn capital(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// “/” leads to the search, where no text is typed.
fn focus_by_slash(search: NodeRef<html::Input>) {
    let keys = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let typing = target.is_some_and(|it| {
            let text = "input, textarea, select, dialog, [contenteditable]";
            matches!(it.closest(text), Ok(Some(_)))
        });
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if event.key() == "/"
            && plain
            && !typing
            && let Some(search) = search.get_untracked()
        {
            event.prevent_default();
            let focused = search.focus();
            debug_assert!(focused.is_ok());
        }
    });
    on_cleanup(move || keys.remove());
}
