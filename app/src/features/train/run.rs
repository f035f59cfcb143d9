//! The training's state: where it is, its buttons, and its last figures.

use engine::Analysis;
use engine::train::Length;
use leptos::prelude::*;
use state::train::settings::brief;
use state::train::{Goal, Status};

use super::notes::{Notes, head_problem};
use crate::lab::Lab;
use crate::ui::format::{exact, percent, short};
use crate::ui::icon::{Icon, icon};

#[component]
pub fn Run(narrow: RwSignal<bool>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let train = lab.train;
    let latest = train.latest();
    let status = train.status();
    let title = move || match (latest.get(), status.get()) {
        (None, Status::Paused) => format!("Paused at step {}", exact(last(lab))),
        (None, Status::Preparing) => "Loading the data".to_owned(),
        (None, _) => "Train this network".to_owned(),
        (Some(point), _) => {
            let epoch = point.epoch;
            match train.with_run_task(|task| task.settings.length) {
                Length::Epochs(epochs) => format!("Epoch {epoch} of {epochs}"),
                Length::Steps(_) | Length::Seconds(_) => format!("Epoch {epoch}"),
            }
        }
    };
    let done = move || {
        let point = latest.get();
        let share = point.map_or(0.0, |it| it.step as f64 / it.steps.max(1) as f64);
        format!("{:.1}%", (share * 100.0).min(100.0))
    };
    let step = move || {
        latest.get().map(|point| {
            format!(
                "step {} of {}",
                exact(point.step),
                exact(point.steps.max(point.step))
            )
        })
    };
    // Those of the next training are below.
    let settings = move || {
        let rate = latest.get().map(|it| it.rate);
        train
            .run_task()
            .with(|task| Some(brief(&task.as_ref()?.settings, rate)))
    };
    let executor = move || {
        let executor = train.executor().get()?;
        Some(format!("Gradients by {executor}"))
    };
    view! {
        <section class="train-run" data-status=move || status.with(Status::name)>
            <div class="train-head">
                <h2 data-testid="train-epoch" data-value=move || latest.get().map(|it| it.epoch)>
                    {title}
                </h2>
                <span class="train-badge" data-testid="train-status" role="status">
                    {move || status.with(Status::title)}
                </span>
            </div>
            <div class="train-progress" aria-hidden="true"><i style:width=done></i></div>
            <p class="train-place">
                <span data-testid="train-step" data-value=move || latest.get().map_or_else(|| last(lab), |it| it.step)>
                    {step}
                </span>
                <span>{move || time_left(lab)}</span>
            </p>
            <p class="train-hint" data-testid="run-settings" hidden=move || settings().is_none()>
                {settings}
            </p>
            <p class="train-hint" data-testid="train-executor" hidden=move || executor().is_none()>
                {executor}
            </p>
            <Buttons narrow />
            {move || early(lab)}
            <Notes />
            <Figures />
        </section>
    }
}

/// The step of the newest checkpoint.
fn last(lab: Lab) -> u64 {
    let newest = lab.train.snapshots().with(|it| it.at(u64::MAX));
    newest.map_or(0, |it| it.step)
}

/// While the data are loaded: a button that begins with the images that are here.
fn early(lab: Lab) -> Option<AnyView> {
    let preparing = lab.train.status().with(|it| *it == Status::Preparing);
    let progress = lab
        .data
        .progress()
        .get()
        .filter(|it| preparing && it.done > 0)?;
    let name = format!(
        "Start with the {} images that are here",
        exact(progress.done)
    );
    let view = view! {
        <button type="button" class="quiet" data-testid="train-early" on:click=move |_| lab.train_early()>
            {name}
        </button>
    };
    Some(view.into_any())
}

