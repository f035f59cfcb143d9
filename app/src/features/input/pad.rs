//! The draw pad: mouse, pen, touch and keyboard.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::cursor::Cursor;
use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::{rove, seen_on_pad};
use state::input::SIDE;
use state::input::Source;
use state::input::THICKNESS;
use state::input::to_pad;

/// How the keyboard draws.
const KEYS: &str = "Arrows move the pen, with Shift finely; Space puts it down or lifts it; Delete \
    clears; Ctrl+Z takes a stroke back.";

#[component]
pub fn Pad() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let canvas = NodeRef::<Canvas>::new();
    let cursor = RwSignal::new(None::<Cursor>);
    // The pointer whose stroke is being drawn.
    let drawing = StoredValue::new(None::<Pointer>);
    let draws = move |event: &PointerEvent| {
        drawing.with_value(|pointer| pointer.as_ref().is_some_and(|it| it.is(event)))
    };
    let lift = move |event: PointerEvent| {
        if draws(&event) {
            drawing.set_value(None);
        }
    };
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            lab.attach_pad(&canvas);
        }
    });
    let truth = move || {
        let (sample, label) = (lab.input.sample().get()?, lab.input.label()?);
        let (set, number) = (sample.set.name(), exact(sample.index as u64 + 1));
        Some(format!("On the pad: {set} test image {number}, {label}."))
    };
    let says = move || {
        let Some(sample) = lab.input.sample().get() else {
            let latest = lab.answer.latest();
            let blank = latest.with(|latest| latest.as_ref().is_none_or(|trace| trace.blank));
            return if blank {
                "Draw a digit.".to_owned()
            } else {
                "Yours. The network follows every stroke.".to_owned()
            };
        };
        let (set, label) = (sample.set.name(), lab.input.label().unwrap_or_default());
        if lab.input.source().get() == Source::Draw {
            return format!("A sample {label} from {set}. Draw to replace it.");
        }
        let number = exact(sample.index as u64 + 1);
        format!("{set}, picture {number}. Label: {label}.")
    };
    let status = move || {
        cursor
            .get()
            .map(|cursor| cursor.describe())
            .unwrap_or_default()
    };
    let marker = move || {
        cursor.get().map(|cursor| {
            let place = |at: f64| format!("{}%", at / f64::from(SIDE) * 100.0);
            let size = lab.input.thickness().get() / f64::from(SIDE) * 100.0;
            view! {
                <span
                    class="pad-cursor"
                    data-down=cursor.down.to_string()
                    style:left=place(cursor.at.0)
                    style:top=place(cursor.at.1)
                    style:width=format!("{size}%")
                ></span>
            }
        })
    };
    view! {
        <div class="pad-row">
            <div class="pad-frame">
                <canvas
                    node_ref=canvas
                    class="pad"
                    data-testid="draw-pad"
                    width=SIDE
                    height=SIDE
                    tabindex="0"
                    role="application"
                    aria-roledescription="drawing pad"
                    aria-label="Draw a digit"
                    aria-description=KEYS
                    on:pointerdown=move |event| {
                        let taken = drawing
                            .with_value(|pointer| pointer.as_ref().is_some_and(|it| it.ignores(&event)));
                        if !taken && press(lab, canvas, &event) {
                            cursor.set(None);
                            drawing.set_value(Some(Pointer::of(&event)));
                        }
                    }
                    on:pointermove=move |event| {
                        if draws(&event) {
                            drag(lab, canvas, &event);
                        }
                    }
                    on:pointerup=lift
                    on:pointercancel=lift
                    on:lostpointercapture=lift
                    on:keydown=move |event| key(lab, cursor, &event)
                    on:blur=move |_| cursor.set(None)
                ></canvas>
                {marker}
                {seen_on_pad(lab)}
            </div>
            <Tools />
        </div>
        <p class="pad-note" aria-hidden="true">{says}</p>
        <p class="visually-hidden" role="status" data-testid="sample-truth">{truth}</p>
        <p class="visually-hidden" role="status">{status}</p>
    }
}

