//! Painting of an answer: all views paint it, in several tasks if necessary, and then the next
//! input is sent.

use std::sync::Arc;

use engine::session::NonFinite;
use leptos::prelude::*;

use state::answer::Trace;
use state::notices::Place;

use super::Lab;
use crate::platform::clock::{self, now};
use crate::platform::schedule::{SHARE, soon};

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
        self.paint_until(now() + SHARE);
    }

    /// Finishes painting the current answer synchronously.
    pub(super) fn paint_rest(self) {
        self.paint_until(f64::INFINITY);
    }

    /// The answer that is being painted, or else the latest.
    pub fn newest(self) -> Option<Arc<Trace>> {
        let painting = self.core(|core| core.painting.as_ref().map(|it| Arc::clone(&it.trace)));
        painting.or_else(|| self.answer.latest().get_untracked())
    }

    fn paint_until(self, end: f64) {
        loop {
            // `None` if it was painted synchronously or discarded with its network meanwhile.
            let next = self.core(|core| {
                let trace = Arc::clone(&core.painting.as_ref()?.trace);
                let last = core.painting.as_ref()?.last;
                let next = self.answer.painter_after(last);
                if let (Some((number, _)), Some(painting)) = (&next, &mut core.painting) {
                    painting.last = *number;
                }
                Some((trace, next))
            });
            let Some((trace, next)) = next else { return };
            let Some((_, paint)) = next else { break };
            paint(&trace);
            if now() > end {
                return soon(move || self.paint_until(now() + SHARE));
            }
        }
        if let Some(painting) = self.core(|core| core.painting.take()) {
            self.painted(painting);
        }
    }

    fn painted(self, painting: Painting) {
        let Painting {
            trace,
            warning,
            save,
            last: _,
        } = painting;
        clock::shown(trace.generation);
        match warning {
            Some(warning) => self.notices.fail(Place::Run, warning.to_string()),
            None => self.notices.dismiss(Place::Run),
        }
        if save {
            (self.lazy.download_maps)(self, Arc::clone(&trace));
        }
        self.answer.set_latest(trace);
        self.first_answer();
        self.pump();
    }
}
