//! Canvases that have left the page give their pixels back a few at a time. Left to itself a browser
//! takes back those of all of them in one task, when it next collects what is gone: after an edit of
//! a network with hundreds of maps that holds the page up.

use std::cell::{Cell, RefCell};

use web_sys::HtmlCanvasElement;

use crate::platform::clock::now;
use crate::platform::schedule::{after_frames, soon};

/// Milliseconds of a task for it.
const SHARE: f64 = 4.0;

thread_local! {
    static GONE: RefCell<Vec<HtmlCanvasElement>> = RefCell::default();
    static DUE: Cell<bool> = const { Cell::new(false) };
}

/// Nobody paints on this canvas any more. Where it is still in the page it keeps what it shows:
/// another painter may have taken it over.
pub fn release(canvas: HtmlCanvasElement) {
    GONE.with_borrow_mut(|gone| gone.push(canvas));
    if !DUE.replace(true) {
        // What took them away is on the screen first.
        after_frames(|| soon(next));
    }
}

fn next() {
    let began = now();
    while now() - began < SHARE {
        let Some(canvas) = GONE.with_borrow_mut(Vec::pop) else {
            return DUE.set(false);
        };
        if !canvas.is_connected() {
            canvas.set_width(0);
        }
    }
    soon(next);
}
