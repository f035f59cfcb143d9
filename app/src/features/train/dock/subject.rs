//! Which answers are shown: those of the step on the screen, on one part of the data.

use std::sync::Arc;

use engine::data::Part;
use leptos::prelude::*;
use state::train::confusion::Confusion;
use state::train::{Status, Validation};
use wasm_bindgen_futures::spawn_local;

use super::Choice;
use crate::lab::Lab;
use crate::ui::JobProgress;
use crate::ui::format::exact;

/// Answers, and the steps done before them where that is known.
#[derive(Clone, PartialEq)]
pub struct Subject {
    pub step: Option<u64>,
    pub validation: Arc<Validation>,
}

impl Subject {
    pub fn confusion(&self) -> Option<Confusion> {
        Confusion::of(&self.validation.evaluation.confusion)
    }

    /// What the answers are of, in words.
    fn caption(&self) -> String {
        let evaluation = &self.validation.evaluation;
        let part = name(evaluation.part);
        let images = exact(evaluation.examples);
        let right = evaluation.accuracy * evaluation.examples as f64;
        let wrong = exact(evaluation.examples.saturating_sub(right.round() as u64));
        let step = match self.step {
            Some(step) => format!("step {}", exact(step)),
            None => format!("after epoch {}", evaluation.epoch),
        };
        format!(
            "{step}: {wrong} mistakes in {images} {part} images, accuracy {:.2} %",
            evaluation.accuracy * 100.0
        )
    }
}

/// As people call it.
const fn name(part: Part) -> &'static str {
    match part {
        Part::Training => "training",
        Part::Validation => "validation",
        Part::Test => "test",
    }
}

/// The answers of the step on the screen; of the newest on the validation images those after its last
/// epoch, unless the person had it evaluated.
pub fn subject(lab: Lab, choice: Choice) -> Memo<Option<Subject>> {
    let train = lab.train;
    Memo::new(move |_| {
        let (part, step) = (choice.part.get(), lab.present_step());
        let examined = train.examined().with(|all| all.get(step, part).cloned());
        if let Some(examined) = examined {
            let validation = examined.validation;
            let step = Some(step);
            return Some(Subject { step, validation });
        }
        if part != Part::Validation || train.shown().get().is_some() {
            return None;
        }
        let validation = train.validation().get()?;
        let epoch = validation.evaluation.epoch;
        let step = train.curve().with(|curve| {
            let mut checks = curve.checks().iter();
            checks.find(|it| it.epoch == epoch).map(|it| it.step)
        });
        Some(Subject { step, validation })
    })
}

/// The names of the classes.
pub fn classes(lab: Lab, subject: &Subject) -> Vec<String> {
    let count = subject.validation.evaluation.confusion.len().isqrt();
    let info = lab.data.info(subject.validation.set);
    let named = info.map(|it| it.classes).unwrap_or_default();
    let name = |at: usize| named.get(at).cloned().unwrap_or_else(|| at.to_string());
    (0..count).map(name).collect()
}

/// What the answers are of, and the buttons that give others.
pub fn head(lab: Lab, choice: Choice, subject: Memo<Option<Subject>>) -> AnyView {
    let part = choice.part;
    let failure = RwSignal::new(None::<String>);
    let job = lab.evaluation_job;
    let examine = move |of: Part| {
        failure.set(None);
        spawn_local(async move {
            let result = lab.examine(of).await;
            // `None` once the tab is closed.
            let _closed = failure.try_set(result.err());
        });
    };
    let step = Memo::new(move |_| lab.present_step());
    let busy = Memo::new(move |_| lab.train.status().with(Status::is_busy));
    let trained = Memo::new(move |_| lab.train.snapshots().with(|it| !it.all().is_empty()));
    let held_out = Memo::new(move |_| lab.data.chosen().map_or(0, |it| it.held_out));
    let caption = move || match subject.get() {
        Some(subject) => subject.caption(),
        None if !trained.get() => "Answers come with the first epoch of a training.".to_owned(),
        None => format!(
            "Step {} was not evaluated on the {} images.",
            exact(step.get()),
            name(part.get())
        ),
    };
    let choose = move |of: Part, title: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (part.get() == of).to_string()
                data-testid=format!("part-{}", name(of))
                on:click=move |_| part.set(of)
            >
                {title}
            </button>
        }
    };
    // Of the step on the screen, which has no answers of this part yet.
    let wanted = Memo::new(move |_| {
        let is_of_step = |it: &Subject| it.step == Some(step.get());
        let known = subject.with(|it| it.as_ref().is_some_and(is_of_step));
        trained.get() && !known && (part.get() != Part::Test || held_out.get() > 0)
    });
    let button = move || {
        if job.under_way().get() {
            return view! { <JobProgress job label="The evaluation" done=job.progress() /> }
                .into_any();
        }
        if !wanted.get() {
            return ().into_any();
        }
        let of = part.get();
        let title = match of {
            Part::Test => format!("Test on {} held-out images", exact(held_out.get())),
            _ => format!("Evaluate step {}", exact(step.get())),
        };
        view! {
            <button
                type="button"
                data-testid=if of == Part::Test { "test" } else { "evaluate" }
                disabled=move || busy.get()
                title=move || busy.get().then_some("Pause the training to evaluate")
                on:click=move |_| examine(of)
            >
                {title}
            </button>
            {move || busy.get().then(|| view! { <span class="hint">"Pause to evaluate."</span> })}
        }
        .into_any()
    };
    view! {
        <div class="training-tools">
            <div class="choices" role="group" aria-label="Part of the data">
                {choose(Part::Validation, "Validation")}
                {choose(Part::Test, "Test")}
            </div>
            <span class="hint" data-testid="evaluated" role="status">{caption}</span>
            <span class="spring"></span>
            {button}
        </div>
        {move || failure.get().map(|why| view! { <p class="train-note" role="alert">{why}</p> })}
    }
    .into_any()
}