/// Pen, undo and clear; the pen's button shows its slider.
#[component]
fn Tools() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let (least, most, _) = THICKNESS;
    let open = RwSignal::new(false);
    let pen = move || format!("Pen, {} pixels", lab.input.thickness().get());
    let thicken = move |event| {
        if let Ok(thickness) = event_target_value(&event).parse() {
            lab.input.set_thickness(thickness);
        }
    };
    view! {
        <div class="pad-tools">
            <div role="toolbar" aria-label="Pad" aria-orientation="vertical" on:keydown=rove>
                <button
                    type="button"
                    class="icon"
                    data-testid="pen"
                    aria-label=pen
                    title=pen
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {icon(Icon::Pen)}
                </button>
                <button
                    type="button"
                    class="icon"
                    data-testid="undo-stroke"
                    aria-label="Undo stroke"
                    title="Undo stroke (Ctrl+Z on the pad)"
                    tabindex="-1"
                    disabled=move || !lab.input.can_undo().get()
                    on:click=move |_| lab.undo()
                >
                    {icon(Icon::Undo)}
                </button>
                <button
                    type="button"
                    class="icon"
                    data-testid="clear"
                    aria-label="Clear"
                    title="Clear (Delete on the pad)"
                    tabindex="-1"
                    on:click=move |_| lab.clear()
                >
                    {icon(Icon::Bin)}
                </button>
            </div>
            <input
                type="range"
                class="pen-slider"
                data-testid="thickness"
                data-open=move || open.get().to_string()
                tabindex=move || if open.get() { "0" } else { "-1" }
                aria-label="Thickness of the pen in pixels of the pad"
                aria-orientation="vertical"
                min=least
                max=most
                step="1"
                prop:value=move || lab.input.thickness().get().to_string()
                on:input=thicken
            />
        </div>
    }
}

/// The pointer that draws. Only one at a time: a second finger, or the palm beside a pen, is
/// ignored.
struct Pointer {
    id: i32,
    kind: String,
}

impl Pointer {
    fn of(event: &PointerEvent) -> Self {
        let (id, kind) = (event.pointer_id(), event.pointer_type());
        Self { id, kind }
    }

    fn is(&self, event: &PointerEvent) -> bool {
        self.id == event.pointer_id()
    }

    /// Whether another pointer is ignored. A pen is not, because the palm often touches before it;
    /// nor is the primary pointer of the same type, because then this pointer's end was never
    /// reported.
    fn ignores(&self, event: &PointerEvent) -> bool {
        let kind = event.pointer_type();
        let new_primary = event.is_primary() && kind == self.kind;
        !self.is(event) && !new_primary && kind != "pen"
    }
}

/// Where the pointer is, in the pad's pixels.
fn point(canvas: NodeRef<Canvas>, event: &PointerEvent) -> Option<(f64, f64)> {
    let shown = canvas.get_untracked()?.get_bounding_client_rect();
    let x = to_pad(event.client_x().into(), shown.left(), shown.width());
    let y = to_pad(event.client_y().into(), shown.top(), shown.height());
    Some((x, y))
}

/// Starts a stroke with the primary button.
fn press(lab: Lab, canvas: NodeRef<Canvas>, event: &PointerEvent) -> bool {
    let Some(point) = point(canvas, event) else {
        return false;
    };
    if event.button() != 0 {
        return false;
    }
    if let Some(canvas) = canvas.get_untracked() {
        // Fails only for a pointer that has just ended; the stroke then ends at the pad's edge.
        let _gone = canvas.set_pointer_capture(event.pointer_id());
    }
    lab.pointed();
    lab.begin_stroke(point);
    true
}

/// Continues a stroke.
fn drag(lab: Lab, canvas: NodeRef<Canvas>, event: &PointerEvent) {
    lab.pointed();
    // A fast pen moves several times between two frames; coalesced events give its whole path,
    // where supported.
    let tells = js_sys::Reflect::has(event, &"getCoalescedEvents".into()).unwrap_or(false);
    let path = if tells {
        event.get_coalesced_events()
    } else {
        js_sys::Array::new()
    };
    if path.length() == 0 {
        lab.extend_stroke(point(canvas, event).into_iter());
    } else {
        lab.extend_stroke(
            path.iter()
                .filter_map(|it| point(canvas, it.unchecked_ref())),
        );
    }
}

fn key(lab: Lab, cursor: RwSignal<Option<Cursor>>, event: &KeyboardEvent) {
    let step = if event.shift_key() {
        Cursor::FINE
    } else {
        Cursor::COARSE
    };
    let mut at = cursor.get_untracked().unwrap_or_default();
    let command = event.ctrl_key() || event.meta_key();
    match event.key().as_str() {
        "z" | "Z" if command => {
            lab.undo();
            lift(cursor);
        }
        _ if command || event.alt_key() => return,
        "Delete" | "Backspace" => {
            lab.clear();
            at.down = false;
            cursor.set(Some(at));
        }
        " " => {
            at.down = !at.down;
            cursor.set(Some(at));
            if at.down {
                lab.begin_stroke(at.at);
            }
        }
        "Escape" => lift(cursor),
        arrow => {
            let Some(moved) = at.moved(arrow, step) else {
                return;
            };
            cursor.set(Some(moved));
            if moved.down {
                lab.extend_stroke([moved.at].into_iter());
            }
        }
    }
    event.prevent_default();
}

/// Lifts the keyboard's pen, if in use.
fn lift(cursor: RwSignal<Option<Cursor>>) {
    cursor.update(|cursor| {
        if let Some(cursor) = cursor {
            cursor.down = false;
        }
    });
}
