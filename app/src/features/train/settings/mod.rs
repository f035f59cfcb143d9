//! How the next training trains.

use leptos::prelude::*;

#[component]
pub fn SettingsSection() -> impl IntoView {}
