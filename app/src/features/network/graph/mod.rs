//! The network as a picture: a card a stage, with its live maps; each map answers.

mod block;
mod card;
mod edits;
mod gestures;
mod insert;
mod keys;
mod light;
mod paint;
mod picture;
mod places;
mod wires;

use leptos::prelude::*;
use state::stages::{Frame, StageId};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use self::gestures::Gestures;
use self::paint::px;
use self::picture::Mode;
pub use self::picture::Picture;
use crate::platform::schedule::after_frames;

#[component]
pub fn GraphView(picture: Picture) -> impl IntoView {
    let lab = picture.lab;
    let gestures = Gestures::new(picture);
    watch_size(picture, gestures);
    follow(picture);
    lab.screen.set_growing(false);
    let carrying = move || lab.selection.dragged().with(Option::is_some);
    let label = move || {
        lab.document
            .graph()
            .with(|graph| format!("Graph of {}", graph.name()))
    };
    let level = move || picture.layout.with(|layout| layout.level.name());
    let narrow = move || picture.layout.with(|layout| layout.narrow.to_string());
    let seen = picture.seen();
    let width = move || px(picture.layout.with(|layout| layout.width));
    let height = move || px(picture.layout.with(|layout| layout.height));
    let hint =
        move || keys::hint(picture).map(|hint| view! { <p class="graph-carried">{hint}</p> });
    view! {
        <div class="graph">
            <div
                class="graph-viewport"
                data-testid=move || if lab.screen.listed().get() { "list-view" } else { "graph-view" }
                node_ref=picture.viewport
                role="group"
                aria-label=label
                data-level=level
                data-narrow=narrow
                data-carrying=move || carrying().to_string()
                on:pointerdown=move |event| gestures.down(&event)
                on:pointermove=move |event| gestures.moved(&event)
                on:pointerup=move |event| gestures.up(&event)
                on:pointercancel=move |_| gestures.cancel()
                on:pointerleave=move |_| gestures.left()
                on:focusin=move |event| gestures.focused(&event)
                on:focusout=move |event| gestures.blurred(&event)
                on:click=move |event| gestures.click(&event)
                on:dblclick=move |event| gestures.double_click(&event)
                on:touchmove=move |event| {
                    if gestures.lifted() && event.cancelable() {
                        event.prevent_default();
                    }
                }
                on:contextmenu=move |event| {
                    if gestures.lifted() {
                        event.prevent_default();
                    }
                }
                on:scroll=move |_| picture.scrolled()
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
                    if picture.key(&event) {
                        event.prevent_default();
                        event.stop_propagation();
                    }
                }
            >
                <div class="graph-picture" style:width=width style:height=height>
                    {frames(picture)}
                    {wires::wires(picture)}
                    <For each=move || seen.get() key=|id| *id let:id>
                        {card::card(picture, id)}
                    </For>
                    {wires::inserts(picture)}
                    {light::light(picture)}
                    {mark(picture)}
                    {insert::insert_list(picture)}
                </div>
            </div>
            {hint}
        </div>
    }
}

/// The frames of open blocks; the title of each folds it.
fn frames(picture: Picture) -> AnyView {
    let frames = Memo::new(move |_| picture.layout.with(|layout| layout.frames.clone()));
    let name = move |block: usize| {
        picture.lab.document.graph().with(|graph| {
            let block = graph.blocks().get(block);
            block.map(|block| block.name.clone()).unwrap_or_default()
        })
    };
    let frame = move |frame: Frame| {
        let Frame { block, rect, first } = frame;
        let title = first.then(|| {
            view! {
                <button
                    type="button"
                    class="frame-title"
                    data-fold=block.to_string()
                    tabindex="-1"
                    aria-expanded="true"
                    title="Fold this block"
                >
                    {move || name(block)}
                </button>
                {block::block_tools(picture, block)}
            }
        });
        view! {
            <div
                class="frame"
                data-testid=move || first.then(|| if picture.lab.screen.listed().get() { "block" } else { "frame" })
                data-name=move || name(block)
                style:left=px(rect.x)
                style:top=px(rect.y)
                style:width=px(rect.width)
                style:height=px(rect.height)
            >
                {title}
            </div>
        }
    };
    (move || frames.get().into_iter().map(frame).collect_view()).into_any()
}

