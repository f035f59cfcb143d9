//! How large a card is, and what is where in it.

mod fixed;
mod list;
mod near;
mod style;

pub use self::style::{Style, styles};

use super::super::Stage;
use super::{Level, Rect};

/// Up to so many classes each has a bar.
const CLASSES: u32 = 16;

/// The maps that a card shows at most.
pub const MOST_MAPS: u32 = 16;

/// One map in a card.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapBox {
    pub channel: u32,
    pub rect: Rect,
}

/// The values of a vector in columns, from the top down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cells {
    pub rect: Rect,
    pub columns: u32,
    pub rows: u32,
    /// Beside each cell a class's name and its bar.
    pub classes: bool,
    /// The likeliest of many classes, without cells.
    pub top: bool,
}

impl Cells {
    const fn vector(rect: Rect, columns: u32, rows: u32) -> Self {
        Self {
            rect,
            columns,
            rows,
            classes: false,
            top: false,
        }
    }

    /// A row a class.
    const fn classes(rect: Rect, rows: u32) -> Self {
        Self {
            rect,
            columns: 1,
            rows,
            classes: true,
            top: false,
        }
    }

    /// The likeliest classes, in rows of 20 pixels.
    const fn likeliest(x: f32, y: f32, width: f32, rows: u32) -> Self {
        let height = rows as f32 * 20.0;
        let rect = Rect {
            x,
            y,
            width,
            height,
        };
        Self {
            top: true,
            ..Self::classes(rect, rows)
        }
    }
}

/// What is where of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartBox {
    pub rect: Rect,
    pub maps: Vec<MapBox>,
    pub cells: Option<Cells>,
    /// How many channels are not shown.
    pub rest: u32,
}

/// A card's size and its parts' places in it.
#[derive(Clone, Debug)]
pub struct Sized {
    pub width: f32,
    pub height: f32,
    pub parts: Vec<PartBox>,
}

/// Lays out a card that is `width` wide, where the level says so; at the near level as wide as it
/// needs.
pub fn size(stage: &Stage, style: Style, width: f32) -> Sized {
    if style.narrow {
        return list::list(stage, style, width);
    }
    match style.level {
        Level::Near => near::near(stage, style),
        Level::Block => fixed::fixed(
            stage,
            style,
            width,
            150.0 - if style.costs > 0.0 { 0.0 } else { 32.0 },
            2,
        ),
        Level::Far => fixed::fixed(stage, style, width, 84.0, 1),
        Level::Furthest => fixed::fixed(stage, style, width, 36.0, 0),
    }
}

/// A map of this side is seen well enough.
const SEEN: f32 = 40.0;

/// The largest side of at most `most` pixels at which each value is a whole or half number of them.
fn snapped(size: u32, most: f32) -> f32 {
    let size = size.max(1) as f32;
    if size > most {
        return most.floor();
    }
    let step = if size >= 20.0 { size / 2.0 } else { size };
    // Small maps are seen rather than exact.
    ((most / step).floor() * step).max(most.min(SEEN).floor())
}
