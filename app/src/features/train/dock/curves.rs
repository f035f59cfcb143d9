//! The curves of loss and accuracy, with the table behind them.

use leptos::prelude::*;
use state::train::Curve;
use state::train::chart::Quantity;
use state::train::reading::table;

use super::Choice;
use super::plot::chart;
use super::series::present;
use crate::lab::Lab;

const HEIGHT: f64 = 132.0;
/// Rows of the table, about.
const ROWS: usize = 100;
const HEADING: [&str; 6] = [
    "Step",
    "Epoch",
    "Training loss",
    "Training accuracy",
    "Validation loss",
    "Validation accuracy",
];

pub fn curves(lab: Lab, choice: Choice) -> AnyView {
    let empty = Memo::new(move |_| lab.train.curve().with(Curve::is_empty));
    let as_table = RwSignal::new(false);
    let series = move || present(lab, choice);
    let body = move || {
        if empty.get() {
            return view! { <p class="hint">"Curves begin with the first step of a training."</p> }
                .into_any();
        }
        if as_table.get() {
            return plain_table(lab, choice);
        }
        view! {
            <div class="plots">
                {chart(Quantity::Loss, choice, HEIGHT, series)}
                {chart(Quantity::Accuracy, choice, HEIGHT, series)}
            </div>
        }
        .into_any()
    };
    view! {
        <div class="training-tools">
            {legend()}
            {smoothing(choice)}
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="log-loss"
                    prop:checked=move || choice.log.get()
                    on:change=move |event| choice.log.set(event_target_checked(&event))
                />
                "Log loss"
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="curve-table"
                    prop:checked=move || as_table.get()
                    on:change=move |event| as_table.set(event_target_checked(&event))
                />
                "Table"
            </label>
            <span class="spring"></span>
            <button
                type="button"
                class="quiet"
                data-testid="copy-curve"
                disabled=move || empty.get()
                on:click=move |_| lab.copy_curve()
            >
                "Copy as CSV"
            </button>
            <button
                type="button"
                class="quiet"
                data-testid="save-curve"
                disabled=move || empty.get()
                on:click=move |_| lab.save_curve()
            >
                "Save CSV"
            </button>
        </div>
        {body}
    }
    .into_any()
}

/// Which line is which.
pub fn legend() -> AnyView {
    view! {
        <span class="plot-legend" aria-hidden="true">
            <span class="of-checks">"validation"</span>
            <span class="of-smoothed">"training"</span>
        </span>
    }
    .into_any()
}

pub fn smoothing(choice: Choice) -> AnyView {
    let keep = choice.keep;
    let changed = move |event| {
        if let Ok(value) = event_target_value(&event).parse::<f64>() {
            keep.set(value.clamp(0.0, 0.99));
        }
    };
    view! {
        <label class="range">
            "Smoothing"
            <input
                type="range"
                data-testid="smoothing"
                min="0"
                max="0.99"
                step="0.01"
                prop:value=move || keep.get().to_string()
                on:input=changed
            />
            <output>{move || format!("{:.2}", keep.get())}</output>
        </label>
    }
    .into_any()
}

fn plain_table(lab: Lab, choice: Choice) -> AnyView {
    let rows = Memo::new(move |_| {
        choice.beat.track();
        lab.train.curve().with_untracked(|curve| table(curve, ROWS))
    });
    let row = |cells: [String; 6]| {
        let [step, rest @ ..] = cells;
        view! {
            <tr>
                <th scope="row">{step}</th>
                {rest.map(|cell| view! { <td>{cell}</td> }).collect_view()}
            </tr>
        }
    };
    view! {
        <div class="training-table" tabindex="0" role="group" aria-label="The curve as a table">
            <table>
                <thead>
                    <tr>{HEADING.map(|it| view! { <th scope="col">{it}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
