//! Where a part of the input is on the drawing that it was prepared from.

use super::Picture;
use super::preprocess::{Recipe, corner, crop, field_of, fit, margin};
use crate::Shape;

/// How the input's pixels lie on the drawing: `drawing = start + input · scale` on each axis, rows
/// first, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    pub start: [f64; 2],
    pub scale: [f64; 2],
}

impl Placement {
    /// The placement by this recipe of `ink` (one byte a pixel) in a network's input. `None` for
    /// blank paper, and where the sizes do not fit.
    pub fn of(ink: &[u8], size: [usize; 2], recipe: Recipe, target: Shape) -> Option<Self> {
        let [height, width] = size;
        if ink.len() != width * height || target.width == 0 || target.height == 0 {
            return None;
        }
        let drawing = Picture::from_bytes(width, height, ink);
        let rect = drawing.ink()?;
        let origin = if recipe.crop {
            [rect.top, rect.left]
        } else {
            [0, 0]
        };
        let field = field_of(target);
        let cropped = crop(drawing, recipe.crop);
        let fitted = fit(&cropped, recipe.fit, field);
        let (left, top) = corner(&fitted, recipe.centre, field);
        let fitting = [
            cropped.height as f64 / fitted.height as f64,
            cropped.width as f64 / fitted.width as f64,
        ];
        let mut placement = Self {
            start: [0.0; 2],
            scale: [1.0; 2],
        };
        for (axis, (corner, target)) in [(top, target.height), (left, target.width)]
            .into_iter()
            .enumerate()
        {
            // From the input to the field, from there to the fitted picture.
            let (before, stretch) = if recipe.pad {
                (margin(target as usize, field), 1.0)
            } else {
                (0, field as f64 / f64::from(target))
            };
            placement.scale[axis] = stretch * fitting[axis];
            let moved = (before + corner) as f64;
            placement.start[axis] = origin[axis] as f64 - moved * fitting[axis];
        }
        Some(placement)
    }

    /// Where a place of the input is on the drawing, on an axis: 0 for rows, 1 for columns.
    pub fn at(&self, axis: usize, place: f64) -> f64 {
        self.start[axis] + place * self.scale[axis]
    }
}
