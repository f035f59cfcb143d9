//! The network as a picture: branches side by side, skips in lanes, blocks folded or open, each
//! node with its live maps, shape and costs.

mod boxes;
mod camera;
mod edits;
mod face;
mod gesture;
mod keys;
mod layout;
mod notes;
mod overlay;
mod path;
mod places;
mod shelf;
mod spots;
mod stage;
mod states;
mod thumbs;
mod window;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use self::boxes::frame_box;
use self::camera::Camera;
use self::gesture::Gestures;
use self::layout::{Item, Size, Sizes};
use self::notes::notes;
use self::overlay::{Overlay, Spots, Wires};
use self::shelf::Shelves;
use self::stage::{Mode, Stage};
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
    let stage = Stage::new(expect_context::<Lab>());
    let gestures = Gestures::new(stage);
    states::follow(stage);
    follow(stage);
    watch_size(stage, gestures);
    let frames = move || {
        stage.layout.with(|layout| {
            layout
                .frames
                .iter()
                .map(|frame| frame.block)
                .collect::<Vec<_>>()
        })
    };
    let carrying = move || stage.lab.selection.dragged().with(Option::is_some);
    let label = move || {
        stage
            .lab
            .document
            .graph()
            .with(|graph| format!("Graph of {}", graph.name()))
    };
    // Around the picture, and what is in it: two tasks.
    let step = steps(1);
    stage.lab.screen.set_growing(true);
    let picture = move || {
        view! {
            <div class="shelf">
                <For each=frames key=|block| *block let:block>
                    {frame_box(block, stage)}
                </For>
            </div>
            <Wires stage />
            <Shelves stage />
            <Overlay stage />
            <Show when=carrying>
                <Spots stage />
            </Show>
        }
    };
    let zoom = move || format!("{:.0} %", stage.zoom.get() * 100.0);
    view! {
        <div class="graph">
            <div
                class="graph-viewport"
                data-testid="graph-view"
                node_ref=stage.viewport
                role="group"
                aria-label=label
                data-far=move || stage.far.get().to_string()
                data-carrying=move || carrying().to_string()
                on:pointerdown=move |event| gestures.down(&event)
                on:pointermove=move |event| gestures.moved(&event)
                on:pointerup=move |event| gestures.up(&event)
                on:pointercancel=move |_| gestures.cancel()
                on:focusin=move |event| gestures.focused(&event)
                on:focusout=move |event| gestures.unfocused(&event)
                on:contextmenu=move |event| {
                    // A finger that rests on a node picks it up.
                    if gestures.is_touch() {
                        event.prevent_default();
                    }
                }
                on:click=move |event| gestures.click(&event)
                on:dblclick=move |event| gestures.double_click(&event)
                on:scroll=move |_| stage.scrolls()
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
                    if stage.key(&event) {
                        event.prevent_default();
                        event.stop_propagation();
                    }
                }
            >
                <div class="graph-room" node_ref=stage.room>
                    <div
                        class="graph-picture"
                        class:zooming=move || stage.zooming.with(Option::is_some)
                        node_ref=stage.picture
                    >
                        {at(step, 1, picture)}
                    </div>
                    {notes(stage)}
                    // While the picture is zoomed nothing in it is under the pointer: finding what
                    // is takes longer than a frame has.
                    <div class="graph-shield" hidden=move || stage.zooming.with(Option::is_none)></div>
                </div>
            </div>
            <Show when=carrying>
                <p class="graph-carried">
                    "Choose a wire: let go there, or press its +. "
                    <button type="button" class="quiet" on:click=move |_| stage.lab.selection.drag(None)>
                        "Cancel"
                    </button>
                </p>
            </Show>
            <div class="graph-tools" role="toolbar" aria-label="Zoom">
                <button type="button" aria-label="Zoom out" on:click=move |_| stage.zoom_by(0.8)>"−"</button>
                <output class="graph-zoom">{zoom}</output>
                <button type="button" aria-label="Zoom in" on:click=move |_| stage.zoom_by(1.25)>"+"</button>
                <Show when=move || stage.lab.document.graph().with(|graph| !graph.blocks().is_empty())>
                    <button type="button" data-testid="fold-all" on:click=move |_| soon(move || stage.fold_all(true))>
                        "Fold all"
                    </button>
                    <button type="button" data-testid="open-all" on:click=move |_| soon(move || stage.fold_all(false))>
                        "Open all"
                    </button>
                </Show>
                <button type="button" data-testid="fit" on:click=move |_| stage.fit()>"Fit"</button>
            </div>
            <p class="graph-hint hint">{move || stage.hint()}</p>
        </div>
    }
}

