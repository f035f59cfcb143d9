//! A button that opens a menu, by the pattern “menu button” of the ARIA Authoring Practices: one Tab
//! stop; arrow keys, Home and End move; Escape, Tab and a press elsewhere close it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

use super::icon::{Icon, icon};
use crate::platform::keys;
use crate::platform::schedule::soon;

/// A line of a menu, or several under a heading.
#[derive(Clone)]
pub enum Item {
    /// Does something; the menu closes first, and the button has the focus.
    Act {
        testid: &'static str,
        text: Signal<String>,
        act: Callback<()>,
    },
    /// One of several, shown with a check mark; the menu stays open.
    Choice {
        testid: &'static str,
        title: &'static str,
        /// The value in `data-value`, and its words.
        options: Vec<(&'static str, &'static str)>,
        chosen: Signal<&'static str>,
        choose: Callback<&'static str>,
        /// What stands under the options, such as the reason of an automatic choice.
        note: Signal<String>,
    },
    Link {
        testid: &'static str,
        text: &'static str,
        address: &'static str,
    },
}

/// A button with a picture that opens these items.
pub fn menu(
    name: &'static str,
    testid: &'static str,
    picture: Icon,
    items: impl Fn() -> Vec<Item> + Send + 'static,
) -> AnyView {
    let open = RwSignal::new(false);
    let place = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let close = move || {
        open.set(false);
        focus(button.get_untracked().map(Into::into));
    };
    let show = move |last: bool| {
        open.set(true);
        soon(move || {
            let lines = lines(place);
            focus(if last { lines.last() } else { lines.first() }.cloned());
        });
    };
    let away = window_event_listener(ev::pointerdown, move |event| {
        let pressed = event.target().and_then(|it| it.dyn_into::<Node>().ok());
        let inside = place
            .get_untracked()
            .is_some_and(|place| place.contains(pressed.as_ref()));
        if open.get_untracked() && !inside {
            open.set(false);
        }
    });
    on_cleanup(move || away.remove());
    let on_button = move |event: ev::KeyboardEvent| {
        let last = match event.key().as_str() {
            "ArrowDown" => false,
            "ArrowUp" => true,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        show(last);
    };
    let on_menu = move |event: ev::KeyboardEvent| {
        if keys::composes(&event) {
            return;
        }
        let lines = lines(place);
        let here = document().active_element();
        let at = lines
            .iter()
            .position(|line| here.as_ref() == Some(line.as_ref()));
        let count = lines.len().max(1);
        let next = match event.key().as_str() {
            "ArrowDown" => at.map_or(0, |at| (at + 1) % count),
            "ArrowUp" => at.map_or(count - 1, |at| (at + count - 1) % count),
            "Home" => 0,
            "End" => count - 1,
            "Escape" => {
                event.stop_propagation();
                return close();
            }
            // The focus goes on from the button.
            "Tab" => return close(),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        focus(lines.get(next).cloned());
    };
    let body = move || {
        let items = items().into_iter().map(|item| line(item, close));
        view! {
            <div class="menu" role="menu" aria-label=name on:keydown=on_menu>
                {items.collect_view()}
            </div>
        }
    };
    view! {
        <div class="menu-place" node_ref=place>
            <button
                type="button"
                class="icon"
                node_ref=button
                data-testid=testid
                aria-label=name
                title=name
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                on:keydown=on_button
                on:click=move |_| if open.get_untracked() { close() } else { show(false) }
            >
                {icon(picture)}
            </button>
            {move || open.get().then(&body)}
        </div>
    }
    .into_any()
}

/// The items that take the focus, from top to bottom.
fn lines(place: NodeRef<html::Div>) -> Vec<HtmlElement> {
    let found = place
        .get_untracked()
        .and_then(|place| place.query_selector_all("[role^=menuitem]").ok());
    let Some(found) = found else {
        return Vec::new();
    };
    let all = (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok());
    all.collect()
}

fn focus(element: Option<HtmlElement>) {
    if let Some(element) = element {
        let focused = element.focus();
        debug_assert!(focused.is_ok());
    }
}

fn line(item: Item, close: impl Fn() + Copy + Send + 'static) -> AnyView {
    match item {
        Item::Act { testid, text, act } => {
            let run = move |_| {
                close();
                act.run(());
            };
            view! {
                <button type="button" role="menuitem" tabindex="-1" data-testid=testid on:click=run>
                    {text}
                </button>
            }
            .into_any()
        }
        Item::Link {
            testid,
            text,
            address,
        } => view! {
            <a role="menuitem" tabindex="-1" data-testid=testid href=address on:click=move |_| close()>
                {text}
            </a>
        }
        .into_any(),
        Item::Choice {
            testid,
            title,
            options,
            chosen,
            choose,
            note,
        } => {
            let option = |(value, words): (&'static str, &'static str)| {
                view! {
                    <button
                        type="button"
                        role="menuitemradio"
                        tabindex="-1"
                        data-value=value
                        aria-checked=move || (chosen.get() == value).to_string()
                        on:click=move |_| choose.run(value)
                    >
                        {icon(Icon::Check)}
                        {words}
                    </button>
                }
            };
            let note = move || {
                let words = note.get();
                (!words.is_empty()).then(|| view! { <p>{words}</p> })
            };
            view! {
                <div role="group" aria-label=title data-testid=testid data-value=chosen>
                    <h3 aria-hidden="true">{title}</h3>
                    {options.into_iter().map(option).collect_view()}
                    {note}
                </div>
            }
            .into_any()
        }
    }
}
