//! Whether the answer can be trusted, and what is loading.

use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::bytes;

/// The progress of a large download.
#[component]
pub fn Loading() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let there = Memo::new(move |_| lab.engine.download().with(Option::is_some));
    let part = move || {
        lab.engine.download().with(|progress| {
            progress
                .as_ref()
                .map_or((0, 1), |it| (it.done, it.total.max(1)))
        })
    };
    let words = move || {
        lab.engine.download().with(|progress| {
            progress.as_ref().map_or_else(String::new, |it| {
                format!("{}: {} of {}", it.what, bytes(it.done), bytes(it.total))
            })
        })
    };
    let scale = move || {
        let (done, total) = part();
        format!("scaleX({})", (done as f64 / total as f64).min(1.0))
    };
    let bar = move || {
        there.get().then(|| {
            view! {
                <div class="loading">
                    <p class="hint">{words}</p>
                    <div
                        class="bar-track"
                        data-testid="progress"
                        role="progressbar"
                        aria-label="What has come of the weights"
                        aria-valuemin="0"
                        aria-valuemax=move || part().1.to_string()
                        aria-valuenow=move || part().0.to_string()
                        aria-valuetext=words
                    >
                        <span class="bar-fill" style:transform=scale></span>
                    </div>
                </div>
            }
        })
    };
    view! { {bar} }
}

/// Warns that an answer of random weights is meaningless.
#[component]
pub fn Untrained() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let words = Memo::new(move |_| {
        let weights = lab.engine.weights().get()?;
        let (random, all) = (weights.weighted - weights.trained, weights.weighted);
        match random {
            0 => None,
            _ if random == all => {
                Some("Seeded random weights: the maps are real, the answer is not.".to_owned())
            }
            _ => {
                let have = if random == 1 { "has" } else { "have" };
                Some(format!(
                    "{random} of {all} layers {have} seeded random weights: the maps are real, the \
                     answer is not."
                ))
            }
        }
    });
    view! { <p class="untrained" data-testid="untrained" hidden=move || words.get().is_none()>{words}</p> }
}
