//! A card of a list or a narrow room: parts below each other, maps in rows.

use super::super::super::{Shown, Stage, StageId};
use super::super::{Level, Rect};
use super::{CLASSES, Cells, MOST_MAPS, MapBox, PartBox, Sized, Style};

pub fn list(stage: &Stage, style: Style, width: f32) -> Sized {
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
                // How many more there are stands below them.
                if rest > 0 && style.level == Level::Near {
                    height += 14.0;
                }
            }
            Shown::Vector(count) => {
                let columns = 30.min(count);
                let rows = count.min(columns * 12).div_ceil(columns);
                let high = (rows as f32 * 12.0).min(72.0);
                cells = Some(Cells::vector(
                    Rect {
                        x: 0.0,
                        y: top,
                        width: (inner / columns as f32).floor() * columns as f32,
                        height: high,
                    },
                    columns,
                    rows,
                ));
                height = top + high + 4.0;
            }
            Shown::Classes(count) if count > CLASSES => {
                let list = Cells::likeliest(0.0, top, inner, 5);
                height = top + list.rect.height + 4.0;
                cells = Some(list);
            }
            Shown::Classes(count) => {
                let high = count as f32 * 20.0;
                cells = Some(Cells::classes(
                    Rect {
                        x: 0.0,
                        y: top,
                        width: inner,
                        height: high,
                    },
                    count,
                ));
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
