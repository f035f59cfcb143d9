//! Clicks on rows of the list, by the row under `pointerdown`: when maps or problems move the rows
//! between `pointerdown` and `pointerup`, the browser dispatches the click to a common ancestor or
//! not at all.

use leptos::ev::{self, MouseEvent, PointerEvent};
use leptos::prelude::*;

/// The maximum movement of a click in CSS pixels; beyond it is a drag.
const STILL: i32 = 8;

/// A pointer that is down.
#[derive(Clone, Copy)]
struct Down<T> {
    pointer: i32,
    at: (i32, i32),
    on: T,
}

/// Detects presses. Call [`Self::down`] in the list's `pointerdown`.
#[derive(Clone, Copy)]
pub struct Press<T: Copy + Send + Sync + 'static>(StoredValue<Option<Down<T>>>);

impl<T: Copy + Send + Sync + 'static> Press<T> {
    /// Calls `act` with the pressed item on `pointerup` at the same position, for the life of the
    /// calling component.
    pub fn new(act: impl Fn(T, &MouseEvent) + 'static) -> Self {
        let down = StoredValue::new(None::<Down<T>>);
        let up = window_event_listener(ev::pointerup, move |event: PointerEvent| {
            let pressed = down.get_value();
            let Some(pressed) = pressed.filter(|it| it.pointer == event.pointer_id()) else {
                return;
            };
            down.set_value(None);
            let (x, y) = place(&event);
            let still = |from: i32, to: i32| (to - from).abs() <= STILL;
            if still(pressed.at.0, x) && still(pressed.at.1, y) {
                act(pressed.on, &event);
            }
        });
        // The browser scrolls with this touch.
        let cancel = window_event_listener(ev::pointercancel, move |_| down.set_value(None));
        on_cleanup(move || [up, cancel].into_iter().for_each(|it| it.remove()));
        Self(down)
    }

    /// Handles `pointerdown` on this item, or outside of all.
    pub fn down(self, event: &PointerEvent, on: Option<T>) {
        let on = on.filter(|_| event.is_primary() && event.button() == 0);
        self.0.set_value(on.map(|on| Down {
            pointer: event.pointer_id(),
            at: place(event),
            on,
        }));
    }
}

fn place(event: &PointerEvent) -> (i32, i32) {
    (event.client_x(), event.client_y())
}
