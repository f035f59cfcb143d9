//! The picture by keys: everything that a pointer can do.

mod carry;
mod inner;
mod way;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use self::way::Way;
use super::picture::{Mode, Picture};

/// What the keys do now.
pub fn hint(picture: Picture) -> Option<&'static str> {
    if picture.lab.selection.dragged().with(Option::is_some) {
        return Some("Choose a wire: click it, or use the arrow keys and Enter. Escape cancels.");
    }
    match picture.mode.get() {
        Mode::Rest | Mode::Frame(_) => None,
        Mode::Move { keys: true, .. } => {
            Some("Moving: arrow keys choose the wire, Enter puts it there, Escape cancels.")
        }
        Mode::Move { .. } => Some("Moving: let go near a wire to put it there."),
        Mode::Connect { keys: true, .. } => Some(
            "Connecting: arrow keys choose the card to feed, Enter connects or disconnects, Escape \
             cancels.",
        ),
        Mode::Connect { .. } => Some("Connecting: let go over the card to feed."),
    }
}

impl Picture {
    /// Handles a key; `true` when it was one of the picture's.
    pub fn key(self, event: &KeyboardEvent) -> bool {
        let key = event.key();
        if self.lab.selection.dragged().with_untracked(Option::is_some) {
            return self.carry_key(event, &key);
        }
        match self.mode.get_untracked() {
            Mode::Move {
                node,
                over,
                keys: true,
            } => self.move_key(&key, node, over),
            Mode::Connect {
                from,
                to,
                keys: true,
            } => self.connect_key(&key, from, to),
            _ => self.rest_key(event, &key),
        }
    }

    fn rest_key(self, event: &KeyboardEvent, key: &str) -> bool {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let Some(target) = target.filter(|it| !on_field(it)) else {
            return false;
        };
        if event.ctrl_key() || event.meta_key() {
            match key {
                "d" => self.duplicate(),
                "g" => self.wrap(),
                "a" => {
                    let all =
                        |graph: &engine::Graph| graph.nodes().iter().map(|node| node.id).collect();
                    self.lab.selection.select_all(self.graph(all));
                }
                _ => return false,
            }
            return true;
        }
        match key {
            "ArrowUp" | "ArrowDown" if event.alt_key() => {
                self.lab.move_by(key == "ArrowUp");
                self.focus_node(self.lab.selection.node().get_untracked());
            }
            "+" | "=" => self.zoom(true),
            "-" => self.zoom(false),
            "0" => self.fit(),
            "Delete" | "Backspace" => self.remove(),
            _ if target.class_list().contains("stage") => return self.card_key(event, key),
            _ => return self.inner_key(event, key, &target),
        }
        true
    }

    /// A key on a card.
    fn card_key(self, event: &KeyboardEvent, key: &str) -> bool {
        let here = self.here();
        match key {
            "Enter" if event.shift_key() => self.unfold(self.at.get_untracked()),
            "Enter" => self.enter(),
            " " => self.select(here, true),
            "Escape" => {
                self.lab.look.choose(None);
                self.select(here, false);
            }
            "i" | "I" | "Insert" => self.insert_behind(here),
            "m" | "M" => self.start_move(here),
            "c" | "C" => self.start_connect(here),
            "l" | "L" => return self.turn_frozen(self.at.get_untracked()),
            "Home" => self.go(0, false),
            "End" => self.go(
                self.stages
                    .with_untracked(|it| it.all.len().saturating_sub(1)),
                false,
            ),
            _ => {
                let Some(way) = Way::of(key) else {
                    return false;
                };
                if let Some(next) = self.next(here, way) {
                    self.go(next, event.shift_key());
                }
            }
        }
        true
    }

    fn go(self, stage: usize, also: bool) {
        self.select(stage, also);
        self.focus(stage);
    }

    /// The focus goes to the first map of the card, or to its first layer.
    fn enter(self) {
        let card = format!(
            "[data-stage=\"{}\"]",
            super::picture::key(self.at.get_untracked())
        );
        let before = document().active_element();
        self.focus_on(&format!("{card} .map"));
        if document().active_element() == before {
            self.focus_on(&format!("{card} .node-head"));
        }
    }

    /// Opens the list of layers behind a card.
    fn insert_behind(self, stage: usize) {
        let last = self
            .stages
            .with_untracked(|it| it.all.get(stage).map(|stage| stage.last()));
        let place = self
            .places
            .with_untracked(|places| places.iter().position(|place| Some(place.from) == last));
        if let Some(place) = place {
            self.press_place(place);
        }
    }
}

/// Whether the element takes text.
fn on_field(element: &Element) -> bool {
    element.matches("input, select, textarea").unwrap_or(false)
}
