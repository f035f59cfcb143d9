//! What may wait: an edit shows its shapes and counts first, and makes maps and weights anew in the
//! frames after; what is large comes in steps.

use std::time::Duration;

use leptos::prelude::*;

/// Runs `act` when the frame that shows what has just changed is on the screen.
pub fn after_frames(act: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(act));
}

/// Runs `act` in a task of its own: an event, and all that follows from it at once, is often part of
/// a frame's task.
pub fn soon(act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::ZERO);
}

/// When something comes; each turn has a frame of its own, so that none takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// When the change is on the screen.
    First,
    /// A frame later.
    Second,
    /// Another frame later.
    Third,
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
            // Whoever followed may have gone meanwhile.
            if due.try_set_value(false).is_none()
                && let Some(value) = source.try_get_untracked()
                && late.try_with_untracked(|late| *late != value) == Some(true)
            {
                late.set(value);
            }
        };
        match turn {
            Turn::First => after_frames(follow),
            Turn::Second => after_frames(move || request_animation_frame(follow)),
            Turn::Third => after_frames(move || after_frames(follow)),
        }
    });
    late
}

/// How many of `count` things may be in the page: `slice` more in each frame, and as many to spare,
/// so that what an edit adds is there at once.
pub fn grown(count: Memo<usize>, slice: usize) -> RwSignal<usize> {
    let there = RwSignal::new(slice);
    Effect::new(move |_| {
        let (count, now) = (count.get(), there.get());
        if now < count + slice {
            // Whose things they are may have gone.
            request_animation_frame(move || {
                let _gone = there.try_set(now + slice);
            });
        } else if now > count + 2 * slice {
            there.set(count + 2 * slice);
        }
    });
    there
}

/// Counts from 0 to `last`, each step a task of its own: what comes at once is one long task.
pub fn steps(last: u32) -> RwSignal<u32> {
    let step = RwSignal::new(0);
    take(step, last);
    step
}

fn take(step: RwSignal<u32>, last: u32) {
    let next = move || {
        // Whoever took the steps may have gone.
        if step.try_update(|step| *step += 1).is_some() && step.get_untracked() < last {
            take(step, last);
        }
    };
    soon(next);
}

/// What comes at this step.
pub fn at<V: IntoView + 'static>(
    step: RwSignal<u32>,
    due: u32,
    what: impl Fn() -> V + Send + 'static,
) -> AnyView {
    let due = Memo::new(move |_| step.get() >= due);
    (move || due.get().then(&what)).into_any()
}