/// Goes where the person looks: another network is shown from its top, a node selected elsewhere
/// is scrolled to.
fn follow(stage: Stage) {
    let lab = stage.lab;
    Effect::new(move |before: Option<Option<&'static str>>| {
        let origin = lab.document.origin().get();
        if before.is_some_and(|before| before != origin) {
            stage.at.set(Item::Input);
            request_animation_frame(move || {
                stage.start();
                stage.scroll_now();
            });
        }
        origin
    });
    Effect::new(move |before: Option<u64>| {
        let opening = lab.document.opening().get();
        // The box with the keyboard has gone with its network.
        if before.is_some_and(|before| before != opening) && stage.held.get_value().is_some() {
            let focus = move || {
                if let Some(at) = stage.at.try_get_untracked() {
                    stage.focus(at);
                }
            };
            after_frames(move || lab.once_grown(focus));
        }
        opening
    });
    Effect::new(move |before: Option<Camera>| {
        let camera = stage.camera.get();
        let scroll = stage.scrolled();
        stage.lay();
        // What an edit has put to the left pushes nothing to the right.
        if let Some(before) = before.filter(|before| before.bounds != camera.bounds) {
            stage.scroll_to(camera.scroll(before.point(scroll, (0.0, 0.0)), (0.0, 0.0)));
        }
        stage.moved();
        camera
    });
    Effect::new(move |before: Option<()>| {
        let node = lab.selection.node().get();
        if before.is_none() {
            return;
        }
        let item = stage.graph(|graph| {
            stage
                .layout
                .with_untracked(|layout| layout.showing(node, graph))
        });
        // What the person has chosen here is seen already.
        if let Some(item) = item.filter(|item| *item != stage.at.get_untracked()) {
            stage.at.set(item);
            stage.show(item);
        }
    });
    Effect::new(move |_| {
        let layout = stage.layout.get();
        let gone = |item: Item| layout.placed(item).is_none();
        // Where the keyboard was at a box that has gone it goes on from what is selected.
        if gone(stage.at.get_untracked()) {
            let selected = lab.selection.node().get_untracked();
            let item = stage.graph(|graph| layout.showing(selected, graph));
            stage.at.set(item.unwrap_or(Item::Input));
        }
        if stage.held.get_value().is_some_and(gone) {
            request_animation_frame(move || stage.focus(stage.at.get_untracked()));
        }
        // A move by keys counts the places of the picture before.
        if matches!(stage.mode.get_untracked(), Mode::Move { keys: true, .. }) {
            stage.mode.set(Mode::Rest);
        }
    });
    Effect::new(move |before: Option<bool>| {
        let carrying = lab.selection.dragged().with(Option::is_some);
        if carrying && before == Some(false) {
            let from = lab.selection.node().get_untracked();
            let behind = stage
                .spots
                .with_untracked(|spots| spots.iter().position(|spot| spot.from == from));
            // The spots are in the page when this task's effects are done.
            request_animation_frame(move || {
                if stage
                    .lab
                    .selection
                    .dragged()
                    .with_untracked(Option::is_some)
                {
                    stage.hold_over(behind.unwrap_or_default());
                }
            });
        } else if !carrying {
            stage.over.set(None);
        }
        carrying
    });
}

/// Keeps the viewport's size, and listens for what the page may prevent only when it says so.
fn watch_size(stage: Stage, gestures: Gestures) {
    Effect::new(move |_| {
        let Some(viewport) = stage.viewport.get() else {
            return;
        };
        let element = viewport.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let size = (
                element.client_width() as f32,
                element.client_height() as f32,
            );
            let first = stage.size.get_untracked() == (0.0, 0.0);
            if stage.size.get_untracked() != size {
                stage.size.set(size);
                if first && size.0 > 0.0 {
                    stage.start();
                    stage.scroll_now();
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
