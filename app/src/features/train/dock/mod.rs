//! What a training has told: curves, confusion, mistakes, earlier runs, and the time machine.

use leptos::prelude::*;

#[component]
pub fn Dock() -> impl IntoView {}
