//! The network as a picture: branches side by side, skips in lanes, blocks folded or open, each
//! node with its live maps, shape and costs.

mod box_content;
mod box_group;
mod boxes;
mod drop_targets;
mod edits;
mod gesture;
mod graph_state;
mod keys;
mod layout;
mod notes;
mod overlay;
mod path;
mod places;
mod states;
mod thumbs;
mod transform;
mod viewport;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use self::box_group::BoxGroups;
use self::boxes::frame_box;
use self::gesture::Gestures;
use self::graph_state::{GraphState, Mode};
use self::layout::{Item, Size, Sizes};
use self::notes::notes;
use self::overlay::{DropTargets, Overlay, Wires};
use self::transform::Transform;
use crate::lab::Lab;
use crate::platform::schedule::{after_frames, soon};
use crate::ui::growth::{at, steps};

/// The boxes' sizes; those of `.box` in graph.css.
const SIZES: Sizes = {
    let size = Size {
        width: 252.0,
        height: 112.0,
    };
    Sizes {
        input: size,
        node: size,
        block: size,
    }
};

#[component]
pub fn GraphView() -> impl IntoView {
    let graph_state = GraphState::new(expect_context::<Lab>());
    let gestures = Gestures::new(graph_state);
    states::follow(graph_state);
    follow(graph_state);
    watch_size(graph_state, gestures);
    let frames = move || {
        graph_state.layout.with(|layout| {
            layout
                .frames
                .iter()
                .map(|frame| frame.block)
                .collect::<Vec<_>>()
        })
    };
    let carrying = move || graph_state.lab.selection.dragged().with(Option::is_some);
    let label = move || {
        graph_state
            .lab
            .document
            .graph()
            .with(|graph| format!("Graph of {}", graph.name()))
    };
    // The viewport and its content are mounted in two tasks.
    let step = steps(1);
    graph_state.lab.screen.set_growing(true);
    let picture = move || {
        view! {
            <div class="box-group">
                <For each=frames key=|block| *block let:block>
                    {frame_box(block, graph_state)}
                </For>
            </div>
            <Wires graph_state />
            <BoxGroups graph_state />
            <Overlay graph_state />
            <Show when=carrying>
                <DropTargets graph_state />
            </Show>
        }
    };
    let zoom = move || format!("{:.0} %", graph_state.zoom.get() * 100.0);
    view! {
        <div class="graph">
            <div
                class="graph-viewport"
                data-testid="graph-view"
                node_ref=graph_state.viewport
                role="group"
                aria-label=label
                data-far=move || graph_state.far.get().to_string()
                data-carrying=move || carrying().to_string()
                on:pointerdown=move |event| gestures.down(&event)
                on:pointermove=move |event| gestures.moved(&event)
                on:pointerup=move |event| gestures.up(&event)
                on:pointercancel=move |_| gestures.cancel()
                on:focusin=move |event| gestures.focused(&event)
                on:focusout=move |event| gestures.unfocused(&event)
                on:contextmenu=move |event| {
                    // A long press on a node starts a drag.
                    if gestures.is_touch() {
                        event.prevent_default();
                    }
                }
                on:click=move |event| gestures.click(&event)
                on:dblclick=move |event| gestures.double_click(&event)
                on:scroll=move |_| graph_state.scrolls()
                on:dragover=move |event| {
                    if gestures.carried(&event) {
                        event.prevent_default();
                    }
                }
                on:drop=move |event| {
                    event.prevent_default();
                    gestures.put(&event);
                }
                on:keydown=move |event| {
                    if graph_state.key(&event) {
                        event.prevent_default();
                        event.stop_propagation();
                    }
                }
            >
                <div class="graph-room" node_ref=graph_state.room>
                    <div
                        class="graph-picture"
                        class:zooming=move || graph_state.zooming.with(Option::is_some)
                        node_ref=graph_state.picture
                    >
                        {at(step, 1, picture)}
                    </div>
                    {notes(graph_state)}
                    // While zooming, a shield covers the picture, because hit testing in it takes
                    // longer than a frame.
                    <div class="graph-shield" hidden=move || graph_state.zooming.with(Option::is_none)></div>
                </div>
            </div>
            <Show when=carrying>
                <p class="graph-carried">
                    "Choose a wire: let go there, or press its +. "
                    <button type="button" class="quiet" on:click=move |_| graph_state.lab.selection.drag(None)>
                        "Cancel"
                    </button>
                </p>
            </Show>
            <div class="graph-tools" role="toolbar" aria-label="Zoom">
                <button type="button" aria-label="Zoom out" on:click=move |_| graph_state.zoom_by(0.8)>"−"</button>
                <output class="graph-zoom">{zoom}</output>
                <button type="button" aria-label="Zoom in" on:click=move |_| graph_state.zoom_by(1.25)>"+"</button>
                <Show when=move || graph_state.lab.document.graph().with(|graph| !graph.blocks().is_empty())>
                    <button type="button" data-testid="fold-all" on:click=move |_| soon(move || graph_state.fold_all(true))>
                        "Fold all"
                    </button>
                    <button type="button" data-testid="open-all" on:click=move |_| soon(move || graph_state.fold_all(false))>
                        "Open all"
                    </button>
                </Show>
                <button type="button" data-testid="fit" on:click=move |_| graph_state.fit()>"Fit"</button>
            </div>
            <p class="graph-hint hint">{move || graph_state.hint()}</p>
        </div>
    }
}

