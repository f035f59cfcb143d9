//! Exercises: solving one, making one, verifying what was handed in.

mod make;
mod solve;
mod text;
mod verify;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::exercise::Tab;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::{JobProgress, tabs};

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(exercise_code))]
fn exercise_panel() -> Part {
    let lab: Lab = expect_context();
    let part = lab.exercise();
    let state = part.state;
    lab.follow_exercise_links();
    let body = move || match state.tab().get() {
        Tab::Solve => solve::solve(lab),
        Tab::Make => make::make(lab),
        Tab::Verify => verify::verify(lab),
    };
    let why = move || {
        let why = state.failure().get()?;
        Some(view! { <p class="exercise-why" role="alert" data-testid="exercise-error">{why}</p> })
    };
    let progress = move || {
        part.job
            .under_way()
            .get()
            .then(|| view! { <JobProgress job=part.job label="Checks" done=part.job.progress() /> })
    };
    let view = view! {
        <div class="exercise-panel" data-testid="exercise-panel">
            {views(lab)}
            <div role="tabpanel" aria-labelledby=move || state.tab().get().id()>
                {body}
            </div>
            {why}
            {progress}
        </div>
    };
    Ok(view.into_any())
}

/// The panel: exercises as a part of Learn.
pub fn panel(_lab: Lab) -> AnyView {
    lazy::on_demand("Exercises", exercise_code, exercise_panel)
}

fn views(lab: Lab) -> AnyView {
    let state = lab.exercise().state;
    let all = Tab::ALL.map(|it| tabs::Tab {
        title: it.title(),
        id: it.id(),
    });
    let place = move || Tab::ALL.iter().position(|it| *it == state.tab().get());
    let chosen = Signal::derive(move || place().unwrap_or_default());
    tabs::tabs("Exercises", all, chosen, move |place| {
        if let Some(tab) = Tab::ALL.get(place) {
            state.show(*tab);
        }
    })
}
