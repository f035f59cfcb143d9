//! A chart of curves over the steps: one path for each line, however many steps there are.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use state::scale::Scale;
use state::train::chart::{Lines, Plot, Quantity, epoch_steps, epochs, extent, scale};
use state::train::reading::{Reading, nearest, reading};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::Choice;
use super::series::Series;
use crate::ui::format::{digits, exact, percent, short};
use crate::ui::width_of;

/// Room for the axes' numbers: left, top, right, bottom.
const ROOM: [f64; 4] = [44.0, 8.0, 10.0, 20.0];
/// A chart lower than this has short readings, and epochs or steps at its axis.
const LOW: f64 = 100.0;
/// Steps of the keys PageUp and PageDown are this part of all.
const PAGE: usize = 10;

#[derive(Clone, Default, PartialEq)]
struct Drawn {
    plot: Option<Plot>,
    size: [f64; 2],
    grid: String,
    epochs: String,
    words: Vec<(&'static str, [f64; 2], String)>,
    lines: Vec<(Option<usize>, Lines)>,
}

fn draw(series: &[Series], of: Quantity, choice: Choice, [width, height]: [f64; 2]) -> Drawn {
    let curves = || series.iter().map(|it| &*it.curve);
    let [left, top, right, bottom] = ROOM;
    let log = of == Quantity::Loss && choice.log.get();
    let keep = choice.keep.get();
    let plot = Plot {
        across: [left, width - right],
        down: [top, height - bottom],
        steps: extent(curves()),
        y: scale(curves(), of, log),
    };
    let mut grid = String::new();
    let mut words = Vec::new();
    for tick in thinned(plot.y.ticks(), height) {
        let [x, y] = plot.place(0.0, tick);
        grid += &format!("M{x:.1} {y:.1}H{:.1}", width - right);
        words.push(("tick tick-y", [x - 6.0, y + 4.0], told(of, tick)));
    }
    let length = curves().find_map(epoch_steps);
    let marks = epochs(length, plot.steps);
    // A low chart has room for one of them.
    let in_steps = marks.is_empty() || height >= LOW;
    let mut lines_of_epochs = String::new();
    for (at, (epoch, step)) in marks.iter().enumerate() {
        let [x, _] = plot.place(*step, 0.0);
        lines_of_epochs += &format!("M{x:.1} {top:.1}V{:.1}", height - bottom);
        words.push(if in_steps {
            let unit = if at == 0 { "epoch " } else { "" };
            (
                "tick tick-y",
                [x - 3.0, top + 9.0],
                format!("{unit}{epoch}"),
            )
        } else {
            ("tick tick-x", [x, height - 5.0], epoch.to_string())
        });
    }
    if in_steps {
        let ticks = Scale::linear([plot.steps].into_iter()).ticks();
        for tick in ticks.into_iter().filter(|it| *it <= plot.steps) {
            let [x, _] = plot.place(tick, 0.0);
            words.push(("tick tick-x", [x, height - 5.0], exact(tick as u64)));
        }
    }
    let unit = if in_steps { "step" } else { "epoch" };
    let place = [width - right, height - bottom - 5.0];
    words.push(("tick tick-y unit", place, unit.to_owned()));
    let lines = series
        .iter()
        .map(|it| (it.colour, plot.lines(&it.curve, of, keep)));
    Drawn {
        lines: lines.collect(),
        plot: Some(plot),
        size: [width, height],
        grid,
        epochs: lines_of_epochs,
        words,
    }
}

/// Every other tick where the axis is too short for all.
fn thinned(ticks: Vec<f64>, height: f64) -> Vec<f64> {
    let room = (height / 22.0).max(2.0) as usize;
    let every = ticks.len().div_ceil(room).max(1);
    ticks.into_iter().step_by(every).collect()
}

fn told(of: Quantity, value: f64) -> String {
    match of {
        Quantity::Loss => short(value as f32),
        Quantity::Accuracy => format!("{:.0} %", value * 100.0),
    }
}

/// As a label says it.
fn exactly(of: Quantity, value: f64) -> String {
    match of {
        Quantity::Loss => digits(value as f32, 3),
        Quantity::Accuracy => percent(value),
    }
}

/// The values of one series, in words; `short` without the smoothed one.
fn words(of: Quantity, name: &str, at: Reading, short: bool) -> String {
    let check = at.check.map(|it| format!("validation {}", exactly(of, it)));
    let smoothed = exactly(of, at.smoothed);
    let parts = if name.is_empty() {
        let smoothed = (!short).then(|| format!("smoothed {smoothed}"));
        [Some(exactly(of, at.raw)), smoothed, check]
    } else {
        [Some(format!("{name} {smoothed}")), check, None]
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The chart of one quantity.
pub fn chart(
    of: Quantity,
    choice: Choice,
    height: f64,
    series: impl Fn() -> Vec<Series> + Copy + Send + Sync + 'static,
) -> AnyView {
    let place = NodeRef::<html::Figure>::new();
    let width = width_of(place);
    let series = Memo::new(move |_| series());
    let drawn = Memo::new(move |_| match width.get() {
        // Not laid out yet.
        0.0 => Drawn::default(),
        width => series.with(|series| draw(series, of, choice, [width, height])),
    });
    let reading_at = choice.reading;
    let readings = Memo::new(move |_| {
        let step = reading_at.get()?;
        let keep = choice.keep.get();
        let one = |it: &Series| Some((it.name.clone(), reading(&it.curve, of, step, keep)?));
        let all: Vec<_> = series.with(|all| all.iter().filter_map(one).collect());
        (!all.is_empty()).then_some(all)
    });
    let text = move |short: bool| {
        let all = readings.get()?;
        let step = all.first()?.1.step;
        let values: Vec<String> = all
            .iter()
            .map(|(name, at)| words(of, name, *at, short))
            .collect();
        Some(format!("step {}: {}", exact(step), values.join(" · ")))
    };
    let now = move || {
        let step = readings.get()?.first()?.1.step;
        Some(step.to_string())
    };
    let point = move |event: PointerEvent| {
        let svg: Option<Element> = event.current_target().and_then(|it| it.dyn_into().ok());
        let Some(svg) = svg else { return };
        let x = f64::from(event.client_x()) - svg.get_bounding_client_rect().left();
        drawn.with_untracked(|drawn| {
            if let Some(plot) = &drawn.plot {
                reading_at.set(Some(plot.step_at(x)));
            }
        });
    };
    let key = move |event: KeyboardEvent| {
        let next = series.with_untracked(|all| {
            let curve = &all.first()?.curve;
            let samples = curve.samples();
            let last = samples.len().checked_sub(1)?;
            let at = reading_at
                .get_untracked()
                .and_then(|step| nearest(curve, step))
                .unwrap_or(last);
            let page = samples.len().div_ceil(PAGE);
            let next = match event.key().as_str() {
                "ArrowRight" | "ArrowUp" => at + 1,
                "ArrowLeft" | "ArrowDown" => at.saturating_sub(1),
                "PageUp" => at + page,
                "PageDown" => at.saturating_sub(page),
                "Home" => 0,
                "End" => last,
                _ => return None,
            };
            Some(samples[next.min(last)].step)
        });
        if let Some(step) = next {
            event.prevent_default();
            reading_at.set(Some(step as f64));
        }
    };
    let cursor = move || {
        let step = readings.get()?.first()?.1.step;
        drawn.with(|drawn| {
            let plot = drawn.plot?;
            let [x, _] = plot.place(step as f64, 0.0);
            let [top, bottom] = plot.down;
            Some(format!("M{x:.1} {top:.1}V{bottom:.1}"))
        })
    };
    let steps = move || drawn.with(|it| it.plot.map(|plot| plot.steps.to_string()));
    let lines = move || {
        let one = |(colour, lines): (Option<usize>, Lines)| {
            let Lines {
                raw,
                smoothed,
                checks,
                dots,
            } = lines;
            view! {
                <g data-series=colour>
                    <path class="raw" d=raw />
                    <path class="smoothed" d=smoothed />
                    <path class="checks" d=checks />
                    <path class="dots" d=dots />
                </g>
            }
        };
        drawn
            .with(|it| it.lines.clone())
            .into_iter()
            .map(one)
            .collect_view()
    };
    let texts = move || {
        let one = |(class, [x, y], words): (&'static str, [f64; 2], String)| {
            view! { <text class=class x=x y=y>{words}</text> }
        };
        drawn
            .with(|it| it.words.clone())
            .into_iter()
            .map(one)
            .collect_view()
    };
    let name = move || format!("{} over the steps", of.title());
    view! {
        <figure class="plot" data-testid="plot" data-of=of.title() node_ref=place>
            <figcaption>
                <h3>{of.title()}</h3>
                <span class="plot-reading" data-testid="plot-reading" aria-hidden="true">{move || text(height < LOW)}</span>
            </figcaption>
            <svg
                role="slider"
                tabindex="0"
                aria-label=name
                aria-valuemin="1"
                aria-valuemax=steps
                aria-valuenow=move || now().unwrap_or_else(|| "1".to_owned())
                aria-valuetext=move || text(false).unwrap_or_else(|| "no step chosen".to_owned())
                width=move || drawn.with(|it| it.size[0])
                height=height
                on:pointermove=point
                on:pointerleave=move |_| reading_at.set(None)
                on:keydown=key
            >
                <path class="grid" d=move || drawn.with(|it| it.grid.clone()) />
                <path class="epoch" d=move || drawn.with(|it| it.epochs.clone()) />
                {lines}
                <path class="cursor" d=cursor />
                {texts}
            </svg>
        </figure>
    }
    .into_any()
}
