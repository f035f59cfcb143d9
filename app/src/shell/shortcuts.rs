//! The list of keyboard shortcuts, opened by “?”.

use leptos::ev;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::features::exchange;
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};

/// The shortcuts by where they apply: keys and what they do.
const SHORTCUTS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Everywhere",
        &[
            ("?", "These shortcuts"),
            ("Ctrl + Z", "Undo"),
            ("Ctrl + Shift + Z", "Redo"),
            ("Esc", "Close a panel, cancel a move"),
        ],
    ),
    (
        "Network",
        &[
            ("← → ↑ ↓", "Another card, along the wires"),
            ("Enter", "Into the card's maps; choose a map"),
            ("+ − 0", "Zoom in, zoom out, fit"),
            ("/", "Search layers (in Build)"),
            ("M", "Move a layer"),
            ("C", "Connect to another layer"),
            ("L", "Freeze a card's layers (in Train)"),
            ("Delete", "Remove"),
            ("Ctrl + D", "Duplicate"),
            ("Ctrl + G", "Wrap into a block"),
            ("Ctrl + C, X, V", "Copy, cut, paste"),
        ],
    ),
    (
        "Drawing pad",
        &[
            ("← → ↑ ↓", "Move the pen, with Shift finely"),
            ("Space", "Put the pen down, lift it"),
            ("Delete", "Clear"),
            ("Ctrl + Z", "Take back a stroke"),
        ],
    ),
    (
        "Selected map",
        &[("← → ↑ ↓", "Another pixel"), ("Esc", "Close")],
    ),
];

/// Whether typing goes into this element.
fn takes_text(element: &Element) -> bool {
    element
        .matches("input, textarea, select, [contenteditable]")
        .unwrap_or(false)
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(shortcut_code))]
fn shortcut_part() -> Part {
    let lab: Lab = expect_context();
    Ok(view! { <Shortcuts /> {exchange::question(lab)} }.into_any())
}

/// See the module.
pub fn shortcuts(lab: Lab) -> AnyView {
    lazy::unnoticed(lab, shortcut_code, shortcut_part)
}

#[component]
fn Shortcuts() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let dialog = NodeRef::<Dialog>::new();
    let open = lab.screen.shortcuts();
    let keys = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let typing = target.is_some_and(|target| takes_text(&target));
        if event.key() == "?" && !typing && !event.default_prevented() {
            event.prevent_default();
            lab.screen.show_shortcuts(true);
        }
    });
    on_cleanup(move || keys.remove());
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get()
            && open.get()
            && !dialog.open()
        {
            let shown = dialog.show_modal();
            debug_assert!(shown.is_ok());
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let part = |(title, keys): (&'static str, &'static [(&'static str, &'static str)])| {
        let row = |(keys, what): &(&'static str, &'static str)| {
            view! { <div><dt><kbd>{*keys}</kbd></dt><dd>{*what}</dd></div> }
        };
        view! { <section><h3>{title}</h3><dl>{keys.iter().map(row).collect_view()}</dl></section> }
    };
    view! {
        <dialog
            class="shortcuts"
            data-testid="shortcuts"
            aria-label="Keyboard shortcuts"
            node_ref=dialog
            on:close=move |_| lab.screen.show_shortcuts(false)
        >
            <div class="dialog-head">
                <h2>"Keyboard shortcuts"</h2>
                <button type="button" class="icon" aria-label="Close" on:click=close>
                    {icon(Icon::Close)}
                </button>
            </div>
            {move || open.get().then(|| SHORTCUTS.map(part).collect_view())}
        </dialog>
    }
}
