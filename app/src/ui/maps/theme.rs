//! The maps' colours follow the page's theme.

use leptos::prelude::*;
use state::screen::Theme;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::MediaQueryList;

use super::colour::set_dark;
use crate::lab::Lab;

/// Sets whether the page is dark, by the choice or by the system, for the life of the page.
pub fn follow_theme(lab: Lab) {
    let query = window().match_media("(prefers-color-scheme: dark)");
    let query = query.ok().flatten();
    let system = RwSignal::new(query.as_ref().is_some_and(MediaQueryList::matches));
    if let Some(query) = query {
        let asked = query.clone();
        let changed = Closure::<dyn Fn()>::new(move || system.set(asked.matches()));
        query.set_onchange(Some(changed.into_js_value().unchecked_ref()));
    }
    let dark = move || match lab.screen.theme().get() {
        Theme::Auto => system.get(),
        Theme::Light => false,
        Theme::Dark => true,
    };
    // Before the first table is made.
    set_dark(untrack(dark));
    lab.screen.set_dark(untrack(dark));
    Effect::new(move |_| {
        let dark = dark();
        set_dark(dark);
        lab.screen.set_dark(dark);
    });
}
