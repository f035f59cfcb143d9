//! Mouse, pen and touch: what is under the pointer is lit, a press selects, a drag moves a layer,
//! connects, scrolls or selects what a rectangle touches.

use std::time::Duration;

use engine::NodeId;
use leptos::prelude::*;
use state::look::Pixel;
use state::stages::{Point, Rect};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, MouseEvent, PointerEvent, WheelEvent};

use super::picture::{Mode, Picture};
use super::places::nearest;

/// How far the pointer moves before it is a drag.
const SLOP: f32 = 5.0;
/// How long a finger rests on a card before it is lifted; a shorter touch is a tap or scrolls.
const HOLD: Duration = Duration::from_millis(350);
/// How close to a wire something is dropped on it.
const REACH: f32 = 48.0;
/// The movement of the wheel that changes the level.
const WHEEL: f64 = 60.0;

/// What a drag from here does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Drag {
    /// The browser scrolls.
    None,
    Scroll(Point),
    Frame(Point),
    Node(NodeId),
    Port(NodeId),
}

#[derive(Clone, Debug)]
struct Press {
    pointer: i32,
    at: Point,
    drag: Drag,
    /// What was pressed. The picture may change before the pointer is released.
    on: Option<Pressed>,
    also: bool,
    touch: bool,
    /// A touch that was not held yet.
    waits: bool,
    dragging: bool,
}

/// What a press is on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pressed {
    Map(Pixel),
    Node(NodeId),
    Stage(usize),
}

#[derive(Clone, Copy)]
pub struct Gestures {
    picture: Picture,
    press: StoredValue<Option<Press>>,
    /// The next click was handled as a press.
    done: StoredValue<bool>,
    wheel: StoredValue<f64>,
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

fn number<T: std::str::FromStr>(element: &Element, name: &str) -> Option<T> {
    element.get_attribute(name)?.parse().ok()
}

impl Gestures {
    pub fn new(picture: Picture) -> Self {
        Self {
            picture,
            press: StoredValue::new(None),
            done: StoredValue::new(false),
            wheel: StoredValue::new(0.0),
        }
    }

    /// The pointer's place in the picture.
    fn point(self, event: &MouseEvent) -> Point {
        let Some(viewport) = self.picture.viewport.get_untracked() else {
            return (0.0, 0.0);
        };
        let rect = viewport.get_bounding_client_rect();
        (
            event.client_x() as f32 - rect.left() as f32 + viewport.scroll_left() as f32,
            event.client_y() as f32 - rect.top() as f32 + viewport.scroll_top() as f32,
        )
    }

    /// The pixel of the map under the pointer.
    fn pixel(self, event: &MouseEvent) -> Option<Pixel> {
        let map = closest(&element(event.target())?, ".map")?;
        pixel(
            self.picture,
            &map,
            Some((event.client_x(), event.client_y())),
        )
    }

    fn pressed(self, event: &MouseEvent) -> Option<Pressed> {
        if let Some(pixel) = self.pixel(event) {
            return Some(Pressed::Map(pixel));
        }
        let target = element(event.target())?;
        if let Some(node) = closest(&target, "[data-testid='node']") {
            return number(&node, "data-id").map(NodeId).map(Pressed::Node);
        }
        let stage = closest(&target, ".stage")?;
        stage_of(self.picture, &stage).map(Pressed::Stage)
    }

    fn edits(self) -> bool {
        let lab = self.picture.lab;
        lab.document.allows_now(engine::format::Control::Network) && lab.screen.embed.is_none()
    }

