//! Keys and clipboard events that work anywhere on the page.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Element, EventTarget};

use crate::lab::Lab;
use crate::platform::keys;

/// Elements with their own undo: text fields and the pad.
const UNDOES: &str = "input:not([type='checkbox'], [type='radio'], [type='range'], [type='file']), \
                      textarea, [data-testid='draw-pad']";

/// Listens for as long as the calling component lives.
pub fn watch_keys(lab: Lab) {
    let pressed = window_event_listener(ev::keydown, move |event| {
        let command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        let place = target(event.target());
        if event.key() == "Escape" && !keys::composes(&event) {
            lab.screen.explain(None);
        }
        if !command || place.is_some_and(|place| within(&place, UNDOES)) {
            return;
        }
        match (event.key().to_lowercase().as_str(), event.shift_key()) {
            ("z", false) => lab.undo_edit(),
            ("z", true) | ("y", _) => lab.redo_edit(),
            _ => return,
        };
        event.prevent_default();
    });
    let listen = |name: &'static str, act: fn(Lab, &ClipboardEvent) -> bool| {
        window_event_listener(ev::Custom::<ClipboardEvent>::new(name), move |event| {
            let there = target(event.target()).is_some_and(|place| {
                within(&place, "#network") && !within(&place, "input, select, textarea")
            });
            // Selected text is copied as text.
            let marked = window()
                .get_selection()
                .ok()
                .flatten()
                .is_some_and(|it| !it.is_collapsed());
            if there && !marked && act(lab, &event) {
                event.prevent_default();
            }
        })
    };
    let copy = listen("copy", copy_to);
    let cut = listen("cut", |lab, event| {
        let copied = copy_to(lab, event);
        if copied {
            lab.remove_selected();
        }
        copied
    });
    let paste = listen("paste", |lab, event| {
        // A picture is handled by the input.
        let picture =
            |data: &web_sys::DataTransfer| data.files().is_some_and(|files| files.length() > 0);
        let data = event.clipboard_data().filter(|data| !picture(data));
        let text = data.and_then(|data| data.get_data("text/plain").ok());
        text.is_some_and(|text| {
            lab.paste(&text);
            true
        })
    });
    on_cleanup(move || {
        pressed.remove();
        [copy, cut, paste].into_iter().for_each(|it| it.remove());
    });
}

fn copy_to(lab: Lab, event: &ClipboardEvent) -> bool {
    match (lab.copied(), event.clipboard_data()) {
        (Ok(text), Some(data)) => data.set_data("text/plain", &text).is_ok(),
        (Err(why), _) => {
            lab.document
                .refuse(lab.selection.node().get_untracked(), &why);
            false
        }
        (Ok(_), None) => false,
    }
}

fn target(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn within(place: &Element, selector: &str) -> bool {
    matches!(place.closest(selector), Ok(Some(_)))
}
