//! Rows of cards.

use super::super::Stages;
use super::card::{self, Sized, Style};
use super::columns::Spot;
use super::{Card, Frame, Layout, Level, Rect, Room, Wire, route};

/// Beside the cards, for the wire that turns.
pub const GUTTER: f32 = 12.0;
/// Above and below each row at least.
const BETWEEN: f32 = 24.0;
/// The height of a lane for skips.
pub const LANE: f32 = 12.0;
/// Room for the name of an open block.
const FRAME: f32 = 22.0;
/// The widest card of a list.
const WIDEST: f32 = 880.0;

/// One row of cards.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The top of the cards, and what is above them, skip lanes included.
    pub top: f32,
    pub above: f32,
    pub bottom: f32,
    /// The columns in it.
    pub first: usize,
    pub last: usize,
    /// The lanes for skips above it.
    pub lanes: usize,
    /// The height of the names of open blocks.
    pub frame: f32,
}

/// A picture under construction.
pub struct Placed {
    pub style: Style,
    pub width: f32,
    pub height: f32,
    pub cards: Vec<Card>,
    pub rows: Vec<Row>,
    pub wires: Vec<Wire>,
    pub frames: Vec<Frame>,
}

impl Placed {
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    pub fn finish(self) -> Layout {
        Layout {
            level: self.style.level,
            narrow: self.style.narrow,
            width: self.width,
            height: self.height,
            cards: self.cards,
            wires: self.wires,
            frames: self.frames,
            style: self.style,
        }
    }
}

/// Columns with their cards from the top down, and the name of their group.
struct Column<'a> {
    width: f32,
    group: Option<&'a str>,
    open: bool,
}

pub fn place(stages: &Stages, spots: &[Spot], room: Room, style: Style) -> Placed {
    let spots = if style.narrow {
        in_a_line(spots.len())
    } else {
        spots.to_vec()
    };
    let equal = equal_width(room, style);
    let sized: Vec<Sized> = { stages.all.iter() }
        .map(|stage| card::size(stage, style, equal))
        .collect();
    let count = spots.iter().map(|spot| spot.column + 1).max().unwrap_or(0);
    let mut columns: Vec<Column> = (0..count)
        .map(|_| Column {
            width: 0.0,
            group: None,
            open: false,
        })
        .collect();
    for (at, spot) in spots.iter().enumerate() {
        let column = &mut columns[spot.column];
        column.width = column.width.max(sized[at].width);
        if spot.lane == 0 {
            column.group = stages.all[at].group.as_deref();
            column.open = !stages.all[at].around.is_empty();
        }
    }
    let free = room.width - 2.0 * GUTTER;
    let mut rows = breaks(&columns, free, style);
    let row_of: Vec<usize> = {
        let mut of = vec![0; count];
        for (number, row) in rows.iter().enumerate() {
            of[row.first..=row.last].fill(number);
        }
        of
    };
    let skips = route::skips(stages, &spots, &row_of);
    for (number, row) in rows.iter_mut().enumerate().filter(|_| !style.narrow) {
        row.lanes = skips
            .iter()
            .flat_map(|skip| &skip.lanes)
            .filter(|it| it.row == number)
            .map(|it| it.lane + 1)
            .max()
            .unwrap_or(0);
    }
    let mut cards: Vec<Card> = Vec::with_capacity(sized.len());
    let mut tops = vec![0.0; rows.len()];
    let mut lefts = vec![0.0; count];
    let mut lane_tops: Vec<Vec<f32>> = Vec::new();
    let mut y = 0.0;
    let mut widest = 0.0_f32;
    for (number, row) in rows.iter_mut().enumerate() {
        let framed = columns[row.first..=row.last]
            .iter()
            .any(|column| column.open);
        // In a list the name of a block stands above its first card only.
        let begins = spots.iter().enumerate().any(|(at, spot)| {
            let around = &stages.all[at].around;
            let before = at.checked_sub(1).map(|before| &stages.all[before].around);
            spot.column == row.first
                && before.is_none_or(|before| !around.iter().all(|it| before.contains(it)))
        });
        let between = if number == 0 { 6.0 } else { between(style) };
        row.above = y;
        row.frame = if framed && (!style.narrow || begins) {
            FRAME
        } else {
            0.0
        };
        row.top = y + between + row.lanes as f32 * LANE + row.frame;
        tops[number] = row.top;
        // Wires take what is left of a row at the near level, up to a length.
        let used: f32 = columns[row.first..=row.last]
            .iter()
            .map(|column| column.width)
            .sum();
        let gaps = (row.last - row.first) as f32;
        let spare = if gaps > 0.0 {
            (free - used) / gaps
        } else {
            0.0
        };
        let wire = if style.level == Level::Near && !style.narrow {
            spare.clamp(style.wire, 48.0)
        } else {
            style.wire
        };
        let mut x = GUTTER;
        for column in row.first..=row.last {
            lefts[column] = x;
            x += columns[column].width + wire;
        }
        widest = widest.max(x - wire + GUTTER);
        let mut heights: Vec<f32> = Vec::new();
        for (at, spot) in spots.iter().enumerate() {
            if row_of[spot.column] == number {
                if heights.len() <= spot.lane {
                    heights.resize(spot.lane + 1, 0.0);
                }
                heights[spot.lane] = heights[spot.lane].max(sized[at].height);
            }
        }
        let mut lane_top = Vec::new();
        let mut down = row.top;
        for height in heights {
            lane_top.push(down);
            down += height + if style.narrow { 8.0 } else { 16.0 };
        }
        row.bottom = down - if style.narrow { 8.0 } else { 16.0 };
        if framed {
            row.bottom += 8.0;
        }
        y = row.bottom;
        lane_tops.push(lane_top);
    }
    for (
        (at, spot),
        Sized {
            width,
            height,
            parts,
        },
    ) in spots.iter().enumerate().zip(sized)
    {
        let row = row_of[spot.column];
        let rect = Rect {
            x: lefts[spot.column],
            y: lane_tops[row][spot.lane],
            width,
            height,
        };
        cards.push(Card {
            stage: at,
            rect,
            parts,
            row,
            column: spot.column,
            lane: spot.lane,
        });
    }
    let width = widest.max(if style.level == Level::Near {
        0.0
    } else {
        room.width.min(widest.max(room.width))
    });
    let height = y + 14.0;
    let wires = route::wires(stages, &cards, &rows, &skips, width, style);
    let frames = frames(stages, &cards);
    Placed {
        style,
        width,
        height,
        cards,
        rows,
        wires,
        frames,
    }
}

