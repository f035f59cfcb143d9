//! Ink as contrast to the paper, its noise, and the contrast from which on a pixel is ink.

use super::colour::{Colour, DEVIATION, luma, median};
use super::filter::{Size, blurred};
use super::paper::Paper;

/// How many deviations of the noise a pixel of ink stands out at least.
const NOISE: f32 = 4.0;
/// The least contrast of ink, in levels.
const FAINTEST: f32 = 9.0;
/// Contrast below this share of the ink's own is JPEG's ringing, unless there is little of it.
const RINGING: f32 = 0.1;
/// The contrast of full ink.
const FULL: f32 = 240.0;
/// Noise above this share of the ink's contrast is blurred.
const NOISY: f32 = 0.04;

/// The contrast of each pixel, 0 to 255.
pub(super) struct Contrast {
    pub values: Vec<f32>,
    /// From here on a pixel is ink.
    pub threshold: f32,
    /// Below this a pixel is paper.
    pub floor: f32,
}

impl Contrast {
    /// Whether it is that of a drawing as a data set has it: no noise, and full ink.
    pub fn is_full(&self) -> bool {
        self.floor == 0.0 && self.values.iter().any(|&value| value >= FULL)
    }
}

/// The contrast of a picture to its paper: the distance of the colours, or the difference of the lumas
/// unless `colour`. `None` where nothing stands out.
pub(super) fn contrast(
    picture: &Colour,
    paper: &Paper,
    colour: bool,
) -> (Vec<f32>, Option<Contrast>) {
    let size = Size {
        width: picture.width,
        height: picture.height,
    };
    let mut variance = 0.0;
    let mut signed = [(); 3].map(|()| Vec::new());
    let each = picture.planes.iter().zip(&paper.colour.planes);
    for ((out, (plane, paper)), sign) in signed.iter_mut().zip(each).zip(paper.signs) {
        let mut apart: Vec<f32> = plane
            .iter()
            .zip(paper)
            .map(|(it, paper)| (paper - it) * sign)
            .collect();
        // A closing follows the noise's upper end.
        let middle = median(apart.clone());
        for it in &mut apart {
            *it -= middle;
        }
        let deviation = median(apart.iter().map(|it| it.abs()).collect()) * DEVIATION;
        variance += deviation * deviation / 3.0;
        *out = apart;
    }
    let scale = scale(paper);
    let mut values: Vec<f32> = (0..picture.planes[0].len())
        .map(|at| {
            let apart = signed.each_ref().map(|plane| plane[at].max(0.0));
            let distance = if colour {
                (apart.iter().map(|it| it * it).sum::<f32>() / 3.0).sqrt()
            } else {
                luma(apart)
            };
            // Levels are whole numbers: less than half of one is rounding.
            let value = (distance * scale(at)).min(255.0);
            if value < 0.5 { 0.0 } else { value }
        })
        .collect();
    let mut noise = variance.sqrt();
    let mut found = threshold(&values, noise);
    if let Some((_, level)) = found
        && noise > level * NOISY
    {
        values = blurred(&values, size);
        // The binomial's weights of white noise: 3/8 in both directions together.
        noise *= 0.375;
        found = threshold(&values, noise);
    }
    let Some((threshold, level)) = found else {
        return (values, None);
    };
    let floor = (noise * NOISE / 2.0).max(ringing(&values, level));
    let contrast = Contrast {
        values: values.clone(),
        threshold: threshold.max(floor),
        floor,
    };
    (values, Some(contrast))
}

/// What a pixel's distance is multiplied by: dark ink takes a share of the light that the paper gives,
/// so in a shadow it differs by less. On dark tables beside the sheet this is limited.
fn scale(paper: &Paper) -> impl Fn(usize) -> f32 {
    let brightest = |at: usize| {
        let levels = paper.colour.planes.each_ref().map(|plane| plane[at]);
        levels.into_iter().fold(0.0, f32::max)
    };
    let usual = median((0..paper.colour.planes[0].len()).map(brightest).collect());
    move |at| {
        if paper.dark {
            255.0 / brightest(at).max(usual * 0.5).max(64.0)
        } else {
            1.0
        }
    }
}

