//! A part of the inspector that can be folded, and that knows whether it is looked at.

use leptos::context::Provider;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

use super::histogram::is_open;

/// Whether the section around is on the screen: neither folded, nor scrolled away, nor on another
/// tab.
#[derive(Clone, Copy)]
pub struct Seen(ReadSignal<bool>);

impl Seen {
    /// That of the section around; outside of one it is always seen.
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::new(true).read_only()))
    }

    pub fn get(self) -> bool {
        self.0.get()
    }
}

/// Its content is there only while it is open.
#[component]
pub fn Section(
    title: &'static str,
    testid: &'static str,
    /// Outlives the section, so that it stays as the person left it.
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
                // A table's own fold inside bubbles no toggle, but a browser may fire one late.
                let now = is_open(&event);
                if open.get_untracked() != now {
                    open.set(now);
                }
            }
        >
            <summary class="section-title">{title}</summary>
            <div node_ref=element class="section-body">
                // A component shares its context with those beside it; a provider does not.
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
    let told = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        let latest = entries.pop().dyn_into::<IntersectionObserverEntry>();
        // The component may be gone before its observer has spoken.
        let _gone = latest.map(|entry| seen.try_set(entry.is_intersecting()));
    });
    let observer = IntersectionObserver::new(told.as_ref().unchecked_ref());
    match observer {
        Ok(observer) => {
            let watching = StoredValue::new_local((observer, told));
            Effect::new(move |_| {
                if let Some(element) = element.get() {
                    watching.with_value(|(observer, _)| observer.observe(&element));
                }
            });
            on_cleanup(move || {
                watching.try_with_value(|(observer, _)| observer.disconnect());
            });
        }
        // Every browser with WebAssembly SIMD has observers; without one all counts as seen.
        Err(_) => seen.set(true),
    }
    seen.read_only()
}
