//! The digit's strokes as MNIST has them: full contrast, and not thinner.

use super::contrast::Contrast;
use super::filter::{Size, largest};
use super::groups::Digit;

/// The width of a stroke that MNIST's digits have at least, as a share of the longer side: 2 of 20
/// pixels.
const WIDTH: f32 = 0.1;
/// The share of the digit's pixels whose contrast is full ink.
const FULL: f32 = 0.25;
/// Contrast from here on is full ink already, in levels.
const BLACK: f32 = 240.0;

/// The contrast of the digit alone: that of its regions and of the soft edges around them.
pub(super) fn alone(contrast: &Contrast, digit: &Digit, size: Size) -> Vec<f32> {
    let mut mask = vec![0.0; contrast.values.len()];
    for &at in digit.regions.iter().flat_map(|region| &region.pixels) {
        mask[at as usize] = 1.0;
    }
    let reach = 1 + digit.side() / 30;
    let mask = largest(&mask, size, reach);
    let near = contrast.values.iter().zip(mask);
    near.map(|(&value, inside)| if inside > 0.0 { value } else { 0.0 })
        .collect()
}

/// The contrast from which on ink is full, and the width of the strokes in pixels.
fn measured(contrast: &Contrast, digit: &Digit) -> (f32, f32) {
    let pixels = || digit.regions.iter().flat_map(|region| &region.pixels);
    let mut levels: Vec<f32> = pixels().map(|&at| contrast.values[at as usize]).collect();
    let edge: usize = digit.regions.iter().map(|region| region.edge.len()).sum();
    // A line has two edges, which are part of it.
    let width = 2.0 * levels.len() as f32 / edge.max(1) as f32;
    let at = ((levels.len() as f32 * (1.0 - FULL)) as usize).min(levels.len().saturating_sub(1));
    let full = match levels.get(at) {
        Some(_) => *levels.select_nth_unstable_by(at, f32::total_cmp).1,
        None => 255.0,
    };
    (if full >= BLACK { 255.0 } else { full }, width)
}

/// Stretches contrast to 0 to 255 and widens thin strokes.
pub(super) fn strengthened(
    values: &[f32],
    contrast: &Contrast,
    digit: &Digit,
    size: Size,
) -> Vec<f32> {
    let (full, width) = measured(contrast, digit);
    let range = (full - contrast.floor).max(1.0);
    let stretched: Vec<f32> = values
        .iter()
        .map(|value| ((value - contrast.floor) / range).clamp(0.0, 1.0) * 255.0)
        .collect();
    let missing = digit.side() as f32 * WIDTH - width;
    let radius = (missing / 2.0).round();
    if radius < 1.0 {
        return stretched;
    }
    largest(&stretched, size, radius as usize)
}
