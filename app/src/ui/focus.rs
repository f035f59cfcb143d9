//! Keeps the keyboard focus: when the focused element is removed, disabled or hidden, the recreated
//! control gets the focus, or else a neighbour. Code that moves the focus itself has two frames to
//! do so.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, FocusOptions, HtmlElement, MutationObserver, MutationObserverInit};

/// Selector of focusable elements that do not open a phone's on-screen keyboard.
const REACHABLE: &str = "button:not(:disabled), a[href], summary, select:not(:disabled), \
                         input:not(:disabled):not([type=text]):not([type=search]), [tabindex='0']";
/// Attributes that identify a recreated control.
const MARKS: [&str; 5] = ["id", "data-testid", "data-field", "data-id", "aria-label"];

/// The element that last had the focus.
struct Place {
    element: Element,
    /// Its ancestors, the nearest first, each with the index of the child that contains the
    /// element.
    way: Vec<(Element, u32)>,
    /// A selector for the recreated control, and its text.
    mark: String,
    text: Option<String>,
}

impl Place {
    fn of(element: Element) -> Self {
        let mut way = Vec::new();
        let mut branch = element.clone();
        while let Some(parent) = branch.parent_element() {
            let mut place = 0;
            let mut before = branch.previous_element_sibling();
            while let Some(sibling) = before {
                place += 1;
                before = sibling.previous_element_sibling();
            }
            way.push((parent.clone(), place));
            branch = parent;
        }
        let mut mark = element.local_name();
        for name in MARKS {
            if let Some(value) = element.get_attribute(name) {
                let value = value.replace(['\\', '"', '\n'], "?");
                mark.push_str(&format!("[{name}=\"{value}\"]"));
            }
        }
        let text = element.text_content();
        Self {
            element,
            way,
            mark,
            text,
        }
    }

    /// Whether the focus was lost because this element was removed, disabled or hidden.
    fn is_lost(&self) -> bool {
        is_nowhere() && !is_there(&self.element)
    }

    /// The element to focus: the nearest remaining ancestor is searched for the same control, then
    /// for a neighbour.
    fn successor(&self) -> Option<HtmlElement> {
        let left = self.way.iter().filter(|(parent, _)| is_there(parent));
        left.take_while(|(parent, _)| parent.local_name() != "html")
            .find_map(|(parent, place)| {
                let same = all(parent, &self.mark)
                    .into_iter()
                    .find(|it| is_there(it) && it.text_content() == self.text);
                same.or_else(|| neighbour(parent, *place))
            })
            .and_then(|it| it.dyn_into().ok())
    }
}

/// Whether no element has the focus, or one that cannot keep it: a browser removes it from a
/// disabled element at the next rendering.
fn is_nowhere() -> bool {
    let focused = document().active_element();
    focused.is_none_or(|it| it.local_name() == "body" || is_off(&it))
}

fn is_off(element: &Element) -> bool {
    element.matches(":disabled").unwrap_or(true)
}

/// Whether an element is visible and enabled.
fn is_there(element: &Element) -> bool {
    // The size is checked last, because reading it forces a layout of a page that may be in the
    // middle of a change.
    element.is_connected() && !is_off(element) && {
        let size = element.get_bounding_client_rect();
        size.width() > 0.0 || size.height() > 0.0
    }
}

fn all(inside: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = inside.query_selector_all(selector) else {
        return Vec::new();
    };
    let found = (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok());
    found.collect()
}

/// A focusable element in the child at this index, else before it, else after it.
fn neighbour(parent: &Element, place: u32) -> Option<Element> {
    let children = parent.children();
    let before = (0..place).rev();
    let mut places = std::iter::once(place)
        .chain(before)
        .chain(place + 1..children.length());
    places.find_map(|at| {
        let child = children.item(at)?;
        if child.matches(REACHABLE).unwrap_or(false) && is_there(&child) {
            return Some(child);
        }
        all(&child, REACHABLE).into_iter().find(is_there)
    })
}

/// Starts watching the focus, for the life of the page.
pub fn keep_focus() {
    let last = Rc::new(RefCell::new(None::<Place>));
    let kept = Rc::clone(&last);
    // The listeners are never removed, so the handles are dropped.
    let _ = window_event_listener(ev::focusin, move |event| {
        let element = event.target().and_then(|it| it.dyn_into().ok());
        *kept.borrow_mut() = element.map(Place::of);
    });
    let kept = Rc::clone(&last);
    // A click outside of every control removes the focus deliberately.
    let _ = window_event_listener(ev::pointerdown, move |_| {
        kept.borrow_mut().take();
    });
    let due = Rc::new(Cell::new(false));
    let changed = Closure::<dyn Fn()>::new(move || {
        // Checked in the next frame: here the page may be in the middle of a change, and reading a
        // size would force a layout.
        if is_nowhere() && last.borrow().is_some() && !due.replace(true) {
            let (last, due) = (Rc::clone(&last), Rc::clone(&due));
            request_animation_frame(move || {
                request_animation_frame(move || {
                    due.set(false);
                    restore(&last);
                });
            });
        }
    });
    let observer = MutationObserver::new(changed.into_js_value().unchecked_ref());
    let watch = MutationObserverInit::new();
    watch.set_child_list(true);
    watch.set_subtree(true);
    watch.set_attribute_filter(&js_sys::Array::of3(
        &"disabled".into(),
        &"hidden".into(),
        &"open".into(),
    ));
    if let (Ok(observer), Some(body)) = (observer, document().body()) {
        let watched = observer.observe_with_options(&body, &watch);
        debug_assert!(watched.is_ok());
    }
}

fn restore(last: &RefCell<Option<Place>>) {
    let successor = match &*last.borrow() {
        Some(place) if place.is_lost() => place.successor(),
        Some(_) | None => None,
    };
    if let Some(element) = successor {
        focus_still(&element);
    }
}

/// Moves the focus to the element of this id, if it is there.
pub fn focus_by_id(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let focused = element.focus();
        debug_assert!(focused.is_ok());
    }
}

/// Focuses an element without scrolling.
pub fn focus_still(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let focused = element.focus_with_options(&options);
    debug_assert!(focused.is_ok());
}