    pub fn down(self, event: &PointerEvent) {
        self.done.set_value(false);
        let Some(target) = element(event.target()) else {
            return;
        };
        let own = closest(
            &target,
            ".insert, .insert-list, .unfold, .frame-title, .block-tools",
        )
        .is_some();
        let carrying = self
            .picture
            .lab
            .selection
            .dragged()
            .with_untracked(Option::is_some);
        if event.button() != 0 || own || carrying || !event.is_primary() {
            return;
        }
        let touch = event.pointer_type() == "touch";
        let on = self.pressed(event);
        let port = target.has_attribute("data-port");
        let drag = match on {
            _ if port && self.edits() => {
                let stage = closest(&target, ".stage");
                let stage = stage.and_then(|it| stage_of(self.picture, &it));
                let last = stage.and_then(|at| {
                    self.picture
                        .stages
                        .with_untracked(|it| Some(it.all.get(at)?.last()))
                });
                last.map_or(Drag::None, Drag::Port)
            }
            Some(Pressed::Node(node)) if node != NodeId::INPUT && self.edits() => Drag::Node(node),
            Some(Pressed::Map(pixel)) if pixel.node != NodeId::INPUT && !touch && self.edits() => {
                Drag::Node(pixel.node)
            }
            _ if touch => Drag::None,
            None if event.shift_key() => Drag::Frame(self.point(event)),
            _ => {
                let viewport = self.picture.viewport.get_untracked();
                viewport.map_or(Drag::None, |it| {
                    Drag::Scroll((it.scroll_left() as f32, it.scroll_top() as f32))
                })
            }
        };
        let waits = touch && matches!(drag, Drag::Node(_));
        let pointer = event.pointer_id();
        self.press.set_value(Some(Press {
            pointer,
            at: (event.client_x() as f32, event.client_y() as f32),
            drag,
            on,
            also: event.shift_key() || event.ctrl_key() || event.meta_key(),
            touch,
            waits,
            dragging: false,
        }));
        if waits {
            set_timeout(move || self.lift(pointer), HOLD);
        }
    }

    /// A finger rests on a layer: it is lifted.
    fn lift(self, pointer: i32) {
        let lifted = self.press.try_update_value(|press| {
            let press = press
                .as_mut()
                .filter(|it| it.pointer == pointer && it.waits)?;
            press.waits = false;
            press.dragging = true;
            match press.drag {
                Drag::Node(node) => Some(node),
                _ => None,
            }
        });
        if let Some(Some(node)) = lifted {
            self.capture(pointer);
            self.picture.mode.set(Mode::Move {
                node,
                over: None,
                keys: false,
            });
        }
    }

    fn capture(self, pointer: i32) {
        if let Some(viewport) = self.picture.viewport.get_untracked() {
            // Fails for a pointer that has ended meanwhile.
            let _captured = viewport.set_pointer_capture(pointer);
        }
    }

    pub fn moved(self, event: &PointerEvent) {
        let Some(press) = self
            .press
            .get_value()
            .filter(|it| it.pointer == event.pointer_id())
        else {
            if !self.carried(event) && event.pointer_type() != "touch" {
                self.picture.lab.look.hover(self.pixel(event));
            }
            return;
        };
        let (x, y) = (
            event.client_x() as f32 - press.at.0,
            event.client_y() as f32 - press.at.1,
        );
        if !press.dragging {
            if x.hypot(y) < SLOP {
                return;
            }
            if press.waits || press.drag == Drag::None {
                return self.press.set_value(None);
            }
            self.press.update_value(|it| {
                if let Some(it) = it {
                    it.dragging = true;
                }
            });
            self.capture(press.pointer);
            self.picture.lab.look.hover(None);
        }
        let point = self.point(event);
        let mode = match press.drag {
            Drag::None => return,
            Drag::Scroll((left, top)) => return self.picture.scroll_to((left - x, top - y)),
            Drag::Frame(from) => Mode::Frame(Rect {
                x: from.0.min(point.0),
                y: from.1.min(point.1),
                width: (from.0 - point.0).abs(),
                height: (from.1 - point.1).abs(),
            }),
            Drag::Node(node) => Mode::Move {
                node,
                // A long press without movement has no target yet.
                over: self.place_at(point).filter(|_| x.hypot(y) >= SLOP),
                keys: false,
            },
            Drag::Port(from) => {
                let own = self.picture.stage_of(from).map(|(at, _)| at);
                Mode::Connect {
                    from,
                    to: self.picture.stage_at(point).filter(|at| Some(*at) != own),
                    keys: false,
                }
            }
        };
        if self.picture.mode.get_untracked() != mode {
            self.picture.mode.set(mode);
        }
    }

