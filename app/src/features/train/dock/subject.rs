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
        let epoch = evaluation.epoch;
        let step = match self.step {
            Some(step) if epoch > 0 => format!("epoch {epoch}, step {}", exact(step)),
            Some(step) => format!("step {}", exact(step)),
            None => format!("epoch {epoch}"),
        };
        format!(
            "After {step}: {wrong} of {images} {part} images wrong, accuracy {:.2} %",
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

/// The answers of the step on the screen to the chosen part.
pub fn subject(lab: Lab, choice: Choice) -> Memo<Option<Subject>> {
    Memo::new(move |_| answers(lab, choice.part.get()))
}

/// As [`subject`]; where the step was not evaluated on the chosen part, its answers to the validation
/// images.
pub fn any_subject(lab: Lab, choice: Choice) -> Memo<Option<Subject>> {
    Memo::new(move |_| {
        let chosen = answers(lab, choice.part.get());
        chosen.or_else(|| answers(lab, Part::Validation))
    })
}

/// What the person had evaluated; of the newest weights and the validation images else what came after
/// the last epoch.
fn answers(lab: Lab, part: Part) -> Option<Subject> {
    let train = lab.train;
    let step = lab.present_step();
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
    let step = Memo::new(move |_| lab.present_step());
    let trained = Memo::new(move |_| lab.train.snapshots().with(|it| !it.all().is_empty()));
    let caption = move || match subject.get() {
        Some(subject) => subject.caption(),
        None if !trained.get() => "Answers come with the first epoch of a training.".to_owned(),
        None => {
            let part = name(part.get());
            format!(
                "Step {} has no answers to the {part} images yet.",
                exact(step.get())
            )
        }
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
    view! {
        <div class="training-tools">
            <div class="choices" role="group" aria-label="Part of the data">
                {choose(Part::Validation, "Validation")}
                {choose(Part::Test, "Test")}
            </div>
            <span class="hint" data-testid="evaluated" role="status">{caption}</span>
        </div>
    }
    .into_any()
}

/// The buttons that run the weights of the step on the screen on a part of the data, and the accuracy
/// on the test images.
pub fn evaluate(lab: Lab, choice: Choice) -> AnyView {
    let train = lab.train;
    let failure = choice.failure;
    let job = lab.evaluation_job;
    let run = move |of: Part| {
        failure.set(None);
        choice.part.set(of);
        spawn_local(async move {
            let result = lab.examine(of).await;
            // `None` once the dock is closed.
            let _closed = failure.try_set(result.err());
        });
    };
    let step = Memo::new(move |_| lab.present_step());
    let busy = Memo::new(move |_| train.status().with(Status::is_busy));
    let trained = Memo::new(move |_| train.snapshots().with(|it| !it.all().is_empty()));
    let held_out = Memo::new(move |_| lab.data.chosen().map_or(0, |it| it.held_out));
    let is_known = move |of: Part| {
        let step = step.get();
        let by_epoch = || {
            of == Part::Validation
                && train
                    .curve()
                    .with(|it| it.checks().iter().any(|it| it.step == step))
                && train.shown().get().is_none()
        };
        train.examined().with(|it| it.get(step, of).is_some()) || by_epoch()
    };
    let wanted = Memo::new(move |_| {
        let can = trained.get() && !busy.get();
        [Part::Validation, Part::Test]
            .map(|of| can && !is_known(of) && (of != Part::Test || held_out.get() > 0))
    });
    let button = move |of: Part, testid: &'static str, title: String| {
        view! {
            <button type="button" data-testid=testid on:click=move |_| run(of)>
                {title}
            </button>
        }
    };
    let buttons = move || {
        if job.under_way().get() {
            return view! { <JobProgress job label="The evaluation" done=job.progress() /> }
                .into_any();
        }
        let [validation, test] = wanted.get();
        let validation = validation.then(|| {
            let title = format!("Evaluate step {}", exact(step.get()));
            button(Part::Validation, "evaluate", title)
        });
        let test = test.then(|| {
            let title = format!("Test on {} held-out images", exact(held_out.get()));
            button(Part::Test, "test", title)
        });
        view! {
            {validation}
            {test}
        }
        .into_any()
    };
    let tested = move || {
        let examined = train
            .examined()
            .with(|it| it.get(step.get(), Part::Test).cloned())?;
        let evaluation = &examined.validation.evaluation;
        let text = format!(
            "Test accuracy {:.2} % of {} images",
            evaluation.accuracy * 100.0,
            exact(evaluation.examples)
        );
        let value = evaluation.accuracy.to_string();
        Some(view! { <span data-testid="test-accuracy" data-value=value>{text}</span> })
    };
    view! {
        {tested}
        {buttons}
    }
    .into_any()
}
