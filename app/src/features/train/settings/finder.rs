//! The rate finder: its button, its progress, and the loss over the rate with the proposed one.

use engine::Analysis;
use leptos::prelude::*;
use state::train::Status;
use state::train::settings::{Number, Search, shown};

use super::field::take;
use crate::lab::Lab;
use crate::ui::JobProgress;

/// The size of the chart.
const SIZE: [f64; 2] = [300.0, 96.0];

pub fn finder(lab: Lab) -> AnyView {
    let job = lab.rate_job;
    let shut = move || {
        let busy = lab.train.status().with(Status::is_busy);
        busy || job.under_way().get() || !lab.document.analysis.with(Analysis::is_valid)
    };
    let progress = move || {
        let view = || view! { <JobProgress job label="Rate finder" done=job.progress() /> };
        job.under_way().get().then(view)
    };
    let result = move || match lab.train.search().get()? {
        Ok(search) => Some(chart(lab, search)),
        Err(why) => {
            let view = view! {
                <p class="train-note" role="alert" data-testid="find-rate-failure">{why}</p>
            };
            Some(view.into_any())
        }
    };
    view! {
        <div class="train-finder">
            <button
                type="button"
                data-testid="find-rate"
                disabled=shut
                title="Trains a copy of the network with growing rates and proposes one"
                on:click=move |_| lab.find_rate()
            >
                "Find a rate"
            </button>
            {progress}
            {result}
        </div>
    }
    .into_any()
}

fn chart(lab: Lab, search: Search) -> AnyView {
    let [width, height] = SIZE;
    let error = RwSignal::new(None::<String>);
    let proposed = search.rate();
    let mark = search.proposed.and_then(|rate| search.at(rate));
    let mark = mark.map(|share| {
        let x = share * width;
        view! { <line class="train-mark" x1=x x2=x y1="0" y2=height></line> }
    });
    let decade = |(power, share): (i32, f64)| {
        let label = format!("1e{power}").replace("1e0", "1");
        view! { <span style:left=format!("{:.1}%", share * 100.0)>{label}</span> }
    };
    let decades = search.decades().into_iter().map(decade).collect_view();
    let [least, most] = search.reach().unwrap_or_default();
    let name = match proposed {
        Some(rate) => format!(
            "Loss over the learning rate; the proposed rate is {}",
            shown(rate)
        ),
        None => "Loss over the learning rate".to_owned(),
    };
    let using = proposed.map(|rate| {
        let text = shown(rate);
        let label = format!("Use {text}");
        let act = move |_| {
            let taken = take(lab, &Number::RATE, &text);
            if taken.is_ok() {
                lab.train.set_search(None);
            } else {
                error.set(taken.err());
            }
        };
        view! {
            <button type="button" class="primary" data-testid="use-rate" data-value=rate on:click=act>
                {label}
            </button>
        }
    });
    let found = if proposed.is_some() {
        "The loss falls most steeply at the marked rate."
    } else {
        "The loss falls at none of these rates; the network may be trained already, or the batch \
         too small."
    };
    view! {
        <figure class="train-found" data-testid="rate-chart">
            <svg
                viewBox=format!("0 -2 {width} {}", height + 4.0)
                preserveAspectRatio="none"
                role="img"
                aria-label=name
            >
                <polyline points=search.line(SIZE)></polyline>
                {mark}
            </svg>
            <p class="train-found-reach figures" aria-hidden="true">
                <span>{format!("{most:.2}")}</span>
                <span>{format!("{least:.2}")}</span>
            </p>
            <p class="train-decades figures" aria-hidden="true">{decades}</p>
            <figcaption class="train-hint" role="status">{found}</figcaption>
        </figure>
        <p class="train-actions">
            {using}
            <button type="button" on:click=move |_| lab.train.set_search(None)>
                "Close"
            </button>
        </p>
        {move || error.get().map(|why| view! { <p class="field-wrong" role="alert">{why}</p> })}
    }
    .into_any()
}
