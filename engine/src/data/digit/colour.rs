//! A colour picture at the size that the digit is looked for in.

use crate::data::{Picture, RgbPicture};

/// The longer side that is worked on, in pixels. Larger pictures are reduced: a digit of a fiftieth of
/// the side still has MNIST's 20 pixels, and the mean of a block has less noise than its pixels.
const LONGEST: usize = 1000;
/// An opacity from which on a pixel's colour counts as its own.
const OPAQUE: f32 = 200.0;

/// Three planes of levels, 0 to 255: red, green and blue, each row by row from the top.
#[derive(Clone, Debug)]
pub(super) struct Colour {
    pub width: usize,
    pub height: usize,
    pub planes: [Vec<f32>; 3],
}

impl Colour {
    /// From pixels of four bytes (not premultiplied), as means of square blocks, transparent pixels
    /// over the background that the visible ones stand out from.
    pub fn of(rgba: &[u8], width: usize, height: usize) -> Self {
        let block = width.max(height).div_ceil(LONGEST);
        let (across, down) = (width.div_ceil(block), height.div_ceil(block));
        // Premultiplied levels and opacities, 0 to 255.
        let mut planes = [(); 3].map(|()| Vec::with_capacity(across * down));
        let mut opacity = Vec::with_capacity(across * down);
        let mut sums = vec![[0_u64; 4]; across];
        for y in 0..down {
            sums.fill([0; 4]);
            let rows = y * block..((y + 1) * block).min(height);
            for row in rows.clone() {
                let row = &rgba[row * width * 4..(row + 1) * width * 4];
                for (sum, pixels) in sums.iter_mut().zip(row.chunks(block * 4)) {
                    for &[red, green, blue, alpha] in pixels.as_chunks::<4>().0 {
                        let alpha = u64::from(alpha);
                        for (sum, level) in sum.iter_mut().zip([red, green, blue]) {
                            *sum += u64::from(level) * alpha;
                        }
                        sum[3] += alpha;
                    }
                }
            }
            for (x, sum) in sums.iter().enumerate() {
                let columns = ((x + 1) * block).min(width) - x * block;
                let area = (columns * rows.len()) as f64;
                for (plane, &sum) in planes.iter_mut().zip(sum) {
                    plane.push((sum as f64 / area / 255.0) as f32);
                }
                opacity.push((sum[3] as f64 / area) as f32);
            }
        }
        let mut colour = Self {
            width: across,
            height: down,
            planes,
        };
        colour.lay_on_background(&opacity);
        colour
    }

    fn lay_on_background(&mut self, opacity: &[f32]) {
        if opacity.iter().all(|&alpha| alpha == 255.0) {
            return;
        }
        let background = self.background(opacity);
        for (plane, level) in self.planes.iter_mut().zip(background) {
            for (value, alpha) in plane.iter_mut().zip(opacity) {
                *value += level * (1.0 - alpha / 255.0);
            }
        }
    }

