//! A card of the near level: all maps, parts beside each other, as wide as they need.

use super::super::super::{Part, Shown, Stage, StageId};
use super::super::Rect;
use super::{CLASSES, Cells, MOST_MAPS, MapBox, PartBox, SEEN, Sized, Style, snapped};

pub fn near(stage: &Stage, style: Style) -> Sized {
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
    Sized {
        width: x - style.gap + pad + 2.0,
        height: style.head + style.maps + style.caption() + style.costs + style.pad.1,
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
            place.cells = Some(Cells::vector(
                Rect {
                    x: 0.0,
                    y: top,
                    width,
                    height,
                },
                columns,
                rows,
            ));
            (width, None)
        }
        Shown::Classes(count) if count > CLASSES => {
            place.cells = Some(Cells::likeliest(0.0, top, style.classes.max(128.0), 5));
            (style.classes.max(128.0), None)
        }
        Shown::Classes(count) => {
            place.cells = Some(Cells::classes(
                Rect {
                    x: 0.0,
                    y: top,
                    width: style.classes,
                    height: (count as f32 * 72.0).min(style.maps),
                },
                count,
            ));
            (style.classes, None)
        }
        Shown::Nothing => (0.0, None),
    };
    place.rect.width = wide.max(says).ceil();
    (place, side)
}

/// How many rows of maps a part has at the near level.
const fn columns_of(shown: u32) -> u32 {
    if shown > 6 { 2 } else { 1 }
}

/// About how wide a text of this size is.
fn text(text: &str, size: f32) -> f32 {
    text.chars().count() as f32 * size * 0.54
}

/// Columns of cells, so that a cell is not much higher than wide.
fn cell_columns(count: u32, height: f32) -> u32 {
    let rows = (height / 18.0).floor().max(1.0) as u32;
    count.div_ceil(rows).clamp(1, 24)
}
