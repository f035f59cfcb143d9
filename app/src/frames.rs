//! What may wait until a change is on the screen: an edit shows its shapes and counts first, and
//! makes maps and weights anew in the frames after.

use leptos::prelude::*;

/// Runs `act` when the frame that shows what has just changed is on the screen.
pub fn after_frames(act: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(act));
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