/// Scrolls to the top of another network, and to a node that is selected elsewhere.
fn follow(graph_state: GraphState) {
    let lab = graph_state.lab;
    Effect::new(move |before: Option<Option<&'static str>>| {
        let origin = lab.document.origin().get();
        if before.is_some_and(|before| before != origin) {
            graph_state.at.set(Item::Input);
            request_animation_frame(move || {
                graph_state.start();
                graph_state.scroll_now();
            });
        }
        origin
    });
    Effect::new(move |before: Option<u64>| {
        let opening = lab.document.opening().get();
        // The focused box was removed with its network.
        if before.is_some_and(|before| before != opening) && graph_state.held.get_value().is_some()
        {
            let focus = move || {
                if let Some(at) = graph_state.at.try_get_untracked() {
                    graph_state.focus(at);
                }
            };
            after_frames(move || lab.once_grown(focus));
        }
        opening
    });
    Effect::new(move |before: Option<Transform>| {
        let transform = graph_state.transform.get();
        let scroll = graph_state.scrolled();
        graph_state.lay();
        // Scrolls along when an edit extends the picture to the left.
        if let Some(before) = before.filter(|before| before.bounds != transform.bounds) {
            graph_state.scroll_to(transform.scroll(before.point(scroll, (0.0, 0.0)), (0.0, 0.0)));
        }
        graph_state.moved();
        transform
    });
    Effect::new(move |before: Option<()>| {
        let node = lab.selection.node().get();
        if before.is_none() {
            return;
        }
        let item = graph_state.graph(|graph| {
            graph_state
                .layout
                .with_untracked(|layout| layout.showing(node, graph))
        });
        // A node selected in this view is visible already.
        if let Some(item) = item.filter(|item| *item != graph_state.at.get_untracked()) {
            graph_state.at.set(item);
            graph_state.show(item);
        }
    });
    Effect::new(move |_| {
        let layout = graph_state.layout.get();
        let gone = |item: Item| layout.placed(item).is_none();
        // If the focused box was removed, the keyboard continues from the selected one.
        if gone(graph_state.at.get_untracked()) {
            let selected = lab.selection.node().get_untracked();
            let item = graph_state.graph(|graph| layout.showing(selected, graph));
            graph_state.at.set(item.unwrap_or(Item::Input));
        }
        if graph_state.held.get_value().is_some_and(gone) {
            request_animation_frame(move || graph_state.focus(graph_state.at.get_untracked()));
        }
        // A move by keys refers to drop targets of the previous layout.
        if matches!(
            graph_state.mode.get_untracked(),
            Mode::Move { keys: true, .. }
        ) {
            graph_state.mode.set(Mode::Rest);
        }
    });
    Effect::new(move |before: Option<bool>| {
        let carrying = lab.selection.dragged().with(Option::is_some);
        if carrying && before == Some(false) {
            let from = lab.selection.node().get_untracked();
            let behind = graph_state.drop_targets.with_untracked(|drop_targets| {
                drop_targets
                    .iter()
                    .position(|drop_target| drop_target.from == from)
            });
            // The drop targets are mounted after this task's effects.
            request_animation_frame(move || {
                if graph_state
                    .lab
                    .selection
                    .dragged()
                    .with_untracked(Option::is_some)
                {
                    graph_state.hold_over(behind.unwrap_or_default());
                }
            });
        } else if !carrying {
            graph_state.over.set(None);
        }
        carrying
    });
}

/// Tracks the viewport's size, and adds listeners that must not be passive.
fn watch_size(graph_state: GraphState, gestures: Gestures) {
    Effect::new(move |_| {
        let Some(viewport) = graph_state.viewport.get() else {
            return;
        };
        let element = viewport.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let size = (
                element.client_width() as f32,
                element.client_height() as f32,
            );
            let first = graph_state.size.get_untracked() == (0.0, 0.0);
            if graph_state.size.get_untracked() != size {
                graph_state.size.set(size);
                if first && size.0 > 0.0 {
                    graph_state.start();
                    graph_state.scroll_now();
                }
            }
        });
        let observer = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(&viewport);
        }
        let wheel = Closure::<dyn FnMut(_)>::new(move |event| gestures.wheel(&event));
        let touch = Closure::<dyn FnMut(_)>::new(move |event| gestures.touch(&event));
        let active = web_sys::AddEventListenerOptions::new();
        active.set_passive(false);
        let listen = |name: &str, listener: &js_sys::Function| {
            let added = viewport.add_event_listener_with_callback_and_add_event_listener_options(
                name, listener, &active,
            );
            debug_assert!(added.is_ok());
        };
        listen("wheel", wheel.as_ref().unchecked_ref());
        listen("touchmove", touch.as_ref().unchecked_ref());
        let kept = StoredValue::new_local(Some((observer, resized, wheel, touch)));
        on_cleanup(move || {
            if let Some(Some((Some(observer), ..))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    });
}
