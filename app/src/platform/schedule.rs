//! When work runs: in a later task or frame, or queued so that no task takes long.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use js_sys::Promise;
use leptos::leptos_dom::helpers::queue_microtask;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::clock::now;

/// Runs `act` when the frame that shows what has just changed is on the screen.
pub fn after_frames(act: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(act));
}

/// Runs `act` in a task of its own: an event, and all that follows from it at once, is often part of
/// a frame's task.
pub fn soon(act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::ZERO);
}

/// What follows runs in another task, so that the page answers in between.
pub async fn next_task() {
    let next = Promise::new(&mut |resolve, _| {
        let planned = window().set_timeout_with_callback(&resolve);
        debug_assert!(planned.is_ok());
    });
    let waited = JsFuture::from(next).await;
    debug_assert!(waited.is_ok());
}

/// Milliseconds that work in slices may take of one task, half a frame.
pub const SHARE: f64 = 8.0;

type Acts = VecDeque<Box<dyn FnOnce()>>;

thread_local! {
    /// The queued functions; `None` while there are none.
    static LINE: RefCell<Option<Acts>> = const { RefCell::new(None) };
}

/// Queues `act`; as many queued functions run in one task as fit its time budget.
pub fn in_line(act: impl FnOnce() + 'static) {
    let first = LINE.with_borrow_mut(|line| {
        let first = line.is_none();
        line.get_or_insert_default().push_back(Box::new(act));
        first
    });
    if first {
        soon(|| next_in_line(now()));
    }
}

/// Runs the next one, in a task that began at `began`.
fn next_in_line(began: f64) {
    let next = LINE.with_borrow_mut(|line| {
        let next = line.as_mut().and_then(VecDeque::pop_front);
        if next.is_none() {
            *line = None;
        }
        next
    });
    let Some(act) = next else { return };
    act();
    // Behind all that follows from it.
    queue_microtask(move || {
        if now() - began < SHARE {
            next_in_line(began);
        } else {
            soon(|| next_in_line(now()));
        }
    });
}
