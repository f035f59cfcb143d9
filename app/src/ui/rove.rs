//! One Tab stop for several buttons: the arrow keys move the focus among them. The view gives all but
//! one of them `tabindex="-1"`.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// For `on:keydown` of the element that holds the buttons.
pub fn rove(event: KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => true,
        "ArrowLeft" | "ArrowUp" => false,
        _ => return,
    };
    let (Some(holder), Some(focused)) = (holder(&event), document().active_element()) else {
        return;
    };
    let buttons = buttons(&holder);
    let Some(at) = buttons
        .iter()
        .position(|it| it.is_same_node(Some(&focused)))
    else {
        return;
    };
    let step = if forward { 1 } else { buttons.len() - 1 };
    event.prevent_default();
    if let Some(next) = buttons.get((at + step) % buttons.len()) {
        // Fails only where the browser does not focus it; the focus stays where it is.
        let _refused = next.focus();
    }
}

fn holder(event: &KeyboardEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

/// The buttons that can have the focus, in the page's order.
fn buttons(holder: &Element) -> Vec<HtmlElement> {
    let Ok(found) = holder.query_selector_all(":is(button, input):not(:disabled, [hidden])") else {
        return Vec::new();
    };
    let all = (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok());
    all.collect()
}
