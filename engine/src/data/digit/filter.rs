//! Filters of a plane: the largest and smallest of a window, and a small blur.

/// A plane's sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub width: usize,
    pub height: usize,
}

/// The largest value of a square of `2 · radius + 1` pixels around each pixel; the plane's outside does
/// not count. Time does not depend on the radius (van Herk 1992, Gil and Werman 1993).
pub(super) fn largest(plane: &[f32], size: Size, radius: usize) -> Vec<f32> {
    both_ways(plane, size, radius, f32::max, f32::NEG_INFINITY)
}

/// The smallest value of such a square.
pub(super) fn smallest(plane: &[f32], size: Size, radius: usize) -> Vec<f32> {
    both_ways(plane, size, radius, f32::min, f32::INFINITY)
}

fn both_ways(
    plane: &[f32],
    size: Size,
    radius: usize,
    pick: fn(f32, f32) -> f32,
    none: f32,
) -> Vec<f32> {
    let turned = transposed(&along_rows(plane, size.width, radius, pick, none), size);
    let down = along_rows(&turned, size.height, radius, pick, none);
    let back = Size {
        width: size.height,
        height: size.width,
    };
    transposed(&down, back)
}

fn transposed(plane: &[f32], Size { width, height }: Size) -> Vec<f32> {
    let mut turned = vec![0.0; plane.len()];
    for (y, row) in plane.chunks_exact(width).enumerate() {
        for (x, &value) in row.iter().enumerate() {
            turned[x * height + y] = value;
        }
    }
    turned
}

fn along_rows(
    plane: &[f32],
    width: usize,
    radius: usize,
    pick: fn(f32, f32) -> f32,
    none: f32,
) -> Vec<f32> {
    let window = 2 * radius + 1;
    let padded = (width + 2 * radius).next_multiple_of(window);
    let mut line = vec![none; padded];
    let (mut forth, mut back) = (line.clone(), line.clone());
    let mut picked = Vec::with_capacity(plane.len());
    for row in plane.chunks_exact(width) {
        line[radius..radius + width].copy_from_slice(row);
        let blocks = line.chunks_exact(window);
        let results = forth
            .chunks_exact_mut(window)
            .zip(back.chunks_exact_mut(window));
        for (block, (forth, back)) in blocks.zip(results) {
            let (mut so_far, mut from_end) = (none, none);
            for at in 0..window {
                so_far = pick(so_far, block[at]);
                forth[at] = so_far;
                from_end = pick(from_end, block[window - 1 - at]);
                back[window - 1 - at] = from_end;
            }
        }
        picked.extend((0..width).map(|x| pick(back[x], forth[x + window - 1])));
    }
    picked
}

/// Blurred by the binomial 1 2 1 in each direction; the border's pixels are repeated outside.
pub(super) fn blurred(plane: &[f32], Size { width, height }: Size) -> Vec<f32> {
    let mut narrow = Vec::with_capacity(plane.len());
    for row in plane.chunks_exact(width) {
        narrow.extend((0..width).map(|x| {
            (row[x.saturating_sub(1)] + 2.0 * row[x] + row[(x + 1).min(width - 1)]) / 4.0
        }));
    }
    let mut soft = Vec::with_capacity(plane.len());
    for y in 0..height {
        let row = |y: usize| &narrow[y * width..][..width];
        let (upper, middle, lower) = (
            row(y.saturating_sub(1)),
            row(y),
            row((y + 1).min(height - 1)),
        );
        soft.extend((0..width).map(|x| (upper[x] + 2.0 * middle[x] + lower[x]) / 4.0));
    }
    soft
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_s_extremes_are_those_of_a_search() {
        let size = Size {
            width: 13,
            height: 7,
        };
        let plane: Vec<f32> = (0..13 * 7).map(|at| (at * 37 % 91) as f32).collect();
        for radius in [0, 1, 3, 20] {
            let window = |at: usize| {
                let (x, y) = (at % 13, at / 13);
                let rows = y.saturating_sub(radius)..(y + radius + 1).min(7);
                let columns = x.saturating_sub(radius)..(x + radius + 1).min(13);
                rows.flat_map(move |y| columns.clone().map(move |x| y * 13 + x))
                    .map(|at| plane[at])
                    .collect::<Vec<f32>>()
            };
            let most = largest(&plane, size, radius);
            let least = smallest(&plane, size, radius);
            for at in 0..plane.len() {
                let window = window(at);
                assert_eq!(most[at], window.iter().copied().fold(f32::MIN, f32::max));
                assert_eq!(least[at], window.iter().copied().fold(f32::MAX, f32::min));
            }
        }
    }

    #[test]
    fn a_blur_keeps_an_even_plane_and_spreads_a_point() {
        let size = Size {
            width: 5,
            height: 5,
        };
        assert!(blurred(&[7.0; 25], size).iter().all(|&value| value == 7.0));
        let mut point = [0.0; 25];
        point[12] = 16.0;
        let soft = blurred(&point, size);
        assert_eq!(soft[6..9], [1.0, 2.0, 1.0]);
        assert_eq!(soft[11..14], [2.0, 4.0, 2.0]);
    }
}
