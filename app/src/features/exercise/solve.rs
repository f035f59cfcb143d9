//! The exercise that is solved: its task, its checks with their values, the answers, the hand-in.

use std::sync::Arc;

use engine::exercise::{Check, Exercise, Item, Kind, Question};
use leptos::html;
use leptos::prelude::*;
use state::exercise::drawing_of;

use super::text::text;
use crate::lab::Lab;

/// The view.
pub fn solve(lab: Lab) -> AnyView {
    let state = lab.exercise().state;
    (move || match state.opened().get() {
        None => {
            view! { <div class="exercise-tools">{open(lab, "Open an exercise")}</div> }.into_any()
        }
        Some(exercise) => opened(lab, &exercise),
    })
    .into_any()
}

fn open(lab: Lab, title: &'static str) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            lab.open_exercise_file(file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <label class="file-button">
            {title}
            <input
                node_ref=input
                type="file"
                accept=".json,application/json"
                class="visually-hidden"
                data-testid="open-exercise"
                on:change=take
            />
        </label>
    }
    .into_any()
}

fn opened(lab: Lab, exercise: &Arc<Exercise>) -> AnyView {
    let part = lab.exercise();
    let state = part.state;
    let checks = { exercise.checks.iter().enumerate() }
        .map(|(place, item)| check(lab, place, item))
        .collect_view();
    let busy = move || part.job.under_way().get();
    let of = exercise.points();
    let counted = Arc::clone(exercise);
    let points = move || {
        let found = state.found().get();
        let passed = counted.checks.iter().zip(&found).filter(|(item, found)| {
            let found = found.as_ref();
            found.is_some_and(|found| item.check.passes(found))
        });
        let points: u32 = passed.map(|(item, _)| item.points).sum();
        format!("{points} of {of} points")
    };
    view! {
        <section class="exercise-solve" aria-label=exercise.title.clone()>
            <h2 data-testid="exercise-title">{exercise.title.clone()}</h2>
            {text(&exercise.text)}
            <ol class="exercise-checks">{checks}</ol>
            <div class="exercise-tools">
                <button
                    type="button"
                    class="primary"
                    data-testid="exercise-run"
                    disabled=busy
                    on:click=move |_| lab.check_exercise()
                >
                    "Check"
                </button>
                <span class="figures" role="status" data-testid="exercise-points">
                    {move || state.checked().get().then(points.clone())}
                </span>
            </div>
            <label class="exercise-field">
                <span>"Your name"</span>
                <input
                    type="text"
                    maxlength="100"
                    autocomplete="name"
                    data-testid="exercise-student"
                    prop:value=move || state.student().get()
                    on:change=move |event| {
                        state.name_student(event_target_value(&event));
                        lab.keep_exercise();
                    }
                />
            </label>
            <div class="exercise-tools">
                <button
                    type="button"
                    data-testid="hand-in"
                    disabled=busy
                    on:click=move |_| lab.hand_in()
                >
                    "Hand in"
                </button>
                <button
                    type="button"
                    data-testid="close-exercise"
                    disabled=busy
                    on:click=move |_| lab.close_exercise()
                >
                    "Back to your own work"
                </button>
                {open(lab, "Open another")}
            </div>
        </section>
    }
    .into_any()
}

fn check(lab: Lab, place: usize, item: &Item) -> AnyView {
    let state = lab.exercise().state;
    let title = item.check.to_string();
    let points = item.points;
    let judged = item.check.clone();
    let pass = Memo::new(move |_| {
        let found = state.found().with(|it| it.get(place).cloned().flatten())?;
        Some(judged.passes(&found))
    });
    let is_question = matches!(item.check, Check::Answer { .. });
    let value = move || {
        let found = state.found().with(|it| it.get(place).cloned().flatten())?;
        (!is_question).then(|| found.to_string())
    };
    let mark = move || match pass.get() {
        Some(true) => "passed",
        Some(false) => "not passed",
        None => "not checked",
    };
    let drawing = drawing_of(&item.check)
        .is_some()
        .then(|| drawing(&item.check));
    let asked = match &item.check {
        Check::Answer { question: it } => Some(question(lab, place, it)),
        _ => None,
    };
    view! {
        <li
            class="exercise-check"
            data-testid="exercise-check"
            data-pass=move || pass.get().map(|it| it.to_string())
        >
            <div class="exercise-line">
                <span class="exercise-name" translate="no">{title}</span>
                <span class="figures">{format!("{points} p")}</span>
            </div>
            {drawing}
            {asked}
            <div class="exercise-line">
                <span class="exercise-mark">{mark}</span>
                <span class="figures" data-testid="exercise-value">{value}</span>
            </div>
        </li>
    }
    .into_any()
}

/// The ink as a picture of characters of half the size would be unreadable: a small SVG of its dark
/// pixels, reduced to 28 a side.
fn drawing(check: &Check) -> AnyView {
    const SIDE: usize = 28;
    let Some(drawing) = drawing_of(check) else {
        return ().into_any();
    };
    let (width, height) = (drawing.width as usize, drawing.height as usize);
    let mut path = String::new();
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (y, x) = (row * height / SIDE, column * width / SIDE);
            if drawing.ink.get(y * width + x).is_some_and(|it| *it > 127) {
                path += &format!("M{column} {row}h1v1h-1z");
            }
        }
    }
    view! {
        <svg class="exercise-drawing" viewBox="0 0 28 28" role="img" aria-label="The drawing">
            <path d=path></path>
        </svg>
    }
    .into_any()
}

fn question(lab: Lab, place: usize, question: &Question) -> AnyView {
    let state = lab.exercise().state;
    let now = move || {
        state
            .answers()
            .with(|it| it.get(&place).cloned())
            .unwrap_or_default()
    };
    let put = move |answer: String| {
        state.answer(place, answer);
        lab.keep_exercise();
    };
    match &question.kind {
        Kind::Choice { options } => {
            let options = options.clone().into_iter().map(|option| {
                let (value, shown) = (option.clone(), option.clone());
                view! {
                    <label>
                        <input
                            type="radio"
                            name=format!("exercise-answer-{place}")
                            prop:checked=move || now() == option
                            on:change=move |_| put(value.clone())
                        />
                        {shown}
                    </label>
                }
            });
            view! {
                <fieldset class="exercise-choice" data-testid="exercise-answer">
                    <legend class="visually-hidden">{question.question.clone()}</legend>
                    {options.collect_view()}
                </fieldset>
            }
            .into_any()
        }
        kind => {
            let mode = match kind {
                Kind::Number { .. } => "decimal",
                _ => "text",
            };
            view! {
                <input
                    type="text"
                    inputmode=mode
                    aria-label=question.question.clone()
                    data-testid="exercise-answer"
                    prop:value=now
                    on:change=move |event| put(event_target_value(&event))
                />
            }
            .into_any()
        }
    }
}
