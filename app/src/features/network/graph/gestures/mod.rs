//! Mouse, pen and touch: what is under the pointer is lit, a press selects, a drag moves a layer,
//! connects, scrolls or selects what a rectangle touches.

mod click;
mod press;
mod target;

use std::time::Duration;

use engine::NodeId;
use leptos::prelude::*;
use state::stages::Rect;
use web_sys::{MouseEvent, PointerEvent};

use self::press::{Also, Drag, Press};
pub use self::target::pixel;
use self::target::{Pressed, closest, element, stage_of};
use super::picture::{Mode, Picture};

/// How far the pointer moves before it is a drag.
const SLOP: f32 = 5.0;
/// How long a finger rests on a card before it is lifted; a shorter touch is a tap or scrolls.
const HOLD: Duration = Duration::from_millis(350);

#[derive(Clone, Copy)]
pub struct Gestures {
    picture: Picture,
    press: StoredValue<Option<Press>>,
    /// The next click was handled as a press.
    done: StoredValue<bool>,
    wheel: StoredValue<f64>,
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
            ".insert, .insert-list, .unfold, .freeze, .frame-title, .block-tools",
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
            also: self.also(event),
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

    /// Whether a layer is lifted, so that a finger's movement does not scroll.
    pub fn lifted(self) -> bool {
        let mode = self.picture.mode.get_untracked();
        matches!(mode, Mode::Move { keys: false, .. })
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
            Mode::Move { node, .. } if press.touch => self.act(Pressed::Node(node), Also::Only),
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
