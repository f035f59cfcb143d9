//! The sizes of cards at each level, from much to little room.

use super::super::{Level, Room};

/// Sizes of cards at one level in one room, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub level: Level,
    pub narrow: bool,
    /// Between the card's edge and its content, across and down.
    pub pad: (f32, f32),
    /// Between parts.
    pub gap: f32,
    /// The least room of a wire between two columns.
    pub wire: f32,
    /// From the card's top to its maps.
    pub head: f32,
    /// The height of the maps.
    pub maps: f32,
    /// The largest side of a map.
    pub most: f32,
    /// The side of a pooled map, as a share of that before it.
    pub pooled: f32,
    /// The input's side, the width of all cells of a vector, and the width of scores with bars.
    pub input: f32,
    pub cells: f32,
    pub classes: f32,
    pub captions: bool,
    /// The height of the costs.
    pub costs: f32,
    /// The least width of a part.
    pub least: f32,
}

impl Style {
    /// The height between the maps and the costs: of the caption where there is one.
    pub const fn caption(&self) -> f32 {
        if self.captions { 46.0 } else { 4.0 }
    }
}

/// Styles of this level, the most generous first; several only where the room's width decides.
pub fn styles(level: Level, room: Room) -> Vec<Style> {
    let costs = if room.costs { 1.0 } else { 0.0 };
    let base = Style {
        level,
        narrow: room.is_narrow(),
        pad: (12.0, 12.0),
        gap: 16.0,
        wire: 28.0,
        head: 75.0,
        maps: 0.0,
        most: 112.0,
        pooled: 0.84,
        input: 96.0,
        cells: 72.0,
        classes: 112.0,
        captions: true,
        costs: 54.0 * costs,
        least: 66.0,
    };
    if base.narrow {
        return vec![Style {
            pad: (8.0, 8.0),
            head: 32.0,
            wire: 8.0,
            most: 52.0,
            captions: false,
            costs: 34.0 * costs,
            ..base
        }];
    }
    let small = Style {
        gap: 8.0,
        maps: 56.0,
        most: 56.0,
        captions: false,
        costs: 0.0,
        ..base
    };
    match level {
        Level::Near => near(base, room),
        Level::Block => vec![Style {
            pad: (9.0, 9.0),
            wire: 22.0,
            head: 61.0,
            costs: 32.0 * costs,
            least: 124.0,
            ..small
        }],
        Level::Far => vec![Style {
            pad: (8.0, 8.0),
            head: 18.0,
            least: 132.0,
            ..small
        }],
        Level::Furthest => vec![Style {
            pad: (6.0, 6.0),
            gap: 6.0,
            wire: 14.0,
            head: 32.0,
            maps: 0.0,
            least: 80.0,
            ..small
        }],
    }
}

/// From much to little room: large maps with captions, columns closed up, small maps.
fn near(base: Style, room: Room) -> Vec<Style> {
    let large = room.width >= 1500.0 && room.height >= 880.0;
    let high = |style: Style| {
        let around = style.head + style.pad.1 + style.costs + style.caption();
        // A lane for skips above, and the picture's margin below.
        let free = room.height - around - 20.0;
        Style {
            maps: free.clamp(120.0, if large { 720.0 } else { 546.0 }),
            ..style
        }
    };
    let wide = Style {
        input: if large { 128.0 } else { 96.0 },
        cells: if large { 96.0 } else { 72.0 },
        classes: if large { 150.0 } else { 112.0 },
        ..base
    };
    let close = Style {
        pad: (8.0, if room.height >= 690.0 { 12.0 } else { 8.0 }),
        head: if room.height >= 690.0 { 75.0 } else { 71.0 },
        gap: 12.0,
        wire: 10.0,
        pooled: 0.7,
        input: 64.0,
        cells: 60.0,
        classes: 64.0,
        captions: false,
        least: 58.0,
        ..base
    };
    let closest = Style {
        pad: (7.0, 8.0),
        head: 71.0,
        gap: 8.0,
        wire: 8.0,
        most: 56.0,
        input: 40.0,
        cells: 52.0,
        classes: 62.0,
        least: 52.0,
        ..close
    };
    let uncaptioned = Style {
        captions: false,
        ..wide
    };
    // Larger maps before wider gaps.
    let smaller = |most| Style { most, ..close };
    let all = [
        wide,
        uncaptioned,
        close,
        smaller(84.0),
        smaller(70.0),
        smaller(56.0),
        closest,
    ];
    all.map(high).to_vec()
}
