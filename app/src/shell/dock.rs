//! The dock below the network, whose height the user sets.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::panels::PANELS;
use super::sheet::Sheet;
use crate::lab::Lab;

/// The least, usual and greatest height in pixels, and the step of an arrow key.
const LEAST: f64 = 200.0;
const USUAL: f64 = 276.0;
const MOST: f64 = 520.0;
const STEP: f64 = 20.0;

#[component]
pub fn Dock(sheet: Sheet) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let key = Memo::new(move |_| sheet.dock().map(|panel| panel.key));
    let height = RwSignal::new(USUAL);
    let set = move |pixels: f64| height.set(pixels.clamp(LEAST, MOST));
    // The pointer's and the dock's position when the drag began.
    let drag = StoredValue::new(None::<(f64, f64)>);
    let down = move |event: PointerEvent| {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        if let Some(target) = target
            && target.set_pointer_capture(event.pointer_id()).is_ok()
        {
            drag.set_value(Some((f64::from(event.client_y()), height.get_untracked())));
        }
    };
    let moved = move |event: PointerEvent| {
        if let Some((from, before)) = drag.get_value() {
            set(before + from - f64::from(event.client_y()));
        }
    };
    let key_down = move |event: KeyboardEvent| {
        let now = height.get_untracked();
        match event.key().as_str() {
            "ArrowUp" => set(now + STEP),
            "ArrowDown" => set(now - STEP),
            "Home" => set(LEAST),
            "End" => set(MOST),
            _ => return,
        }
        event.prevent_default();
    };
    let panel = move || {
        let panel = PANELS.into_iter().find(|it| Some(it.key) == key.get())?;
        Some(view! {
            <section id=panel.key class="dock-body" role="region" aria-label=panel.title>
                {(panel.view)(lab)}
            </section>
        })
    };
    view! {
        <div
            class="dock"
            data-testid="dock"
            hidden=move || key.get().is_none()
            style:--h-dock=move || format!("{}px", height.get())
        >
            <div
                class="dock-edge"
                role="separator"
                aria-orientation="horizontal"
                aria-label="Height of the dock"
                aria-valuemin=LEAST.to_string()
                aria-valuemax=MOST.to_string()
                aria-valuenow=move || format!("{:.0}", height.get())
                tabindex="0"
                on:pointerdown=down
                on:pointermove=moved
                on:pointerup=move |_| drag.set_value(None)
                on:pointercancel=move |_| drag.set_value(None)
                on:keydown=key_down
            ></div>
            {panel}
        </div>
    }
}
