//! How large a card is, and what is where in it.

use super::super::{Part, Shown, Stage, StageId};
use super::{Level, Rect, Room};

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

/// What is where of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartBox {
    pub rect: Rect,
    pub maps: Vec<MapBox>,
    pub cells: Option<Cells>,
    /// How many channels are not shown.
    pub rest: u32,
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
    match level {
        Level::Near => near(base, room),
        Level::Block => vec![Style {
            pad: (9.0, 9.0),
            gap: 8.0,
            wire: 22.0,
            head: 61.0,
            maps: 56.0,
            most: 56.0,
            captions: false,
            costs: 32.0 * costs,
            least: 124.0,
            ..base
        }],
        Level::Far => vec![Style {
            pad: (8.0, 8.0),
            gap: 8.0,
            wire: 28.0,
            head: 18.0,
            maps: 56.0,
            most: 56.0,
            captions: false,
            costs: 0.0,
            least: 132.0,
            ..base
        }],
        Level::Furthest => vec![Style {
            pad: (6.0, 6.0),
            gap: 6.0,
            wire: 14.0,
            head: 32.0,
            maps: 0.0,
            captions: false,
            costs: 0.0,
            least: 80.0,
            ..base
        }],
    }
}

/// From much to little room: large maps with captions, columns closed up, small maps.
fn near(base: Style, room: Room) -> Vec<Style> {
    let large = room.width >= 1500.0 && room.height >= 880.0;
    let high = |style: Style| {
        let around =
            style.head + style.pad.1 + style.costs + if style.captions { 46.0 } else { 4.0 };
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

/// How many rows of maps a part has at the near level.
const fn columns_of(shown: u32) -> u32 {
    if shown > 6 { 2 } else { 1 }
}

/// About how wide a text of this size is.
fn text(text: &str, size: f32) -> f32 {
    text.chars().count() as f32 * size * 0.54
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
        return row(stage, style, width);
    }
    match style.level {
        Level::Near => open(stage, style),
        Level::Block => fixed(
            stage,
            style,
            width,
            150.0 - if style.costs > 0.0 { 0.0 } else { 32.0 },
            2,
        ),
        Level::Far => fixed(stage, style, width, 84.0, 1),
        Level::Furthest => fixed(stage, style, width, 36.0, 0),
    }
}

/// All maps, parts beside each other.
fn open(stage: &Stage, style: Style) -> Sized {
    // The input has no card around it.
    let pad = if stage.id == StageId::Input {
        0.0
    } else {
        style.pad.0
    };
    let mut x = pad;
    let mut before: Option<f32> = None;
    let mut parts = Vec::new();
    for part in &stage.parts {
        let (mut place, side) = part_at(stage, part, style, before);
        before = side;
        place.rect.x = x;
        place.rect.y = style.pad.1;
        place.rect.height = style.head - style.pad.1 + style.maps;
        x += place.rect.width + style.gap;
        parts.push(place);
    }
    let caption = if style.captions { 46.0 } else { 4.0 };
    Sized {
        width: x - style.gap + pad + 2.0,
        height: style.head + style.maps + caption + style.costs + style.pad.1,
        parts,
    }
}

/// A part at its own upper left corner, and the side of its maps.
fn part_at(
    stage: &Stage,
    part: &Part,
    style: Style,
    before: Option<f32>,
) -> (PartBox, Option<f32>) {
    let face = &part.face;
    let top = style.head - style.pad.1;
    let tail: String = face
        .tail
        .iter()
        .map(|(_, name)| format!(", {name}"))
        .collect();
    let named = text(&face.name, 13.0)
        + if style.captions {
            text(&tail, 13.0)
        } else {
            0.0
        };
    let says = [named, text(&face.operation, 12.0), text(&face.size, 11.0)];
    let says = says.into_iter().fold(style.least, f32::max).min(128.0);
    let mut place = PartBox {
        rect: Rect::default(),
        maps: Vec::new(),
        cells: None,
        rest: 0,
    };
    let (wide, side) = match face.shown {
        Shown::Maps(shape) => {
            let shown = shape.channels.min(MOST_MAPS);
            place.rest = shape.channels - shown;
            let input = stage.id == StageId::Input;
            let columns = if input { 1 } else { columns_of(shown) };
            // A photo's three channels are one picture.
            let shown = if input { 1 } else { shown };
            place.rest = if input { 0 } else { place.rest };
            let rows = shown.div_ceil(columns).max(1);
            let high = if place.rest > 0 {
                style.maps - 16.0
            } else {
                style.maps
            };
            let pitch = (high / rows as f32).min(style.most + 16.0);
            let longest = shape.height.max(shape.width);
            let mut most = (pitch - 2.0).min(style.most);
            if input {
                most = style.input.min(style.maps);
            } else if let Some(before) = before.filter(|_| face.pools) {
                most = most.min((before * style.pooled).max(SEEN));
            }
            let side = snapped(longest, most);
            let scale = side / longest as f32;
            let (width, height) = (shape.width as f32 * scale, shape.height as f32 * scale);
            for at in 0..shown {
                let (row, column) = (at / columns, at % columns);
                let y = if input {
                    0.0
                } else {
                    row as f32 * pitch + (pitch - height) / 2.0
                };
                place.maps.push(MapBox {
                    channel: at,
                    rect: Rect {
                        x: column as f32 * (width + 4.0),
                        y: top + y,
                        width,
                        height,
                    },
                });
            }
            let wide = columns as f32 * (width + 4.0) - 4.0;
            (wide, Some(side))
        }
        Shown::Vector(count) => {
            let columns = cell_columns(count, style.maps);
            let rows = count.div_ceil(columns).max(1);
            let cell = (style.cells / columns as f32).clamp(3.0, 24.0).floor();
            let width = cell * columns as f32;
            let height = (rows as f32 * cell.max(24.0)).min(style.maps);
            place.cells = Some(Cells {
                rect: Rect {
                    x: 0.0,
                    y: top,
                    width,
                    height,
                },
                columns,
                rows,
                classes: false,
                top: false,
            });
            (width, None)
        }
        Shown::Classes(count) if count > CLASSES => {
            place.cells = Some(likeliest(style.classes.max(128.0), top, 5));
            (style.classes.max(128.0), None)
        }
        Shown::Classes(count) => {
            place.cells = Some(Cells {
                rect: Rect {
                    x: 0.0,
                    y: top,
                    width: style.classes,
                    height: (count as f32 * 72.0).min(style.maps),
                },
                columns: 1,
                rows: count,
                classes: true,
                top: false,
            });
            (style.classes, None)
        }
        Shown::Nothing => (0.0, None),
    };
    place.rect.width = wide.max(says).ceil();
    (place, side)
}

/// A list of the likeliest classes.
fn likeliest(width: f32, top: f32, rows: u32) -> Cells {
    Cells {
        rect: Rect {
            x: 0.0,
            y: top,
            width,
            height: rows as f32 * 20.0,
        },
        columns: 1,
        rows,
        classes: true,
        top: true,
    }
}

/// Columns of cells, so that a cell is not much higher than wide.
fn cell_columns(count: u32, height: f32) -> u32 {
    let rows = (height / 18.0).floor().max(1.0) as u32;
    count.div_ceil(rows).clamp(1, 24)
}

/// Maps of the first part only, in a card of a given size.
fn fixed(stage: &Stage, style: Style, width: f32, height: f32, most: u32) -> Sized {
    let mut maps = Vec::new();
    let mut cells = None;
    let mut rest = 0;
    let inner = width - 2.0 * style.pad.0;
    let top = style.head - style.pad.1;
    match stage.parts.first().map(|part| part.face.shown) {
        Some(Shown::Maps(shape)) if most > 0 => {
            let channels = if stage.id == StageId::Input {
                1
            } else {
                shape.channels
            };
            let shown = channels.min(most);
            rest = channels - shown;
            let longest = shape.height.max(shape.width);
            let side = snapped(longest, style.most.min((inner - 4.0) / shown as f32));
            let scale = side / longest as f32;
            for channel in 0..shown {
                let (width, height) = (shape.width as f32 * scale, shape.height as f32 * scale);
                let x = channel as f32 * (side + 4.0) + (side - width) / 2.0;
                let y = top + (style.maps - height) / 2.0;
                let rect = Rect {
                    x,
                    y,
                    width,
                    height,
                };
                maps.push(MapBox { channel, rect });
            }
        }
        Some(Shown::Vector(count)) if most > 0 => {
            let wide = if most == 1 { 56.0 } else { inner };
            let columns = ((wide / 4.0) as u32).min(count).max(1);
            let rows = count.min(columns * 14).div_ceil(columns).max(1);
            let height = (rows as f32 * 12.0).min(style.maps);
            cells = Some(Cells {
                rect: Rect {
                    x: 0.0,
                    y: top,
                    width: (wide / columns as f32).floor().clamp(1.0, 12.0) * columns as f32,
                    height,
                },
                columns,
                rows,
                classes: false,
                top: false,
            });
        }
        Some(Shown::Classes(count)) if most > 0 && count > CLASSES => {
            let left = if most == 1 { 66.0 } else { 0.0 };
            let mut list = likeliest(inner - left, top - 2.0, most + 1);
            list.rect.x = left;
            if most == 1 {
                list.rect.y = 28.0;
                list.rect.height = 38.0;
            }
            cells = Some(list);
        }
        Some(Shown::Classes(count)) if most > 0 => {
            let wide = if most == 1 { 56.0 } else { inner };
            cells = Some(Cells {
                rect: Rect {
                    x: 0.0,
                    y: top,
                    width: wide,
                    height: style.maps,
                },
                columns: 1,
                rows: count,
                classes: true,
                top: false,
            });
        }
        _ => {}
    }
    let first = PartBox {
        rect: Rect {
            x: style.pad.0,
            y: style.pad.1,
            width: inner,
            height: height - 2.0 * style.pad.1,
        },
        maps,
        cells,
        rest,
    };
    Sized {
        width,
        height,
        parts: vec![first],
    }
}

/// A card of a narrow room: parts below each other, maps in rows.
fn row(stage: &Stage, style: Style, width: f32) -> Sized {
    let inner = width - 2.0 * style.pad.0;
    let mut y = style.pad.1;
    let mut parts = Vec::new();
    for part in &stage.parts {
        let top = 28.0;
        let mut maps = Vec::new();
        let mut cells = None;
        let mut rest = 0;
        let mut height = top;
        match part.face.shown {
            Shown::Maps(shape) if stage.id == StageId::Input => {
                let side = 48.0;
                let rect = Rect {
                    x: inner - side,
                    y: 0.0,
                    width: side,
                    height: side * shape.height as f32 / shape.width.max(1) as f32,
                };
                height = rect.height.max(top);
                maps.push(MapBox { channel: 0, rect });
            }
            Shown::Maps(shape) => {
                let shown = shape.channels.min(MOST_MAPS);
                rest = shape.channels - shown;
                let longest = shape.height.max(shape.width);
                let wanted = if shown <= 6 { style.most } else { 40.0 };
                let fit = ((inner + 4.0) / (wanted + 4.0)).floor().max(1.0);
                let columns = fit.min(shown.min(8) as f32);
                let side = wanted.min((inner + 4.0) / columns - 4.0).floor();
                let pitch = if columns > 1.0 {
                    ((inner - side) / (columns - 1.0)).min(side + 12.0)
                } else {
                    side
                };
                let scale = side / longest as f32;
                let mut rows = 0.0_f32;
                for channel in 0..shown {
                    let row = (channel as f32 / columns).floor();
                    let column = channel as f32 - row * columns;
                    rows = rows.max(row + 1.0);
                    let rect = Rect {
                        x: column * pitch,
                        y: top + row * (side + 4.0),
                        width: shape.width as f32 * scale,
                        height: shape.height as f32 * scale,
                    };
                    maps.push(MapBox { channel, rect });
                }
                height = top + rows * (side + 4.0);
            }
            Shown::Vector(count) => {
                let columns = 30.min(count);
                let rows = count.min(columns * 12).div_ceil(columns);
                let high = (rows as f32 * 12.0).min(72.0);
                cells = Some(Cells {
                    rect: Rect {
                        x: 0.0,
                        y: top,
                        width: (inner / columns as f32).floor() * columns as f32,
                        height: high,
                    },
                    columns,
                    rows,
                    classes: false,
                    top: false,
                });
                height = top + high + 4.0;
            }
            Shown::Classes(count) if count > CLASSES => {
                let list = likeliest(inner, top, 5);
                height = top + list.rect.height + 4.0;
                cells = Some(list);
            }
            Shown::Classes(count) => {
                let high = count as f32 * 20.0;
                cells = Some(Cells {
                    rect: Rect {
                        x: 0.0,
                        y: top,
                        width: inner,
                        height: high,
                    },
                    columns: 1,
                    rows: count,
                    classes: true,
                    top: false,
                });
                height = top + high + 4.0;
            }
            Shown::Nothing => {}
        }
        parts.push(PartBox {
            rect: Rect {
                x: style.pad.0,
                y,
                width: inner,
                height,
            },
            maps,
            cells,
            rest,
        });
        y += height + 8.0;
    }
    let costs = if stage.id == StageId::Input {
        0.0
    } else {
        style.costs
    };
    Sized {
        width,
        height: y - 8.0 + costs + style.pad.1,
        parts,
    }
}
