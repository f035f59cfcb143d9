//! Painting of an answer: all views paint it, in several tasks if necessary, and then the next
//! input is sent.

use std::sync::Arc;

use engine::session::NonFinite;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use state::answer::Trace;
use state::notices::Place;

use super::Lab;
use crate::platform::clock;
use crate::platform::schedule::Slice;

/// An answer that is being painted.
pub struct Painting {
    trace: Arc<Trace>,
    /// A warning about values that are not finite.
    warning: Option<NonFinite>,
    /// The maps are saved as a file.
    save: bool,
    /// The number of the view that painted last; views paint in the order of registration.
    last: u64,
}

impl Painting {
    pub fn new(trace: Trace, warning: Option<NonFinite>, save: bool) -> Self {
        Self {
            trace: Arc::new(trace),
            warning,
            save,
            last: 0,
        }
    }
}

impl Lab {
    /// Lets every view paint this answer: in this task as many as have the time, the others in the
    /// next. Only then is it the latest.
    pub(super) fn paint(self, painting: Painting) {
        self.core(|core| core.painting = Some(painting));
        spawn_local(async move {
            let mut slice = Slice::begin();
            while self.paint_next() {
                slice.yield_if_over().await;
            }
        });
    }

    /// Finishes painting the current answer synchronously.
    pub(super) fn paint_rest(self) {
        while self.paint_next() {}
    }

    /// The answer that is being painted, or else the latest.
    pub fn newest(self) -> Option<Arc<Trace>> {
        let painting = self.core(|core| core.painting.as_ref().map(|it| Arc::clone(&it.trace)));
        painting.or_else(|| self.answer.latest().get_untracked())
    }

    /// Lets the next view paint; `false` when nothing is left to paint.
    fn paint_next(self) -> bool {
        // `None` where another call has painted it, or its network has gone, meanwhile.
        let next = self.core(|core| {
            let painting = core.painting.as_mut()?;
            let next = self.answer.painter_after(painting.last);
            if let Some((number, _)) = &next {
                painting.last = *number;
            }
            Some((Arc::clone(&painting.trace), next))
        });
        let Some((trace, next)) = next else {
            return false;
        };
        if let Some((_, paint)) = next {
            paint(&trace);
            return true;
        }
        if let Some(painting) = self.core(|core| core.painting.take()) {
            self.painted(painting);
        }
        false
    }

    fn painted(self, painting: Painting) {
        let Painting {
            trace,
            warning,
            save,
            last: _,
        } = painting;
        let generation = trace.generation;
        match warning {
            Some(warning) => self.notices.fail(Place::Run, warning.to_string()),
            None => self.notices.dismiss(Place::Run),
        }
        if save {
            (self.lazy.download_maps)(self, Arc::clone(&trace));
        }
        self.answer.set_latest(trace);
        // Behind the effects of the views that follow the latest answer.
        queue_microtask(move || clock::shown(generation));
        self.first_answer();
        self.pump();
    }
}
