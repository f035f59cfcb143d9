//! Strokes have edges in the picture itself. A patch of soft shadow has none, and what the estimate of the
//! paper leaves of a shadow has one on one side only.

use super::colour::Colour;
use super::regions::Region;

/// How far to both sides of an edge is looked, as a share of the shorter side, and in pixels at least.
const REACH: (f32, usize) = (0.013, 2);
/// The share of the stroke's contrast that the picture changes by at an edge.
const STEP: f32 = 0.3;
/// The share of the outline that is an edge.
const OUTLINE: f32 = 0.65;
/// So many pixels are looked at.
const SAMPLES: usize = 300;

/// Whether the outline of these regions is one in the picture.
pub(super) fn has_edges(regions: &[Region], picture: &Colour, paper: &Colour) -> bool {
    let shorter = picture.width.min(picture.height);
    let reach = ((shorter as f32 * REACH.0) as usize).max(REACH.1);
    let inside = sampled(regions.iter().flat_map(|region| &region.pixels));
    let contrast = |&at: &usize| {
        let planes = picture.planes.iter().zip(&paper.planes);
        length(planes.map(|(plane, paper)| plane[at] - paper[at]))
    };
    let level = inside.iter().map(contrast).sum::<f32>() / inside.len().max(1) as f32;
    let outline = sampled(regions.iter().flat_map(|region| &region.edge));
    let is_edge = |&&at: &&usize| {
        let (x, y) = (at % picture.width, at / picture.width);
        let rows = y.saturating_sub(reach)..(y + reach + 1).min(picture.height);
        let columns = x.saturating_sub(reach)..(x + reach + 1).min(picture.width);
        let range = |plane: &Vec<f32>| {
            let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
            for y in rows.clone() {
                for &value in &plane[y * picture.width..][columns.clone()] {
                    (least, most) = (least.min(value), most.max(value));
                }
            }
            most - least
        };
        length(picture.planes.iter().map(range)) >= level * STEP
    };
    let edges = outline.iter().filter(is_edge).count();
    edges as f32 >= outline.len() as f32 * OUTLINE
}

/// The length of a colour's vector, 255 for white.
fn length(colours: impl Iterator<Item = f32>) -> f32 {
    (colours.map(|it| it * it).sum::<f32>() / 3.0).sqrt()
}

fn sampled<'a>(pixels: impl Iterator<Item = &'a u32> + Clone) -> Vec<usize> {
    let step = pixels.clone().count() / SAMPLES + 1;
    pixels.step_by(step).map(|&at| at as usize).collect()
}
