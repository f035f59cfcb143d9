//! What-if curves of the network on the screen: one knob, its values, and what each would cost.

use engine::format::Control;
use engine::whatif::{Knob, Point, Target, curve, present, targets};
use leptos::prelude::*;

use super::chart::{Axes, Chart, HEIGHT, Mark, Scale, figure};
use super::charts::tick;
use super::{choice, empty, formulas};
use crate::format::{bytes, count, exact};
use crate::lab::Lab;

/// Numbers on the axis of values, at most.
const MOST_LABELS: usize = 6;

/// One number that the curves show.
#[derive(Clone, Copy)]
struct Measure {
    title: &'static str,
    testid: &'static str,
    of: fn(&Point) -> Option<u64>,
    text: fn(u64) -> String,
}

const MEASURES: [Measure; 4] = [
    Measure {
        title: "Parameters",
        testid: "curve-params",
        of: |point| Some(point.params),
        text: count,
    },
    Measure {
        title: "MACs",
        testid: "curve-macs",
        of: |point| Some(point.macs),
        text: count,
    },
    Measure {
        title: "Bytes of weights and peak maps",
        testid: "curve-bytes",
        of: |point| Some(point.weight_bytes.saturating_add(point.peak_bytes)),
        text: bytes,
    },
    Measure {
        title: "Receptive field in pixels",
        testid: "curve-field",
        of: |point| point.field,
        text: exact,
    },
];

/// What the person turns. Knobs and targets by their place in the lists.
#[derive(Clone, Copy)]
struct Turned {
    lab: Lab,
    knob: RwSignal<usize>,
    target: RwSignal<usize>,
    /// The value that the slider is at, where it was moved.
    at: RwSignal<Option<usize>>,
    knobs: Memo<Vec<Knob>>,
    targets: Memo<Vec<Target>>,
    points: Memo<Vec<Point>>,
    now: Memo<Option<usize>>,
}

impl Turned {
    fn new(lab: Lab) -> Self {
        let [knob, target] = [RwSignal::new(0), RwSignal::new(0)];
        let of = move |knob: Knob| {
            let origin = lab.origin.get();
            lab.graph.with(|graph| targets(knob, graph, origin))
        };
        let knobs = Memo::new(move |_| {
            let turns = |knob: &Knob| !of(*knob).is_empty();
            Knob::ALL.into_iter().filter(turns).collect::<Vec<_>>()
        });
        let chosen = move || knobs.with(|all| all.get(knob.get()).or(all.first()).copied());
        let targets = Memo::new(move |_| chosen().map(of).unwrap_or_default());
        let points = Memo::new(move |_| {
            let target = targets.with(|all| all.get(target.get()).or(all.first()).cloned());
            let (Some(knob), Some(target)) = (chosen(), target) else {
                return Vec::new();
            };
            let origin = lab.origin.get();
            lab.graph.with(|graph| curve(knob, &target, graph, origin))
        });
        let now = Memo::new(move |_| {
            lab.graph
                .with(|graph| points.with(|points| present(points, graph)))
        });
        Self {
            lab,
            knob,
            target,
            at: RwSignal::new(None),
            knobs,
            targets,
            points,
            now,
        }
    }

    fn chosen(self) -> Option<Knob> {
        self.knobs
            .with(|all| all.get(self.knob.get()).or(all.first()).copied())
    }

    /// Where the slider is.
    fn place(self) -> usize {
        let last = self.points.with(Vec::len).saturating_sub(1);
        self.at.get().or(self.now.get()).unwrap_or(0).min(last)
    }

    fn point(self) -> Option<Point> {
        let place = self.place();
        self.points.with(|points| points.get(place).cloned())
    }
}

pub fn view(lab: Lab) -> AnyView {
    let turned = Turned::new(lab);
    let knob_names = Signal::derive(move || {
        let names = turned.knobs.get().into_iter();
        names.map(|it| it.name().to_owned()).collect::<Vec<_>>()
    });
    let target_names = Signal::derive(move || {
        let names = turned.targets.get().into_iter();
        names.map(|it| it.name).collect::<Vec<_>>()
    });
    let turn = Callback::new(move |place| {
        turned.knob.set(place);
        turned.target.set(0);
        turned.at.set(None);
    });
    let aim = Callback::new(move |place| {
        turned.target.set(place);
        turned.at.set(None);
    });
    let meaning = move || turned.chosen().map(Knob::meaning);
    let curves = MEASURES.map(|measure| {
        let chart = Memo::new(move |_| {
            let place = turned.place();
            turned
                .points
                .with(|points| drawn(points, measure, turned.now.get(), place))
        });
        figure(measure.title, measure.testid, chart)
    });
    view! {
        <div class="tools">
            {choice("Turn", "what-if-knob", knob_names, turned.knob.into(), turn)}
            {choice("of", "what-if-target", target_names, turned.target.into(), aim)}
            <span class="hint">{move || lab.graph.with(|graph| format!("in {}", graph.name()))}</span>
        </div>
        <p class="compare-words">{meaning}</p>
        {slider(turned)}
        <div class="charts curves">{curves.into_iter().collect_view()}</div>
        {formulas::view(lab)}
    }
    .into_any()
}

