//! A training step on several machines: its layers as a pipeline, and gradients that are summed.

use engine::distribute::{Kind, Schedule, Span, Timeline};
use leptos::ev::Event;
use leptos::prelude::*;
use state::deploy::pipeline::{MICRO_BATCHES, Piped, Plan, Ran, STAGES, Shown, WORKERS};

use super::field::{Number, field};
use crate::lab::Lab;
use crate::ui::JobProgress;
use crate::ui::format::{bytes, milliseconds, percent};

/// The picture's width in its own units, and the height of a worker's row.
const WIDE: f64 = 720.0;
const ROW: f64 = 22.0;

pub fn machines(lab: Lab) -> AnyView {
    let (plan, piped, job) = (lab.deploy.plan(), lab.deploy.piped(), lab.latency_job);
    let under_way = job.under_way();
    let unready = move || under_way.get() || lab.answer.latest().with(Option::is_none);
    let shown = Memo::new(move |_| piped.with(|it| it.as_ref().map(|it| it.shown(&plan.get()))));
    let change = move |change: &dyn Fn(&mut Plan)| {
        let mut now = plan.get_untracked();
        change(&mut now);
        lab.deploy.arrange(now);
    };
    let choice = move |title: &'static str,
                       testid: &'static str,
                       all: &'static [u32],
                       read: fn(&Plan) -> u32,
                       put: fn(&mut Plan, u32)| {
        let picked = move |event: Event| {
            if let Ok(number) = event_target_value(&event).parse() {
                change(&|plan| put(plan, number));
            }
        };
        let option = move |&number: &u32| {
            view! {
                <option value=number.to_string() selected=move || plan.with(read) == number>
                    {number.to_string()}
                </option>
            }
        };
        view! {
            <label>
                {title}
                <select data-testid=testid on:change=picked>
                    {all.iter().map(option).collect_view()}
                </select>
            </label>
        }
    };
    let schedule = move |event: Event| {
        let one = event_target_value(&event) == "1f1b";
        change(&|plan| {
            plan.schedule = if one {
                Schedule::OneForwardOneBackward
            } else {
                Schedule::GPipe
            };
        });
    };
    let number = |name, title, sentence, step| Number {
        name,
        title,
        sentence,
        step,
        optional: false,
    };
    let progress = move || {
        under_way.get().then(|| {
            view! { <JobProgress job label="Passes of the stages" done=job.progress() /> }
        })
    };
    let failed = move || {
        let why = lab.deploy.failure().get()?;
        Some(view! { <p class="train-note" role="alert">{why}</p> })
    };
    let picture = move || {
        piped.with(|piped| {
            let (piped, shown) = (piped.as_ref()?, shown.get()?);
            Some(view! { {chart(&shown.timeline, "pipeline-timeline")} {told(piped, &shown)} })
        })
    };
    let measured = move || lab.deploy.ran().with(|ran| ran.as_ref().map(measured));
    let calculator = move || {
        piped.with(|piped| {
            let piped = piped.as_ref()?;
            let plan = plan.get();
            let row = |&workers: &u32| {
                let cells = piped.shared(&plan, workers).map(|(ms, share)| {
                    view! {
                        <td>{milliseconds(ms)}</td>
                        <td>{percent(share)}</td>
                    }
                });
                view! {
                    <tr>
                        <th scope="row">{workers.to_string()}</th>
                        {cells.into_iter().collect_view()}
                    </tr>
                }
            };
            Some(view! {
                <table class="deploy-table" data-testid="all-reduce">
                    <thead>
                        <tr>
                            {["Workers", "Ring", "Efficiency", "Server", "Efficiency"]
                                .map(|it| view! { <th scope="col">{it}</th> })
                                .collect_view()}
                        </tr>
                    </thead>
                    <tbody>{WORKERS.iter().map(row).collect_view()}</tbody>
                </table>
                <p class="hint">
                    "Data parallel: each worker has its share of the batch; the gradients of all weights \
                     are summed by a ring all-reduce, or by one parameter server. Computing is measured, \
                     sending is latency and bytes over bandwidth."
                </p>
            })
        })
    };
    view! {
        <div class="deploy-details">
            <div>
                <p class="deploy-choices">
                    {choice("Stages", "pipeline-stages", &STAGES, |it| it.stages, |it, to| it.stages = to)}
                    {choice(
                        "Micro-batches",
                        "pipeline-micro-batches",
                        &MICRO_BATCHES,
                        |it| it.micro_batches,
                        |it, to| it.micro_batches = to,
                    )}
                    <label>
                        "Schedule"
                        <select data-testid="pipeline-schedule" on:change=schedule>
                            <option value="gpipe" selected=move || plan.get().schedule == Schedule::GPipe>
                                "GPipe"
                            </option>
                            <option
                                value="1f1b"
                                selected=move || plan.get().schedule == Schedule::OneForwardOneBackward
                            >
                                "1F1B"
                            </option>
                        </select>
                    </label>
                    <button
                        type="button"
                        class="primary"
                        data-testid="run-pipeline"
                        disabled=unready
                        on:click=move |_| lab.run_pipeline()
                    >
                        "Run a step"
                    </button>
                    <button
                        type="button"
                        data-testid="run-workers"
                        title="A worker of this browser for each stage"
                        disabled=unready
                        on:click=move |_| lab.run_stage_workers()
                    >
                        "Run with workers"
                    </button>
                </p>
                {progress}
                {failed}
                {picture}
                {measured}
            </div>
            <div>
                {field(
                    number("link-gigabits", "Link, Gbit/s", "Of each machine, each way.", 1.0),
                    Signal::derive(move || Some(plan.get().link.gigabits)),
                    move |value| change(&|plan| plan.link.gigabits = value.unwrap_or(1.0)),
                )}
                {field(
                    number("link-latency", "Latency, ms", "Until the first byte arrives.", 0.1),
                    Signal::derive(move || Some(plan.get().link.latency_ms)),
                    move |value| change(&|plan| plan.link.latency_ms = value.unwrap_or(0.1)),
                )}
                {calculator}
            </div>
        </div>
    }
    .into_any()
}

