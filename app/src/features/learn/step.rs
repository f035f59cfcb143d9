//! One step of a lesson: what to do, whether it is done, and a hint.

use std::time::Duration;

use leptos::prelude::*;
use state::learn::text::StepText;

use crate::platform::language;
use crate::ui::icon::{Icon, icon};

/// A hint comes by itself after so long a time at one step.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn view(text: StepText, at: usize, done: Memo<usize>) -> AnyView {
    let is_done = Memo::new(move |_| done.get() > at);
    let is_now = Memo::new(move |_| done.get() == at);
    let hinted = RwSignal::new(false);
    Effect::new(move |_| {
        hinted.set(false);
        if is_now.get() {
            let timer = set_timeout_with_handle(
                move || {
                    let _gone = hinted.try_set(true);
                },
                PATIENCE,
            );
            on_cleanup(move || {
                if let Ok(timer) = timer {
                    timer.clear();
                }
            });
        }
    });
    let StepText { text, hint } = text;
    let has_hint = !hint.is_empty();
    let help = move || {
        if !is_now.get() || !has_hint {
            return None;
        }
        Some(if hinted.get() {
            view! { <p class="lesson-hint" data-testid="hint" lang=language::now()>{hint.clone()}</p> }.into_any()
        } else {
            view! {
                <button type="button" class="lesson-help" data-testid="show-hint" on:click=move |_| hinted.set(true)>
                    "Hint"
                </button>
            }
            .into_any()
        })
    };
    view! {
        <li
            class="lesson-step"
            data-testid="lesson-step"
            data-done=move || is_done.get().to_string()
            aria-current=move || is_now.get().then_some("step")
        >
            <i aria-hidden="true">{move || is_done.get().then(|| icon(Icon::Check))}</i>
            <div>
                <p>
                    <span lang=language::now()>{text}</span>
                    <span class="visually-hidden">{move || is_done.get().then_some(" (done)")}</span>
                </p>
                {help}
            </div>
        </li>
    }
    .into_any()
}