/// Otsu's threshold (1979) of what is above the noise, and the mean of what is above it.
fn threshold(values: &[f32], noise: f32) -> Option<(f32, f32)> {
    let least = (noise * NOISE).max(FAINTEST / 2.0);
    let mut counts = [0.0_f64; 256];
    for &value in values.iter().filter(|&&value| value > least) {
        counts[value as usize] += 1.0;
    }
    let total: f64 = counts.iter().sum();
    let weighted = |counts: &[f64], first: usize| -> f64 {
        counts
            .iter()
            .zip(first..)
            .map(|(count, level)| count * level as f64)
            .sum()
    };
    let sum = weighted(&counts, 0);
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut split) = (-1.0, 0);
    for (level, count) in counts.iter().enumerate() {
        below += count;
        sum_below += count * level as f64;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let apart = sum_below / below - (sum - sum_below) / above;
        let between = below * above * apart * apart;
        if between > best {
            (best, split) = (between, level + 1);
        }
    }
    let above: f64 = counts[split..].iter().sum();
    let level = (weighted(&counts[split..], split) / above.max(1.0)) as f32;
    // A single level has no split.
    let threshold = (split as f32).max(least).min(level);
    (level >= FAINTEST.max(noise * NOISE * 1.25)).then_some((threshold, level))
}

/// The contrast up to which there is more than a drawing's soft edges explain.
fn ringing(values: &[f32], level: f32) -> f32 {
    let faint = values
        .iter()
        .filter(|&&it| it > 0.0 && it < level * RINGING)
        .count();
    let strong = values.iter().filter(|&&it| it > level * 0.4).count();
    if faint * 2 <= strong {
        0.0
    } else {
        level * RINGING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::digit::paper::paper;

    fn plane(level: impl Fn(usize, usize) -> [f32; 3]) -> Colour {
        let at = |colour: usize| {
            (0..40 * 30)
                .map(|at| level(at % 40, at / 40)[colour])
                .collect()
        };
        Colour {
            width: 40,
            height: 30,
            planes: [at(0), at(1), at(2)],
        }
    }

    fn stroke(x: usize, y: usize) -> bool {
        (20..23).contains(&x) && (5..25).contains(&y)
    }

    #[test]
    fn yellow_stands_out_from_white_by_its_colour_and_hardly_by_its_luma() {
        let sheet = plane(|x, y| {
            if stroke(x, y) {
                [255.0, 255.0, 0.0]
            } else {
                [255.0; 3]
            }
        });
        let paper = paper(&sheet, true);
        let at = 10 * 40 + 21;
        let (by_colour, found) = contrast(&sheet, &paper, true);
        assert!(found.is_some());
        // 255 / √3.
        assert!((by_colour[at] - 147.2).abs() < 0.1, "{}", by_colour[at]);
        let (by_luma, _) = contrast(&sheet, &paper, false);
        assert!((by_luma[at] - 29.1).abs() < 0.1, "{}", by_luma[at]);
        assert_eq!((by_colour[0], by_luma[0]), (0.0, 0.0));
    }

    #[test]
    fn ink_in_a_shadow_is_as_strong_as_ink_in_the_light() {
        let light = |y| if y < 15 { 200.0 } else { 120.0 };
        let sheet = plane(|x, y| {
            [if stroke(x, y) {
                0.2 * light(y)
            } else {
                light(y)
            }; 3]
        });
        let (values, _) = contrast(&sheet, &paper(&sheet, true), true);
        for y in 6..24 {
            assert!(
                (values[y * 40 + 21] - 204.0).abs() < 1.0,
                "{y}: {}",
                values[y * 40 + 21]
            );
        }
    }

    #[test]
    fn on_even_paper_nothing_stands_out() {
        let sheet = plane(|_, _| [215.0; 3]);
        assert!(contrast(&sheet, &paper(&sheet, true), true).1.is_none());
    }
}