    pub fn up(self, event: &PointerEvent) {
        let press = self
            .press
            .get_value()
            .filter(|it| it.pointer == event.pointer_id());
        self.press.set_value(None);
        let Some(press) = press else {
            // A drag from the palette ends where the pointer is released.
            if event.button() == 0 && self.put(event) {
                self.done.set_value(true);
            }
            return;
        };
        if !press.dragging {
            if let Some(on) = press.on {
                self.done.set_value(true);
                self.act(on, press.also);
            }
            return;
        }
        self.done.set_value(true);
        let mode = self.picture.mode.get_untracked();
        self.picture.mode.set(Mode::Rest);
        match mode {
            Mode::Move {
                node,
                over: Some(over),
                ..
            } => self.picture.relocate(node, over),
            // Put down where it was lifted.
            Mode::Move { node, .. } if press.touch => self.act(Pressed::Node(node), false),
            Mode::Connect {
                from, to: Some(to), ..
            } => self.picture.connect(from, to),
            Mode::Frame(rect) => self.select_within(rect),
            Mode::Rest | Mode::Move { .. } | Mode::Connect { .. } => {}
        }
    }

    pub fn cancel(self) {
        self.press.set_value(None);
        if self.picture.mode.get_untracked() != Mode::Rest {
            self.picture.mode.set(Mode::Rest);
        }
    }

    pub fn left(self) {
        self.picture.lab.look.hover(None);
    }

    /// The arrow keys go on from the card that has the focus.
    pub fn focused(self, event: &web_sys::FocusEvent) {
        let target = element(event.target()).and_then(|it| closest(&it, ".stage"));
        let at = target.and_then(|card| stage_of(self.picture, &card));
        let id = at.and_then(|at| {
            self.picture
                .stages
                .with_untracked(|it| Some(it.all.get(at)?.id))
        });
        if let Some(id) = id
            && self.picture.at.get_untracked() != id
        {
            self.picture.at.set(id);
        }
    }

    /// A click: by a key, by an assistive tool, or one that no press has handled.
    pub fn click(self, event: &MouseEvent) {
        if std::mem::take(&mut *self.done.write_value()) && event.detail() > 0 {
            return;
        }
        let Some(target) = element(event.target()) else {
            return;
        };
        let stage = || {
            let stage = closest(&target, ".stage")?;
            let at = stage_of(self.picture, &stage)?;
            self.picture
                .stages
                .with_untracked(|it| Some(it.all.get(at)?.id))
        };
        if let Some(place) = closest(&target, ".insert") {
            if let Some(at) = number::<usize>(&place, "data-place") {
                self.picture.press_place(at);
            }
        } else if closest(&target, "[data-unfold]").is_some() {
            if let Some(id) = stage() {
                self.picture.unfold(id);
            }
        } else if let Some(frame) = closest(&target, "[data-fold]") {
            if let Some(block) = number(&frame, "data-fold") {
                self.picture.fold(block);
            }
        } else if self.put(event) {
        } else if event.detail() == 0
            && let Some(on) = self.pressed(event)
        {
            self.act(
                on,
                event.shift_key() || event.ctrl_key() || event.meta_key(),
            );
        }
    }

    pub fn double_click(self, event: &MouseEvent) {
        let stage = element(event.target())
            .filter(|it| closest(it, "[data-testid='block'], .stage").is_some());
        let block = stage
            .and_then(|it| closest(&it, ".stage"))
            .and_then(|it| stage_of(self.picture, &it));
        let id = block.and_then(|at| {
            self.picture.stages.with_untracked(|it| {
                let stage = it.all.get(at)?;
                stage.block.map(|_| stage.id)
            })
        });
        if let Some(id) = id {
            self.picture.unfold(id);
        }
    }

    /// With Ctrl, as a trackpad's pinch sends it, the wheel changes the level.
    pub fn wheel(self, event: &WheelEvent) {
        if !(event.ctrl_key() || event.meta_key()) {
            return;
        }
        event.prevent_default();
        let sum = self.wheel.get_value() + event.delta_y();
        if sum.abs() < WHEEL {
            return self.wheel.set_value(sum);
        }
        self.wheel.set_value(0.0);
        self.picture.zoom(sum < 0.0);
    }

