//! Views that grow in steps: an edit shows its shapes and counts first, and its maps and weights in
//! the frames after.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::platform::schedule::{soon, yield_now};

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
