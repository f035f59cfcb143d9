//! When work runs: in a later task or frame, or in steps that leave the page time to answer.
//!
//! Everything that runs later without a delay goes through [`soon`] or [`yield_now`]. Delays that a
//! person notices are timers (`set_timeout`).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use leptos::prelude::*;
use leptos::reactive::diagnostics::SpecialNonReactiveZone;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageChannel;

use super::clock::now;

/// Milliseconds that work in steps may take of one task, half a frame.
pub const SHARE: f64 = 8.0;

type Act = Box<dyn FnOnce()>;
type Acts = VecDeque<Act>;

thread_local! {
    static TASKS: Option<Tasks> = Tasks::new();
}

/// Callbacks that run in tasks of their own. Each is a message to this page itself: unlike
/// `setTimeout`, a browser delays a message neither in nested calls nor in hidden tabs.
struct Tasks {
    channel: MessageChannel,
    waiting: Rc<RefCell<Acts>>,
}

impl Tasks {
    fn new() -> Option<Self> {
        let channel = MessageChannel::new().ok()?;
        let waiting = Rc::<RefCell<Acts>>::default();
        let acts = Rc::clone(&waiting);
        let run = Closure::<dyn Fn()>::new(move || {
            let next = acts.borrow_mut().pop_front();
            if let Some(act) = next {
                // As leptos does in its timers: nothing is tracked here, and that is intended.
                let _zone = SpecialNonReactiveZone::enter();
                act();
            }
        });
        let run = run.into_js_value();
        channel.port1().set_onmessage(Some(run.unchecked_ref()));
        Some(Self { channel, waiting })
    }

    fn add(&self, act: Act) {
        self.waiting.borrow_mut().push_back(act);
        let sent = self.channel.port2().post_message(&JsValue::NULL);
        debug_assert!(sent.is_ok(), "null can always be sent");
    }
}

/// Runs `act` when the frame that shows what has just changed is on the screen.
pub fn after_frames(act: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(act));
}

/// Runs `act` in a task of its own: an event, and all that follows from it at once, is often part of
/// a frame's task.
pub fn soon(act: impl FnOnce() + 'static) {
    TASKS.with(|tasks| match tasks {
        Some(tasks) => tasks.add(Box::new(act)),
        None => set_timeout(act, Duration::ZERO),
    });
}

/// Goes on in a task of its own, so that the page answers in between.
pub async fn yield_now() {
    let (resume, resumed) = oneshot::channel();
    soon(move || {
        // Nobody waits any longer where the future was dropped.
        let _dropped: Result<(), ()> = resume.send(());
    });
    let _resumed = resumed.await;
}

/// The time of one task that work in steps may take.
pub struct Slice {
    end: f64,
}

impl Slice {
    /// Begins in the task that is running.
    pub fn begin() -> Self {
        Self { end: now() + SHARE }
    }

    /// Goes on at once, or in the next task where more than [`SHARE`] of this one is used.
    pub async fn yield_if_over(&mut self) {
        if now() > self.end {
            yield_now().await;
            *self = Self::begin();
        }
    }
}
