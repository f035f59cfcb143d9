//! Natural corruptions of prepared pictures, which no one computed to mislead a network.

use serde::{Deserialize, Serialize};

use super::numbers::normal;
use crate::Shape;
use crate::data::Random;

/// Severities are 1 to this.
pub const SEVERITIES: u32 = 5;
/// Pictures up to this side take the numbers for CIFAR-10.
const SMALL: u32 = 64;

/// A corruption. The numbers of noise, blur and contrast are those of Hendrycks and Dietterich 2019
/// (their programs `make_cifar_c.py` for pictures of up to 64 pixels a side, `make_imagenet_c.py` for
/// larger ones). The paper has no rotation: its angles are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// Normal noise of this deviation, cut to 0 to 1.
    Noise,
    /// A Gaussian of this deviation in pixels, cut at four deviations; beyond the edge the nearest
    /// value counts.
    Blur,
    /// Turned by this angle, in a direction that the seed chooses; what comes in from outside is the
    /// nearest value of the edge.
    Rotation,
    /// The difference from each channel's mean times this factor.
    Contrast,
}

impl Corruption {
    pub const ALL: [Self; 4] = [Self::Noise, Self::Blur, Self::Rotation, Self::Contrast];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Noise => "Gaussian noise",
            Self::Blur => "Gaussian blur",
            Self::Rotation => "Rotation",
            Self::Contrast => "Contrast",
        }
    }

    /// The number of each severity, for pictures of this shape.
    pub fn numbers(self, shape: Shape) -> [f32; SEVERITIES as usize] {
        let small = shape.width.max(shape.height) <= SMALL;
        match (self, small) {
            (Self::Noise, true) => [0.04, 0.06, 0.08, 0.09, 0.10],
            (Self::Noise, false) => [0.08, 0.12, 0.18, 0.26, 0.38],
            (Self::Blur, true) => [0.4, 0.6, 0.7, 0.8, 1.0],
            (Self::Blur, false) => [1.0, 2.0, 3.0, 4.0, 6.0],
            (Self::Rotation, _) => [6.0, 12.0, 18.0, 24.0, 30.0],
            (Self::Contrast, true) => [0.75, 0.5, 0.4, 0.3, 0.15],
            (Self::Contrast, false) => [0.4, 0.3, 0.2, 0.1, 0.05],
        }
    }

    /// What a number is.
    pub fn described(self, number: f32) -> String {
        match self {
            Self::Noise => format!("σ = {number}"),
            Self::Blur => format!("σ = {number} pixels"),
            Self::Rotation => format!("{number}°"),
            Self::Contrast => format!("× {number}"),
        }
    }

    /// The picture (0 to 1, channel after channel) at this severity, 1 to 5.
    pub fn apply(
        self,
        picture: &[f32],
        shape: Shape,
        severity: u32,
        random: &mut Random,
    ) -> Vec<f32> {
        let place = severity.clamp(1, SEVERITIES) as usize - 1;
        let number = self.numbers(shape)[place];
        let (width, height) = (shape.width as usize, shape.height as usize);
        let planes = picture.chunks((width * height).max(1));
        let changed: Vec<f32> = match self {
            Self::Noise => picture
                .iter()
                .map(|it| it + number * normal(random))
                .collect(),
            Self::Blur => planes
                .flat_map(|it| blurred(it, width, height, number))
                .collect(),
            Self::Rotation => {
                let degrees = if random.unit() < 0.5 { -number } else { number };
                planes
                    .flat_map(|it| turned(it, width, height, degrees))
                    .collect()
            }
            Self::Contrast => planes.flat_map(|it| lessened(it, number)).collect(),
        };
        changed.iter().map(|it| it.clamp(0.0, 1.0)).collect()
    }
}

fn lessened(plane: &[f32], factor: f32) -> Vec<f32> {
    let mean = plane.iter().sum::<f32>() / plane.len() as f32;
    plane.iter().map(|it| (it - mean) * factor + mean).collect()
}

