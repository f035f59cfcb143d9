//! A button that opens a small panel of controls below it. Escape and a press elsewhere close it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Node;

use super::icon::{Icon, icon};

/// A button with a picture that opens what `body` makes; `body` gets what closes it.
pub fn menu(
    name: &'static str,
    testid: &'static str,
    picture: Icon,
    body: impl Fn(Callback<()>) -> AnyView + Send + 'static,
) -> AnyView {
    panel(name, testid, picture, false, body)
}

/// The same with its name beside the picture.
pub fn named_menu(
    name: &'static str,
    testid: &'static str,
    picture: Icon,
    body: impl Fn(Callback<()>) -> AnyView + Send + 'static,
) -> AnyView {
    panel(name, testid, picture, true, body)
}

fn panel(
    name: &'static str,
    testid: &'static str,
    picture: Icon,
    named: bool,
    body: impl Fn(Callback<()>) -> AnyView + Send + 'static,
) -> AnyView {
    let open = RwSignal::new(false);
    let place = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let close = Callback::new(move |()| {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let focused = button.focus();
            debug_assert!(focused.is_ok());
        }
    });
    // A press elsewhere, or the focus that goes elsewhere.
    let away = move |target: Option<web_sys::EventTarget>| {
        let target = target.and_then(|it| it.dyn_into::<Node>().ok());
        let inside = place
            .get_untracked()
            .is_some_and(|place| place.contains(target.as_ref()));
        if open.get_untracked() && !inside {
            open.set(false);
        }
    };
    let pressed = window_event_listener(ev::pointerdown, move |event| away(event.target()));
    on_cleanup(move || pressed.remove());
    let key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            close.run(());
        }
    };
    let shown = move || {
        open.get().then(|| {
            view! {
                <div class="menu" role="group" aria-label=name>
                    {body(close)}
                </div>
            }
        })
    };
    view! {
        <div
            class="menu-place"
            node_ref=place
            on:keydown=key
            on:focusout=move |event| {
                if event.related_target().is_some() {
                    away(event.related_target());
                }
            }
        >
            <button
                type="button"
                class:icon=!named
                node_ref=button
                data-testid=testid
                aria-label=name
                title=(!named).then_some(name)
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(picture)}
                {named.then_some(name)}
            </button>
            {shown}
        </div>
    }
    .into_any()
}
