//! Goes through steps, both ways, by itself if wanted.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// How long the playing steps rest at each.
const REST: Duration = Duration::from_millis(300);

/// The controls: one back, one forward, play.
#[component]
pub fn Steps(
    step: Memo<usize>,
    count: Memo<usize>,
    set: Callback<usize>,
    /// What a step is.
    what: &'static str,
) -> impl IntoView {
    let playing = RwSignal::new(false);
    let go = move |to: usize| {
        playing.set(false);
        set.run(to);
    };
    let play = move |_| {
        if playing.get_untracked() {
            return playing.set(false);
        }
        if step.get_untracked() + 1 >= count.get_untracked() {
            set.run(0);
        }
        playing.set(true);
        rest(step, count, set, playing);
    };
    let label = move || if playing.get() { "Pause" } else { "Play" };
    view! {
        <span class="steps">
            <button
                type="button"
                class="icon"
                data-testid="step-previous"
                aria-label=format!("Previous {what}")
                disabled=move || step.get() == 0
                on:click=move |_| go(step.get_untracked().saturating_sub(1))
            >
                {icon(Icon::Previous)}
            </button>
            <span data-testid="product-step">{move || format!("{} of {}", step.get() + 1, count.get())}</span>
            <button
                type="button"
                class="icon"
                data-testid="step-next"
                aria-label=format!("Next {what}")
                disabled=move || { step.get() + 1 >= count.get() }
                on:click=move |_| go(step.get_untracked() + 1)
            >
                {icon(Icon::Next)}
            </button>
            <button type="button" class="play" data-testid="step-play" on:click=play>{label}</button>
        </span>
    }
}

/// Goes to the next step after a rest, until the last one.
fn rest(step: Memo<usize>, count: Memo<usize>, set: Callback<usize>, playing: RwSignal<bool>) {
    set_timeout(
        move || {
            // The panel may have been closed.
            let (Some(true), Some(at), Some(last)) = (
                playing.try_get_untracked(),
                step.try_get_untracked(),
                count.try_get_untracked(),
            ) else {
                return;
            };
            if at + 1 < last {
                set.run(at + 1);
                rest(step, count, set, playing);
            } else {
                playing.set(false);
            }
        },
        REST,
    );
}
