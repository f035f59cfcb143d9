//! The section “Latency”: passes measured here.

use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::JobProgress;
use crate::ui::format::{count, milliseconds};

#[component]
pub fn LatencySection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let job = lab.latency_job;
    let (under_way, measured) = (job.under_way(), lab.deploy.measured());
    let unready = move || under_way.get() || lab.answer.latest().with(Option::is_none);
    let one = Memo::new(move |_| measured.with(|all| all.first().cloned()));
    let figures = move || {
        let one = one.get()?;
        let figure = |name: &'static str, testid: &'static str, ms: f64| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd data-testid=testid data-value=ms.to_string()>{milliseconds(ms)}</dd>
                </div>
            }
        };
        let all = one.latencies;
        let said = format!(
            "{} passes of one picture on {}; the first of all took {}. The clock ticks every {}.",
            count(all.count as u64),
            one.device,
            milliseconds(one.first_ms),
            milliseconds(one.clock_ms)
        );
        Some(view! {
            <dl class="deploy-figures">
                {figure("p50", "latency-p50", all.p50)}
                {figure("p90", "latency-p90", all.p90)}
                {figure("p99", "latency-p99", all.p99)}
            </dl>
            <p class="train-hint">{said}</p>
        })
    };
    let progress = move || {
        under_way.get().then(|| {
            view! { <JobProgress job label="Passes measured" done=job.progress() /> }
        })
    };
    let failed = move || {
        let why = lab.deploy.failure().get()?;
        Some(view! { <p class="train-note" role="alert">{why}</p> })
    };
    view! {
        <section aria-label="Latency" data-testid="latency">
            <h2>"Latency here"</h2>
            {figures}
            {failed}
            {progress}
            <button
                type="button"
                class="primary"
                data-testid="measure-latency"
                disabled=unready
                on:click=move |_| lab.measure_latency()
            >
                {move || if one.with(Option::is_some) { "Measure again" } else { "Measure 500 passes" }}
            </button>
        </section>
    }
}
