//! Kept trainings beside each other.

use leptos::prelude::*;
use state::train::chart::Quantity;
use state::train::runs::{Checkpoint, MOST_CHECKPOINT_BYTES, MOST_DRAWN, Run, Runs};
use state::train::settings::brief;
use wasm_bindgen_futures::spawn_local;

use super::Choice;
use super::curves::smoothing;
use super::plot::chart;
use super::series::Series;
use super::table::numbered;
use crate::lab::Lab;
use crate::ui::format::{bytes, exact, percent};
use crate::ui::icon::{Icon, icon};

const HEIGHT: f64 = 120.0;
const HEADING: [&str; 8] = [
    "Curve", "Name", "Of", "Settings", "Accuracy", "Loss", "Steps", "Time",
];

pub fn runs(lab: Lab, choice: Choice) -> AnyView {
    let all = lab.train.runs();
    let numbers =
        Memo::new(move |_| all.with(|it| it.all().iter().map(Run::number).collect::<Vec<_>>()));
    let failure = RwSignal::new(None::<(u64, String)>);
    let drawn = move || {
        all.with(|it| {
            let of = |run: &Run| {
                Some(Series {
                    name: run.name.clone(),
                    colour: Some(it.colour(run.number())?),
                    curve: run.curve.clone(),
                })
            };
            it.all().iter().filter_map(of).collect::<Vec<_>>()
        })
    };
    let some_drawn = Memo::new(move |_| !drawn().is_empty());
    let plots = move || {
        some_drawn.get().then(|| {
            view! {
                <div class="training-tools">{smoothing(choice)}</div>
                <div class="plots">
                    {chart(Quantity::Loss, choice, HEIGHT, drawn)}
                    {chart(Quantity::Accuracy, choice, HEIGHT, drawn)}
                </div>
            }
        })
    };
    let undo = move || {
        let name = all.with(|it| it.deleted().map(|run| run.name.clone()))?;
        Some(view! {
            <p class="hint" role="status">
                {format!("{name} is deleted.")}
                <button
                    type="button"
                    class="quiet"
                    data-testid="undelete-run"
                    on:click=move |_| {
                        lab.change_runs(Runs::undelete);
                    }
                >
                    "Undo"
                </button>
            </p>
        })
    };
    let failed = move || {
        let (number, why) = failure.get()?;
        let other = all.with(|it| it.get(number).is_some_and(|run| !lab.is_network_of(run)));
        Some(view! {
            <div class="train-note" role="alert" data-testid="run-refused">
                {why}
                {other.then(|| {
                    view! {
                        <button
                            type="button"
                            data-testid="open-run-network"
                            on:click=move |_| {
                                failure.set(None);
                                lab.open_network_of(number);
                            }
                        >
                            "Open its network"
                        </button>
                    }
                })}
            </div>
        })
    };
    let table = move || {
        if numbers.with(Vec::is_empty) {
            return view! { <p class="hint">"A training is kept here when it ends or pauses."</p> }
                .into_any();
        }
        numbered(&HEADING, numbers, move |number| row(lab, number, failure))
    };
    let memory = move || {
        let held = all.with(Runs::checkpoint_bytes);
        (held > 0).then(|| {
            format!(
                "Checkpoints: {} of {}; the oldest make room for new ones.",
                bytes(held),
                bytes(MOST_CHECKPOINT_BYTES)
            )
        })
    };
    view! {
        {failed}
        {undo}
        <p class="hint" data-testid="runs-memory" hidden=move || memory().is_none()>{memory}</p>
        <div class="runs">{table} <div class="runs-curves">{plots}</div></div>
    }
    .into_any()
}

fn row(lab: Lab, number: u64, failure: RwSignal<Option<(u64, String)>>) -> AnyView {
    let all = lab.train.runs();
    let run = Memo::new(move |_| all.with(|it| it.get(number).cloned()));
    let of = move |read: fn(&Run) -> String| {
        move || run.with(|run| run.as_ref().map(read).unwrap_or_default())
    };
    let colour = Memo::new(move |_| all.with(|it| it.colour(number)));
    let full = Memo::new(move |_| colour.get().is_none() && !all.with(|it| it.can_draw()));
    let has_checkpoint = Memo::new(move |_| {
        let removed = |run: &Run| run.checkpoint == Checkpoint::Removed;
        !run.with(|run| run.as_ref().is_some_and(removed))
    });
    // It would be kept again with its next checkpoint.
    let busy =
        Memo::new(move |_| run.with(|run| run.as_ref().is_some_and(|it| it.status.is_busy())));
    let full_title = format!("{MOST_DRAWN} curves are drawn at most");
    let name = of(|run| run.name.clone());
    let label = move |verb: &str| format!("{verb} {}", name());
    let restore = move |_| {
        failure.set(None);
        spawn_local(async move {
            let refused = lab.restore_run(number).await.err();
            // `None` once the tab is closed.
            let _closed = failure.try_set(refused.map(|why| (number, why)));
        });
    };
    view! {
        <tr data-testid="run" data-run=number.to_string() data-series=move || colour.get()>
            <td>
                <input
                    type="checkbox"
                    data-testid="draw-run"
                    aria-label=move || label("Draw the curve of")
                    title=move || full.get().then(|| full_title.clone())
                    prop:checked=move || colour.get().is_some()
                    disabled=move || full.get()
                    on:change=move |event| {
                        let draw = event_target_checked(&event);
                        lab.change_runs(|runs| runs.draw(number, draw));
                    }
                />
                <i class="swatch" aria-hidden="true"></i>
            </td>
            <th scope="row">
                <input
                    type="text"
                    data-testid="run-name"
                    aria-label=move || label("Name of")
                    prop:value=name
                    on:change=move |event| {
                        let name = event_target_value(&event);
                        lab.change_runs(|runs| runs.rename(number, &name));
                    }
                />
            </th>
            <td>{of(|run| format!("{}, {}", run.of.graph.name(), run.of.on.name))}</td>
            <td>{of(|run| brief(&run.of.task.settings, None))}</td>
            <td data-testid="run-accuracy">
                {of(|run| run.best().map_or_else(|| "–".to_owned(), |it| percent(it.accuracy)))}
            </td>
            <td>{of(|run| run.last_loss().map_or_else(|| "–".to_owned(), |it| format!("{it:.3}")))}</td>
            <td>{of(|run| format!("{}, {}", exact(run.steps()), run.status.title()))}</td>
            <td>{of(|run| time(run.seconds))}</td>
            <td class="run-buttons">
                <button
                    type="button"
                    class="quiet"
                    data-testid="restore-run"
                    aria-label=move || label("Restore")
                    title=move || match has_checkpoint.get() {
                        true => "Its weights, settings and curve come back",
                        false => "Its checkpoint was removed to make room for newer ones",
                    }
                    disabled=move || !has_checkpoint.get()
                    on:click=restore
                >
                    "Restore"
                </button>
                <button
                    type="button"
                    class="icon"
                    data-testid="delete-run"
                    aria-label=move || label("Delete")
                    title="Delete"
                    disabled=busy
                    on:click=move |_| lab.delete_run(number)
                >
                    {icon(Icon::Bin)}
                </button>
            </td>
        </tr>
    }
    .into_any()
}

fn time(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.1} s"),
        ..7200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
