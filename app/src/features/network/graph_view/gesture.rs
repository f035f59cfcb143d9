//! Mouse, pen and touch on the picture: drag the background, a node, a wire or a selection
//! rectangle; zoom.

use std::time::Duration;

use engine::NodeId;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent, PointerEvent, TouchEvent, WheelEvent};

use super::graph_state::{GraphState, Mode, item};
use super::layout::{Item, Point, Rect};

/// How far the pointer moves before it is a drag, in screen pixels.
const SLOP: f32 = 5.0;
/// The duration of a long press that starts a drag by touch; a shorter one is a tap or scrolls.
const HOLD: Duration = Duration::from_millis(350);
/// A wheel's step of 100 pixels zooms by e to the power of this times 100.
const WHEEL: f32 = 0.002;

/// The kind of drag that a pressed pointer starts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Drag {
    /// A touch on the background or a block: the browser scrolls.
    Scroll,
    Paper {
        scroll: Point,
    },
    Frame {
        from: Point,
    },
    Node(NodeId),
    Port(NodeId),
}

/// A pointer that is down.
#[derive(Clone, Copy, Debug)]
struct Press {
    drag: Drag,
    pointer: i32,
    at: Point,
    /// The item under `pointerdown`, selected on `pointerup` without a drag: the picture may have
    /// changed, so that another item is under the pointer by then.
    on: Option<Item>,
    also: bool,
    /// A touch before the long press.
    waiting: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    press: Option<Press>,
    /// The number of `pointerdown` events so far.
    presses: u32,
    dragging: bool,
    /// The gesture was handled: the following click is ignored.
    done: bool,
    /// The last pointer was a touch.
    touch: bool,
    /// The distance of two fingers.
    pinch: Option<f32>,
}

/// The state of the pointer gestures.
#[derive(Clone, Copy)]
pub struct Gestures {
    graph_state: GraphState,
    state: StoredValue<State>,
}

impl Gestures {
    pub fn new(graph_state: GraphState) -> Self {
        Self {
            graph_state,
            state: StoredValue::new(State::default()),
        }
    }

    pub fn is_touch(self) -> bool {
        self.state.get_value().touch
    }

    pub fn down(self, event: &PointerEvent) {
        let touch = event.pointer_type() == "touch";
        self.state.update_value(|state| {
            state.done = false;
            state.touch = touch;
            state.presses = state.presses.wrapping_add(1);
        });
        let Some(element) = target(event) else {
            return;
        };
        let own = element.closest(".note, [data-open]").ok().flatten();
        if event.button() != 0
            || own.is_some()
            || self
                .graph_state
                .lab
                .selection
                .dragged()
                .get_untracked()
                .is_some()
        {
            return;
        }
        let at = self.at(event);
        let on = under(&element);
        let port = element.has_attribute("data-port");
        let drag = match on {
            // A block's output is that of its last node.
            Some(item) if port => self.graph_state.nodes(item).last().copied().map(Drag::Port),
            Some(Item::Node(node)) => Some(Drag::Node(node)),
            _ if touch => Some(Drag::Scroll),
            None if event.shift_key() => Some(Drag::Frame {
                from: self.point(at),
            }),
            _ => Some(Drag::Paper {
                scroll: self.graph_state.scrolled(),
            }),
        };
        let waiting = touch && matches!(drag, Some(Drag::Node(_)));
        let press = drag.map(|drag| Press {
            drag,
            pointer: event.pointer_id(),
            at,
            on: on.filter(|_| !touch),
            also: event.shift_key() || event.ctrl_key() || event.meta_key(),
            waiting,
        });
        self.state.update_value(|state| {
            state.press = press;
            state.dragging = false;
        });
        if waiting {
            let presses = self.state.get_value().presses;
            set_timeout(move || self.pick_up(presses), HOLD);
        }
    }

    /// Handles a long press on a node.
    fn pick_up(self, presses: u32) {
        let Some(state) = self.state.try_get_value() else {
            return;
        };
        let Some(press) = state
            .press
            .filter(|it| it.waiting && state.presses == presses)
        else {
            return;
        };
        let Drag::Node(node) = press.drag else {
            return;
        };
        self.state.update_value(|state| {
            state.press = Some(Press {
                waiting: false,
                ..press
            });
        });
        self.begin(press.pointer);
        self.graph_state.mode.set(Mode::Move {
            node,
            drop_target: None,
            keys: false,
        });
    }

    /// From here on it is a drag.
    fn begin(self, pointer: i32) {
        self.state.update_value(|state| state.dragging = true);
        if let Some(viewport) = self.graph_state.viewport.get_untracked() {
            // Capturing fails for a pointer that has already ended.
            let _held = viewport.set_pointer_capture(pointer);
        }
    }

