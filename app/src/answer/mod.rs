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
use crate::editor::Fields;
use crate::lab::Lab;
use crate::parts::Parity;

#[component]
pub fn Answer() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let blank = Memo::new(move |_| {
        lab.latest
            .with(|trace| trace.as_ref().is_some_and(|trace| trace.blank))
    });
    view! {
        <h2 class="section-title">"Probabilities"</h2>
        <div class="answer-bars" data-blank=move || blank.get().to_string()>
            <Bars />
            <p class="hint">
                {move || {
                    if blank.get() {
                        "A network always answers; this is what it makes of blank paper."
                    } else {
                        "The softmax of the last layer: shares that add up to 100 %."
                    }
                }}
            </p>
        </div>
        <Fields />
        <Panel />
        <Parity />
    }
}
