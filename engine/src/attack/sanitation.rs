//! Input sanitation: what takes small noise out of a prepared picture before the network sees it.

use serde::{Deserialize, Serialize};

use crate::Shape;

/// A change of the prepared picture, of 0 to 1, before its normalisation. None of them can be
/// differentiated, which makes gradients useless to a naive attack and protects from no other: an
/// attack goes on with the gradient behind it (Athalye et al. 2018, BPDA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sanitation {
    /// Rounded to so many bits (Xu et al. 2018).
    Bits(u8),
    /// The median of a square of this odd side around each value (Xu et al. 2018).
    Median(u8),
    /// The loss of JPEG at this quality, 1 to 100: blocks of 8 × 8 through the cosine transform, rounded
    /// to the steps of ITU-T T.81, table K.1, scaled as libjpeg does. Each channel for itself, without
    /// the change to luma and chroma.
    Jpeg(u8),
}

impl Sanitation {
    /// One of each kind with a usual strength.
    pub const USUAL: [Self; 3] = [Self::Bits(3), Self::Median(3), Self::Jpeg(50)];

    pub fn name(self) -> String {
        match self {
            Self::Bits(1) => "1 bit".to_owned(),
            Self::Bits(bits) => format!("{bits} bits"),
            Self::Median(side) => format!("median {side}×{side}"),
            Self::Jpeg(quality) => format!("JPEG {quality}"),
        }
    }

    /// The picture after it, channel after channel of this shape.
    pub fn apply(self, picture: &mut [f32], shape: Shape) {
        let (width, height) = (shape.width as usize, shape.height as usize);
        for plane in picture.chunks_mut((width * height).max(1)) {
            match self {
                Self::Bits(bits) => round(plane, bits),
                Self::Median(side) => median(plane, width, usize::from(side) / 2),
                Self::Jpeg(quality) => jpeg(plane, width, height, quality),
            }
        }
    }
}

fn round(plane: &mut [f32], bits: u8) {
    let steps = ((1_u32 << bits.clamp(1, 16)) - 1) as f32;
    for value in plane {
        *value = (*value * steps).round() / steps;
    }
}

/// Beyond the edge the nearest value counts.
fn median(plane: &mut [f32], width: usize, reach: usize) {
    if width == 0 {
        return;
    }
    let height = plane.len() / width;
    let before = plane.to_vec();
    let mut around = Vec::with_capacity((2 * reach + 1) * (2 * reach + 1));
    for (place, value) in plane.iter_mut().enumerate() {
        let (x, y) = (place % width, place / width);
        around.clear();
        for dy in 0..=2 * reach {
            let row = (y + dy).saturating_sub(reach).min(height - 1) * width;
            for dx in 0..=2 * reach {
                around.push(before[row + (x + dx).saturating_sub(reach).min(width - 1)]);
            }
        }
        around.sort_unstable_by(f32::total_cmp);
        *value = around[around.len() / 2];
    }
}

/// The luminance steps of ITU-T T.81 (1992), table K.1.
const STEPS: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// The step of a coefficient at this quality, in levels of 0 to 255: libjpeg's scaling.
fn step(place: usize, quality: u8) -> f32 {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    (((u32::from(STEPS[place]) * scale + 50) / 100).clamp(1, 255)) as f32
}

/// The cosine transform's matrix: row u, column x.
fn cosines() -> [[f32; 8]; 8] {
    std::array::from_fn(|u| {
        std::array::from_fn(|x| {
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0;
            let scale = if u == 0 { 0.125_f64.sqrt() } else { 0.5 };
            (scale * libm::cos(angle)) as f32
        })
    })
}

