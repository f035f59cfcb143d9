//! Elastic distortion: a random displacement of each pixel, smoothed (Simard, Steinkraus and Platt
//! 2003).

use serde::{Deserialize, Serialize};

use super::Random;

/// How images are distorted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elastic {
    /// Scales the smoothed displacements, in pixels: the paper's α.
    pub strength: f32,
    /// The standard deviation of the Gaussian that smooths them, in pixels: the paper's σ.
    pub smoothness: f32,
}

/// The paper's, found best for MNIST.
impl Default for Elastic {
    fn default() -> Self {
        Self {
            strength: 34.0,
            smoothness: 4.0,
        }
    }
}

/// The displacement of each pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    width: usize,
    /// To the right, then down.
    moves: [Vec<f32>; 2],
}

impl Field {
    /// Uniform in ± 1, smoothed, then scaled.
    pub fn drawn(elastic: Elastic, width: usize, height: usize, random: &mut Random) -> Self {
        let taps = gaussian(elastic.smoothness);
        let mut moves = || {
            let noise: Vec<f32> = (0..width * height).map(|_| random.within(1.0)).collect();
            let across = smoothed(&noise, &taps, [width, height], [1, width]);
            let mut moves = smoothed(&across, &taps, [height, width], [width, 1]);
            for value in &mut moves {
                *value *= elastic.strength;
            }
            moves
        };
        let moves = [moves(), moves()];
        Self { width, moves }
    }

    /// How far from this pixel its value comes: to the right and down.
    pub fn at(&self, x: usize, y: usize) -> [f32; 2] {
        let place = y * self.width + x;
        let [right, down] = &self.moves;
        [right, down].map(|moves| moves.get(place).copied().unwrap_or_default())
    }
}

/// The weights of a Gaussian, from its middle, to three standard deviations; their sum over both
/// sides is 1.
fn gaussian(deviation: f32) -> Vec<f32> {
    let reach = libm::ceilf(3.0 * deviation) as usize;
    let weight = |at: usize| {
        let distance = at as f32 / deviation;
        libm::expf(-0.5 * distance * distance)
    };
    let mut taps: Vec<f32> = (0..=reach).map(weight).collect();
    let sum = 2.0 * taps.iter().sum::<f32>() - taps[0];
    for tap in &mut taps {
        *tap /= sum;
    }
    taps
}

/// Smoothed along one axis; nothing lies outside.
fn smoothed(
    values: &[f32],
    taps: &[f32],
    [length, lines]: [usize; 2],
    [step, next]: [usize; 2],
) -> Vec<f32> {
    let mut smooth = vec![0.0; values.len()];
    for line in 0..lines {
        for at in 0..length {
            let first = at.saturating_sub(taps.len() - 1);
            let end = (at + taps.len()).min(length);
            let sum = (first..end)
                .map(|from| taps[from.abs_diff(at)] * values[line * next + from * step]);
            smooth[line * next + at * step] = sum.sum();
        }
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_a_point_gives_the_gaussian() {
        let taps = gaussian(1.0);
        let mut point = vec![0.0; 9 * 9];
        point[4 * 9 + 4] = 1.0;
        let across = smoothed(&point, &taps, [9, 9], [1, 9]);
        let both = smoothed(&across, &taps, [9, 9], [9, 1]);
        // exp(−(dx² + dy²) / 2) over 2π; cut at three deviations the sum misses 0.3 % an axis.
        for (dx, dy, wanted) in [(0, 0, 0.159_155), (1, 0, 0.096_532), (1, 2, 0.013_064)] {
            let got = both[(4 + dy) * 9 + 4 + dx];
            assert!((got / wanted - 1.0).abs() < 0.01, "{got} {wanted}");
        }
        assert!((both.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn displacements_have_the_deviation_of_smoothed_noise() {
        // Uniform noise has the variance 1/3; a Gaussian of σ leaves 1 / (4πσ²) of it.
        let elastic = Elastic::default();
        let field = Field::drawn(elastic, 200, 200, &mut Random::new(3));
        let inner = (40..160).flat_map(|y| (40..160).map(move |x| (x, y)));
        let squares = inner.map(|(x, y)| field.at(x, y)[0].powi(2));
        let deviation = (squares.sum::<f32>() / (120.0 * 120.0)).sqrt();
        let wanted = 34.0 * (1.0_f32 / 3.0 / (4.0 * std::f32::consts::PI * 16.0)).sqrt();
        assert!(
            (deviation / wanted - 1.0).abs() < 0.2,
            "{deviation} {wanted}"
        );
    }
}
