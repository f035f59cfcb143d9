//! What a press on the list is for: the row that the pointer came down on. Maps that arrive and
//! problems that come and go move the rows while a button is down; the browser then sends the click
//! to whatever both ends have in common, or to nothing.

use leptos::ev::{self, MouseEvent, PointerEvent};
use leptos::prelude::*;

/// Farther from where it came down, in CSS pixels, the pointer has dragged and not clicked.
const STILL: i32 = 8;

/// A pointer that is down.
#[derive(Clone, Copy)]
struct Down<T> {
    pointer: i32,
    at: (i32, i32),
    on: T,
}

/// Hears of presses. Give [`Self::down`] the list's `pointerdown`.
#[derive(Clone, Copy)]
pub struct Press<T: Copy + Send + Sync + 'static>(StoredValue<Option<Down<T>>>);

impl<T: Copy + Send + Sync + 'static> Press<T> {
    /// `act` is told what was pressed once the pointer is let go in its place, for as long as the
    /// calling component lives.
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
        // The browser has taken the finger for scrolling.
        let cancel = window_event_listener(ev::pointercancel, move |_| down.set_value(None));
        on_cleanup(move || [up, cancel].into_iter().for_each(|it| it.remove()));
        Self(down)
    }

    /// A pointer has come down on this, or on nothing that can be pressed.
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