fn jpeg(plane: &mut [f32], width: usize, height: usize, quality: u8) {
    let cosines = cosines();
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            let at =
                |x: usize, y: usize| (top + y).min(height - 1) * width + (left + x).min(width - 1);
            let mut block = [[0.0_f32; 8]; 8];
            for (y, row) in block.iter_mut().enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    *value = (255.0 * plane[at(x, y)]).round() - 128.0;
                }
            }
            let mut changed = transform(&transform(&block, &cosines), &cosines);
            for (place, value) in changed.iter_mut().flatten().enumerate() {
                let step = step(place, quality);
                *value = (*value / step).round() * step;
            }
            let back: [[f32; 8]; 8] = std::array::from_fn(|x| cosines.map(|row| row[x]));
            let block = transform(&transform(&changed, &back), &back);
            for (y, row) in block.iter().enumerate().take(height - top) {
                for (x, value) in row.iter().enumerate().take(width - left) {
                    let level = (value + 128.0).round().clamp(0.0, 255.0);
                    plane[(top + y) * width + left + x] = level / 255.0;
                }
            }
        }
    }
}

/// `(matrix · block)ᵀ`: twice is the transform of rows and columns.
fn transform(block: &[[f32; 8]; 8], matrix: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    std::array::from_fn(|x| {
        std::array::from_fn(|u| (0..8).map(|y| matrix[u][y] * block[y][x]).sum())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_is_black_and_white() {
        let mut picture = [0.0, 0.2, 0.49, 0.51, 1.0];
        Sanitation::Bits(1).apply(&mut picture, Shape::new(1, 1, 5));
        assert_eq!(picture, [0.0, 0.0, 0.0, 1.0, 1.0]);
        let mut levels: Vec<f32> = (0..=255).map(|it| it as f32 / 255.0).collect();
        let before = levels.clone();
        Sanitation::Bits(8).apply(&mut levels, Shape::new(1, 1, 256));
        assert_eq!(levels, before);
    }

    #[test]
    fn a_median_takes_a_single_pixel_out_and_leaves_an_edge() {
        let mut picture = vec![0.0; 25];
        picture[12] = 1.0;
        Sanitation::Median(3).apply(&mut picture, Shape::new(1, 5, 5));
        assert!(picture.iter().all(|&it| it == 0.0));
        let edge: Vec<f32> = (0..25).map(|it| f32::from(u8::from(it % 5 > 1))).collect();
        let mut picture = edge.clone();
        Sanitation::Median(3).apply(&mut picture, Shape::new(1, 5, 5));
        assert_eq!(picture, edge);
    }

    #[test]
    fn jpeg_keeps_a_grey_block_and_takes_out_fine_noise() {
        let mut grey = vec![100.0 / 255.0; 81];
        Sanitation::Jpeg(50).apply(&mut grey, Shape::new(1, 9, 9));
        // The mean of a block has steps of 16 / 8 levels at this quality.
        assert!(
            grey.iter()
                .all(|it| (it - 100.0 / 255.0).abs() <= 1.0 / 255.0)
        );
        // A checkerboard of ±5 levels has the norm 40 and its largest coefficient in the corner, whose
        // step is 99; those of low frequency are below 2.
        let mut noisy: Vec<f32> = (0..64)
            .map(|it| (128.0 + if (it / 8 + it) % 2 == 0 { 5.0 } else { -5.0 }) / 255.0)
            .collect();
        Sanitation::Jpeg(50).apply(&mut noisy, Shape::new(1, 8, 8));
        let least = noisy.iter().copied().fold(1.0, f32::min);
        let most = noisy.iter().copied().fold(0.0, f32::max);
        assert!(most - least <= 1.0 / 255.0, "{least} {most}");
    }

    #[test]
    fn quality_100_changes_levels_by_rounding_only() {
        let mut random = crate::data::Random::new(1);
        let before: Vec<f32> = (0..64).map(|_| random.below(256) as f32 / 255.0).collect();
        let mut after = before.clone();
        Sanitation::Jpeg(100).apply(&mut after, Shape::new(1, 8, 8));
        // Each of 64 coefficients is off by half at most, in an orthonormal basis, which is a norm of 4;
        // rounding to levels adds as much.
        let squares = before.iter().zip(&after);
        let error: f32 = squares.map(|(a, b)| (255.0 * (a - b)).powi(2)).sum();
        assert!(error.sqrt() <= 8.0, "{error}");
    }
}
