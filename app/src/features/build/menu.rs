//! What is done with the selected layers, behind one button.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, Node};

use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

/// An action: its words, `data-testid`, keys and effect.
type Action = (&'static str, &'static str, &'static str, fn(Lab));

const ACTIONS: [Action; 8] = [
    ("Duplicate", "duplicate", "Ctrl+D", |lab| {
        lab.duplicate();
    }),
    ("Move up", "move-up", "Alt+↑", |lab| {
        lab.move_by(true);
    }),
    ("Move down", "move-down", "Alt+↓", |lab| {
        lab.move_by(false);
    }),
    ("Wrap into a block", "wrap", "Ctrl+G", |lab| {
        lab.wrap();
    }),
    ("Copy", "copy", "Ctrl+C", |lab| lab.copy_selected(false)),
    ("Cut", "cut", "Ctrl+X", |lab| lab.copy_selected(true)),
    ("Paste", "paste", "Ctrl+V", Lab::paste_clipboard),
    ("Delete", "delete", "Delete", |lab| {
        lab.remove_selected();
    }),
];

/// The button and its menu. `layers` is whether layers are selected, not the input alone.
pub fn menu(lab: Lab, layers: Memo<bool>) -> AnyView {
    let place = NodeRef::<html::Details>::new();
    let close = move |focus: bool| {
        let Some(menu) = place.get_untracked() else {
            return;
        };
        menu.set_open(false);
        let button = menu.first_element_child();
        if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
            && focus
        {
            let focused = button.focus();
            debug_assert!(focused.is_ok());
        }
    };
    let leave = move |event: FocusEvent| {
        let to = event
            .related_target()
            .and_then(|it| it.dyn_into::<Node>().ok());
        let inside = place
            .get_untracked()
            .is_some_and(|menu| menu.contains(to.as_ref()));
        if to.is_some() && !inside {
            close(false);
        }
    };
    let key = move |event: KeyboardEvent| {
        let Some(menu) = place.get_untracked().filter(|menu| menu.open()) else {
            return;
        };
        let step = match event.key().as_str() {
            "Escape" => {
                event.prevent_default();
                return close(true);
            }
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        event.prevent_default();
        let Ok(items) = menu.query_selector_all("button:not(:disabled)") else {
            return;
        };
        let items: Vec<web_sys::HtmlElement> = (0..items.length())
            .filter_map(|at| items.item(at)?.dyn_into().ok())
            .collect();
        let active = document().active_element();
        let here = |it: &web_sys::HtmlElement| active.as_ref().is_some_and(|at| **it == *at);
        let next = match items.iter().position(here) {
            Some(at) => (at as i32 + step).rem_euclid(items.len() as i32) as usize,
            None => 0,
        };
        if let Some(item) = items.get(next) {
            let focused = item.focus();
            debug_assert!(focused.is_ok());
        }
    };
    let item = move |(name, testid, keys, act): Action| {
        let disabled = move || testid != "paste" && !layers.get();
        view! {
            <button
                type="button"
                class="menu-item"
                data-testid=testid
                disabled=disabled
                on:click=move |_| {
                    close(true);
                    act(lab);
                }
            >
                {name}
                <span aria-hidden="true">{keys}</span>
            </button>
        }
    };
    view! {
        <details class="menu" node_ref=place on:focusout=leave on:keydown=key>
            <summary class="icon" data-testid="layer-menu" aria-label="Actions" title="Actions">
                {icon(Icon::More)}
            </summary>
            <div class="menu-list">{ACTIONS.map(item)}</div>
        </details>
    }
    .into_any()
}
