//! The section “Workers”: how many, how long each takes, and what they send each other.

use engine::distribute::all_reduce_bytes;
use engine::session::DeviceKind;
use engine::train::{Worked, WorkerTime};
use leptos::prelude::*;
use state::train::workers::Choice;

use crate::lab::{Lab, most_workers};
use crate::platform::cores::cores;
use crate::ui::format::{bytes, milliseconds};
use crate::ui::rove;

#[component]
pub fn WorkersSection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let workers = lab.train.workers();
    let count = Memo::new(move |_| workers.with(|it| it.count));
    let failure = move || {
        let failure = workers.with(|it| it.failure.clone())?;
        Some(view! { <p class="train-note" role="alert">{failure}</p> })
    };
    let several = Memo::new(move |_| workers.with(|it| it.speed_up().is_some()));
    view! {
        <section
            class="train-workers"
            aria-label="Workers"
            data-testid="workers"
            data-count=move || count.get().to_string()
        >
            <h2>"Workers"</h2>
            {choices(lab)}
            <p class="train-hint" data-testid="workers-state" role="status">{move || sentence(lab)}</p>
            {failure}
            {move || several.get().then(|| timeline(lab))}
        </section>
    }
}

fn choices(lab: Lab) -> impl IntoView {
    let (workers, task) = (lab.train.workers(), lab.train.task());
    let shown =
        Memo::new(move |_| workers.with(|it| task.with(|task| it.shown(&task.settings).name())));
    let offered = Choice::offered(cores());
    let names: Vec<String> = offered.iter().map(|it| it.name()).collect();
    let one = move |(at, choice): (usize, Choice)| {
        let name = choice.name();
        let pressed = {
            let name = name.clone();
            Memo::new(move |_| shown.with(|shown| *shown == name))
        };
        let (known, title) = (names.clone(), name.clone());
        // The first has the Tab stop where none is pressed.
        let stop = move || pressed.get() || (at == 0 && shown.with(|it| !known.contains(it)));
        view! {
            <button
                type="button"
                data-value=name
                tabindex=move || if stop() { "0" } else { "-1" }
                aria-pressed=move || pressed.get().to_string()
                on:click=move |_| lab.choose_workers(choice)
            >
                {title}
            </button>
        }
    };
    view! {
        <span
            class="choices"
            role="group"
            aria-label="Workers"
            data-testid="workers-choice"
            data-value=shown
            on:keydown=rove
        >
            {offered.into_iter().enumerate().map(one).collect_view()}
        </span>
    }
}

/// What the choice means, or what was measured.
fn sentence(lab: Lab) -> String {
    let (workers, task) = (lab.train.workers(), lab.train.task());
    let shards = task.with(|task| task.settings.shards);
    let Some(shards) = shards else {
        return "Each batch is computed as a whole.".to_owned();
    };
    let pace = lab.answer.pace().get();
    if pace.is_some_and(|(device, _)| device != DeviceKind::Cpu) {
        return "Workers are for the CPU; WebGPU computes the shards one after the other."
            .to_owned();
    }
    workers.with(|it| match (it.choice, it.measured) {
        (Choice::Auto, Some(measured)) => {
            let (one, several) = (
                milliseconds(measured.one_ms),
                milliseconds(measured.several_ms),
            );
            let (count, kept) = (measured.workers, measured.pays());
            let kept = if kept { count } else { 1 };
            format!(
                "Measured: {one} a step with one worker, {several} with {count}; {kept} {}.",
                if kept == 1 { "trains" } else { "train" }
            )
        }
        (Choice::Auto, None) if most_workers() > 1 => {
            let most = most_workers();
            format!("One worker and {most} are timed; the faster train.")
        }
        _ => format!(
            "Each batch is cut into {shards} shards; any number of workers gives the same weights."
        ),
    })
}

/// The last steps: one row a worker, one group of bars a step.
fn timeline(lab: Lab) -> impl IntoView {
    let workers = lab.train.workers();
    let rows = move || {
        workers.with(|it| {
            let longest = it.steps.iter().map(|it| it.ms).fold(1e-9, f64::max);
            let numbers = it.steps.iter().flat_map(|it| &it.workers);
            let mut numbers: Vec<u32> = numbers.map(|it| it.worker).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let row = |(at, number): (usize, u32)| {
                let steps = it.steps.iter().map(|step| {
                    let time = step.workers.iter().find(|it| it.worker == number);
                    bars(step, time, longest)
                });
                view! {
                    <tr data-testid="worker" data-worker=number.to_string()>
                        <th scope="row">{(at + 1).to_string()}</th>
                        {steps.collect_view()}
                    </tr>
                }
            };
            numbers.into_iter().enumerate().map(row).collect_view()
        })
    };
    let steps = move || {
        workers.with(|it| {
            let head = |step: &Worked| view! { <th scope="col">{step.step.to_string()}</th> };
            it.steps.iter().map(head).collect_view()
        })
    };
    let speed_up = move || {
        workers.with(|it| {
            let ideal = it.steps.back().map_or(1, |it| it.workers.len());
            let speed_up = it.speed_up().unwrap_or(1.0);
            format!("{speed_up:.2}× of {ideal}×")
        })
    };
    let moved = move || {
        let last = workers.with(|it| it.steps.back().cloned());
        let params = lab.document.analysis.with(|it| it.total.params());
        let (count, moved) = last.map_or((1, 0), |it| (it.workers.len() as u64, it.bytes));
        let formula = all_reduce_bytes(params, count);
        format!("{} by formula, {} measured", bytes(formula), bytes(moved))
    };
    view! {
        <table class="train-timeline" data-testid="workers-timeline">
            <caption>
                <i class="compute"></i>"compute"<i class="send"></i>"send"<i class="wait"></i>"wait"
            </caption>
            <thead>
                <tr>
                    <th scope="col">"Step"</th>
                    {steps}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <dl class="train-moved">
            <div>
                <dt>"Speed-up of ideal"</dt>
                <dd data-testid="workers-speed-up">{speed_up}</dd>
            </div>
            <div>
                <dt>"All-reduce a step, 2 · (workers − 1) · 4 · parameters"</dt>
                <dd data-testid="workers-bytes">{moved}</dd>
            </div>
        </dl>
    }
}

/// What one worker did in one step; its share of the longest step is the width.
fn bars(step: &Worked, time: Option<&WorkerTime>, longest: f64) -> AnyView {
    let Some(time) = time else {
        return view! { <td></td> }.into_any();
    };
    let update = if time.worker == 0 {
        step.update_ms
    } else {
        0.0
    };
    let (compute, send, wait) = (time.compute_ms + update, time.send_ms, step.wait_ms(time));
    let said = format!(
        "compute {}, send {}, wait {}",
        milliseconds(compute),
        milliseconds(send),
        milliseconds(wait)
    );
    let title = said.clone();
    let width = |ms: f64| format!("{:.1}%", (100.0 * ms / longest).min(100.0));
    view! {
        <td title=title>
            <span class="visually-hidden">{said}</span>
            <span class="train-bars" aria-hidden="true">
                <i class="compute" style:width=width(compute)></i>
                <i class="send" style:width=width(send)></i>
                <i class="wait" style:width=width(wait)></i>
            </span>
        </td>
    }
    .into_any()
}