/// What a gesture has lifted, aims at or frames.
fn mark(picture: Picture) -> AnyView {
    let rect = Memo::new(move |_| match picture.mode.get() {
        Mode::Frame(rect) => Some(rect),
        Mode::Connect { to: Some(to), .. } => picture
            .layout
            .with(|layout| Some(layout.cards.get(to)?.rect)),
        Mode::Move { node, .. } => {
            let (at, _) = picture.stage_of(node)?;
            picture
                .layout
                .with(|layout| Some(layout.cards.get(at)?.rect))
        }
        Mode::Rest | Mode::Connect { .. } => None,
    });
    (move || {
        let rect = rect.get()?;
        Some(view! {
            <i
                class="graph-mark"
                style:left=px(rect.x)
                style:top=px(rect.y)
                style:width=px(rect.width)
                style:height=px(rect.height)
            ></i>
        })
    })
    .into_any()
}

/// Follows other networks and what is selected elsewhere.
fn follow(picture: Picture) {
    let lab = picture.lab;
    Effect::new(move |before: Option<u64>| {
        let opening = lab.document.opening().get();
        if before.is_some_and(|before| before != opening) {
            picture.unfolded.update(std::collections::HashSet::clear);
            picture.at.set(StageId::Input);
            let focused = document().active_element();
            let here =
                focused.is_some_and(|it| matches!(it.closest(".graph-picture"), Ok(Some(_))));
            picture.fit();
            if here {
                after_frames(move || picture.focus(0));
            }
        }
        opening
    });
    Effect::new(move |before: Option<()>| {
        let node = lab.selection.node().get();
        if before.is_none() {
            return;
        }
        if let Some((at, id)) = picture.stage_of(node)
            && picture.at.get_untracked() != id
        {
            picture.at.set(id);
            if let Some(rect) = picture.rect(at) {
                picture.show(rect);
            }
        }
    });
    Effect::new(move |_| {
        let gone = picture
            .stages
            .with(|stages| stages.by_id(picture.at.get_untracked()).is_none());
        if gone {
            let node = lab.selection.node().get_untracked();
            let id = picture.stage_of(node).map_or(StageId::Input, |(_, id)| id);
            picture.at.set(id);
        }
        // Places of the layout before.
        if matches!(
            picture.mode.get_untracked(),
            Mode::Move { keys: true, .. } | Mode::Connect { .. }
        ) {
            picture.mode.set(Mode::Rest);
        }
        picture.inserting.set(None);
    });
    Effect::new(move |before: Option<bool>| {
        let carrying = lab.selection.dragged().with(Option::is_some);
        if carrying && before == Some(false) {
            let node = lab.selection.node().get_untracked();
            let behind = picture
                .places
                .with_untracked(|places| places.iter().position(|place| place.from == node));
            // With a pointer the place under it counts.
            request_animation_frame(move || {
                if lab.selection.dragged().with_untracked(Option::is_some) {
                    picture.hold_over(behind.unwrap_or_default());
                }
            });
        } else if !carrying {
            picture.over.set(None);
        }
        carrying
    });
}

/// Follows the viewport's size, and listens to the wheel, which must not be passive.
fn watch_size(picture: Picture, gestures: Gestures) {
    Effect::new(move |_| {
        let Some(viewport) = picture.viewport.get() else {
            return;
        };
        let element = viewport.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let size = (
                element.client_width() as f32,
                element.client_height() as f32,
            );
            // The page may be at its end.
            let (Some(shown), Some(before)) = (
                picture.shown.try_get_untracked(),
                picture.size.try_get_untracked(),
            ) else {
                return;
            };
            let shows = size.0 > 0.0;
            if shows && before != size {
                picture.size.set(size);
            }
            if shows != shown {
                picture.shown.set(shows);
            }
        });
        let observer = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(&viewport);
        }
        let wheel = Closure::<dyn FnMut(_)>::new(move |event| gestures.wheel(&event));
        let active = web_sys::AddEventListenerOptions::new();
        active.set_passive(false);
        let added = viewport.add_event_listener_with_callback_and_add_event_listener_options(
            "wheel",
            wheel.as_ref().unchecked_ref(),
            &active,
        );
        debug_assert!(added.is_ok());
        let kept = StoredValue::new_local(Some((observer, resized, wheel)));
        on_cleanup(move || {
            if let Some(Some((Some(observer), ..))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    });
}