/// The time that the rest of the training takes at the present speed.
fn time_left(lab: Lab) -> Option<String> {
    let point = lab.train.latest().get()?;
    if !lab.train.status().with(Status::is_busy) {
        return None;
    }
    let batch = lab.train.with_run_task(|task| task.settings.batch) as f64;
    let left = point.steps.saturating_sub(point.step) as f64;
    let seconds = left * batch / point.examples_per_second.max(1e-9);
    Some(match seconds {
        ..1.0 => "less than a second left".to_owned(),
        ..120.0 => format!("{seconds:.0} s left"),
        ..7200.0 => format!("{:.0} min left", seconds / 60.0),
        _ => format!("{:.1} h left", seconds / 3600.0),
    })
}

#[component]
fn Buttons(narrow: RwSignal<bool>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let status = lab.train.status();
    let busy = Memo::new(move |_| status.with(Status::is_busy));
    let resumable = Memo::new(move |_| matches!(status.get(), Status::Paused));
    let valid = move || lab.document.analysis.with(Analysis::is_valid);
    let no_head = move || head_problem(lab).is_some();
    let no_data = move || lab.data.chosen_id().is_none();
    let shut = move || !valid() || no_head() || no_data();
    let start = move |goal: Goal| {
        if resumable.get_untracked() {
            lab.resume_training(goal);
        } else {
            lab.train(goal);
            // A phone has it in the sheet.
            if !narrow.get_untracked() {
                lab.screen.open_dock(true);
            }
        }
    };
    let main = move || {
        if busy.get() {
            return view! {
                <button
                    type="button"
                    class="primary"
                    data-testid="train-pause"
                    on:click=move |_| lab.pause_training()
                >
                    {icon(Icon::Pause)}
                    "Pause"
                </button>
            }
            .into_any();
        }
        let name = if resumable.get() { "Resume" } else { "Train" };
        view! {
            <button
                type="button"
                class="primary"
                data-testid="train-start"
                disabled=shut
                on:click=move |_| start(Goal::End)
            >
                {icon(Icon::Play)}
                {name}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="train-buttons">
            {main}
            <button
                type="button"
                data-testid="train-one-step"
                disabled=move || busy.get() || shut()
                on:click=move |_| start(Goal::Step)
            >
                "Step"
            </button>
            <button
                type="button"
                data-testid="train-one-epoch"
                disabled=move || busy.get() || shut()
                on:click=move |_| start(Goal::Epoch)
            >
                "Epoch"
            </button>
            <button
                type="button"
                class="icon"
                data-testid="train-stop"
                aria-label="Stop"
                title="Stop"
                disabled=move || !busy.get() && !resumable.get()
                on:click=move |_| lab.stop_training()
            >
                {icon(Icon::Stop)}
            </button>
        </div>
    }
}

#[component]
fn Figures() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let train = lab.train;
    let latest = train.latest();
    let accuracy = Memo::new(move |_| {
        train
            .validation()
            .with(|it| it.as_ref().map(|it| it.evaluation.accuracy))
    });
    let of_latest = move |text: fn(&engine::train::Point) -> String| {
        move || latest.get().as_ref().map_or_else(|| "–".to_owned(), text)
    };
    view! {
        <dl class="train-figures">
            <div>
                <dt>"Validation accuracy"</dt>
                <dd data-testid="val-accuracy" data-value=move || accuracy.get().map(|it| it.to_string())>
                    {move || accuracy.get().map_or_else(|| "–".to_owned(), percent)}
                </dd>
            </div>
            <div>
                <dt>"Loss"</dt>
                <dd data-testid="train-loss" data-value=move || latest.get().map(|it| it.loss.to_string())>
                    {of_latest(|it| match it.loss {
                        ..1e4 => format!("{:.3}", it.loss),
                        _ => short(it.loss as f32),
                    })}
                </dd>
            </div>
            <div>
                <dt>"Images a second"</dt>
                <dd data-testid="train-rate">{of_latest(|it| exact(it.examples_per_second as u64))}</dd>
            </div>
        </dl>
    }
}
