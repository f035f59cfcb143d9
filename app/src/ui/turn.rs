//! The arrow keys of a row of tabs.

use leptos::ev::KeyboardEvent;

/// Which of `count` tabs a key leads to from the one at `at`: the next or the previous, cyclically, the
/// first or the last. `None` for every other key; the browser then does with it what it does.
pub fn turn(event: &KeyboardEvent, at: usize, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let next = match event.key().as_str() {
        "ArrowRight" => (at + 1) % count,
        "ArrowLeft" => (at + last) % count,
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    event.prevent_default();
    Some(next)
}
