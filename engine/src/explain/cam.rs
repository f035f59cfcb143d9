//! Grad-CAM's arithmetic, and how its map is enlarged to the input.

use super::scope::sides;
use crate::Shape;

/// The class activation map of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct GradCam {
    /// The mean gradient of each channel.
    pub weights: Vec<f32>,
    /// The positive part of the weighted sum of the channels, row by row.
    pub map: Vec<f32>,
}

impl GradCam {
    /// Of a node's maps and the logit's gradients with respect to them, channel after channel.
    pub fn new(maps: &[f32], gradients: &[f32], shape: Shape) -> Self {
        let [_, height, width] = sides(shape);
        let area = (height * width).max(1);
        let mean = |channel: &[f32]| {
            let sum: f64 = channel.iter().map(|&it| f64::from(it)).sum();
            sum / area as f64
        };
        let weights: Vec<f64> = gradients.chunks_exact(area).map(mean).collect();
        let mut sums = vec![0.0_f64; area];
        for (channel, weight) in maps.chunks_exact(area).zip(&weights) {
            for (sum, &value) in sums.iter_mut().zip(channel) {
                *sum += weight * f64::from(value);
            }
        }
        Self {
            weights: weights.into_iter().map(|it| it as f32).collect(),
            map: sums.into_iter().map(|it| it.max(0.0) as f32).collect(),
        }
    }
}

/// A picture of `from` rows and columns at `to` rows and columns: bilinear, corners not aligned (the
/// outer edges of both pictures coincide, as PyTorch's `align_corners=False`).
pub fn enlarge(values: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let along = |axis: usize| -> Vec<(usize, usize, f64)> {
        let (from, to) = (from[axis], to[axis]);
        let one = |place: usize| {
            let source = (place as f64 + 0.5) * from as f64 / to as f64 - 0.5;
            let source = source.max(0.0);
            let first = (source as usize).min(from.saturating_sub(1));
            let second = (first + 1).min(from.saturating_sub(1));
            (first, second, source - first as f64)
        };
        (0..to).map(one).collect()
    };
    let (rows, columns) = (along(0), along(1));
    let mut enlarged = Vec::with_capacity(to[0] * to[1]);
    let at = |row: usize, column: usize| {
        let value = values.get(row * from[1] + column);
        f64::from(value.copied().unwrap_or_default())
    };
    for &(top, bottom, down) in &rows {
        for &(left, right, across) in &columns {
            let upper = at(top, left) * (1.0 - across) + at(top, right) * across;
            let lower = at(bottom, left) * (1.0 - across) + at(bottom, right) * across;
            enlarged.push((upper * (1.0 - down) + lower * down) as f32);
        }
    }
    enlarged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pixels_become_four_between_them() {
        // By hand: the sources are −0.25 (clamped to 0), 0.25, 0.75, 1.25 (the last pixel).
        assert_eq!(enlarge(&[0.0, 8.0], [1, 2], [1, 4]), [0.0, 2.0, 6.0, 8.0]);
        assert_eq!(enlarge(&[3.0], [1, 1], [2, 2]), [3.0; 4]);
    }

    #[test]
    fn a_channel_that_speaks_against_the_class_is_not_shown() {
        let shape = Shape::new(2, 1, 2);
        let cam = GradCam::new(&[1.0, 0.0, 0.0, 5.0], &[2.0, 4.0, -1.0, -1.0], shape);
        assert_eq!(cam.weights, [3.0, -1.0]);
        assert_eq!(cam.map, [3.0, 0.0]);
    }
}
