//! Views that grow in steps: an edit shows its shapes and counts first, and its maps and weights in
//! the frames after.

use leptos::leptos_dom::helpers::queue_microtask;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::lab::Lab;
use crate::platform::clock::now;
use crate::platform::schedule::{SHARE, after_frames, in_line, soon, yield_now};

/// When something is mounted; each turn has its own frame, so that none takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// When the change is on the screen.
    First,
    /// A frame later.
    Second,
    /// Another frame later.
    Third,
    /// When the change is on the screen, one after another: what many things do.
    InLine,
}

/// Follows a value that takes long to show; `first` is what it begins with.
pub fn late<T>(source: Memo<T>, first: T, turn: Turn) -> RwSignal<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let late = RwSignal::new(first);
    let due = StoredValue::new(false);
    Effect::new(move |_| {
        let there = source.with(|source| late.with_untracked(|late| late == source));
        if there || due.get_value() {
            return;
        }
        due.set_value(true);
        let follow = move || {
            // The subscriber may have been disposed meanwhile.
            if due.try_set_value(false).is_none()
                && let Some(value) = source.try_get_untracked()
                && late.try_with_untracked(|late| *late != value) == Some(true)
            {
                late.set(value);
            }
        };
        match turn {
            Turn::First => after_frames(follow),
            // Not in the frame's own task, which lays out and paints what came before.
            Turn::Second => after_frames(move || request_animation_frame(move || soon(follow))),
            Turn::Third => after_frames(move || after_frames(move || soon(follow))),
            Turn::InLine => after_frames(move || in_line(follow)),
        }
    });
    late
}

/// How many of a network's things are in the page.
#[derive(Clone, Copy)]
pub struct Grown {
    lab: Lab,
    slice: usize,
    /// How many come in the next frame: as many as do not take long on this machine.
    pace: StoredValue<usize>,
    /// For the network of which opening, and how many of it.
    there: RwSignal<(u64, usize)>,
    /// Of the network that is open now.
    pub count: Memo<usize>,
}

impl Grown {
    /// Of `all` things about `slice` more come in each frame, and there may be as many to spare, so
    /// that what an edit adds is there at once. Another network begins with nothing: to make its things
    /// out of those before takes longer than to make them.
    pub fn new(lab: Lab, all: Memo<usize>, slice: usize) -> Self {
        let there = RwSignal::new((0, 0));
        let count = Memo::new(move |_| {
            let (opening, count) = there.get();
            if opening == lab.document.opening().get() {
                count
            } else {
                0
            }
        });
        let grown = Self {
            lab,
            slice,
            pace: StoredValue::new(slice / 2),
            there,
            count,
        };
        let due = StoredValue::new(false);
        lab.screen.set_growing(true);
        Effect::new(move |_| {
            let (all, there) = (all.get(), count.get());
            lab.screen.set_growing(there < all);
            if there > all + 2 * slice {
                grown.set(all + 2 * slice);
            } else if there < all + slice && !due.get_value() {
                due.set_value(true);
                let more = move || {
                    // The owner may have been disposed.
                    if due.try_set_value(false).is_none() {
                        let began = now();
                        grown.set(count.get_untracked() + grown.pace.get_value());
                        // Behind all that follows from it.
                        queue_microtask(move || grown.took(now() - began));
                    }
                };
                // Not in the frame's own task, which shows those that came before.
                request_animation_frame(move || soon(more));
            }
        });
        on_cleanup(move || {
            // At the page's end the lab may be disposed before.
            lab.screen.set_growing(false);
        });
        grown
    }

    /// Begins with none of them again.
    pub fn restart(self) {
        self.set(0);
    }

    /// What came took a task so long.
    fn took(self, ms: f64) {
        // The owner may have been disposed.
        let _gone = self.pace.try_update_value(|pace| {
            *pace = if ms > SHARE {
                (*pace * 3 / 4).max(2)
            } else {
                (*pace + 2).min(2 * self.slice)
            };
        });
    }

    fn set(self, count: usize) {
        self.there
            .set((self.lab.document.opening().get_untracked(), count));
    }
}

/// Counts from 0 to `last`, each step in a new task, so that mounting is not one long task.
pub fn steps(last: u32) -> RwSignal<u32> {
    let step = RwSignal::new(0);
    spawn_local(async move {
        for _ in 0..last {
            yield_now().await;
            // The view that takes the steps may have gone.
            if step.try_update(|step| *step += 1).is_none() {
                return;
            }
        }
    });
    step
}

/// The view mounted at this step.
pub fn at<V: IntoView + 'static>(
    step: RwSignal<u32>,
    due: u32,
    what: impl Fn() -> V + Send + 'static,
) -> AnyView {
    let due = Memo::new(move |_| step.get() >= due);
    (move || due.get().then(&what)).into_any()
}

/// How many of `all` things of this kind are there: up to `slice` at once, and as many more in each
/// frame after.
pub fn slices(kind: Memo<usize>, all: Memo<usize>, slice: usize) -> Memo<usize> {
    let there = RwSignal::new((kind.get_untracked(), slice));
    let count = Memo::new(move |_| {
        let (of, count) = there.get();
        if of == kind.get() { count } else { slice }
    });
    let due = StoredValue::new(false);
    Effect::new(move |_| {
        if count.get() < all.get() && !due.get_value() {
            due.set_value(true);
            let more = move || {
                // The owner may have been disposed.
                if due.try_set_value(false).is_none() {
                    there.set((kind.get_untracked(), count.get_untracked() + slice));
                }
            };
            request_animation_frame(move || soon(more));
        }
    });
    Memo::new(move |_| count.get().min(all.get()))
}
