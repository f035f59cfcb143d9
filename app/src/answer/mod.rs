//! The answer, at the end of the input column: the digit and a bar for each class.

mod bars;
mod live;
mod state;

use leptos::prelude::*;

pub use self::live::Live;

use self::bars::Bars;
use crate::lab::Lab;

#[component]
pub fn Answer() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let blank = Memo::new(move |_| {
        lab.latest
            .with(|trace| trace.as_ref().is_some_and(|trace| trace.blank))
    });
    view! {
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
    }
}