    pub fn moved(self, event: &PointerEvent) {
        let state = self.state.get_value();
        let Some(press) = state.press.filter(|it| it.pointer == event.pointer_id()) else {
            self.carried(event);
            return;
        };
        let at = self.at(event);
        let (x, y) = (at.0 - press.at.0, at.1 - press.at.1);
        if !state.dragging {
            if x.hypot(y) < SLOP {
                return;
            }
            if press.waiting || press.drag == Drag::Scroll {
                return self.release();
            }
            self.begin(press.pointer);
        }
        let point = self.point(at);
        let mode = match press.drag {
            Drag::Scroll => return,
            Drag::Paper { scroll } => {
                self.graph_state.scroll_to((scroll.0 - x, scroll.1 - y));
                return;
            }
            Drag::Frame { from } => Mode::Frame(Rect {
                x: from.0.min(point.0),
                y: from.1.min(point.1),
                width: (from.0 - point.0).abs(),
                height: (from.1 - point.1).abs(),
            }),
            Drag::Node(node) => Mode::Move {
                node,
                // A long press without movement has no target yet.
                drop_target: { self.graph_state.drop_target_at(point) }
                    .filter(|_| x.hypot(y) >= SLOP),
                keys: false,
            },
            Drag::Port(from) => {
                let to = self
                    .graph_state
                    .item_at(point)
                    .and_then(|it| self.first(it));
                Mode::Connect {
                    from,
                    to: to.filter(|&to| to != from),
                    keys: false,
                }
            }
        };
        if self.graph_state.mode.get_untracked() != mode {
            self.graph_state.mode.set(mode);
        }
    }

    pub fn up(self, event: &PointerEvent) {
        let state = self.state.get_value();
        self.release();
        if !state.dragging {
            match state.press.filter(|it| it.pointer == event.pointer_id()) {
                Some(Press {
                    on: Some(item),
                    also,
                    ..
                }) => {
                    self.state.update_value(|state| state.done = true);
                    self.graph_state.select(item, also);
                }
                Some(_) => {}
                // A drag from the palette is dropped on `pointerup`.
                None if event.button() == 0 => self.put(event),
                None => {}
            }
            return;
        }
        self.state.update_value(|state| state.done = true);
        let mode = self.graph_state.mode.get_untracked();
        self.graph_state.mode.set(Mode::Rest);
        match mode {
            Mode::Move {
                node,
                drop_target: Some(drop_target),
                ..
            } => self.graph_state.relocate(node, drop_target),
            Mode::Connect {
                from, to: Some(to), ..
            } => self.graph_state.connect(from, to),
            Mode::Frame(rect) => self.select_within(rect),
            // Dropped where it was picked up.
            Mode::Move { node, .. } if state.touch => {
                self.graph_state.select(Item::Node(node), false)
            }
            Mode::Rest | Mode::Move { .. } | Mode::Connect { .. } => {}
        }
    }

    pub fn cancel(self) {
        let dragging = self.state.get_value().dragging;
        self.release();
        if dragging {
            self.graph_state.mode.set(Mode::Rest);
        }
    }

    fn release(self) {
        self.state.update_value(|state| {
            state.press = None;
            state.dragging = false;
        });
    }

    pub fn click(self, event: &MouseEvent) {
        // A click without a pointer comes from an assistive tool.
        if std::mem::take(&mut self.state.write_value().done) && event.detail() > 0 {
            return;
        }
        let Some(element) = target(event) else {
            return;
        };
        let number = |name: &str| {
            element
                .closest(&format!("[{name}]"))
                .ok()
                .flatten()?
                .get_attribute(name)
        };
        if let Some(block) = number("data-fold").and_then(|block| block.parse().ok()) {
            self.graph_state.fold(block);
        } else if let Some(drop_target) =
            number("data-drop-target").and_then(|drop_target| drop_target.parse().ok())
        {
            self.graph_state.put(drop_target);
        } else if self
            .graph_state
            .lab
            .selection
            .dragged()
            .get_untracked()
            .is_some()
        {
            self.put(event);
        } else if let Some(item) = under(&element) {
            match item {
                Item::Block(block) if element.has_attribute("data-open") => {
                    self.graph_state.fold(block)
                }
                Item::Block(_) | Item::Input | Item::Node(_) => {
                    let also = event.shift_key() || event.ctrl_key() || event.meta_key();
                    self.graph_state.select(item, also);
                }
            }
        }
    }

    /// A box was focused: arrow keys continue from it.
    pub fn focused(self, event: &web_sys::FocusEvent) {
        self.graph_state
            .held
            .set_value(target(event).and_then(|it| under(&it)));
        if let Some(item) = target(event).and_then(|it| under(&it))
            && self.graph_state.at.get_untracked() != item
        {
            self.graph_state.at.set(item);
        }
    }