    fn act(self, on: Pressed, also: bool) {
        let lab = self.picture.lab;
        match on {
            Pressed::Map(pixel) => self.picture.choose(pixel),
            // The last one stays.
            Pressed::Node(node)
                if also && lab.selection.nodes().with_untracked(|all| *all != [node]) =>
            {
                lab.select_also(node);
            }
            Pressed::Node(node) => lab.select(node),
            Pressed::Stage(at) => self.picture.select(at, also),
        }
        let node = match on {
            Pressed::Map(Pixel { node, .. }) | Pressed::Node(node) => self.picture.stage_of(node),
            Pressed::Stage(at) => self
                .picture
                .stages
                .with_untracked(|it| Some((at, it.all.get(at)?.id))),
        };
        if let Some((_, id)) = node {
            self.picture.at.set(id);
        }
    }

    fn place_at(self, point: Point) -> Option<usize> {
        self.picture.places.with_untracked(|places| {
            self.picture
                .layout
                .with_untracked(|layout| nearest(places, layout, point, REACH))
        })
    }

    /// What is carried from the palette is over this place; `false` where nothing is carried.
    pub fn carried(self, event: &MouseEvent) -> bool {
        let dragged = self.picture.lab.selection.dragged();
        if dragged.with_untracked(Option::is_none) {
            return false;
        }
        let over = self.place_at(self.point(event));
        if self.picture.over.get_untracked() != over {
            self.picture.over.set(over);
        }
        true
    }

    /// Drops what is carried from the palette.
    pub fn put(self, event: &MouseEvent) -> bool {
        let over = self
            .carried(event)
            .then(|| self.picture.over.get_untracked())
            .flatten();
        if let Some(over) = over {
            self.picture.put(over);
        }
        over.is_some()
    }

    fn select_within(self, rect: Rect) {
        let nodes: Vec<NodeId> = self.picture.stages.with_untracked(|stages| {
            self.picture.layout.with_untracked(|layout| {
                let cards = layout.cards.iter().filter(|card| card.rect.overlaps(&rect));
                let nodes = cards.filter_map(|card| stages.all.get(card.stage));
                nodes
                    .flat_map(|stage| stage.nodes().collect::<Vec<_>>())
                    .collect()
            })
        });
        self.picture
            .announce(format!("{} layers selected", nodes.len()));
        self.picture.lab.selection.select_all(nodes);
    }
}

/// The stage of a card's element.
fn stage_of(picture: Picture, card: &Element) -> Option<usize> {
    let name = card.get_attribute("data-stage")?;
    picture.stages.with_untracked(|stages| {
        let mut all = stages.all.iter();
        all.position(|stage| super::picture::key(stage.id) == name)
    })
}

/// The pixel of a map's element at this point of the window; without one the middle.
pub fn pixel(picture: Picture, map: &Element, at: Option<(i32, i32)>) -> Option<Pixel> {
    let node = NodeId(number(map, "data-node")?);
    let rect = map.get_bounding_client_rect();
    let (x, y) = match at {
        Some((x, y)) => (
            (f64::from(x) - rect.left()) / rect.width().max(1.0),
            (f64::from(y) - rect.top()) / rect.height().max(1.0),
        ),
        None => (0.5, 0.5),
    };
    let shape = picture.lab.document.shape_of(node)?;
    let place =
        |share: f64, count: u32| ((share * f64::from(count)) as u32).min(count.saturating_sub(1));
    if let Some(rows) = number::<u32>(map, "data-rows") {
        let columns: u32 = number(map, "data-columns")?;
        let channel = place(x, columns) * rows + place(y, rows);
        let (row, column) = (0, 0);
        return (channel < shape.channels).then_some(Pixel {
            node,
            channel,
            row,
            column,
        });
    }
    Some(Pixel {
        node,
        channel: number(map, "data-channel")?,
        row: place(y, shape.height),
        column: place(x, shape.width),
    })
}
