//! An entry of the palette: put in by a click or Enter, dragged to a wire, or held with a finger.

use std::rc::Rc;
use std::time::Duration;

use leptos::ev::{self, DragEvent, KeyboardEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;
use state::palette::{PaletteEntry, Spot, palette};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::lab::Lab;
use crate::platform::schedule::soon;

/// The duration of a long press that starts a drag by touch; a shorter one is a tap or scrolls.
const HOLD: Duration = Duration::from_millis(350);

/// What all entries share.
#[derive(Clone, Copy)]
pub struct Shared {
    lab: Lab,
    pub entries: StoredValue<Rc<[PaletteEntry]>, LocalStorage>,
    /// Incremented with every touch start and end.
    touches: StoredValue<u32>,
    /// A long press has started a drag: moving does not scroll, and its end is no click.
    pub lifted: StoredValue<bool>,
}

impl Shared {
    pub fn new(lab: Lab) -> Self {
        let entries: Rc<[PaletteEntry]> = palette().into();
        let shared = Self {
            lab,
            entries: StoredValue::new_local(entries),
            touches: StoredValue::new(0),
            lifted: StoredValue::new(false),
        };
        // A touch that ended elsewhere cancels the long press.
        let end = |name: &'static str| {
            window_event_listener(ev::Custom::<PointerEvent>::new(name), move |_| {
                next_touch(shared.touches);
            })
        };
        let ends = ["pointerup", "pointercancel"].map(end);
        on_cleanup(move || ends.into_iter().for_each(|end| end.remove()));
        shared
    }
}

fn next_touch(touches: StoredValue<u32>) -> u32 {
    touches
        .try_update_value(|touches| {
            *touches = touches.wrapping_add(1);
            *touches
        })
        .unwrap_or_default()
}

/// Entry number `at`, under this title.
pub fn item(shared: Shared, at: usize, entry: &PaletteEntry, title: &str) -> AnyView {
    let Shared { lab, entries, .. } = shared;
    let with = move |act: &dyn Fn(&PaletteEntry)| {
        // The palette may have been closed since.
        let _gone = entries.try_with_value(|entries| {
            if let Some(entry) = entries.get(at) {
                act(entry);
            }
        });
    };
    let carry = move || {
        with(&|entry| lab.selection.drag(Some(entry.clone())));
    };
    let insert = move || {
        let nodes = lab.selection.nodes().get_untracked();
        let spot = lab.document.graph();
        let spot = spot.with_untracked(|graph| Spot::behind_all(graph, &nodes));
        with(&|entry| {
            lab.insert_at(entry, &spot);
        });
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && event.shift_key() {
            event.prevent_default();
            carry();
        }
    };
    let drag = move |event: DragEvent| {
        if let Some(data) = event.data_transfer() {
            // Some browsers drag only with text data.
            let _unsupported = data.set_data("text/plain", "layer");
            data.set_effect_allowed("copy");
        }
        // In a timer, because a browser ends the drag if the page changes in `dragstart`.
        set_timeout(carry, Duration::ZERO);
    };
    let down = move |event: PointerEvent| {
        shared.lifted.set_value(false);
        let Some(button) = event
            .current_target()
            .and_then(|it| it.dyn_into::<Element>().ok())
        else {
            return;
        };
        let touch = event.pointer_type() == "touch";
        // The browser's own drag by touch would cancel the pointer.
        let draggable = if touch { "false" } else { "true" };
        let set = button.set_attribute("draggable", draggable);
        debug_assert!(set.is_ok());
        if !touch {
            return;
        }
        // Releases the pointer capture, so that the element under the finger gets the events; fails
        // only without a capture.
        let _free = button.release_pointer_capture(event.pointer_id());
        let touch = next_touch(shared.touches);
        set_timeout(
            move || {
                if shared.touches.try_get_value() == Some(touch) {
                    shared.lifted.set_value(true);
                    carry();
                }
            },
            HOLD,
        );
    };
    let click = move |event: MouseEvent| {
        // The end of a drag by touch.
        if !(shared.lifted.get_value() && event.detail() > 0) {
            // In a new task, because the event is part of a frame's task.
            soon(insert);
        }
        shared.lifted.set_value(false);
    };
    view! {
        <button
            type="button"
            class="palette-item"
            data-testid="palette-item"
            data-layer=entry.kind.clone()
            data-variant=entry.variant
            draggable="true"
            data-family=entry.group()
            title=entry.sentence
            on:pointerdown=down
            on:click=click
            on:keydown=key
            on:dragstart=drag
            on:dragend=move |_| lab.selection.drag(None)
        >
            {title.to_owned()}
        </button>
    }
    .into_any()
}
