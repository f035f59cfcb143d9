//! A foldable section of the inspector that tracks whether it is visible.

use leptos::context::Provider;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

use super::histogram::is_open;

/// Whether the enclosing section is visible: not folded, scrolled away, or on another tab.
#[derive(Clone, Copy)]
pub struct Seen(ReadSignal<bool>);

impl Seen {
    /// The visibility of the enclosing section; always visible outside of one.
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::new(true).read_only()))
    }

    pub fn get(self) -> bool {
        self.0.get()
    }
}

/// Its content is mounted only while it is open.
#[component]
pub fn Section(
    title: &'static str,
    testid: &'static str,
    /// Owned outside the section, so that the user's choice is kept.
    open: RwSignal<bool>,
    children: ChildrenFn,
) -> impl IntoView {
    let element = NodeRef::<Div>::new();
    let here = Seen(seen(element));
    let started_open = open.get_untracked();
    view! {
        <details
            class="section"
            data-testid=testid
            open=started_open
            on:toggle=move |event| {
                // `toggle` of a nested `details` does not bubble, but a browser may fire the event
                // late.
                let now = is_open(&event);
                if open.get_untracked() != now {
                    open.set(now);
                }
            }
        >
            <summary class="section-title">{title}</summary>
            <div node_ref=element class="section-body">
                // A provider, because a component's context is shared with its siblings.
                <Provider value=here>
                    <Show when=move || open.get()>{children()}</Show>
                </Provider>
            </div>
        </details>
    }
}

/// Whether any part of the element is on the screen.
fn seen(element: NodeRef<Div>) -> ReadSignal<bool> {
    let seen = RwSignal::new(false);
    let callback = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        let latest = entries.pop().dyn_into::<IntersectionObserverEntry>();
        // The component may be removed before its observer calls back.
        let _gone = latest.map(|entry| seen.try_set(entry.is_intersecting()));
    });
    let observer = IntersectionObserver::new(callback.as_ref().unchecked_ref());
    match observer {
        Ok(observer) => {
            let watching = StoredValue::new_local((observer, callback));
            Effect::new(move |_| {
                if let Some(element) = element.get() {
                    watching.with_value(|(observer, _)| observer.observe(&element));
                }
            });
            on_cleanup(move || {
                watching.try_with_value(|(observer, _)| observer.disconnect());
            });
        }
        // Every browser with WebAssembly SIMD has observers; without one everything counts as
        // visible.
        Err(_) => seen.set(true),
    }
    seen.read_only()
}