/// The step that workers made.
fn measured(ran: &Ran) -> AnyView {
    let timeline = &ran.timeline;
    let workers = timeline.workers.len();
    let said = format!(
        "Measured: {} {} with {} micro-batches made the step in {}. Idle: {} of their time; \
         (p − 1) / (m + p − 1) is {}. {} went from stage to stage, through the page. The gradients differ \
         from those of one worker by {:.1e} of the largest. Workers share the cores of this machine: with \
         more stages than cores they wait for each other.",
        workers,
        if workers == 1 { "worker" } else { "workers" },
        ran.micro_batches,
        milliseconds(timeline.total_ms),
        percent(timeline.idle),
        percent(ran.formula()),
        bytes(ran.sent_bytes),
        ran.difference,
    );
    view! {
        {chart(timeline, "pipeline-measured")}
        <p class="hint" data-testid="pipeline-ran" data-difference=ran.difference.to_string()>{said}</p>
    }
    .into_any()
}

/// A row for each worker, a bar for each pass.
fn chart(timeline: &Timeline, testid: &'static str) -> AnyView {
    let total = timeline.total_ms.max(1e-9);
    let x = move |ms: f64| WIDE * ms / total;
    let bar = |row: usize, span: &Span| {
        let class = match span.kind {
            Kind::Forward => "forward",
            Kind::Backward => "back-pass",
            Kind::Send => "send",
        };
        let (left, wide) = (x(span.start_ms), x(span.end_ms - span.start_ms));
        let top = row as f64 * ROW;
        let number = (span.kind != Kind::Send && wide > 10.0).then(|| {
            view! {
                <text x=format!("{:.1}", left + wide / 2.0) y=format!("{:.1}", top + 14.0)>
                    {(span.micro_batch + 1).to_string()}
                </text>
            }
        });
        view! {
            <rect
                class=class
                x=format!("{left:.2}")
                y=format!("{top:.1}")
                width=format!("{:.2}", wide.max(0.4))
                height=format!("{:.1}", ROW - 3.0)
            ></rect>
            {number}
        }
    };
    let rows = timeline.workers.iter().enumerate();
    let rows = rows.map(|(row, spans)| spans.iter().map(|span| bar(row, span)).collect_view());
    let rows: Vec<_> = rows.collect();
    let count = rows.len();
    let high = ROW * count as f64;
    let said = format!(
        "{count} workers; a step takes {}, of which {} of their time is idle",
        milliseconds(total),
        percent(timeline.idle)
    );
    view! {
        <svg
            class="deploy-pipeline"
            viewBox=format!("0 0 {WIDE} {high}")
            role="img"
            aria-label=said
            data-testid=testid
            data-workers=count.to_string()
        >
            {rows}
        </svg>
    }
    .into_any()
}

/// The numbers beside the chart.
fn told(piped: &Piped, shown: &Shown) -> AnyView {
    let Shown {
        timeline,
        formula,
        memory,
        alone_ms,
    } = shown;
    let row = |(at, nodes): (usize, &Vec<String>)| {
        let stage = piped.stages.get(at).copied().unwrap_or_default();
        let between = match nodes.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first, .., last] => format!("{first} … {last}"),
        };
        let sent = piped
            .sent_bytes
            .get(at)
            .map_or_else(|| "–".to_owned(), |it| bytes(*it));
        view! {
            <tr>
                <th scope="row">{(at + 1).to_string()}</th>
                <td class="words">{between}</td>
                <td>{milliseconds(stage.forward_ms)}</td>
                <td>{milliseconds(stage.backward_ms)}</td>
                <td>{sent}</td>
                <td>{bytes(memory.get(at).copied().unwrap_or_default())}</td>
            </tr>
        }
    };
    let said = format!(
        "A step takes {} on {} workers, {} on one. Idle (the bubble, waiting and sending): {} of the \
         workers' time; (p − 1) / (m + p − 1) of equal stages is {}. The stages' gradients differ from \
         those of one worker by {:.1e} of the largest. Passes were timed on {}, one stage after the \
         other; the schedule and sending are computed.",
        milliseconds(timeline.total_ms),
        timeline.workers.len(),
        milliseconds(*alone_ms),
        percent(timeline.idle),
        percent(*formula),
        piped.difference,
        piped.device,
    );
    view! {
        <p class="deploy-legend" aria-hidden="true">
            <i class="forward"></i>
            "forward"
            <i class="back-pass"></i>
            "backward"
            <i class="send"></i>
            "send"
        </p>
        <table class="deploy-table" data-testid="stages">
            <thead>
                <tr>
                    {["Worker", "Layers", "Forward", "Backward", "Sends", "Memory"]
                        .map(|it| view! { <th scope="col">{it}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{piped.nodes.iter().enumerate().map(row).collect_view()}</tbody>
        </table>
        <p class="hint" data-testid="pipeline-told">{said}</p>
    }
    .into_any()
}
