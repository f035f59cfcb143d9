//! A pressed pointer, and what becomes of it.

use engine::NodeId;
use state::stages::Point;

use super::target::Pressed;

/// What a drag from here does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drag {
    /// The browser scrolls.
    None,
    Scroll(Point),
    Frame(Point),
    Node(NodeId),
    Port(NodeId),
}

/// A pointer that is down.
#[derive(Clone, Debug)]
pub struct Press {
    pub pointer: i32,
    pub at: Point,
    pub drag: Drag,
    /// What was pressed. The picture may change before the pointer is released.
    pub on: Option<Pressed>,
    pub also: Also,
    pub touch: bool,
    /// A touch that was not held yet.
    pub waits: bool,
    pub dragging: bool,
}

/// What a press does with the layers that are selected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Also {
    /// Deselects them.
    Only,
    /// Keeps them.
    Toggle,
    /// Selects from the first of them on.
    Range,
}
