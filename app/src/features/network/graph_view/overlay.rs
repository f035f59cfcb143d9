//! The wires, and the overlay while a node is moved, connected or dropped.

use leptos::prelude::*;

use super::drop_targets::DropTarget;
use super::graph_state::{GraphState, Mode};
use super::layout::{Item, Layout, Rect, Wire};
use super::path::path;
use crate::platform::schedule::after_frames;

/// Half of a drop target's button, in the picture's pixels.
const RADIUS: f32 = 14.0;

/// All wires in one path, and those of the selected nodes in another above it.
#[component]
pub fn Wires(graph_state: GraphState) -> impl IntoView {
    // Drawing a long path is slow: after a change the visible wires are drawn first, and the others
    // in a later frame.
    let all = RwSignal::new(String::new());
    Effect::new(move |_| {
        let layout = graph_state.layout.get();
        let seen = graph_state.seen();
        let (near, far): (Vec<&Wire>, Vec<&Wire>) =
            layout.wires.iter().partition(|wire| wire.crosses(&seen));
        all.set(path(near.iter().copied()));
        if !far.is_empty() {
            after_frames(move || {
                let Some(layout) = graph_state.layout.try_get_untracked() else {
                    return;
                };
                let line = path(layout.wires.iter());
                let _gone = all.try_set(line);
            });
        }
    });
    let chosen = Memo::new(move |_| {
        graph_state.lab.selection.nodes().with(|selection| {
            let mine =
                |wire: &&Wire| selection.contains(&wire.from) || selection.contains(&wire.to);
            graph_state
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

/// The target of a move or a connection, and the selection rectangle.
#[component]
pub fn Overlay(graph_state: GraphState) -> impl IntoView {
    let drop_target = move || match graph_state.mode.get() {
        Mode::Move { drop_target, .. } => drop_target,
        Mode::Rest | Mode::Connect { .. } | Mode::Frame(_) => graph_state.over.get(),
    };
    let line = Memo::new(move |_| {
        graph_state
            .layout
            .with(|layout| match graph_state.mode.get() {
                Mode::Connect {
                    from, to: Some(to), ..
                } => {
                    let rect = |node| {
                        let item = graph_state.graph(|graph| layout.showing(node, graph))?;
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
                Mode::Rest | Mode::Connect { .. } | Mode::Frame(_) | Mode::Move { .. } => {
                    drop_target()
                        .and_then(|number| {
                            graph_state.drop_targets.with(|drop_targets| {
                                drop_targets.get(number).map(|it| wires_of(layout, it))
                            })
                        })
                        .unwrap_or_default()
                }
            })
    });
    let marked = Memo::new(move |_| match graph_state.mode.get() {
        Mode::Frame(rect) => Some(rect),
        Mode::Connect { to: Some(to), .. } => graph_state.layout.with(|layout| {
            let item = graph_state.graph(|graph| layout.showing(to, graph))?;
            layout.placed(item).map(|placed| placed.rect)
        }),
        Mode::Rest | Mode::Connect { .. } | Mode::Move { .. } => drop_target().and_then(|number| {
            let (x, y) = graph_state
                .drop_targets
                .with(|drop_targets| drop_targets.get(number).map(|drop_target| drop_target.at))?;
            Some(Rect {
                x: x - RADIUS,
                y: y - RADIUS,
                width: 2.0 * RADIUS,
                height: 2.0 * RADIUS,
            })
        }),
    });
    let lifted = Memo::new(move |_| match graph_state.mode.get() {
        Mode::Move {
            node, keys: false, ..
        } => graph_state
            .rects
            .with(|rects| rects.get(&Item::Node(node)).copied()),
        Mode::Rest | Mode::Move { .. } | Mode::Connect { .. } | Mode::Frame(_) => None,
    });
    let held = move || lifted.get().unwrap_or_default();
    let length = |value: f32| format!("{value}px");
    let rect = move || marked.get().unwrap_or_default();
    let round = move || {
        !matches!(
            graph_state.mode.get(),
            Mode::Frame(_) | Mode::Connect { .. }
        )
    };
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

/// The lines of a drop target's wires.
fn wires_of(layout: &Layout, drop_target: &DropTarget) -> String {
    path(
        layout
            .wires
            .iter()
            .filter(|wire| drop_target.takers.contains(&(wire.to, wire.slot))),
    )
}

/// A button on every wire while something from the palette is carried.
#[component]
pub fn DropTargets(graph_state: GraphState) -> impl IntoView {
    let buttons = move || {
        graph_state.drop_targets.with(|drop_targets| {
            let button = |(number, drop_target): (usize, &DropTarget)| {
                let (x, y) = drop_target.at;
                let tab = move || {
                    if graph_state.over.get().unwrap_or_default() == number {
                        "0"
                    } else {
                        "-1"
                    }
                };
                view! {
                    <button
                        type="button"
                        class="drop-target"
                        data-testid="spot"
                        data-drop-target=number.to_string()
                        tabindex=tab
                        aria-label=drop_target.label.clone()
                        title=drop_target.label.clone()
                        style:transform=format!("translate({}px,{}px)", x - RADIUS, y - RADIUS)
                    >
                        "+"
                    </button>
                }
            };
            drop_targets.iter().enumerate().map(button).collect_view()
        })
    };
    view! { {buttons} }.into_any()
}
