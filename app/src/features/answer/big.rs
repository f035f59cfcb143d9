//! The answer itself: the class, its probability, and the true label of a test image.

use std::time::Duration;

use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::percent;
use crate::ui::icon::{Icon, icon};

/// The placeholder of a class.
const NONE: &str = "–";

/// The debounce time of the announcement for screen readers.
const SETTLED: Duration = Duration::from_millis(800);

/// `says` is the sentence about the answer.
#[component]
pub fn Big(says: Signal<String>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let name = Memo::new(move |_| {
        let class = lab.answer.reading.with(|reading| reading.as_ref()?.best)?;
        Some(lab.answer.names.with(|names| names.of(class)))
    });
    let sure = Memo::new(move |_| {
        let share = lab.answer.reading.with(|reading| reading.as_ref()?.sure());
        share.map(percent)
    });
    let long = move || name.with(|it| it.as_ref().is_some_and(|it| it.chars().count() > 1));
    let read = move || match (name.get(), sure.get()) {
        (Some(name), Some(sure)) => format!("The network reads {name}, {sure}. {}", says.get()),
        _ => says.get(),
    };
    view! {
        <div class="big">
            <output
                class="digit"
                data-testid="prediction"
                data-long=move || long().to_string()
                aria-live="off"
            >
                {move || name.get().unwrap_or(NONE.into())}
            </output>
            <span class="sure">{sure}</span>
            <TrueLabel name />
        </div>
        {read_out(lab, read)}
    }
}

/// The label of the test image, and whether the answer is right; neither where the answer means
/// nothing.
#[component]
fn TrueLabel(name: Memo<Option<std::borrow::Cow<'static, str>>>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let right = Memo::new(move |_| {
        let label = lab.input.label()?;
        let set = lab.input.sample().get()?.set;
        let comparable = lab.answer.classes.get() == Some(set.classes());
        let judged = comparable && !lab.answer.standing.get().is_void();
        name.with(|name| judged.then_some(name.as_deref()? == label))
    });
    let mark = move || {
        let label = lab.input.label()?;
        let (word, picture) = match right.get() {
            Some(true) => ("Right: ", Some(Icon::Check)),
            Some(false) => ("Wrong: ", Some(Icon::Close)),
            None => ("", None),
        };
        Some(view! {
            <span
                class="truth"
                data-testid="true-label"
                data-label=label
                data-right=right.get().map(|right| right.to_string())
            >
                {picture.map(icon)}
                <span class="visually-hidden">{word}</span>
                {if picture.is_some() { "label " } else { "" }}
                {label}
            </span>
        })
    };
    view! { {mark} }
}

/// The answer as a live region for screen readers.
fn read_out(lab: Lab, words: impl Fn() -> String + Copy + Send + Sync + 'static) -> AnyView {
    let announcement = RwSignal::new(String::new());
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(handle) = before.flatten() {
            handle.clear();
        }
        lab.answer.latest().track();
        let say = move || {
            let words = untrack(words);
            // Setting the same text would announce it again.
            if announcement.try_with_untracked(|said| *said != words) == Some(true) {
                announcement.set(words);
            }
        };
        set_timeout_with_handle(say, SETTLED).ok()
    });
    view! { <p class="visually-hidden" role="status" data-testid="said">{announcement}</p> }
        .into_any()
}
