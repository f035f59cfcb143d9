//! Bicubic resampling exactly as Pillow's `Image.resize(size, BICUBIC)`: a = −0.5 (Keys 1981, the
//! kernel of Catmull and Rom), widened by the reduction factor so that every pixel counts, in two
//! passes of 8-bit values, first along the rows, then down the columns, weights in fixed point.
//! Source: Pillow's `src/libImaging/Resample.c`. Networks were trained and measured on pictures
//! scaled this way, and it gives the same bytes on every machine.

/// Channels of a pixel.
const DEPTH: usize = 3;
/// Bits behind the point of a weight: 32 less 8 for a level, 2 for sign and overshoot.
const PRECISION: u32 = 32 - 8 - 2;
/// The radius of the kernel in pixels of the smaller image.
const REACH: f64 = 2.0;

/// The kernel: 1 at its middle, 0 at every other whole number.
fn kernel(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// The input pixels of one output pixel with their weights.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

impl Taps {
    fn sum(&self, level: impl Fn(usize) -> u8) -> u8 {
        let weighted = self.weights.iter().zip(self.first..);
        let half = 1 << (PRECISION - 1);
        let sum = weighted.fold(half, |sum, (weight, at)| {
            sum + weight * i32::from(level(at))
        });
        (sum >> PRECISION).clamp(0, 255) as u8
    }
}

/// The weights for scaling `from` pixels to `to`.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let wide = scale.max(1.0);
    let reach = REACH * wide;
    (0..to)
        .map(|index| {
            let centre = (index as f64 + 0.5) * scale;
            // Below zero a cast gives 0, as wanted.
            let first = (centre - reach + 0.5) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            let weight = |at: usize| kernel((at as f64 - centre + 0.5) * (1.0 / wide));
            let weights: Vec<f64> = (first..end).map(weight).collect();
            let total: f64 = weights.iter().sum();
            // Rounded as Pillow rounds, to the last bit: a cast drops what is behind the point.
            let fixed = |weight: f64| {
                let scaled = weight / total * f64::from(1 << PRECISION);
                (scaled + 0.5_f64.copysign(weight)) as i32
            };
            Taps {
                first,
                weights: weights.into_iter().map(fixed).collect(),
            }
        })
        .collect()
}

/// Scales an image to `width × height`. `row` writes the row of this number, `from[0]` pixels of three
/// levels, so that the image need not be in memory as a whole.
pub(super) fn resample(
    from: [usize; 2],
    [width, height]: [usize; 2],
    row: impl Fn(usize, &mut [u8]),
) -> Vec<u8> {
    let (across, down) = (taps(from[0], width), taps(from[1], height));
    let mut whole = vec![0; from[0] * DEPTH];
    let mut narrow = vec![0; from[1] * width * DEPTH];
    for (y, narrow) in narrow.chunks_exact_mut(width * DEPTH).enumerate() {
        row(y, &mut whole);
        for (taps, pixel) in across.iter().zip(narrow.chunks_exact_mut(DEPTH)) {
            for (channel, level) in pixel.iter_mut().enumerate() {
                *level = taps.sum(|x| whole[x * DEPTH + channel]);
            }
        }
    }
    let mut levels = vec![0; height * width * DEPTH];
    for (taps, row) in down.iter().zip(levels.chunks_exact_mut(width * DEPTH)) {
        for (at, level) in row.iter_mut().enumerate() {
            *level = taps.sum(|y| narrow[y * width * DEPTH + at]);
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_changes_nothing() {
        let levels: Vec<u8> = (0..5 * 4 * 3).map(|at| (at * 37 % 256) as u8).collect();
        let same = resample([5, 4], [5, 4], |y, row| {
            row.copy_from_slice(&levels[y * 15..][..15]);
        });
        assert_eq!(same, levels);
    }

    #[test]
    fn an_even_picture_stays_even_at_any_size() {
        for to in [[1, 1], [3, 7], [40, 2], [64, 64]] {
            let scaled = resample([17, 9], to, |_, row| row.fill(201));
            assert_eq!(scaled, vec![201; to[0] * to[1] * 3], "{to:?}");
        }
    }
}
