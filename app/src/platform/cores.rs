//! How much the machine can do at once.

use leptos::prelude::window;

/// Logical processors, as the browser tells.
pub fn cores() -> u32 {
    window().navigator().hardware_concurrency() as u32
}
