//! The wires, and what lies over the boxes while something is moved, connected or put down.

use leptos::prelude::*;

use super::layout::{Item, Layout, Rect, Wire};
use super::path::path;
use super::spots::Spot;
use super::stage::{Mode, Stage};
use crate::platform::schedule::after_frames;

/// Half of a spot's button, in the picture's pixels.
const SPOT: f32 = 14.0;

/// All wires in one line, those of the selected nodes in another over it.
#[component]
pub fn Wires(stage: Stage) -> impl IntoView {
    // A long line takes the browser long: after a change come the wires that are seen, and the
    // others when those are on the screen.
    let all = RwSignal::new(String::new());
    Effect::new(move |_| {
        let layout = stage.layout.get();
        let seen = stage.seen();
        let (near, far): (Vec<&Wire>, Vec<&Wire>) =
            layout.wires.iter().partition(|wire| wire.crosses(&seen));
        all.set(path(near.iter().copied()));
        if !far.is_empty() {
            after_frames(move || {
                let Some(layout) = stage.layout.try_get_untracked() else {
                    return;
                };
                let line = path(layout.wires.iter());
                let _gone = all.try_set(line);
            });
        }
    });
    let chosen = Memo::new(move |_| {
        stage.lab.selection.nodes().with(|selection| {
            let mine =
                |wire: &&Wire| selection.contains(&wire.from) || selection.contains(&wire.to);
            stage
                .layout
                .with(|layout| path(layout.wires.iter().filter(mine)))
        })
    });
    view! {
        <Sheet over=false>
            <path class="wire" d=all />
            <path class="wire wire-chosen" data-testid="chosen-wires" d=chosen />
        </Sheet>
    }
}

/// An SVG in the picture's own coordinates, below or over the boxes; what it draws flows over its
/// own small size.
#[component]
fn Sheet(over: bool, children: Children) -> impl IntoView {
    view! {
        <svg class="graph-sheet" class:graph-overlay=over aria-hidden="true" width="1" height="1">
            {children()}
        </svg>
    }
}

/// Where a moved node would go, what a connection would feed, the frame around what is selected.
#[component]
pub fn Overlay(stage: Stage) -> impl IntoView {
    let spot = move || match stage.mode.get() {
        Mode::Move { spot, .. } => spot,
        Mode::Rest | Mode::Connect { .. } | Mode::Frame(_) => stage.over.get(),
    };
    let line = Memo::new(move |_| {
        stage.layout.with(|layout| match stage.mode.get() {
            Mode::Connect {
                from, to: Some(to), ..
            } => {
                let rect = |node| {
                    let item = stage.graph(|graph| layout.showing(node, graph))?;
                    layout.placed(item).map(|placed| placed.rect)
                };
                let (Some(from), Some(to)) = (rect(from), rect(to)) else {
                    return String::new();
                };
                let middle = |rect: Rect| rect.x + rect.width / 2.0;
                format!(
                    "M{} {}L{} {}",
                    middle(from),
                    from.bottom(),
                    middle(to),
                    to.y
                )
            }
            Mode::Rest | Mode::Connect { .. } | Mode::Frame(_) | Mode::Move { .. } => spot()
                .and_then(|number| {
                    stage
                        .spots
                        .with(|spots| spots.get(number).map(|it| wires_of(layout, it)))
                })
                .unwrap_or_default(),
        })
    });
    let marked = Memo::new(move |_| match stage.mode.get() {
        Mode::Frame(rect) => Some(rect),
        Mode::Connect { to: Some(to), .. } => stage.layout.with(|layout| {
            let item = stage.graph(|graph| layout.showing(to, graph))?;
            layout.placed(item).map(|placed| placed.rect)
        }),
        Mode::Rest | Mode::Connect { .. } | Mode::Move { .. } => spot().and_then(|number| {
            let (x, y) = stage
                .spots
                .with(|spots| spots.get(number).map(|spot| spot.at))?;
            Some(Rect {
                x: x - SPOT,
                y: y - SPOT,
                width: 2.0 * SPOT,
                height: 2.0 * SPOT,
            })
        }),
    });
    let lifted = Memo::new(move |_| match stage.mode.get() {
        Mode::Move {
            node, keys: false, ..
        } => stage
            .rects
            .with(|rects| rects.get(&Item::Node(node)).copied()),
        Mode::Rest | Mode::Move { .. } | Mode::Connect { .. } | Mode::Frame(_) => None,
    });
    let held = move || lifted.get().unwrap_or_default();
    let length = |value: f32| format!("{value}px");
    let rect = move || marked.get().unwrap_or_default();
    let round = move || !matches!(stage.mode.get(), Mode::Frame(_) | Mode::Connect { .. });
    view! {
        <Sheet over=true>
            <path class="wire wire-aim" d=line />
        </Sheet>
        <div
            class="graph-lifted"
            hidden=move || lifted.get().is_none()
            style:transform=move || format!("translate({}px,{}px)", held().x, held().y)
            style:width=move || length(held().width)
            style:height=move || length(held().height)
        ></div>
        <div
            class="graph-mark"
            class:round=round
            hidden=move || marked.get().is_none()
            style:transform=move || format!("translate({}px,{}px)", rect().x, rect().y)
            style:width=move || length(rect().width)
            style:height=move || length(rect().height)
        ></div>
    }
}

/// The lines of a spot's wires.
fn wires_of(layout: &Layout, spot: &Spot) -> String {
    path(
        layout
            .wires
            .iter()
            .filter(|wire| spot.takers.contains(&(wire.to, wire.slot))),
    )
}

/// A button on every wire while something from the palette is carried.
#[component]
pub fn Spots(stage: Stage) -> impl IntoView {
    let buttons = move || {
        stage.spots.with(|spots| {
            let button = |(number, spot): (usize, &Spot)| {
                let (x, y) = spot.at;
                let tab = move || {
                    if stage.over.get().unwrap_or_default() == number {
                        "0"
                    } else {
                        "-1"
                    }
                };
                view! {
                    <button
                        type="button"
                        class="spot"
                        data-testid="spot"
                        data-spot=number.to_string()
                        tabindex=tab
                        aria-label=spot.label.clone()
                        title=spot.label.clone()
                        style:transform=format!("translate({}px,{}px)", x - SPOT, y - SPOT)
                    >
                        "+"
                    </button>
                }
            };
            spots.iter().enumerate().map(button).collect_view()
        })
    };
    view! { {buttons} }.into_any()
}
