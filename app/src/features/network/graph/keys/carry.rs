//! Layers moved, connected and inserted by keys: the arrow keys choose where.

use engine::NodeId;
use leptos::prelude::*;
use state::stages::Rect;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::super::picture::{Mode, Picture};
use super::super::places::name;
use super::way::Way;

impl Picture {
    pub(super) fn start_move(self, stage: usize) {
        let selected = self.lab.selection.node().get_untracked();
        let node = self.stages.with_untracked(|stages| {
            let stage = stages.all.get(stage)?;
            let own = stage.nodes().find(|&node| node == selected);
            stage
                .block
                .is_none()
                .then(|| own.unwrap_or(stage.parts[0].head))
        });
        let Some(node) = node.filter(|&node| node != NodeId::INPUT) else {
            return self.announce("Only a layer can be moved; open the block first".to_owned());
        };
        self.start_move_of(node);
    }

    pub(super) fn start_move_of(self, node: NodeId) {
        if node == NodeId::INPUT {
            return;
        }
        let over = self
            .step_place(node, None, true)
            .or_else(|| self.step_place(node, None, false));
        self.mode.set(Mode::Move {
            node,
            over,
            keys: true,
        });
        self.say_place(over);
    }

    pub(super) fn move_key(self, key: &str, node: NodeId, over: Option<usize>) -> bool {
        match (key, Way::of(key)) {
            ("Enter", _) => match over {
                Some(over) => self.relocate(node, over),
                None => self.mode.set(Mode::Rest),
            },
            ("Escape", _) => self.rest(node),
            (_, Some(way)) => {
                let over = self.step_place(node, over, way.is_on()).or(over);
                self.mode.set(Mode::Move {
                    node,
                    over,
                    keys: true,
                });
                self.say_place(over);
            }
            _ => return false,
        }
        true
    }

    /// The next place that is not the node's own.
    pub(super) fn step_place(self, node: NodeId, from: Option<usize>, on: bool) -> Option<usize> {
        self.places.with_untracked(|places| {
            let other = |at: &usize| {
                let place = &places[*at];
                place.from != node && place.takers.iter().all(|&(to, _)| to != node)
            };
            let own = places.iter().position(|place| place.from == node);
            let here = from.or(own).unwrap_or_default();
            if on {
                (here + 1..places.len()).find(other)
            } else {
                (0..here.min(places.len())).rev().find(other)
            }
        })
    }

    pub(super) fn say_place(self, over: Option<usize>) {
        let Some(place) = over.and_then(|at| self.place(at)) else {
            return self.announce("There is no other place".to_owned());
        };
        let (x, y) = place.at;
        self.show(Rect {
            x,
            y,
            width: 1.0,
            height: 1.0,
        });
        self.announce(place.label);
    }

    pub(super) fn start_connect(self, stage: usize) {
        let from = self
            .stages
            .with_untracked(|it| it.all.get(stage).map(|stage| stage.last()));
        if let Some(from) = from {
            self.start_connect_of(from);
        }
    }

    pub(super) fn start_connect_of(self, from: NodeId) {
        let Some((stage, _)) = self.stage_of(from) else {
            return;
        };
        let ways = [Way::Right, Way::Down, Way::Left, Way::Up];
        let to = ways.into_iter().find_map(|way| self.next(stage, way));
        self.aim(from, to);
    }

    pub(super) fn connect_key(self, key: &str, from: NodeId, to: Option<usize>) -> bool {
        match (key, Way::of(key)) {
            ("Enter", _) => match to {
                Some(to) => self.connect(from, to),
                None => self.rest(from),
            },
            ("Escape", _) => self.rest(from),
            (_, Some(way)) => {
                let own = self.stage_of(from).map(|(at, _)| at);
                let next = to.or(own).and_then(|at| self.next(at, way));
                if next.is_some() {
                    self.aim(from, next);
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn aim(self, from: NodeId, to: Option<usize>) {
        self.mode.set(Mode::Connect {
            from,
            to,
            keys: true,
        });
        if let Some((to, rect)) = to.and_then(|to| Some((to, self.rect(to)?))) {
            self.show(rect);
            let first = self
                .stages
                .with_untracked(|it| it.all.get(to).map(|stage| stage.first()));
            let names = self.graph(|graph| {
                let to = first.map_or("", |first| name(graph, first));
                format!("{} to {to}", name(graph, from))
            });
            self.announce(names);
        }
    }

    pub(super) fn rest(self, node: NodeId) {
        self.mode.set(Mode::Rest);
        self.announce("Cancelled".to_owned());
        self.focus_node(node);
    }

    /// While something is carried from the palette, arrow keys go from wire to wire.
    pub(super) fn carry_key(self, event: &KeyboardEvent, key: &str) -> bool {
        match (key, Way::of(key)) {
            ("Escape", _) => {
                self.lab.selection.drag(None);
                self.over.set(None);
                self.announce("Cancelled".to_owned());
                self.focus(self.here());
            }
            ("Enter" | " ", _) => {
                let on = event.target().and_then(|it| it.dyn_into::<Element>().ok());
                // Its click drops it.
                if on.is_some_and(|it| it.has_attribute("data-place")) {
                    return false;
                }
                match self.over.get_untracked() {
                    Some(over) => self.put(over),
                    None => return false,
                }
            }
            (_, Some(way)) => {
                let count = self.places.with_untracked(|places| places.len());
                let over = self.over.get_untracked().unwrap_or_default();
                let next = if way.is_on() {
                    (over + 1).min(count.saturating_sub(1))
                } else {
                    over.saturating_sub(1)
                };
                self.hold_over(next);
            }
            _ => return false,
        }
        true
    }

    /// Focuses this place.
    pub fn hold_over(self, at: usize) {
        self.over.set(Some(at));
        self.say_place(Some(at));
        request_animation_frame(move || self.focus_on(&format!("[data-place=\"{at}\"]")));
    }
}