    /// The focus has moved elsewhere, unless its box is being removed.
    pub fn unfocused(self, event: &web_sys::FocusEvent) {
        let item = target(event).and_then(|it| under(&it));
        let gone = item.is_some_and(|item| {
            self.graph_state
                .layout
                .with_untracked(|layout| layout.placed(item).is_none())
        });
        if event.related_target().is_some() || !gone {
            self.graph_state.held.set_value(None);
        }
    }

    pub fn double_click(self, event: &MouseEvent) {
        if let Some(Item::Block(block)) = target(event).and_then(|it| under(&it)) {
            self.graph_state.fold(block);
        }
    }

    /// The wheel scrolls; with Ctrl, as a trackpad's pinch sends it, it zooms.
    pub fn wheel(self, event: &WheelEvent) {
        if !(event.ctrl_key() || event.meta_key()) {
            return;
        }
        event.prevent_default();
        // Lines and pages as pixels.
        let unit = if event.delta_mode() == WheelEvent::DOM_DELTA_PIXEL {
            1.0
        } else {
            16.0
        };
        let factor = (-(event.delta_y() as f32) * unit * WHEEL).exp();
        self.graph_state.zoom_to(
            self.graph_state.zoom.get_untracked() * factor,
            self.at(event),
        );
    }

    /// Two fingers zoom; one scrolls, unless it has picked something up.
    pub fn touch(self, event: &TouchEvent) {
        let touches = event.touches();
        let pair = touches
            .get(0)
            .zip(touches.get(1))
            .filter(|_| touches.length() == 2);
        let Some((one, other)) = pair else {
            self.state.update_value(|state| state.pinch = None);
            if self.state.get_value().dragging && event.cancelable() {
                event.prevent_default();
            }
            return;
        };
        if event.cancelable() {
            event.prevent_default();
        }
        self.cancel();
        let place = |touch: &web_sys::Touch| (touch.client_x() as f32, touch.client_y() as f32);
        let ((x1, y1), (x2, y2)) = (place(&one), place(&other));
        let apart = (x1 - x2).hypot(y1 - y2).max(1.0);
        if let Some(before) = self.state.get_value().pinch {
            let middle = self.inside(((x1 + x2) / 2.0, (y1 + y2) / 2.0));
            self.graph_state.zoom_to(
                self.graph_state.zoom.get_untracked() * apart / before,
                middle,
            );
        }
        self.state.update_value(|state| state.pinch = Some(apart));
    }

    /// Handles a drag from the palette over the picture; returns whether it can be dropped here.
    pub fn carried(self, event: &MouseEvent) -> bool {
        if self
            .graph_state
            .lab
            .selection
            .dragged()
            .get_untracked()
            .is_none()
        {
            return false;
        }
        let drop_target = self.graph_state.drop_target_at(self.point(self.at(event)));
        if self.graph_state.over.get_untracked() != drop_target {
            self.graph_state.over.set(drop_target);
        }
        drop_target.is_some()
    }

    /// Drops what is dragged at this point.
    pub fn put(self, event: &MouseEvent) {
        if self.carried(event)
            && let Some(drop_target) = self.graph_state.over.get_untracked()
        {
            self.graph_state.over.set(None);
            self.graph_state.put(drop_target);
        }
    }

    fn select_within(self, rect: Rect) {
        let nodes: Vec<NodeId> = self.graph_state.layout.with_untracked(|layout| {
            let within = layout
                .items
                .iter()
                .filter(|placed| placed.rect.overlaps(&rect));
            within
                .flat_map(|placed| self.graph_state.nodes(placed.item))
                .collect()
        });
        self.graph_state.say(format!("{} selected", nodes.len()));
        self.graph_state.lab.selection.select_all(nodes);
    }

    /// The node that takes an item's input.
    fn first(self, item: Item) -> Option<NodeId> {
        self.graph_state.nodes(item).first().copied()
    }

    /// Where the pointer is in the viewport.
    fn at(self, event: &MouseEvent) -> Point {
        self.inside((event.client_x() as f32, event.client_y() as f32))
    }

    fn inside(self, (x, y): Point) -> Point {
        let rect = self
            .graph_state
            .viewport
            .get_untracked()
            .map(|it| it.get_bounding_client_rect());
        rect.map_or((x, y), |rect| {
            (x - rect.left() as f32, y - rect.top() as f32)
        })
    }

    fn point(self, at: Point) -> Point {
        self.graph_state
            .transform
            .get_untracked()
            .point(self.graph_state.scrolled(), at)
    }
}

fn target(event: &web_sys::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The item that this element belongs to.
fn under(element: &Element) -> Option<Item> {
    item(
        &element
            .closest("[data-item]")
            .ok()??
            .get_attribute("data-item")?,
    )
}
