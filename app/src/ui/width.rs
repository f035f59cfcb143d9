//! The width of a place, for what is drawn as wide as that.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

/// The width of an element in whole pixels; 0 before it is laid out.
pub fn width_of(place: NodeRef<html::Figure>) -> RwSignal<f64> {
    let width = RwSignal::new(0.0);
    let watching = StoredValue::new_local(None);
    Effect::new(move |_| {
        let Some(element) = place.get() else { return };
        let seen = element.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let now = f64::from(seen.client_width());
            // Hidden, it keeps the last.
            if now > 0.0 && width.try_with_untracked(|width| *width != now) == Some(true) {
                width.set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&element);
            watching.set_value(Some((observer, resized)));
        }
    });
    on_cleanup(move || {
        if let Some(Some((observer, _))) = watching.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
    width
}
