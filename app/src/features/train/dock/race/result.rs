//! What the race came to: who won, the curves, and a table.

use std::sync::Arc;

use leptos::prelude::*;
use state::train::race::{Entry, Outcome};

use super::chart::chart;
use crate::lab::Lab;
use crate::ui::format::{count, exact, percent};

const HEADING: [&str; 8] = [
    "Entrant",
    "Mean accuracy",
    "Seeds",
    "Parameters",
    "MACs",
    "Training MACs",
    "Examples",
    "Seconds",
];

pub fn result(lab: Lab) -> AnyView {
    let race = lab.train.race;
    let outcome = race.outcome();
    let busy = Memo::new(move |_| race.under_way().with(Option::is_some));
    let view = move || {
        let outcome = outcome.get()?;
        Some(view! {
            <section class="race-result" data-testid="race-result" aria-label="The race's result">
                {heading(&outcome, busy)}
                <div class="race-curves">{chart(Arc::clone(&outcome))}{table(&outcome)}</div>
            </section>
        })
    };
    view.into_any()
}

fn heading(outcome: &Outcome, busy: Memo<bool>) -> AnyView {
    let verdict = outcome.verdict();
    let cancelled = outcome.cancelled.then(|| {
        view! { <p class="hint">"The race was ended early: these are the trainings that were over."</p> }
    });
    let verdict = move || {
        if busy.get() {
            return view! { <p class="hint">"So far; the verdict comes with the last training."</p> }
                .into_any();
        }
        view! {
            <p class="race-verdict" role="status" data-testid="race-verdict" data-verdict=verdict.kind.name()>
                {verdict.text.clone()}
            </p>
        }
        .into_any()
    };
    view! {
        {verdict}
        {cancelled}
    }
    .into_any()
}

fn table(outcome: &Outcome) -> AnyView {
    let rows = outcome.entries.iter().enumerate().map(row).collect_view();
    let on = format!("Accuracy on the validation images of {}", outcome.on);
    view! {
        <div class="training-table" tabindex="0" role="group" aria-label="The race as a table">
            <table>
                <caption>{on}</caption>
                <thead>
                    <tr>{HEADING.map(|it| view! { <th scope="col">{it}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row((at, entry): (usize, &Entry)) -> AnyView {
    let none = || "–".to_owned();
    let mean = entry.mean().map_or_else(none, percent);
    let seeds = entry.range().map_or_else(none, |(low, high)| {
        format!(
            "{} to {} ({})",
            percent(low),
            percent(high),
            entry.ends().len()
        )
    });
    let cells = [
        mean,
        seeds,
        count(entry.parameters),
        count(entry.macs),
        entry
            .training_macs()
            .map_or_else(none, |it| count(it as u64)),
        entry
            .examples()
            .map_or_else(none, |it| exact(it.round() as u64)),
        entry.seconds().map_or_else(none, |it| format!("{it:.1}")),
    ];
    // Each reason once, with the seeds that it is of.
    let mut failures: Vec<(String, Vec<String>)> = Vec::new();
    for trial in &entry.trials {
        let Some(why) = &trial.failure else { continue };
        let seed = trial.seed.to_string();
        match failures.iter_mut().find(|(text, _)| text == why) {
            Some((_, seeds)) => seeds.push(seed),
            None => failures.push((why.clone(), vec![seed])),
        }
    }
    let failures = failures.into_iter().map(|(why, seeds)| {
        let seeds = seeds.join(", ");
        view! {
            <tr class="race-note">
                <td colspan="8">
                    <p class="train-note" data-testid="race-failed">
                        {format!("Seed {seeds}: {why}")}
                    </p>
                </td>
            </tr>
        }
    });
    let notes = (!entry.notes.is_empty()).then(|| {
        view! {
            <tr class="race-note">
                <td colspan="8">
                    <p class="hint">{entry.notes.join(" ")}</p>
                </td>
            </tr>
        }
    });
    view! {
        <tr data-testid="race-row" data-name=entry.name.clone() data-series=at>
            <th scope="row">
                <i class="swatch" aria-hidden="true"></i>
                {entry.name.clone()}
            </th>
            {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
        </tr>
        {notes}
        {failures.collect_view()}
    }
    .into_any()
}
