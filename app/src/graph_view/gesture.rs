//! Mouse, pen and touch on the picture: drag the paper, a node, a wire or a frame; zoom.

use engine::NodeId;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent, PointerEvent, TouchEvent, WheelEvent};

use super::layout::{Item, Point, Rect};
use super::stage::{Mode, Stage, item};

/// How far the pointer moves before it is a drag, in screen pixels.
const SLOP: f32 = 5.0;
/// A wheel's step of 100 pixels zooms by e to the power of this times 100.
const WHEEL: f32 = 0.002;

/// What a pressed pointer may become or is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Press {
    Paper { scroll: Point },
    Frame { from: Point },
    Node(NodeId),
    Port(NodeId),
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    press: Option<(Press, i32, Point)>,
    dragging: bool,
    /// A drag has just ended: the click that follows means nothing.
    dragged: bool,
    /// The distance of two fingers.
    pinch: Option<f32>,
}

/// What pointers are doing.
#[derive(Clone, Copy)]
pub struct Gestures {
    stage: Stage,
    state: StoredValue<State>,
}

impl Gestures {
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            state: StoredValue::new(State::default()),
        }
    }

    pub fn down(self, event: &PointerEvent) {
        self.state.update_value(|state| state.dragged = false);
        if event.button() != 0 || self.stage.lab.carrying.get_untracked().is_some() {
            return;
        }
        let touch = event.pointer_type() == "touch";
        let on = target(event).and_then(|it| under(&it));
        let port = target(event).is_some_and(|it| it.has_attribute("data-port"));
        let at = self.at(event);
        let press = match on.map(|it| (it, it.node())) {
            // A block's output is that of its last node.
            Some((item, _)) if port => self.stage.nodes(item).last().copied().map(Press::Port),
            Some((Item::Node(node), _)) if !touch => Some(Press::Node(node)),
            // A finger scrolls by itself.
            _ if touch => None,
            None if event.shift_key() => Some(Press::Frame {
                from: self.point(at),
            }),
            _ => Some(Press::Paper {
                scroll: self.stage.scrolled(),
            }),
        };
        self.state.update_value(|state| {
            state.press = press.map(|press| (press, event.pointer_id(), at));
            state.dragging = false;
        });
    }

    pub fn moved(self, event: &PointerEvent) {
        let state = self.state.get_value();
        let Some((press, pointer, start)) = state.press.filter(|it| it.1 == event.pointer_id())
        else {
            self.carried(event);
            return;
        };
        let at = self.at(event);
        let (x, y) = (at.0 - start.0, at.1 - start.1);
        if !state.dragging {
            if x.hypot(y) < SLOP {
                return;
            }
            self.state.update_value(|state| state.dragging = true);
            if let Some(viewport) = self.stage.viewport.get_untracked() {
                // A pointer that is gone by now has nothing to hold.
                let _held = viewport.set_pointer_capture(pointer);
            }
        }
        let point = self.point(at);
        let mode = match press {
            Press::Paper { scroll } => {
                self.stage.scroll_to((scroll.0 - x, scroll.1 - y));
                return;
            }
            Press::Frame { from } => Mode::Frame(Rect {
                x: from.0.min(point.0),
                y: from.1.min(point.1),
                width: (from.0 - point.0).abs(),
                height: (from.1 - point.1).abs(),
            }),
            Press::Node(node) => Mode::Move {
                node,
                spot: self.stage.spot_at(point),
                keys: false,
            },
            Press::Port(from) => {
                let to = self.stage.item_at(point).and_then(|it| self.first(it));
                Mode::Connect {
                    from,
                    to: to.filter(|&to| to != from),
                    keys: false,
                }
            }
        };
        if self.stage.mode.get_untracked() != mode {
            self.stage.mode.set(mode);
        }
    }

    pub fn up(self, event: &PointerEvent) {
        let state = self.state.get_value();
        self.release();
        if !state.dragging {
            // What the palette's pointer carries is put down where it is let go.
            if state.press.is_none() && event.button() == 0 {
                self.put(event);
            }
            return;
        }
        self.state.update_value(|state| state.dragged = true);
        let mode = self.stage.mode.get_untracked();
        self.stage.mode.set(Mode::Rest);
        match mode {
            Mode::Move {
                node,
                spot: Some(spot),
                ..
            } => self.stage.relocate(node, spot),
            Mode::Connect {
                from, to: Some(to), ..
            } => self.stage.connect(from, to),
            Mode::Frame(rect) => self.select_within(rect),
            Mode::Rest | Mode::Move { .. } | Mode::Connect { .. } => {}
        }
    }

    pub fn cancel(self) {
        let dragging = self.state.get_value().dragging;
        self.release();
        if dragging {
            self.stage.mode.set(Mode::Rest);
        }
    }

    fn release(self) {
        self.state.update_value(|state| {
            state.press = None;
            state.dragging = false;
        });
    }

    pub fn click(self, event: &MouseEvent) {
        if self.state.get_value().dragged {
            self.state.update_value(|state| state.dragged = false);
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
            self.stage.fold(block);
        } else if let Some(spot) = number("data-spot").and_then(|spot| spot.parse().ok()) {
            self.stage.put(spot);
        } else if self.stage.lab.carrying.get_untracked().is_some() {
            self.put(event);
        } else if let Some(item) = under(&element) {
            match item {
                Item::Block(block) if element.has_attribute("data-open") => self.stage.fold(block),
                Item::Block(_) | Item::Input | Item::Node(_) => {
                    let also = event.shift_key() || event.ctrl_key() || event.meta_key();
                    self.stage.select(item, also);
                }
            }
        }
    }

    /// The keyboard has come to a box: arrows go on from there.
    pub fn focused(self, event: &web_sys::FocusEvent) {
        if let Some(item) = target(event).and_then(|it| under(&it))
            && self.stage.at.get_untracked() != item
        {
            self.stage.at.set(item);
        }
    }

    pub fn double_click(self, event: &MouseEvent) {
        if let Some(Item::Block(block)) = target(event).and_then(|it| under(&it)) {
            self.stage.fold(block);
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
        self.stage
            .zoom_to(self.stage.zoom.get_untracked() * factor, self.at(event));
    }

    /// Two fingers zoom.
    pub fn touch(self, event: &TouchEvent) {
        let touches = event.touches();
        let pair = touches
            .get(0)
            .zip(touches.get(1))
            .filter(|_| touches.length() == 2);
        let Some((one, other)) = pair else {
            self.state.update_value(|state| state.pinch = None);
            return;
        };
        event.prevent_default();
        let place = |touch: &web_sys::Touch| (touch.client_x() as f32, touch.client_y() as f32);
        let ((x1, y1), (x2, y2)) = (place(&one), place(&other));
        let apart = (x1 - x2).hypot(y1 - y2).max(1.0);
        if let Some(before) = self.state.get_value().pinch {
            let middle = self.inside(((x1 + x2) / 2.0, (y1 + y2) / 2.0));
            self.stage
                .zoom_to(self.stage.zoom.get_untracked() * apart / before, middle);
        }
        self.state.update_value(|state| state.pinch = Some(apart));
    }

    /// Something from the palette is over the picture; gives whether it can be put down here.
    pub fn carried(self, event: &MouseEvent) -> bool {
        if self.stage.lab.carrying.get_untracked().is_none() {
            return false;
        }
        let spot = self.stage.spot_at(self.point(self.at(event)));
        if self.stage.over.get_untracked() != spot {
            self.stage.over.set(spot);
        }
        spot.is_some()
    }

    /// Puts what is carried down at this place.
    pub fn put(self, event: &MouseEvent) {
        if self.carried(event)
            && let Some(spot) = self.stage.over.get_untracked()
        {
            self.stage.over.set(None);
            self.stage.put(spot);
        }
    }

    fn select_within(self, rect: Rect) {
        let nodes: Vec<NodeId> = self.stage.layout.with_untracked(|layout| {
            let within = layout
                .items
                .iter()
                .filter(|placed| placed.rect.overlaps(&rect));
            within
                .flat_map(|placed| self.stage.nodes(placed.item))
                .collect()
        });
        self.stage.say(format!("{} selected", nodes.len()));
        self.stage.lab.select_all(nodes);
    }

    /// The node that takes an item's input.
    fn first(self, item: Item) -> Option<NodeId> {
        self.stage.nodes(item).first().copied()
    }

    /// Where the pointer is in the viewport.
    fn at(self, event: &MouseEvent) -> Point {
        self.inside((event.client_x() as f32, event.client_y() as f32))
    }

    fn inside(self, (x, y): Point) -> Point {
        let rect = self
            .stage
            .viewport
            .get_untracked()
            .map(|it| it.get_bounding_client_rect());
        rect.map_or((x, y), |rect| {
            (x - rect.left() as f32, y - rect.top() as f32)
        })
    }

    fn point(self, at: Point) -> Point {
        self.stage
            .camera
            .get_untracked()
            .point(self.stage.scrolled(), at)
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
