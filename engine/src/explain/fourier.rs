//! Ascent in the frequencies of the input instead of its pixels (Olah, Mordvintsev and Schubert 2017,
//! *Feature visualization*, section “Preconditioning and parameterization”): each frequency counts
//! inversely to its size, as in photos, and the colours of photos are uncorrelated. A gradient step in
//! such parameters is the pixels' gradient through this map and its transpose, which is what is here, so
//! that the input itself can stay as it is.

use std::f64::consts::TAU;

use crate::data::ChannelOrder;

/// Lucid's square root of the correlation of red, green and blue in ImageNet, over its largest column's
/// length (`lucid/optvis/param/color.py`).
const COLOURS: [[f64; 3]; 3] = [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]];

/// The gradient of pixels as the step that one in frequencies makes.
pub fn preconditioned(
    gradient: &[f32],
    size: [usize; 2],
    colours: Option<ChannelOrder>,
) -> Vec<f32> {
    weighted(gradient, size, colours, 2)
}

/// White noise as an input whose frequencies and colours are like those of photos.
pub fn natural(noise: &[f32], size: [usize; 2], colours: Option<ChannelOrder>) -> Vec<f32> {
    weighted(noise, size, colours, 1)
}

/// Each frequency times its weight, and the colours through their matrix; twice is the map and its
/// transpose.
fn weighted(
    values: &[f32],
    [height, width]: [usize; 2],
    colours: Option<ChannelOrder>,
    times: i32,
) -> Vec<f32> {
    let area = (height * width).max(1);
    let mut planes: Vec<Vec<f64>> = values
        .chunks_exact(area)
        .map(|plane| filtered(plane, height, width, times))
        .collect();
    if let (Some(order), 3) = (colours, planes.len()) {
        let order = order.colours();
        let square = mixing(times);
        let before = order.map(|plane| planes[plane].clone());
        for (row, &plane) in square.iter().zip(&order) {
            let [first, second, third] = &before;
            let mixed = first.iter().zip(second).zip(third);
            let mixed = mixed.map(|((a, b), c)| row[0] * a + row[1] * b + row[2] * c);
            planes[plane] = mixed.collect();
        }
    }
    planes.concat().into_iter().map(|it| it as f32).collect()
}

/// The colours' matrix, or its product with its transpose.
fn mixing(times: i32) -> [[f64; 3]; 3] {
    let length = |column: usize| {
        COLOURS
            .iter()
            .map(|row| row[column] * row[column])
            .sum::<f64>()
    };
    let longest = (0..3).map(length).fold(0.0, f64::max).sqrt();
    let matrix = COLOURS.map(|row| row.map(|it| it / longest));
    if times == 1 {
        return matrix;
    }
    matrix.map(|one| matrix.map(|other| one.iter().zip(other).map(|(a, b)| a * b).sum()))
}

fn filtered(plane: &[f32], height: usize, width: usize, times: i32) -> Vec<f64> {
    let mut values: Vec<[f64; 2]> = plane.iter().map(|&it| [f64::from(it), 0.0]).collect();
    both_ways(&mut values, height, width, -1.0);
    let least = 1.0 / height.max(width) as f64;
    // Cycles in a pixel, those above a half as the negative ones that they are.
    let cycles = |at: usize, size: usize| at.min(size - at) as f64 / size as f64;
    for (place, value) in values.iter_mut().enumerate() {
        let (y, x) = (cycles(place / width, height), cycles(place % width, width));
        let weight = y.hypot(x).max(least).recip().powi(times) / (height * width) as f64;
        *value = value.map(|it| it * weight);
    }
    both_ways(&mut values, height, width, 1.0);
    values.into_iter().map(|[real, _]| real).collect()
}

/// The transform of each row, then of each column.
fn both_ways(values: &mut [[f64; 2]], height: usize, width: usize, sign: f64) {
    for row in values.chunks_exact_mut(width) {
        let transformed = transform(row, sign);
        row.copy_from_slice(&transformed);
    }
    for column in 0..width {
        let along: Vec<[f64; 2]> = (0..height)
            .map(|row| values[row * width + column])
            .collect();
        for (row, value) in transform(&along, sign).into_iter().enumerate() {
            values[row * width + column] = value;
        }
    }
}

