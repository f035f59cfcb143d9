//! How gradients are summed over workers: the messages that workers sent, round by round, and what they
//! tell of the line.

mod picture;
mod player;

use engine::distribute::Reduction;
use leptos::ev::Event;
use leptos::prelude::*;
use state::deploy::reduce::{Message, Reduced, WORKERS, link};

use self::picture::picture;
use self::player::player;
use crate::lab::Lab;
use crate::ui::JobProgress;
use crate::ui::format::{bytes, milliseconds};

const fn name(how: Reduction) -> &'static str {
    match how {
        Reduction::Ring => "Ring",
        Reduction::Server => "Parameter server",
    }
}

pub fn reduce(lab: Lab) -> AnyView {
    let (reduced, job) = (lab.deploy.reduced(), lab.latency_job);
    let under_way = job.under_way();
    let unready = move || under_way.get() || lab.answer.latest().with(Option::is_none);
    let workers = RwSignal::new(4_u32);
    let how = RwSignal::new(Reduction::Ring);
    let one = Memo::new(move |_| {
        let how = how.get();
        reduced.with(|all| all.iter().find(|it| it.how == how).cloned())
    });
    // Rounds that have passed.
    let at = RwSignal::new(0.0_f64);
    Effect::new(move |_| {
        one.track();
        at.set(0.0);
    });
    let picked = move |event: Event| {
        if let Ok(number) = event_target_value(&event).parse() {
            workers.set(number);
        }
    };
    let option = move |number: u32| {
        view! {
            <option value=number.to_string() selected=move || workers.get() == number>
                {number.to_string()}
            </option>
        }
    };
    let choose = move |this: Reduction| {
        view! {
            <button
                type="button"
                data-testid=match this {
                    Reduction::Ring => "reduce-ring",
                    Reduction::Server => "reduce-server",
                }
                tabindex=move || if how.get() == this { "0" } else { "-1" }
                aria-pressed=move || (how.get() == this).to_string()
                on:click=move |_| how.set(this)
            >
                {name(this)}
            </button>
        }
    };
    let progress = move || {
        under_way.get().then(|| {
            view! { <JobProgress job label="Workers and their messages" done=job.progress() /> }
        })
    };
    let failed = move || {
        let why = lab.deploy.failure().get()?;
        Some(view! { <p class="train-note" role="alert">{why}</p> })
    };
    let shown = move || match one.get() {
        None => {
            let hint = "Workers of this browser compute gradients and sum them by messages: each message is \
                        measured, then played here round by round.";
            view! { <p class="hint">{hint}</p> }.into_any()
        }
        Some(one) => view! {
            {player(one.rounds(), at)}
            <div class="reduce-shown">
                {picture(one.clone(), at)}
                {messages(one, at)}
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="deploy-details">
            <div>
                <p class="deploy-choices">
                    <label>
                        "Workers"
                        <select data-testid="reduce-workers" on:change=picked>
                            {WORKERS.map(option).collect_view()}
                        </select>
                    </label>
                    <button
                        type="button"
                        class="primary"
                        data-testid="run-reduce"
                        disabled=unready
                        on:click=move |_| lab.run_reduction(workers.get_untracked())
                    >
                        "Sum gradients"
                    </button>
                    <span
                        class="choices"
                        role="group"
                        aria-label="How gradients are summed"
                        on:keydown=crate::ui::rove
                    >
                        {[Reduction::Ring, Reduction::Server].map(choose).collect_view()}
                    </span>
                </p>
                {progress}
                {failed}
                {shown}
            </div>
            <div>{move || reduced.with(|all| told(lab, all))}</div>
        </div>
    }
    .into_any()
}

/// The messages of the round that is shown.
fn messages(one: Reduced, at: RwSignal<f64>) -> AnyView {
    let rounds = one.rounds();
    let round = Memo::new(move |_| (at.get().max(0.0) as usize).min(rounds.saturating_sub(1)));
    let body = move || {
        let round = round.get();
        let row = |it: &Message| {
            let piece = match it.transfer.piece {
                Some(piece) => (piece + 1).to_string(),
                None => "all".to_owned(),
            };
            view! {
                <tr>
                    <th scope="row">
                        {format!("{} → {}", it.transfer.from + 1, it.transfer.to + 1)}
                    </th>
                    <td>{piece}</td>
                    <td>{if it.transfer.adds { "added" } else { "taken" }}</td>
                    <td data-bytes=it.bytes.to_string()>{bytes(it.bytes)}</td>
                    <td>{milliseconds(it.end_ms - it.start_ms)}</td>
                </tr>
            }
        };
        one.of_round(round).map(row).collect_view()
    };
    view! {
        <table class="deploy-table" data-testid="reduce-messages">
            <caption>{move || format!("Messages of round {} of {rounds}", round.get() + 1)}</caption>
            <thead>
                <tr>
                    {["Workers", "Piece", "Is", "Bytes", "Took"]
                        .map(|it| view! { <th scope="col">{it}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// Counts beside the formula, and the line that the messages tell of.
fn told(lab: Lab, all: &[Reduced]) -> Option<AnyView> {
    let first = all.first()?;
    let row = |it: &Reduced| {
        let sent = (0..it.workers).map(|worker| it.sent(worker));
        let most = sent.max().unwrap_or_default();
        view! {
            <tr data-how=name(it.how)>
                <th scope="row">{name(it.how)}</th>
                <td data-bytes=most.to_string()>{bytes(most)}</td>
                <td data-bytes=it.sent_in_all().to_string()>{bytes(it.sent_in_all())}</td>
                <td>{milliseconds(it.total_ms())}</td>
                <td data-difference=it.difference.to_string()>{format!("{:.0e}", it.difference)}</td>
            </tr>
        }
    };
    let compute = first.compute_ms.iter().copied().fold(0.0, f64::max);
    let formula = format!(
        "{} workers, gradients of {} each: 2 (p − 1) / p · n is {} for each worker of a ring. The slowest \
         computed its gradients in {}. Messages go through the page, so each is two of the browser's.",
        first.workers,
        bytes(first.bytes),
        bytes(first.formula().round() as u64),
        milliseconds(compute),
    );
    let found = link(all.iter().flat_map(|it| &it.messages));
    let line = found.map(|found| {
        let text = format!(
            "The messages took {} and {} a megabyte (least squares over their bytes): {:.2} Gbit/s.",
            milliseconds(found.latency_ms),
            milliseconds(8.0 / found.gigabits),
            found.gigabits
        );
        let take = move |_| {
            let mut plan = lab.deploy.plan().get_untracked();
            // Three digits: no more of it would be the same in the next measurement.
            let short = |value: f64, least: f64| (value * 1e3).round().max(least) / 1e3;
            plan.link.gigabits = short(found.gigabits, 1.0);
            plan.link.latency_ms = short(found.latency_ms, 0.0);
            lab.deploy.arrange(plan);
        };
        view! {
            <p data-testid="reduce-link">{text}</p>
            <button type="button" data-testid="use-measured-link" on:click=take>
                "Use this line in Several machines"
            </button>
        }
    });
    let view = view! {
        <table class="deploy-table" data-testid="reduce-told">
            <thead>
                <tr>
                    {["", "Most sent by one", "Sent in all", "Took", "Differs by"]
                        .map(|it| view! { <th scope="col">{it}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{all.iter().map(row).collect_view()}</tbody>
        </table>
        <p class="hint" data-testid="reduce-formula">{formula}</p>
        {line}
    };
    Some(view.into_any())
}
