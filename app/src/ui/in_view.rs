//! Keeps the focused element in view when content above it grows: maps, figures and panels are
//! mounted lazily, and the browser's scroll anchoring keeps the content at the viewport's upper
//! edge, not the focused element.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Array;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit,
    ResizeObserver, ScrollIntoViewOptions, ScrollLogicalPosition,
};

/// An element counts as fully visible from this ratio, because a browser scrolls by whole pixels.
const ALL: f64 = 0.9;
/// Distance in pixels from its edge to the tested points, for the same reason.
const EDGE: f64 = 2.0;
/// Elements that scroll on their own, where the window does not.
const COLUMN: &str = ".column";
/// In here sizes change by zooming, which controls what is in view.
const PICTURE: &str = "[data-testid='graph-view']";

/// Starts watching the focus, for the life of the page.
pub fn keep_in_view() {
    let seen = Rc::new(Cell::new(false));
    let (Some(sight), Some(sizes)) = (sight(Rc::clone(&seen)), sizes(Rc::clone(&seen))) else {
        return;
    };
    // The listener stays: its handle is not kept to remove it.
    let _ = window_event_listener(ev::focusin, move |event| {
        seen.set(false);
        sight.disconnect();
        sizes.disconnect();
        let Some(focused) = event.target().and_then(|it| it.dyn_into::<Element>().ok()) else {
            return;
        };
        if matches!(focused.closest(PICTURE), Ok(None)) {
            sight.observe(&focused);
            around(&focused, &sizes);
        }
    });
}

/// Whether the focused element was fully in view in the last frame.
fn sight(seen: Rc<Cell<bool>>) -> Option<IntersectionObserver> {
    let callback = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
        if let Ok(latest) = entries.pop().dyn_into::<IntersectionObserverEntry>() {
            seen.set(latest.intersection_ratio() >= ALL);
        }
    });
    let all = IntersectionObserverInit::new();
    all.set_threshold(&ALL.into());
    let callback = callback.into_js_value();
    IntersectionObserver::new_with_options(callback.unchecked_ref(), &all).ok()
}

/// Resize observers run before intersection observers, so `seen` is still that of the previous
/// frame. An element that was scrolled out of view is not scrolled back, unless something grew in
/// the same frame.
fn sizes(seen: Rc<Cell<bool>>) -> Option<ResizeObserver> {
    let callback = Closure::<dyn Fn()>::new(move || {
        let focused = seen.get().then(|| document().active_element()).flatten();
        // An element that is still visible is not scrolled to, so that the page does not jump.
        if let Some(focused) = focused.filter(|it| !shows(it)) {
            into_view(&focused);
        }
    });
    ResizeObserver::new(callback.into_js_value().unchecked_ref()).ok()
}

/// Scrolls as little as brings this element into view.
pub fn into_view(element: &Element) {
    let nearest = ScrollIntoViewOptions::new();
    nearest.set_block(ScrollLogicalPosition::Nearest);
    nearest.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&nearest);
}

/// Whether its upper and its lower edge are in the window, not clipped and not covered.
fn shows(element: &Element) -> bool {
    let rect = element.get_bounding_client_rect();
    let middle = (rect.left() + rect.right()) / 2.0;
    [rect.top() + EDGE, rect.bottom() - EDGE]
        .into_iter()
        .all(|y| {
            let there = document().element_from_point(middle as f32, y as f32);
            there.is_some_and(|it| element.contains(Some(&it)))
        })
}

/// Observes the elements that can move this one: its ancestors, which grow with earlier content,
/// and the children of a column.
fn around(focused: &Element, sizes: &ResizeObserver) {
    let mut inside = focused.parent_element();
    while let Some(parent) = inside {
        sizes.observe(&parent);
        if parent.matches(COLUMN).unwrap_or(false) {
            let parts = parent.children();
            for part in (0..parts.length()).filter_map(|at| parts.item(at)) {
                sizes.observe(&part);
            }
        }
        inside = parent.parent_element();
    }
}