fn blurred(plane: &[f32], width: usize, height: usize, sigma: f32) -> Vec<f32> {
    let reach = (4.0 * sigma + 0.5) as usize;
    let weight = |at: usize| {
        let off = (at as f64 - reach as f64) / f64::from(sigma);
        libm::exp(-0.5 * off * off)
    };
    let weights: Vec<f64> = (0..=2 * reach).map(weight).collect();
    let total: f64 = weights.iter().sum();
    let along = |values: &dyn Fn(usize) -> f32, length: usize, at: usize| -> f32 {
        let near = |off: usize| (at + off).saturating_sub(reach).min(length - 1);
        let terms = weights.iter().enumerate();
        let sum: f64 = terms
            .map(|(off, weight)| weight * f64::from(values(near(off))))
            .sum();
        (sum / total) as f32
    };
    let mut rows = Vec::with_capacity(plane.len());
    for row in plane.chunks(width) {
        rows.extend((0..width).map(|x| along(&|at| row[at], width, x)));
    }
    let mut out = Vec::with_capacity(plane.len());
    for y in 0..height {
        out.extend((0..width).map(|x| along(&|at| rows[at * width + x], height, y)));
    }
    out
}

/// Bilinear, about the middle.
fn turned(plane: &[f32], width: usize, height: usize, degrees: f32) -> Vec<f32> {
    let angle = f64::from(degrees).to_radians();
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let middle = |length: usize| (length as f64 - 1.0) / 2.0;
    let (cx, cy) = (middle(width), middle(height));
    let value = |x: usize, y: usize| f64::from(plane[y.min(height - 1) * width + x.min(width - 1)]);
    let mut out = Vec::with_capacity(plane.len());
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x as f64 - cx, y as f64 - cy);
            let from_x = (cx + cos * dx + sin * dy).clamp(0.0, width as f64 - 1.0);
            let from_y = (cy - sin * dx + cos * dy).clamp(0.0, height as f64 - 1.0);
            let (left, top) = (from_x as usize, from_y as usize);
            let (right, down) = (from_x - left as f64, from_y - top as f64);
            let row = |y: usize| value(left, y) * (1.0 - right) + value(left + 1, y) * right;
            out.push((row(top) * (1.0 - down) + row(top + 1) * down) as f32);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::new(1, 9, 9);

    fn dot() -> Vec<f32> {
        let mut picture = vec![0.0; 81];
        picture[4 * 9 + 6] = 1.0;
        picture
    }

    #[test]
    fn a_blurred_dot_has_the_same_sum_and_the_gaussian_s_variance() {
        let shape = Shape::new(1, 33, 33);
        let mut picture = vec![0.0; 33 * 33];
        picture[16 * 33 + 16] = 1.0;
        let out = Corruption::Blur.apply(&picture, shape, 5, &mut Random::new(1));
        let sum: f32 = out.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        let places = out.iter().enumerate();
        let variance: f32 = places
            .map(|(at, it)| it * ((at % 33) as f32 - 16.0).powi(2))
            .sum();
        // σ = 1; what is cut at four deviations is less than a thousandth of it.
        assert!((variance - 1.0).abs() < 2e-3, "{variance}");
    }

    #[test]
    fn a_quarter_turn_moves_a_dot_from_the_right_to_the_top_or_bottom() {
        for (degrees, at) in [(90.0, 6 * 9 + 4), (-90.0, 2 * 9 + 4)] {
            let out = turned(&dot(), 9, 9, degrees);
            assert!((out[at] - 1.0).abs() < 1e-6, "{degrees}: {out:?}");
        }
        assert_eq!(turned(&dot(), 9, 9, 0.0), dot());
    }

    #[test]
    fn less_contrast_keeps_the_mean_and_scales_the_deviation() {
        let picture: Vec<f32> = (0..81).map(|it| it as f32 / 80.0).collect();
        let out = Corruption::Contrast.apply(&picture, SHAPE, 5, &mut Random::new(1));
        let mean = |of: &[f32]| of.iter().sum::<f32>() / 81.0;
        assert!((mean(&out) - mean(&picture)).abs() < 1e-6);
        assert!((out[80] - out[0] - 0.15).abs() < 1e-6);
    }

    #[test]
    fn noise_has_its_deviation() {
        let picture = vec![0.5; 100_000];
        let shape = Shape::new(1, 10, 10_000);
        let out = Corruption::Noise.apply(&picture, shape, 1, &mut Random::new(7));
        let variance = out.iter().map(|it| (it - 0.5) * (it - 0.5)).sum::<f32>() / 1e5;
        // The deviation of a deviation from 10⁵ numbers is 0.22 %: five of them.
        assert!((variance.sqrt() / 0.08 - 1.0).abs() < 0.011, "{variance}");
    }
}
