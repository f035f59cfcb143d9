//! Keys of input methods.

use web_sys::KeyboardEvent;

/// The key code of a key that an input method handles (UI Events, section 7.3.1).
const HANDLED_BY_INPUT_METHOD: u32 = 229;

/// Whether an input method composes text and takes this key: Enter accepts a candidate and Escape
/// rejects it, so neither may end the field. Safari sends the Enter that accepts after the
/// composition has ended, with the key code only (bugs.webkit.org/165004).
pub fn composes(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == HANDLED_BY_INPUT_METHOD
}
