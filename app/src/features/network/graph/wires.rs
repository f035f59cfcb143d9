//! Lines between cards, and the + on each.

use std::fmt::Write;

use leptos::prelude::*;
use state::stages::{Point, Wire};

use super::paint::px;
use super::picture::{Mode, Picture};
use super::places::Place;

/// The corners of lines are rounded by this much.
const ROUND: f32 = 6.0;

/// A line with rounded corners as an SVG path.
fn path(points: &[Point]) -> String {
    let mut text = String::new();
    let mut push = |command: char, points: &[Point]| {
        let _infallible = write!(text, "{command}");
        for (x, y) in points {
            let _infallible = write!(text, "{x} {y} ");
        }
    };
    for (at, &point) in points.iter().enumerate() {
        let around = (at > 0).then(|| points.get(at + 1)).flatten();
        match around {
            None => push(if at == 0 { 'M' } else { 'L' }, &[point]),
            Some(&next) => {
                let near = |other: Point| {
                    let (x, y) = (other.0 - point.0, other.1 - point.1);
                    let length = x.hypot(y).max(0.01);
                    let by = ROUND.min(length / 2.0) / length;
                    (point.0 + x * by, point.1 + y * by)
                };
                push('L', &[near(points[at - 1])]);
                push('Q', &[point, near(next)]);
            }
        }
    }
    text
}

/// The head of an arrow at the end of a line.
fn head(points: &[Point]) -> String {
    let [.., (x1, y1), (x, y)] = points[..] else {
        return String::new();
    };
    let (across, down) = ((x - x1).signum() * 4.0, (y - y1).signum() * 4.0);
    if (x - x1).abs() > (y - y1).abs() {
        format!(
            "M{} {}L{x} {y}L{} {}",
            x - across,
            y - 3.5,
            x - across,
            y + 3.5
        )
    } else {
        format!("M{} {}L{x} {y}L{} {}", x - 3.5, y - down, x + 3.5, y - down)
    }
}

/// All wires; those of the selected nodes and of a gesture's target lie above.
pub fn wires(picture: Picture) -> AnyView {
    let lines = move |wanted: &dyn Fn(&Wire) -> bool| {
        picture.layout.with(|layout| {
            let wires = layout.wires.iter().filter(|wire| wanted(wire));
            wires
                .map(|wire| path(&wire.points) + &head(&wire.points))
                .collect::<String>()
        })
    };
    let plain = Memo::new(move |_| lines(&|wire| !wire.skip));
    let skips = Memo::new(move |_| lines(&|wire| wire.skip));
    let chosen = Memo::new(move |_| {
        picture.lab.selection.nodes().with(|nodes| {
            picture.stages.with(|stages| {
                lines(&|wire| {
                    let edge = stages.edges.get(wire.edge);
                    edge.is_some_and(|edge| {
                        nodes.contains(&edge.source)
                            || edge.takers.iter().any(|taker| nodes.contains(&taker.0))
                    })
                })
            })
        })
    });
    let aim = Memo::new(move |_| {
        if let Mode::Connect {
            from, to: Some(to), ..
        } = picture.mode.get()
        {
            let rect = |at: usize| {
                picture
                    .layout
                    .with(|layout| Some(layout.cards.get(at)?.rect))
            };
            let from = picture.stage_of(from).and_then(|(at, _)| rect(at));
            return match (from, rect(to)) {
                (Some(from), Some(to)) => path(&[from.middle(), to.middle()]),
                _ => String::new(),
            };
        }
        let edge = target(picture).and_then(|at| {
            picture
                .places
                .with(|places| places.get(at).and_then(|place| place.edge))
        });
        edge.map_or_else(String::new, |edge| lines(&|wire| wire.edge == edge))
    });
    view! {
        <svg class="wires" aria-hidden="true" width="1" height="1">
            <path class="wire" d=plain></path>
            <path class="wire skip-wire" d=skips></path>
            <path class="wire wire-chosen" data-testid="chosen-wires" d=chosen></path>
            <path class="wire wire-aim" d=aim></path>
        </svg>
    }
    .into_any()
}

/// The place that a gesture is over.
pub fn target(picture: Picture) -> Option<usize> {
    match picture.mode.get() {
        Mode::Move { over, .. } => over,
        Mode::Rest | Mode::Connect { .. } | Mode::Frame(_) => picture.over.get(),
    }
}

/// The + on every wire and end near the viewport.
pub fn inserts(picture: Picture) -> AnyView {
    if picture.lab.screen.embed.is_some() {
        return ().into_any();
    }
    let carrying = move || picture.lab.selection.dragged().with(Option::is_some);
    let near = Memo::new(move |_| {
        let near = picture.near();
        picture.places.with(|places| {
            let all = places.iter().cloned().enumerate();
            all.filter(|(_, place)| near.holds(place.at))
                .collect::<Vec<_>>()
        })
    });
    let button = move |(at, place): (usize, Place)| {
        let (x, y) = place.at;
        let aimed = move || (target(picture) == Some(at)).then_some("true");
        view! {
            <button
                type="button"
                class="insert"
                data-testid=move || if carrying() { "spot" } else { "insert" }
                data-place=at.to_string()
                data-over=aimed
                tabindex="-1"
                aria-label=format!("Insert {}", place.label)
                title=format!("Insert {}", place.label)
                style:left=px(x)
                style:top=px(y)
            >
                "+"
            </button>
        }
    };
    view! {
        <div class="inserts">
            {move || near.get().into_iter().map(button).collect_view()}
        </div>
    }
    .into_any()
}