/// The slider, what the network would be at its value, and what takes the value.
fn slider(turned: Turned) -> AnyView {
    let moved = move |event| {
        if let Ok(place) = event_target_value(&event).parse() {
            turned.at.set(Some(place));
        }
    };
    let label = move || turned.point().map_or_else(String::new, |point| point.label);
    let last = move || turned.points.with(Vec::len).saturating_sub(1).to_string();
    let there = move || turned.now.get().is_some_and(|now| now == turned.place());
    let take = move |_| {
        let Some((point, knob)) = turned.point().zip(turned.chosen()) else {
            return;
        };
        let what = format!("set {} to {}", knob.name(), point.label);
        let control = match knob {
            Knob::Depth => Control::Palette,
            Knob::Width | Knob::Resolution | Knob::Groups | Knob::Kernel | Knob::Dilation => {
                Control::Fields
            }
        };
        turned.lab.take_what_if(control, point.graph, &what);
        turned.at.set(None);
    };
    let numbers = move || {
        let Some(point) = turned.point() else {
            return empty("This network has nothing that this turns.");
        };
        let now = turned
            .now
            .get()
            .and_then(|now| turned.points.with(|all| all.get(now).cloned()));
        let line = |measure: Measure| {
            let value = (measure.of)(&point);
            let before = now.as_ref().and_then(|it| (measure.of)(it));
            let text = value.map_or_else(|| "–".to_owned(), measure.text);
            let share = match (value, before) {
                (Some(value), Some(before)) if before > 0 && value != before => {
                    format!(" ({:.2} × now)", value as f64 / before as f64)
                }
                _ => String::new(),
            };
            view! {
                <p class="fact">
                    <span>{measure.title}</span>
                    <span data-testid=format!("{}-value", measure.testid) data-value=value.map(|it| it.to_string())>
                        {text} {share}
                    </span>
                </p>
            }
        };
        let problem = point.problem.clone().map(|why| {
            view! { <p class="compare-refused" data-testid="what-if-problem">{why}</p> }
        });
        view! { <div class="facts">{MEASURES.map(line).into_iter().collect_view()}</div> {problem} }
            .into_any()
    };
    view! {
        <div class="what-if">
            <label class="what-if-slider">
                <span class="what-if-value" data-testid="what-if-value">{label}</span>
                <input
                    type="range"
                    data-testid="what-if-slider"
                    aria-label="Value"
                    min="0"
                    max=last
                    prop:value=move || turned.place().to_string()
                    aria-valuetext=label
                    on:input=moved
                />
            </label>
            <button type="button" data-testid="what-if-take" disabled=there on:click=take>
                {move || format!("Take {} into the network", label())}
            </button>
            {numbers}
        </div>
    }
    .into_any()
}

/// The curve of one number over the knob's values: a ring where the network is, a line where the
/// slider is, crosses at the bottom where the network would have problems.
fn drawn(points: &[Point], measure: Measure, now: Option<usize>, at: usize) -> Chart {
    let last = points.len().saturating_sub(1).max(1) as f64;
    let sound = |point: &Point| point.problem.is_none();
    let value = |point: &Point| {
        (measure.of)(point)
            .filter(|_| sound(point))
            .map(|it| it as f64)
    };
    let axes = Axes {
        x: Scale::between(0.0, last),
        y: Scale::linear(points.iter().filter_map(value)),
    };
    let every = points.len().div_ceil(MOST_LABELS).max(1);
    let labels = points.iter().enumerate().step_by(every);
    // The pixels in brackets have no room below an axis.
    let short = |label: &str| label.split(' ').next().unwrap_or_default().to_owned();
    let labels = labels.map(|(place, point)| (place as f64, short(&point.label)));
    let mut marks = axes.marks(["", ""], labels.collect(), axes.y.labelled(tick));
    let chosen = at as f64;
    marks.push(Mark::line(
        "chosen",
        &[axes.place(chosen, 0.0), axes.place(chosen, f64::MAX)],
    ));
    for run in points
        .iter()
        .enumerate()
        .collect::<Vec<_>>()
        .chunk_by(|a, b| sound(a.1) == sound(b.1))
    {
        let line = run
            .iter()
            .filter_map(|(place, point)| Some(axes.place(*place as f64, value(point)?)));
        marks.push(Mark::line("curve", &line.collect::<Vec<_>>()));
    }
    let mut rows = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let text = (measure.of)(point).map_or_else(|| "–".to_owned(), measure.text);
        let (words, mark) = match (&point.problem, value(point)) {
            (Some(why), _) => {
                let [x, y] = axes.place(place as f64, 0.0);
                let cross = Mark::line("wrong", &[[x - 3.0, y - 9.0], [x + 3.0, y - 3.0]]);
                marks.push(cross);
                let cross = Mark::line("wrong", &[[x - 3.0, y - 3.0], [x + 3.0, y - 9.0]]);
                (why.clone(), cross)
            }
            (None, Some(value)) => (
                text.clone(),
                Mark::circle("dot", axes.place(place as f64, value), 2.6),
            ),
            (None, None) => continue,
        };
        marks.push(mark.saying(format!("{}: {words}", point.label)));
        rows.push(vec![
            point.label.clone(),
            text,
            point.problem.clone().unwrap_or_default(),
        ]);
    }
    let here = now.and_then(|now| points.get(now).map(|point| (now, point)));
    if let Some((place, value)) = here.and_then(|(at, point)| Some((at as f64, value(point)?))) {
        marks.push(Mark::circle("present", axes.place(place, value), 6.0));
    }
    Chart {
        height: HEIGHT,
        marks,
        heading: ["value", measure.title, "problem"]
            .map(String::from)
            .to_vec(),
        rows,
    }
}
