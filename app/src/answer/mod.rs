//! The answer column: the digit, ten bars, and the selected layer.

mod bars;
mod grid;
mod live;
mod panel;
mod viewer;

use leptos::prelude::*;

pub use self::live::Live;

use self::bars::Bars;
use self::panel::Panel;

#[component]
pub fn Answer() -> impl IntoView {
    view! {
        <h2 class="section-title">"Probabilities"</h2>
        <Bars />
        <Panel />
    }
}
