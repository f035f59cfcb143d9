//! STUB until the branch `data` is merged.
use leptos::prelude::*;
#[component]
pub fn DataSection() -> impl IntoView {}
