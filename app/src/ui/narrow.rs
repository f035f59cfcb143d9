//! Whether the screen is so narrow that it shows one view at a time, as in styles/layout-narrow.css.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::MediaQueryList;

fn query() -> Option<MediaQueryList> {
    window().match_media("(max-width: 639px)").ok().flatten()
}

/// Whether the screen is narrow now.
pub fn is_narrow() -> bool {
    query().as_ref().is_some_and(MediaQueryList::matches)
}

/// A signal of whether the screen is narrow, for the life of the page.
pub fn narrow() -> RwSignal<bool> {
    let query = query();
    let narrow = RwSignal::new(query.as_ref().is_some_and(MediaQueryList::matches));
    if let Some(query) = query {
        let asked = query.clone();
        let changed = Closure::<dyn Fn()>::new(move || narrow.set(asked.matches()));
        query.set_onchange(Some(changed.into_js_value().unchecked_ref()));
    }
    narrow
}
