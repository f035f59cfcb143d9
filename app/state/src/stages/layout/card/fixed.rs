//! A card of a given size: the maps of its first part only.

use super::super::super::{Shown, Stage, StageId};
use super::super::Rect;
use super::{CLASSES, Cells, MapBox, PartBox, Sized, Style, snapped};

/// With up to `most` maps.
pub fn fixed(stage: &Stage, style: Style, width: f32, height: f32, most: u32) -> Sized {
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
            cells = Some(Cells::vector(
                Rect {
                    x: 0.0,
                    y: top,
                    width: (wide / columns as f32).floor().clamp(1.0, 12.0) * columns as f32,
                    height,
                },
                columns,
                rows,
            ));
        }
        Some(Shown::Classes(count)) if most > 0 && count > CLASSES => {
            // Beside the costs there is room for one, in the place of the shape.
            cells = Some(if most == 1 {
                Cells::likeliest(66.0, 28.0, inner - 66.0, 1)
            } else {
                Cells::likeliest(0.0, top - 2.0, inner, most + 1)
            });
        }
        Some(Shown::Classes(count)) if most > 0 => {
            let wide = if most == 1 { 56.0 } else { inner };
            cells = Some(Cells::classes(
                Rect {
                    x: 0.0,
                    y: top,
                    width: wide,
                    height: style.maps,
                },
                count,
            ));
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
