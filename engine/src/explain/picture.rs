//! An explanation as a picture for people.

use super::scope::sides;
use super::{Explanation, per_position};
use crate::Shape;

/// A pixel of the result is one of at least so many on the longer side.
const LEAST_SIDE: usize = 256;
/// Blue and orange of the page's colours of signed maps, and white for 0.
const BELOW: [f32; 3] = [10.0, 58.0, 130.0];
const ABOVE: [f32; 3] = [140.0, 45.0, 4.0];

/// The map over the input, which is pale grey: what speaks for the class in orange, what speaks against
/// it in blue, by the size of the value relative to the largest. The sides and the pixels, red, green and
/// blue, row by row.
pub fn over_input(
    explanation: &Explanation,
    values: &[f32],
    input: &[f32],
    shape: Shape,
) -> ([usize; 2], Vec<u8>) {
    let [_, height, width] = sides(shape);
    let scale = LEAST_SIDE.div_ceil(height.max(width).max(1)).max(1);
    let grey = per_position(input, shape);
    let (least, largest) = extremes(&grey);
    let range = (largest - least).max(f32::MIN_POSITIVE);
    let map = per_position(values, explanation.shape);
    let [_, rows, columns] = sides(explanation.shape);
    let (below, above) = extremes(&map);
    let most = above.max(-below);
    let area = explanation.area;
    let place = |pixel: f32, start: f32, length: f32, count: usize| {
        let at = (pixel - start) / length * count as f32;
        (at >= 0.0 && at < count as f32).then_some(at as usize)
    };
    let mut rgb = Vec::with_capacity(height * width * scale * scale * 3);
    for y in 0..height * scale {
        for x in 0..width * scale {
            let pale = grey.get(y / scale * width + x / scale);
            let pale = (pale.copied().unwrap_or(least) - least) / range;
            let pale = 160.0 + 95.0 * pale;
            let [down, across] = [y, x].map(|it| (it as f32 + 0.5) / scale as f32);
            let row = place(down, area.top, area.height, rows);
            let column = place(across, area.left, area.width, columns);
            let value = row
                .zip(column)
                .and_then(|(row, column)| map.get(row * columns + column));
            let share = match value {
                Some(value) if most > 0.0 => value / most,
                _ => 0.0,
            };
            let colour = if share < 0.0 { BELOW } else { ABOVE };
            // So that small values are seen as well.
            let cover = share.abs().sqrt();
            rgb.extend(colour.map(|it| (pale + (it - pale) * cover) as u8));
        }
    }
    ([height * scale, width * scale], rgb)
}

pub(super) fn extremes(values: &[f32]) -> (f32, f32) {
    let start = (f32::INFINITY, f32::NEG_INFINITY);
    let (least, largest) = values.iter().fold(start, |(least, largest), &it| {
        (least.min(it), largest.max(it))
    });
    if least > largest {
        (0.0, 0.0)
    } else {
        (least, largest)
    }
}
