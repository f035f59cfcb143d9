//! The palette: every layer and block, to be inserted after the selected node or dragged to a wire.

use std::rc::Rc;
use std::time::Duration;

use leptos::ev::{self, DragEvent, KeyboardEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::growth::{at, steps};
use crate::ui::is_narrow;
use state::palette::{PaletteEntry, Spot, palette};

/// The duration of a long press that starts a drag by touch; a shorter one is a tap or scrolls.
const HOLD: Duration = Duration::from_millis(350);

/// The hint while no entry is hovered or focused.
const USE: &str = "A click or Enter puts a layer behind the selected node. Drag it, hold it with \
                   a finger, or press Shift+Enter to choose the place.";

/// What all entries share.
#[derive(Clone, Copy)]
struct Shared {
    lab: Lab,
    entries: StoredValue<Rc<[PaletteEntry]>, LocalStorage>,
    /// The hovered or focused entry.
    at: RwSignal<Option<usize>>,
    /// Incremented with every touch start and end.
    touches: StoredValue<u32>,
    /// A long press has started a drag: moving does not scroll, and its end is no click.
    lifted: StoredValue<bool>,
    /// The last press was by touch.
    touched: StoredValue<bool>,
}

#[component]
pub fn Palette() -> impl IntoView {
    let entries: Rc<[PaletteEntry]> = palette().into();
    let entries = StoredValue::new_local(entries);
    let lab = expect_context::<Lab>();
    let shared = Shared {
        lab,
        entries,
        at: RwSignal::new(None),
        touches: StoredValue::new(0),
        lifted: StoredValue::new(false),
        touched: StoredValue::new(false),
    };
    // A touch that ended elsewhere cancels the long press.
    let end = |name: &'static str| {
        window_event_listener(ev::Custom::<PointerEvent>::new(name), move |_| {
            next_touch(shared.touches);
        })
    };
    let ends = ["pointerup", "pointercancel"].map(end);
    on_cleanup(move || ends.into_iter().for_each(|end| end.remove()));
    let wanted = RwSignal::new(String::new());
    let found = move |entry: &PaletteEntry| wanted.with(|wanted| entry.is_found(wanted));
    let groups = move || {
        let all = entries.get_value();
        let mut groups: Vec<(&'static str, Vec<AnyView>)> = Vec::new();
        for (at, entry) in all.iter().enumerate().filter(|(_, entry)| found(entry)) {
            let name = entry.family.map_or("blocks", engine::layer::Family::name);
            let item = item(shared, at, entry);
            match groups.iter_mut().find(|(other, _)| *other == name) {
                Some((_, items)) => items.push(item),
                None => groups.push((name, vec![item])),
            }
        }
        if groups.is_empty() {
            return view! { <p class="hint">"No layer or block of this name."</p> }.into_any();
        }
        let group = |(name, items): (&'static str, Vec<AnyView>)| {
            view! {
                <div class="palette-group" role="group" aria-label=name data-family=name>
                    <h3 class="palette-family">{name}</h3>
                    {items}
                </div>
            }
        };
        groups.into_iter().map(group).collect_view().into_any()
    };
    // The entries are mounted in a new task.
    let step = steps(1);
    let hint = move || {
        let at = shared.at.get()?;
        entries.with_value(|entries| entries.get(at).map(|entry| entry.sentence))
    };
    view! {
        <div
            class="palette"
            data-testid="palette"
            data-carrying=move || lab.selection.dragged().with(Option::is_some).to_string()
            role="group"
            aria-label="Palette"
            on:touchmove=move |event| {
                if shared.lifted.get_value() && event.cancelable() {
                    event.prevent_default();
                }
            }
            on:contextmenu=move |event| {
                if shared.lifted.get_value() {
                    event.prevent_default();
                }
            }
            on:pointerleave=move |_| shared.at.set(None)
        >
            <input
                type="search"
                class="value"
                placeholder="Search layers"
                aria-label="Search layers and blocks"
                prop:value=wanted
                on:input=move |event| wanted.set(event_target_value(&event))
            />
            <div class="palette-items">{at(step, 1, move || groups)}</div>
            <p class="palette-hint hint">{move || hint().unwrap_or(USE)}</p>
        </div>
    }
}

fn next_touch(touches: StoredValue<u32>) -> u32 {
    touches
        .try_update_value(|touches| {
            *touches = touches.wrapping_add(1);
            *touches
        })
        .unwrap_or_default()
}

fn item(shared: Shared, at: usize, entry: &PaletteEntry) -> AnyView {
    let Shared { lab, entries, .. } = shared;
    let with = move |act: &dyn Fn(&PaletteEntry)| {
        // The palette may have been closed since.
        let _gone = entries.try_with_value(|entries| {
            if let Some(entry) = entries.get(at) {
                act(entry);
            }
        });
    };
    let carry = move || {
        with(&|entry| lab.selection.drag(Some(entry.clone())));
    };
    let insert = move || {
        let nodes = lab.selection.nodes().get_untracked();
        let spot = lab.document.graph();
        let spot = spot.with_untracked(|graph| Spot::behind_all(graph, &nodes));
        with(&|entry| {
            lab.insert_at(entry, &spot);
        });
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && event.shift_key() {
            event.prevent_default();
            carry();
        }
    };
    let drag = move |event: DragEvent| {
        if let Some(data) = event.data_transfer() {
            // Some browsers drag only with text data.
            let _unsupported = data.set_data("text/plain", "layer");
            data.set_effect_allowed("copy");
        }
        // In a timer, because a browser ends the drag if the page changes in `dragstart`.
        set_timeout(carry, Duration::ZERO);
    };
    let down = move |event: PointerEvent| {
        shared.lifted.set_value(false);
        let Some(button) = event
            .current_target()
            .and_then(|it| it.dyn_into::<Element>().ok())
        else {
            return;
        };
        let touch = event.pointer_type() == "touch";
        shared.touched.set_value(touch);
        // The browser's own drag by touch would cancel the pointer.
        let draggable = if touch { "false" } else { "true" };
        let set = button.set_attribute("draggable", draggable);
        debug_assert!(set.is_ok());
        if !touch {
            return;
        }
        // Releases the pointer capture, so that the element under the finger gets the events; fails
        // only without a capture.
        let _free = button.release_pointer_capture(event.pointer_id());
        let touch = next_touch(shared.touches);
        set_timeout(
            move || {
                if shared.touches.try_get_value() == Some(touch) {
                    shared.lifted.set_value(true);
                    carry();
                }
            },
            HOLD,
        );
    };
    let click = move |event: MouseEvent| {
        // The end of a drag by touch.
        if !(shared.lifted.get_value() && event.detail() > 0) {
            let covers = shared.touched.get_value() && is_narrow();
            // In a new task, because the event is part of a frame's task.
            soon(move || {
                insert();
                // The palette covers the inserted node.
                if covers {
                    lab.screen.open_palette(false);
                }
            });
        }
        shared.lifted.set_value(false);
    };
    let look = move || shared.at.set(Some(at));
    view! {
        <button
            type="button"
            class="palette-item"
            data-testid="palette-item"
            data-layer=entry.kind.clone()
            data-variant=entry.variant
            draggable="true"
            aria-description=entry.sentence
            on:pointerdown=down
            on:pointerenter=move |_| look()
            on:focus=move |_| look()
            on:click=click
            on:keydown=key
            on:dragstart=drag
            on:dragend=move |_| lab.selection.drag(None)
        >
            {entry.title}
        </button>
    }
    .into_any()
}