/// Cooley and Tukey's transform for any length, by its least prime factor.
fn transform(values: &[[f64; 2]], sign: f64) -> Vec<[f64; 2]> {
    let length = values.len();
    let factor = (2..=length)
        .find(|it| length.is_multiple_of(*it))
        .unwrap_or(1);
    if factor <= 1 {
        return values.to_vec();
    }
    let rest = length / factor;
    let parts: Vec<Vec<[f64; 2]>> = (0..factor)
        .map(|first| {
            let part: Vec<[f64; 2]> = { values.iter().copied().skip(first) }
                .step_by(factor)
                .collect();
            transform(&part, sign)
        })
        .collect();
    let turns: Vec<[f64; 2]> = (0..length)
        .map(|at| {
            let angle = sign * TAU * at as f64 / length as f64;
            [libm::cos(angle), libm::sin(angle)]
        })
        .collect();
    (0..length)
        .map(|at| {
            let mut sum = [0.0; 2];
            for (number, part) in parts.iter().enumerate() {
                let ([a, b], [c, d]) = (part[at % rest], turns[number * at % length]);
                sum[0] += a * c - b * d;
                sum[1] += a * d + b * c;
            }
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::gaussian;

    #[test]
    fn a_wave_is_only_made_weaker_by_its_frequency() {
        // A cosine of k cycles across is an eigenvector: frequency k / width, weight (width / k)².
        for (width, cycles) in [(12_usize, 3_usize), (28, 5), (14, 7), (13, 2)] {
            let wave = |at: usize| (TAU * (cycles * at) as f64 / width as f64).cos() as f32;
            let plane: Vec<f32> = (0..6 * width).map(|at| wave(at % width)).collect();
            let got = preconditioned(&plane, [6, width], None);
            let weight = (width as f32 / cycles as f32).powi(2);
            for (got, value) in got.iter().zip(&plane) {
                assert!((got - weight * value).abs() < 1e-4 * weight);
            }
        }
        // The mean counts as the lowest frequency.
        let even = preconditioned(&[1.0; 30], [5, 6], None);
        assert!(even.iter().all(|it| (it - 36.0).abs() < 1e-3));
    }

    #[test]
    fn twice_the_map_is_the_step_and_the_step_never_goes_down() {
        let size = [9, 10];
        for order in [None, Some(ChannelOrder::Rgb), Some(ChannelOrder::Bgr)] {
            let gradient = gaussian(3, 0, 3 * 90);
            let step = preconditioned(&gradient, size, order);
            // ⟨g, C Cᵀ g⟩ is a square, so never negative.
            let along: f32 = gradient.iter().zip(&step).map(|(a, b)| a * b).sum();
            assert!(along > 0.0);
            if order.is_none() {
                let twice = natural(&natural(&gradient, size, order), size, order);
                for (one, other) in twice.iter().zip(&step) {
                    assert!((one - other).abs() < 1e-3 * (1.0 + other.abs()));
                }
            }
        }
    }

    #[test]
    fn grey_is_the_strongest_colour() {
        // Red, green and blue together go with the first column, the largest.
        let grey = preconditioned(&[1.0, 1.0, 1.0], [1, 1], Some(ChannelOrder::Rgb));
        let red = preconditioned(&[1.0, -1.0, 0.0], [1, 1], Some(ChannelOrder::Rgb));
        let size = |values: &[f32]| values.iter().map(|it| it * it).sum::<f32>();
        assert!(size(&grey) > 10.0 * size(&red));
        // The other order has the same colours in other planes.
        let rgb = preconditioned(&[0.3, 0.2, 0.9], [1, 1], Some(ChannelOrder::Rgb));
        let bgr = preconditioned(&[0.9, 0.2, 0.3], [1, 1], Some(ChannelOrder::Bgr));
        assert_eq!(rgb, [bgr[2], bgr[1], bgr[0]]);
    }
}
