//! Keyboard control of the picture: everything that a pointer can do.

use engine::NodeId;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::drop_targets::name;
use super::graph_state::{GraphState, Mode};
use super::layout::{Direction, Item};

/// The zoom factor of one key press.
const STEP: f32 = 1.25;

impl GraphState {
    /// The current key hint.
    pub fn hint(self) -> &'static str {
        if self.lab.selection.dragged().with(Option::is_some) {
            return "Choose a wire: click it, or use the arrow keys and Enter. Escape cancels.";
        }
        match self.mode.get() {
            Mode::Rest => {
                "Arrow keys follow the wires. M moves, C connects, Delete removes, Ctrl+D \
                 duplicates, Ctrl+G wraps, Enter opens a block. + − 0 zoom."
            }
            Mode::Move { keys: true, .. } => {
                "Moving: arrow keys choose the wire, Enter puts it there, Escape cancels."
            }
            Mode::Move { keys: false, .. } => "Moving: let go near a wire to put it there.",
            Mode::Connect { keys: true, .. } => {
                "Connecting: arrow keys choose the node to feed, Enter connects (or disconnects), \
                 Escape cancels."
            }
            Mode::Connect { keys: false, .. } => "Connecting: let go over the node to feed.",
            Mode::Frame(_) => "What the frame touches is selected.",
        }
    }

    /// Handles a key; `true` when it was one of the picture's.
    pub fn key(self, event: &KeyboardEvent) -> bool {
        let key = event.key();
        if self.lab.selection.dragged().get_untracked().is_some() {
            return self.carry_key(event, &key);
        }
        match self.mode.get_untracked() {
            Mode::Move {
                node,
                drop_target,
                keys: true,
            } => self.move_key(&key, node, drop_target),
            Mode::Connect {
                from,
                to,
                keys: true,
            } => self.connect_key(&key, from, to),
            Mode::Rest | Mode::Move { .. } | Mode::Connect { .. } | Mode::Frame(_) => {
                self.rest_key(event, &key)
            }
        }
    }

    fn rest_key(self, event: &KeyboardEvent, key: &str) -> bool {
        let at = self.at.get_untracked();
        let command = event.ctrl_key() || event.meta_key();
        let on_button = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let on_item = on_button
            .as_ref()
            .is_some_and(|it| it.has_attribute("data-item"));
        if command {
            match key {
                "d" => self.duplicate(),
                "g" => self.wrap(),
                "a" => {
                    let nodes =
                        self.graph(|graph| graph.nodes().iter().map(|node| node.id).collect());
                    self.lab.selection.select_all(nodes);
                }
                _ => return false,
            }
            return true;
        }
        match key {
            "+" | "=" => self.zoom_by(STEP),
            "-" => self.zoom_by(1.0 / STEP),
            "0" => self.fit(),
            // The rest is for boxes; a frame's title is a button of its own.
            _ if !on_item => return false,
            "Enter" => match at {
                Item::Block(block) => self.fold(block),
                Item::Input | Item::Node(_) => self.select(at, event.shift_key()),
            },
            " " => self.select(at, true),
            "Delete" | "Backspace" => self.remove(),
            "m" | "M" => self.start_move(at),
            "c" | "C" => self.start_connect(at),
            "Escape" => self.select(at, false),
            _ => {
                let Some(direction) = Direction::of(key) else {
                    return false;
                };
                let next = self
                    .layout
                    .with_untracked(|layout| layout.next(at, direction));
                if let Some(next) = next {
                    self.select(next, event.shift_key());
                    self.focus(next);
                }
            }
        }
        true
    }

    fn start_move(self, at: Item) {
        let Item::Node(node) = at else {
            self.say("Only a node can be moved; open the block first".to_owned());
            return;
        };
        let drop_target = self.step_drop_target(node, None, true);
        self.mode.set(Mode::Move {
            node,
            drop_target,
            keys: true,
        });
        self.say_drop_target(drop_target);
    }

    fn move_key(self, key: &str, node: NodeId, drop_target: Option<usize>) -> bool {
        match key {
            "Enter" => match drop_target {
                Some(drop_target) => self.relocate(node, drop_target),
                None => self.mode.set(Mode::Rest),
            },
            "Escape" => self.rest(node),
            "ArrowDown" | "ArrowRight" | "ArrowUp" | "ArrowLeft" => {
                let down = matches!(key, "ArrowDown" | "ArrowRight");
                let drop_target = self
                    .step_drop_target(node, drop_target, down)
                    .or(drop_target);
                self.mode.set(Mode::Move {
                    node,
                    drop_target,
                    keys: true,
                });
                self.say_drop_target(drop_target);
            }
            _ => return false,
        }
        true
    }

    /// The next drop target that is not the node's own, from one drop target or from where the node stands.
    fn step_drop_target(self, node: NodeId, from: Option<usize>, down: bool) -> Option<usize> {
        self.drop_targets.with_untracked(|drop_targets| {
            let others = |number: &usize| {
                let drop_target = &drop_targets[*number];
                drop_target.from != node && drop_target.takers.iter().all(|&(to, _)| to != node)
            };
            let y = self
                .rects
                .with_untracked(|rects| rects.get(&Item::Node(node)).map_or(0.0, |rect| rect.y));
            let here = from.unwrap_or_else(|| {
                drop_targets.partition_point(|drop_target| drop_target.at.1 < y)
            });
            if down {
                let next = if from.is_some() { here + 1 } else { here };
                let after = (next..drop_targets.len()).find(others);
                after.or_else(|| {
                    (0..here.min(drop_targets.len()))
                        .rev()
                        .find(others)
                        .filter(|_| from.is_none())
                })
            } else {
                (0..here.min(drop_targets.len())).rev().find(others)
            }
        })
    }

    fn say_drop_target(self, drop_target: Option<usize>) {
        let Some(drop_target) = drop_target.and_then(|number| self.drop_target(number)) else {
            self.say("There is no other place".to_owned());
            return;
        };
        let (x, y) = drop_target.at;
        self.show_rect(super::layout::Rect {
            x,
            y,
            width: 1.0,
            height: 1.0,
        });
        self.say(drop_target.label);
    }

    fn start_connect(self, at: Item) {
        let Some(&from) = self.nodes(at).last() else {
            return;
        };
        let to = self.layout.with_untracked(|layout| {
            let directions = [
                Direction::Down,
                Direction::Right,
                Direction::Left,
                Direction::Up,
            ];
            directions
                .into_iter()
                .find_map(|direction| layout.next(at, direction))
        });
        self.aim(from, to);
    }

    fn connect_key(self, key: &str, from: NodeId, to: Option<NodeId>) -> bool {
        match key {
            "Enter" => match to {
                Some(to) => self.connect(from, to),
                None => self.rest(from),
            },
            "Escape" => self.rest(from),
            _ => {
                let Some(direction) = Direction::of(key) else {
                    return false;
                };
                let next = self.layout.with_untracked(|layout| {
                    let at = layout.showing(
                        to.unwrap_or(from),
                        &self.lab.document.graph().get_untracked(),
                    )?;
                    layout.next(at, direction)
                });
                if next.is_some() {
                    self.aim(from, next);
                }
            }
        }
        true
    }

    fn aim(self, from: NodeId, at: Option<Item>) {
        let to = at.and_then(|item| self.nodes(item).first().copied());
        self.mode.set(Mode::Connect {
            from,
            to,
            keys: true,
        });
        if let (Some(to), Some(item)) = (to, at) {
            self.show(item);
            let names =
                self.graph(|graph| (name(graph, from).to_owned(), name(graph, to).to_owned()));
            self.say(format!("{} to {}", names.0, names.1));
        }
    }

    fn rest(self, node: NodeId) {
        self.mode.set(Mode::Rest);
        self.say("Cancelled".to_owned());
        self.focus(Item::Node(node));
    }

    /// While dragging from the palette: arrow keys move between wires.
    fn carry_key(self, event: &KeyboardEvent, key: &str) -> bool {
        match key {
            "Escape" => {
                self.lab.selection.drag(None);
                self.over.set(None);
                self.say("Cancelled".to_owned());
                self.focus(self.at.get_untracked());
            }
            "Enter" | " " => {
                let on_drop_target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
                if on_drop_target.is_some_and(|it| it.has_attribute("data-drop-target")) {
                    // The button's click drops it.
                    return false;
                }
                match self.over.get_untracked() {
                    Some(drop_target) => self.put(drop_target),
                    None => return false,
                }
            }
            "ArrowDown" | "ArrowRight" | "ArrowUp" | "ArrowLeft" => {
                let down = matches!(key, "ArrowDown" | "ArrowRight");
                let count = self
                    .drop_targets
                    .with_untracked(|drop_targets| drop_targets.len());
                let over = self.over.get_untracked().unwrap_or_default();
                let next = if down {
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

    /// Focuses this drop target.
    pub fn hold_over(self, number: usize) {
        self.over.set(Some(number));
        self.say_drop_target(Some(number));
        self.focus_on(&format!("[data-drop-target=\"{number}\"]"));
    }
}
