//! The picture by keys: everything that a pointer can do.

use engine::NodeId;
use leptos::prelude::*;
use state::stages::Rect;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::gestures;
use super::picture::{Mode, Picture};
use super::places::name;

/// Where an arrow key leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Left,
    Right,
    Up,
    Down,
}

impl Way {
    fn of(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowLeft" => Self::Left,
            "ArrowRight" => Self::Right,
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            _ => return None,
        })
    }

    const fn is_on(self) -> bool {
        matches!(self, Self::Right | Self::Down)
    }

    /// How far `to` is that way; `None` where it is not. What is aside counts double.
    fn far(self, from: &Rect, to: &Rect) -> Option<f32> {
        let ((x1, y1), (x2, y2)) = (from.middle(), to.middle());
        let (along, aside) = match self {
            Self::Left => (x1 - x2, y1 - y2),
            Self::Right => (x2 - x1, y1 - y2),
            Self::Up => (y1 - y2, x1 - x2),
            Self::Down => (y2 - y1, x1 - x2),
        };
        (along > 1.0).then_some(along + 2.0 * aside.abs())
    }
}

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

    /// The card that way: left and right as text, up and down by what is there.
    fn next(self, here: usize, way: Way) -> Option<usize> {
        let narrow = self.layout.with_untracked(|layout| layout.narrow);
        self.layout.with_untracked(|layout| {
            let from = layout.cards.get(here)?;
            let near = |row: bool| {
                let others = layout.cards.iter().filter(|card| card.stage != here);
                let others = others.filter(|card| !row || card.row == from.row);
                let far =
                    others.filter_map(|card| Some((way.far(&from.rect, &card.rect)?, card.stage)));
                far.min_by(|one, other| one.0.total_cmp(&other.0))
                    .map(|(_, stage)| stage)
            };
            match way {
                _ if narrow => {
                    let next = if way.is_on() {
                        here + 1
                    } else {
                        here.checked_sub(1)?
                    };
                    (next < layout.cards.len()).then_some(next)
                }
                Way::Left | Way::Right => near(true).or_else(|| {
                    let next = if way.is_on() {
                        here + 1
                    } else {
                        here.checked_sub(1)?
                    };
                    (next < layout.cards.len()).then_some(next)
                }),
                Way::Up | Way::Down => near(false),
            }
        })
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

    /// A key on a map or a layer's name.
    fn inner_key(self, event: &KeyboardEvent, key: &str, target: &Element) -> bool {
        let Ok(Some(stage)) = target.closest(".stage") else {
            return false;
        };
        let map = target.class_list().contains("map");
        match key {
            "Escape" => {
                let focused = stage
                    .dyn_into::<HtmlElement>()
                    .map(|stage| stage.focus().is_ok());
                debug_assert!(focused.is_ok());
            }
            "Enter" | " " if map => {
                if let Some(pixel) = gestures::pixel(self, target, None) {
                    self.choose(pixel);
                }
            }
            "Enter" if event.shift_key() => self.unfold(self.at.get_untracked()),
            "Enter" | " " | "m" | "M" | "c" | "C" => {
                let Some(node) = node_of(target) else {
                    return false;
                };
                match key {
                    "Enter" => self.lab.select(node),
                    " " => self.lab.select_also(node),
                    "m" | "M" => self.start_move_of(node),
                    _ => self.start_connect_of(node),
                }
            }
            _ => {
                let Some(way) = Way::of(key) else {
                    return false;
                };
                let Ok(all) = stage.query_selector_all(".map, .node-head") else {
                    return false;
                };
                let rect = |element: &Element| {
                    let rect = element.get_bounding_client_rect();
                    let [x, y, width, height] =
                        [rect.left(), rect.top(), rect.width(), rect.height()].map(|it| it as f32);
                    Rect {
                        x,
                        y,
                        width,
                        height,
                    }
                };
                let from = rect(target);
                let all =
                    (0..all.length()).filter_map(|at| all.get(at)?.dyn_into::<HtmlElement>().ok());
                let far = all.filter_map(|it| Some((way.far(&from, &rect(&it))?, it)));
                let next = far.min_by(|one, other| one.0.total_cmp(&other.0));
                if let Some((_, next)) = next {
                    let focused = next.focus();
                    debug_assert!(focused.is_ok());
                    let pixel = gestures::pixel(self, &next, None);
                    self.lab.look.hover(pixel);
                }
            }
        }
        true
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

    fn start_move(self, stage: usize) {
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

    fn start_move_of(self, node: NodeId) {
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

    fn move_key(self, key: &str, node: NodeId, over: Option<usize>) -> bool {
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
    fn step_place(self, node: NodeId, from: Option<usize>, on: bool) -> Option<usize> {
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

    fn say_place(self, over: Option<usize>) {
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

    fn start_connect(self, stage: usize) {
        let from = self
            .stages
            .with_untracked(|it| it.all.get(stage).map(|stage| stage.last()));
        if let Some(from) = from {
            self.start_connect_of(from);
        }
    }

    fn start_connect_of(self, from: NodeId) {
        let Some((stage, _)) = self.stage_of(from) else {
            return;
        };
        let ways = [Way::Right, Way::Down, Way::Left, Way::Up];
        let to = ways.into_iter().find_map(|way| self.next(stage, way));
        self.aim(from, to);
    }

    fn connect_key(self, key: &str, from: NodeId, to: Option<usize>) -> bool {
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

    fn aim(self, from: NodeId, to: Option<usize>) {
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

    fn rest(self, node: NodeId) {
        self.mode.set(Mode::Rest);
        self.announce("Cancelled".to_owned());
        self.focus_node(node);
    }

    /// While something is carried from the palette, arrow keys go from wire to wire.
    fn carry_key(self, event: &KeyboardEvent, key: &str) -> bool {
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

/// Whether the element takes text.
fn on_field(element: &Element) -> bool {
    element.matches("input, select, textarea").unwrap_or(false)
}

/// The layer that an element is of.
fn node_of(element: &Element) -> Option<NodeId> {
    let node = element.closest("[data-testid='node']").ok().flatten()?;
    node.get_attribute("data-id")?.parse().ok().map(NodeId)
}