const fn between(style: Style) -> f32 {
    match style.level {
        _ if style.narrow => 8.0,
        Level::Furthest => 18.0,
        _ => BETWEEN,
    }
}

/// One card below the other, in the graph's order.
fn in_a_line(count: usize) -> Vec<Spot> {
    (0..count).map(|column| Spot { column, lane: 0 }).collect()
}

/// The width of cards where all are equally wide.
fn equal_width(room: Room, style: Style) -> f32 {
    let free = room.width - 2.0 * GUTTER;
    if style.narrow {
        return free.min(WIDEST);
    }
    let least = style.least + 2.0 * style.pad.0;
    let fit = ((free + style.wire) / (least + style.wire))
        .floor()
        .max(1.0);
    (((free + style.wire) / fit) - style.wire)
        .floor()
        .max(least)
}

/// Cuts the columns into rows: as many as fit, and a group of cards that fits into a row begins one.
fn breaks(columns: &[Column], free: f32, style: Style) -> Vec<Row> {
    let row = |first: usize, last: usize| Row {
        top: 0.0,
        above: 0.0,
        bottom: 0.0,
        first,
        last,
        lanes: 0,
        frame: 0.0,
    };
    let long = |columns: &[Column]| {
        let sum: f32 = columns.iter().map(|column| column.width + style.wire).sum();
        sum - style.wire
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut first = 0;
    let mut at = 0;
    while at < columns.len() {
        let mut end = at + 1;
        if let Some(group) = columns[at].group {
            while columns.get(end).is_some_and(|it| it.group == Some(group)) {
                end += 1;
            }
        }
        let whole = long(&columns[at..end]) <= free;
        let fits = long(&columns[first..end]) <= free && !style.narrow;
        if at > first && !fits && (whole || style.narrow) {
            rows.push(row(first, at - 1));
            first = at;
        }
        if !whole || style.narrow {
            // One column after the other.
            for next in at..end {
                if next > first && (style.narrow || long(&columns[first..=next]) > free) {
                    rows.push(row(first, next - 1));
                    first = next;
                }
            }
        }
        at = end;
    }
    if first < columns.len() {
        rows.push(row(first, columns.len() - 1));
    }
    rows
}

/// The frames of open blocks, one for each row that the block is on.
fn frames(stages: &Stages, cards: &[Card]) -> Vec<Frame> {
    let mut frames: Vec<(usize, Frame)> = Vec::new();
    let deepest = stages.all.iter().map(|stage| stage.around.len()).max();
    let deepest = deepest.unwrap_or_default();
    for card in cards {
        for (depth, &block) in stages.all[card.stage].around.iter().enumerate() {
            let known = frames
                .iter_mut()
                .find(|(row, frame)| *row == card.row && frame.block == block);
            // The outer ones are around the inner ones.
            let wide = 2.0 + 2.0 * (deepest - depth).min(4) as f32;
            let rect = Rect {
                x: card.rect.x - wide,
                y: card.rect.y - wide - 14.0,
                width: card.rect.width + 2.0 * wide,
                height: card.rect.height + 2.0 * wide + 14.0,
            };
            match known {
                Some((_, frame)) => frame.rect = frame.rect.union(&rect),
                None => {
                    let first = !frames.iter().any(|(_, frame)| frame.block == block);
                    frames.push((card.row, Frame { block, rect, first }));
                }
            }
        }
    }
    frames.into_iter().map(|(_, frame)| frame).collect()
}
