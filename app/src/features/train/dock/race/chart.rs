//! Validation accuracy over what the race is equal in: the mean of the seeds, in a band from the worst
//! to the best.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use state::train::race::Outcome;
use state::train::race::drawing::{Drawing, draw};

use crate::ui::format::{percent, short};
use crate::ui::width_of;

const HEIGHT: f64 = 168.0;
/// Room for the axes' numbers: left, top, right, bottom.
const ROOM: [f64; 4] = [44.0, 8.0, 10.0, 20.0];

pub fn chart(outcome: Arc<Outcome>) -> AnyView {
    let place = NodeRef::<html::Figure>::new();
    let width = width_of(place);
    let title = outcome.rule.measure.title();
    let label = label(&outcome);
    let drawn = Memo::new(move |_| {
        let [left, top, right, bottom] = ROOM;
        let across = [left, (width.get() - right).max(left)];
        draw(&outcome, across, [top, HEIGHT - bottom])
    });
    let lines = move || {
        let one = |(at, band, mean, dots): (usize, String, String, String)| {
            view! {
                <g data-series=at>
                    <path class="race-band" d=band />
                    <path class="checks" d=mean />
                    <path class="dots" d=dots />
                </g>
            }
        };
        let curves = drawn.with(|it| it.curves.clone());
        let curves = curves.into_iter().enumerate();
        curves
            .map(|(at, it)| one((at, it.band, it.mean, it.dots)))
            .collect_view()
    };
    let words = move || drawn.with(|it| words(it, width.get()));
    view! {
        <figure class="plot" data-testid="race-chart" node_ref=place>
            <figcaption>
                <h3>"Validation accuracy"</h3>
                <span class="plot-reading">{format!("over {}", title.to_lowercase())}</span>
            </figcaption>
            <svg role="img" aria-label=label width=move || width.get() height=HEIGHT>
                <path class="grid" d=move || drawn.with(|it| it.grid.clone()) />
                {lines}
                {words}
            </svg>
        </figure>
    }
    .into_any()
}

fn words(drawn: &Drawing, width: f64) -> AnyView {
    let [left, _, right, _] = ROOM;
    let y = drawn.y.iter().map(|&(value, y)| {
        view! { <text class="tick tick-y" x=left - 6.0 y=y + 4.0>{format!("{:.0} %", value * 100.0)}</text> }
    });
    let x = drawn
        .x
        .iter()
        .filter(|(_, x)| *x <= width - right)
        .map(|&(value, x)| {
            view! { <text class="tick tick-x" x=x y=HEIGHT - 5.0>{short(value as f32)}</text> }
        });
    view! {
        {y.collect_view()}
        {x.collect_view()}
    }
    .into_any()
}

/// The chart in words; the table beside it has the values.
fn label(outcome: &Outcome) -> String {
    let one = |entry: &state::train::race::Entry| {
        let end = entry.mean().map_or_else(|| "no result".to_owned(), percent);
        format!("{} {end}", entry.name)
    };
    let all: Vec<String> = outcome.entries.iter().map(one).collect();
    format!("Validation accuracy at the end: {}", all.join(", "))
}
