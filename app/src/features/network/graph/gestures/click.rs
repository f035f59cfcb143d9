//! Clicks, the wheel and the focus: what needs no pressed pointer.

use leptos::prelude::*;
use state::look::Pixel;
use web_sys::{FocusEvent, MouseEvent, WheelEvent};

use super::Gestures;
use super::press::Also;
use super::target::{Pressed, closest, element, number, stage_of};

/// The movement of the wheel that changes the level.
const WHEEL: f64 = 60.0;

impl Gestures {
    pub fn left(self) {
        self.picture.lab.look.hover(None);
    }

    /// The arrow keys go on from the card that has the focus.
    pub fn focused(self, event: &FocusEvent) {
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

    /// The focus goes elsewhere than to a map: the pixel that a key has lit is put out.
    pub fn blurred(self, event: &FocusEvent) {
        let next = element(event.related_target());
        if next.and_then(|it| closest(&it, ".map")).is_none() {
            self.left();
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
        } else if closest(&target, "[data-freeze]").is_some() {
            if let Some(id) = stage() {
                self.picture.turn_frozen(id);
            }
        } else if let Some(frame) = closest(&target, "[data-fold]") {
            if let Some(block) = number(&frame, "data-fold") {
                self.picture.fold(block);
            }
        } else if self.put(event) {
        } else if event.detail() == 0
            && let Some(on) = self.pressed(event)
        {
            self.act(on, self.also(event));
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

    /// In the list Shift selects a range.
    pub(super) fn also(self, event: &MouseEvent) -> Also {
        let (shift, listed) = (event.shift_key(), self.picture.lab.screen.listed());
        if shift && listed.get_untracked() {
            Also::Range
        } else if shift || event.ctrl_key() || event.meta_key() {
            Also::Toggle
        } else {
            Also::Only
        }
    }

    pub(super) fn act(self, on: Pressed, also: Also) {
        let lab = self.picture.lab;
        match on {
            Pressed::Map(pixel) => self.picture.choose(pixel),
            Pressed::Node(node) if also == Also::Range => lab.select_to(node),
            // The last one stays.
            Pressed::Node(node)
                if also == Also::Toggle
                    && lab.selection.nodes().with_untracked(|all| *all != [node]) =>
            {
                lab.select_also(node);
            }
            Pressed::Node(node) => lab.select(node),
            Pressed::Stage(at) => self.picture.select(at, also != Also::Only),
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
}
