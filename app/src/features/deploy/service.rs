//! The section “Load”: how many machines like this one it needs.

use leptos::prelude::*;
use state::deploy::{Load, need};

use super::field::{Number, field};
use crate::lab::Lab;
use crate::ui::format::{exact, milliseconds, percent};

#[component]
pub fn ServiceSection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let load = lab.deploy.load();
    let found = Memo::new(move |_| {
        let one = lab.deploy.measured().with(|all| all.first().cloned())?;
        Some(need(load.get(), &one).map(|need| (need, one.latencies.mean)))
    });
    let answer = move || match found.get() {
        None => view! {
            <p class="train-hint">"Measure the latency first: it is the time of a request."</p>
        }
        .into_any(),
        Some(Err(why)) => view! { <p class="train-note" role="alert">{why}</p> }.into_any(),
        Some(Ok((need, mean))) => {
            let it = need.capacity;
            let machines = it.machines;
            let said = format!(
                "Each is busy {} of the time at {} a request; {} of the requests wait, {} on average. \
                 p99 is {} by M/M/c (Erlang C), {} simulated with the measured times, where {} wait.",
                percent(it.utilisation),
                milliseconds(mean),
                percent(it.waits),
                milliseconds(it.wait_ms),
                milliseconds(it.response_ms),
                milliseconds(need.simulated_ms),
                percent(need.simulated_waits)
            );
            view! {
                <p class="deploy-machines">
                    <b data-testid="machines" data-value=machines.to_string()>{exact(machines.into())}</b>
                    {if machines == 1 { " machine like this one" } else { " machines like this one" }}
                </p>
                <p class="train-hint">{said}</p>
            }
            .into_any()
        }
    };
    let carry = move |change: fn(&mut Load, f64)| {
        move |value: Option<f64>| {
            let mut now = load.get_untracked();
            change(&mut now, value.unwrap_or(1.0));
            lab.deploy.carry(now);
        }
    };
    let number = |name, title, sentence, step| Number {
        name,
        title,
        sentence,
        step,
        optional: false,
    };
    view! {
        <section aria-label="Load" data-testid="load">
            <h2>"Load"</h2>
            {field(
                number(
                    "load-rate",
                    "Requests a second",
                    "They come at random times, each with one picture.",
                    10.0,
                ),
                Signal::derive(move || Some(load.get().rate)),
                carry(|it, value| it.rate = value),
            )}
            {field(
                number(
                    "load-within",
                    "p99 within, ms",
                    "Waiting and computing together, of 99 of 100 requests.",
                    10.0,
                ),
                Signal::derive(move || Some(load.get().within_ms)),
                carry(|it, value| it.within_ms = value),
            )}
            {answer}
        </section>
    }
}
