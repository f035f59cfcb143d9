//! Where cards stand. Rows read from left to right like text, and the wire turns in the gutter; a
//! narrow room has one card below the other. How much a card shows depends on the level, which
//! depends on the room.

mod card;
mod columns;
mod place;
mod route;

pub use self::card::{Cells, MapBox, PartBox};

use self::card::Style;
use super::Stages;

pub type Point = (f32, f32);

/// In pixels, from the upper left corner of the picture or of a card.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    pub fn middle(&self) -> Point {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    pub fn holds(&self, (x, y): Point) -> bool {
        (self.x..self.right()).contains(&x) && (self.y..self.bottom()).contains(&y)
    }

    /// The smallest that holds both.
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            width: self.right().max(other.right()) - x,
            height: self.bottom().max(other.bottom()) - y,
        }
    }
}

/// How much a card shows, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A coloured bar with a name.
    Furthest,
    /// One map, name, shape, bars of the costs.
    Far,
    /// Two maps, operation and costs too.
    Block,
    /// All maps and a caption.
    Near,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Furthest, Self::Far, Self::Block, Self::Near];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Furthest => "furthest",
            Self::Far => "far",
            Self::Block => "block",
            Self::Near => "near",
        }
    }
}

/// Where the picture is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    pub width: f32,
    pub height: f32,
    /// `None` fits.
    pub level: Option<Level>,
    /// The costs of each card are shown.
    pub costs: bool,
    /// One card below the other, wide as the room is.
    pub list: bool,
}

impl Room {
    /// Whether cards stand one below the other.
    pub fn is_narrow(&self) -> bool {
        // In a frame of another page two rows of small cards are seen whole.
        let least = if self.costs { NARROW } else { NARROW - 160.0 };
        self.list || self.width < least
    }
}

/// Below this width cards stand one below the other.
pub const NARROW: f32 = 640.0;

/// A card's place, and what is where in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The index of its stage.
    pub stage: usize,
    pub rect: Rect,
    /// One for each part, relative to the card; parts without one are named in the head only.
    pub parts: Vec<PartBox>,
    pub row: usize,
    pub column: usize,
    pub lane: usize,
}

/// A connection as a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// The index of the edge.
    pub edge: usize,
    pub points: Vec<Point>,
    /// It jumps over cards.
    pub skip: bool,
}

/// An open block.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub block: usize,
    pub rect: Rect,
    /// The row of cards it is on; one of several where the block is longer than a row.
    pub first: bool,
}

/// The picture of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub level: Level,
    /// One card below the other.
    pub narrow: bool,
    pub width: f32,
    pub height: f32,
    /// In the order of the stages.
    pub cards: Vec<Card>,
    pub wires: Vec<Wire>,
    pub frames: Vec<Frame>,
    pub style: Style,
}

impl Layout {
    /// The rows' cards that meet the heights from `top` to `bottom` and widths from `left`.
    pub fn seen(&self, seen: &Rect) -> impl Iterator<Item = &Card> {
        self.cards.iter().filter(|card| card.rect.overlaps(seen))
    }
}

/// The picture of these stages in this room.
pub fn layout(stages: &Stages, room: Room) -> Layout {
    let columns = columns::columns(stages);
    if room.is_narrow() {
        let style = card::styles(Level::Near, room)[0];
        return place::place(stages, &columns, room, style).finish();
    }
    if let Some(level) = room.level {
        let styles = card::styles(level, room);
        let mut all = styles
            .iter()
            .map(|style| place::place(stages, &columns, room, *style));
        // The most generous style that needs no more than the room's width, or the densest.
        let fitting = all.find(|it| it.width <= room.width && it.rows() == 1);
        return fitting
            .unwrap_or_else(|| place::place(stages, &columns, room, styles[0]))
            .finish();
    }
    for level in Level::ALL.into_iter().rev() {
        for style in card::styles(level, room) {
            let placed = place::place(stages, &columns, room, style);
            let near = level == Level::Near;
            let fits = placed.width <= room.width && placed.height <= room.height;
            if fits && (!near || placed.rows() == 1) {
                return placed.finish();
            }
        }
    }
    let style = card::styles(Level::Furthest, room)[0];
    place::place(stages, &columns, room, style).finish()
}
