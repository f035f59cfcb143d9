//! What students handed in, beside what was computed from it.

use engine::exercise::Verdict;
use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use web_sys::{File, FileList};

use crate::lab::Lab;

/// The view.
pub fn verify(lab: Lab) -> AnyView {
    let part = lab.exercise();
    let state = part.state;
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let files = input.files().map(|list| files(&list)).unwrap_or_default();
        lab.verify(files);
        // The same file may be chosen again.
        input.set_value("");
    };
    let drop = move |event: DragEvent| {
        event.prevent_default();
        // Not the page's own drop, which opens files.
        event.stop_propagation();
        if let Some(list) = event.data_transfer().and_then(|data| data.files()) {
            lab.verify(files(&list));
        }
    };
    let over = move |event: DragEvent| {
        event.prevent_default();
        event.stop_propagation();
    };
    let results = move || {
        let verdicts = state.verdicts().get();
        (!verdicts.is_empty()).then(|| {
            let rows = verdicts.iter().map(verdict).collect_view();
            let differ = verdicts.iter().filter(|it| !it.agrees()).count();
            view! {
                <p role="status" data-testid="verify-summary">
                    {format!("{} files, {differ} do not agree.", verdicts.len())}
                </p>
                {rows}
                <div class="exercise-tools">
                    <button
                        type="button"
                        data-testid="verify-csv"
                        on:click=move |_| lab.save_verdicts()
                    >
                        "Save as CSV"
                    </button>
                </div>
            }
        })
    };
    view! {
        <section
            class="exercise-verify"
            aria-label="Verify"
            data-testid="verify"
            on:drop=drop
            on:dragover=over
        >
            <label class="file-button exercise-drop">
                "Choose or drop result files or a zip, and the exercise if you have it"
                <input
                    node_ref=input
                    type="file"
                    multiple
                    accept=".cnnlab-result,.zip,.json,application/zip,application/json"
                    class="visually-hidden"
                    data-testid="verify-files"
                    on:change=take
                />
            </label>
            {move || {
                let title = state.given().get()?.title.clone();
                Some(view! { <p data-testid="verify-given">{format!("Judged by the exercise “{title}”.")}</p> })
            }}
            {results}
        </section>
    }
    .into_any()
}

fn files(list: &FileList) -> Vec<File> {
    (0..list.length())
        .filter_map(|place| list.get(place))
        .collect()
}

fn verdict(verdict: &Verdict) -> AnyView {
    let agrees = verdict.agrees();
    let name = match verdict.student.is_empty() {
        true => verdict.file.clone(),
        false => verdict.student.clone(),
    };
    if let Some(why) = &verdict.refused {
        return view! {
            <article class="exercise-verdict" data-testid="verdict" data-agrees="false">
                <h3 translate="no">{name}</h3>
                <p class="exercise-why">{format!("It cannot be read: {why}.")}</p>
            </article>
        }
        .into_any();
    }
    let rows = verdict.rows.iter().map(|row| {
        let claimed = row.claimed.as_ref().map(|it| it.value.to_string());
        view! {
            <tr data-agrees=row.agrees.to_string() data-pass=row.pass.to_string()>
                <th scope="row">{row.check.clone()}</th>
                <td>{claimed.unwrap_or_default()}</td>
                <td>{row.computed.to_string()}</td>
                <td>{if row.pass { row.points } else { 0 }}</td>
                <td>{if row.agrees { "yes" } else { "no" }}</td>
            </tr>
        }
    });
    let differs = verdict.disagreements.iter().map(|it| {
        view! { <li data-testid="disagreement">{it.to_string()}</li> }
    });
    let notes = verdict
        .notes
        .iter()
        .cloned()
        .map(|note| view! { <p class="note">{note}</p> });
    view! {
        <article class="exercise-verdict" data-testid="verdict" data-agrees=agrees.to_string()>
            <h3 translate="no">{name}</h3>
            <p class="figures">
                {format!("{}: {} of {} points", verdict.title, verdict.points, verdict.of)}
            </p>
            {(!agrees)
                .then(|| {
                    view! {
                        <p class="exercise-why">"Does not agree:"</p>
                        <ul class="exercise-why">{differs.collect_view()}</ul>
                    }
                })}
            <div class="exercise-table">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Check"</th>
                            <th scope="col">"Claimed"</th>
                            <th scope="col">"Computed"</th>
                            <th scope="col">"Points"</th>
                            <th scope="col">"Agrees"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {notes.collect_view()}
        </article>
    }
    .into_any()
}
