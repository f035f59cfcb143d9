//! The training at a glance.

use engine::train::Length;
use leptos::prelude::*;
use state::train::Curve;
use state::train::chart::Quantity;

use super::Choice;
use super::confusion::matrix;
use super::curves::legend;
use super::findings::findings;
use super::mistakes::worst;
use super::plot::chart;
use super::series::present;
use super::subject::{Subject, any_subject};
use crate::lab::Lab;
use crate::ui::format::exact;

const HEIGHT: f64 = 76.0;
const MISTAKES: usize = 15;

pub fn now(lab: Lab, choice: Choice) -> AnyView {
    let empty = Memo::new(move |_| lab.train.curve().with(Curve::is_empty));
    let subject = any_subject(lab, choice);
    let answered = Memo::new(move |_| subject.with(Option::is_some));
    let series = move || present(lab, choice);
    let mistakes = move || {
        let subject: Subject = subject.get()?;
        let evaluation = &subject.validation.evaluation;
        let wrong = subject.confusion().map_or(0, |it| it.all_errors());
        let counts = format!("{} of {}", exact(wrong.into()), exact(evaluation.examples));
        Some(view! {
            <section class="now-mistakes" aria-label="Surest mistakes">
                <h3>"Surest mistakes " <span class="hint">{counts}</span></h3>
                {worst(lab, &subject, MISTAKES)}
            </section>
        })
    };
    let wait = move || {
        let length = lab.train.with_run_task(|task| task.settings.length);
        let steps = lab.train.latest().get().map_or(0, |it| it.steps);
        match length {
            Length::Epochs(epochs) if steps > 0 => format!(
                "Confusion and mistakes come with the first validation, after step {}.",
                exact(steps / u64::from(epochs.max(1)))
            ),
            _ => {
                "Confusion and mistakes come with the first validation, after an epoch.".to_owned()
            }
        }
    };
    let body = move || {
        if empty.get() {
            return view! {
                <p class="hint">
                    "Train the network to see its curves, its confusions and its mistakes here."
                </p>
            }
            .into_any();
        }
        view! {
            <div class="now">
                <div class="now-curves">
                    <div hidden=move || choice.reading.get().is_some()>{legend()}</div>
                    {chart(Quantity::Accuracy, choice, HEIGHT, series)}
                    {chart(Quantity::Loss, choice, HEIGHT, series)}
                </div>
                <p class="hint now-wait" data-testid="now-wait" hidden=move || answered.get()>{wait}</p>
                <section class="now-confusion" aria-label="Confusion" hidden=move || !answered.get()>
                    <h3>"Confusion " <span class="hint">"label ↓ answer →"</span></h3>
                    {matrix(lab, choice, subject, false)}
                </section>
                {mistakes}
            </div>
        }
        .into_any()
    };
    view! {
        {findings(lab, choice)}
        {body}
    }
    .into_any()
}
