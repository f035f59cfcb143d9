//! The tabs of a narrow screen, one for each column.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::panels::{PANELS, Panel};

/// The tab that a narrow screen shows first.
pub const FIRST_TAB: &str = "input";

/// The panels with a tab; others are shown with one of them.
fn tabs() -> impl Iterator<Item = Panel> {
    PANELS
        .into_iter()
        .filter(|panel| panel.tab() == Some(panel.key))
}

/// The next tab, or the previous one when `back`, cyclically.
fn beside(key: &str, back: bool) -> &'static str {
    let keys: Vec<&'static str> = tabs().map(|panel| panel.key).collect();
    let at = keys.iter().position(|it| *it == key).unwrap_or_default();
    let by = if back { keys.len() - 1 } else { 1 };
    keys[(at + by) % keys.len()]
}

#[component]
pub fn Tabs(tab: RwSignal<&'static str>) -> impl IntoView {
    let turn = move |event: KeyboardEvent| {
        let next = match event.key().as_str() {
            "ArrowRight" => beside(tab.get_untracked(), false),
            "ArrowLeft" => beside(tab.get_untracked(), true),
            "Home" => FIRST_TAB,
            "End" => beside(FIRST_TAB, true),
            _ => return,
        };
        event.prevent_default();
        tab.set(next);
        let button = document().get_element_by_id(&format!("{next}-tab"));
        if let Some(button) = button.and_then(|it| it.dyn_into().ok()) {
            let button: web_sys::HtmlElement = button;
            let focused = button.focus();
            debug_assert!(focused.is_ok());
        }
    };
    let one = move |panel: Panel| {
        let key = panel.key;
        let shown = PANELS.into_iter().filter(|it| it.tab() == Some(key));
        let shown: Vec<&str> = shown.map(|it| it.key).collect();
        view! {
            <button
                type="button"
                role="tab"
                id=format!("{key}-tab")
                aria-controls=shown.join(" ")
                aria-selected=move || (tab.get() == key).to_string()
                tabindex=move || if tab.get() == key { "0" } else { "-1" }
                on:click=move |_| tab.set(key)
            >
                {panel.title}
            </button>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label="Panels of the lab" on:keydown=turn>
            {tabs().map(one).collect_view()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_tab_and_the_arrow_keys_go_round_all_of_them() {
        for panel in PANELS {
            if let Some(tab) = panel.tab() {
                assert!(tabs().any(|it| it.key == tab), "{}", panel.key);
            }
        }
        let mut key = FIRST_TAB;
        let mut seen = Vec::new();
        for _ in tabs() {
            seen.push(key);
            let next = beside(key, false);
            assert_eq!(beside(next, true), key);
            key = next;
        }
        assert_eq!(key, FIRST_TAB);
        assert_eq!(seen.len(), tabs().count());
    }
}