    /// What transparent pixels are laid on: the paper, where the visible part has one of its own (a
    /// photo with round corners), else white or black, whichever is farther from the visible strokes.
    fn background(&self, opacity: &[f32]) -> [f32; 3] {
        let visible: Vec<usize> = (0..opacity.len())
            .filter(|&at| opacity[at] >= OPAQUE)
            .collect();
        let weight: f32 = opacity.iter().sum();
        let sums = self
            .planes
            .each_ref()
            .map(|plane| plane.iter().sum::<f32>());
        // Premultiplied levels over opacities.
        let mean = sums.map(|sum| sum * 255.0 / weight.max(1.0));
        let luma = luma(mean);
        let away = [if luma < 127.5 { 255.0 } else { 0.0 }; 3];
        if visible.len() * 10 < opacity.len() {
            return away;
        }
        let paper = self
            .planes
            .each_ref()
            .map(|plane| median(visible.iter().map(|&at| plane[at]).collect()));
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, self.height, 0);
        let mut others = 0;
        for &at in &visible {
            let (x, y) = (at % self.width, at / self.width);
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
            let apart = self.planes.iter().zip(paper);
            others += usize::from(
                apart.fold(0.0, |most: f32, (plane, level)| {
                    most.max((plane[at] - level).abs())
                }) > 40.0,
            );
        }
        let filled = visible.len() * 10 > (right + 1 - left) * (bottom + 1 - top) * 7;
        if filled && others * 100 > visible.len() {
            paper
        } else {
            away
        }
    }

    /// Reduced to half of each side, by means of 2×2 pixels.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let planes = self.planes.each_ref().map(|plane| {
            let mut half = Vec::with_capacity(width * height);
            for y in 0..height {
                let upper = &plane[y * 2 * self.width..][..self.width];
                let lower = (y * 2 + 1).min(self.height - 1);
                let lower = &plane[lower * self.width..][..self.width];
                half.extend((0..width).map(|x| {
                    let right = (x * 2 + 1).min(self.width - 1);
                    (upper[x * 2] + upper[right] + lower[x * 2] + lower[right]) / 4.0
                }));
            }
            half
        });
        Self {
            width,
            height,
            planes,
        }
    }

    /// The picture for the screen, its longer side at most `side` pixels.
    pub fn shown(&self, side: usize) -> RgbPicture {
        let longer = self.width.max(self.height);
        let scaled = |length: usize| ((length * side.min(longer) + longer / 2) / longer).max(1);
        let (width, height) = (scaled(self.width), scaled(self.height));
        let planes = self.planes.each_ref().map(|plane| {
            let picture = Picture {
                width: self.width,
                height: self.height,
                values: plane.clone(),
            };
            picture.scaled(width, height).values
        });
        let level = |at: usize| planes.each_ref().map(|plane| plane[at].round() as u8);
        RgbPicture {
            width,
            height,
            levels: (0..width * height).flat_map(level).collect(),
        }
    }
}

/// ITU-R 601's luma.
pub(super) fn luma([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// Factor from the median absolute deviation to a normal distribution's deviation.
pub(super) const DEVIATION: f32 = 1.4826;

/// The middle value, or 0 of none.
pub(super) fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(ink: [u8; 4], paper: [u8; 4], inner: std::ops::Range<usize>) -> Colour {
        let inside = |at: usize| inner.contains(&(at % 20)) && inner.contains(&(at / 20));
        let pixel = |at| if inside(at) { ink } else { paper };
        let rgba: Vec<u8> = (0..400).flat_map(pixel).collect();
        Colour::of(&rgba, 20, 20)
    }

    #[test]
    fn strokes_on_a_clear_background_stand_out_from_it() {
        let black = square([0, 0, 0, 255], [0; 4], 5..9);
        assert_eq!(black.planes[0][0], 255.0, "black strokes lie on white");
        let white = square([255, 255, 255, 255], [255, 255, 255, 0], 5..9);
        assert_eq!(white.planes[0][0], 0.0, "white strokes lie on black");
        // A stroke that fills most of its picture.
        let thick = square([10, 10, 10, 255], [0; 4], 1..19);
        assert_eq!(thick.planes[0][0], 255.0);
    }

    #[test]
    fn a_half_transparent_edge_is_half_way_to_the_background() {
        let soft = square([0, 0, 0, 51], [0; 4], 5..9);
        assert!((soft.planes[1][6 * 20 + 6] - 204.0).abs() < 1e-3);
    }

    #[test]
    fn the_clear_margin_of_a_sheet_gets_the_sheet_s_colour() {
        let mut rgba = Vec::new();
        for at in 0..400 {
            let (x, y) = (at % 20, at / 20);
            let sheet = (2..18).contains(&x) && (2..18).contains(&y);
            let stroke = (8..10).contains(&x) && (5..15).contains(&y);
            rgba.extend(match (sheet, stroke) {
                (_, true) => [20, 20, 20, 255],
                (true, false) => [230, 220, 200, 255],
                (false, false) => [0; 4],
            });
        }
        let colour = Colour::of(&rgba, 20, 20);
        assert_eq!(colour.planes.map(|plane| plane[0]), [230.0, 220.0, 200.0]);
    }

    #[test]
    fn a_large_picture_becomes_means_of_blocks() {
        let rgba: Vec<u8> = (0..2000 * 3)
            .flat_map(|at| [if at % 2 == 0 { 100 } else { 200 }, 0, 0, 255])
            .collect();
        let colour = Colour::of(&rgba, 2000, 3);
        assert_eq!((colour.width, colour.height), (1000, 2));
        assert!(colour.planes[0].iter().all(|&level| level == 150.0));
    }
}
