//! Which squares of the input occlusion covers.

use serde::{Deserialize, Serialize};

use super::ExplainError;
use super::scope::sides;
use crate::Shape;

/// Places at most: more than a stride of 1 on the largest input of the zoo needs.
const MOST_PLACES: u64 = 120_000;

/// The square that is covered, and where.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Occlusion {
    /// Its side in pixels.
    pub patch: u32,
    /// From one place to the next, in pixels.
    pub stride: u32,
    /// What all channels of a covered pixel are.
    pub fill: f32,
}

impl Occlusion {
    /// For an input of this shape: some 200 places, each a seventh of the side.
    pub fn usual(input: Shape) -> Self {
        let side = input.height.min(input.width).max(1);
        Self {
            patch: side.div_ceil(7),
            stride: side.div_ceil(14),
            fill: 0.0,
        }
    }

    /// Whether it fits an input of this shape.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self, shape: Shape) -> Result<(), ExplainError> {
        let Self {
            patch,
            stride,
            fill,
        } = *self;
        let most = shape.height.min(shape.width);
        if !(1..=most).contains(&patch) {
            return Err(ExplainError::Patch { patch, shape, most });
        }
        let most = shape.height.max(shape.width);
        if !(1..=most).contains(&stride) {
            return Err(ExplainError::Stride { stride, most });
        }
        if !fill.is_finite() {
            return Err(ExplainError::Fill);
        }
        let [rows, columns] = self.grid(shape).map(|side| side as u64);
        let (patches, most) = (rows * columns, MOST_PLACES);
        if patches > most {
            return Err(ExplainError::Patches { patches, most });
        }
        Ok(())
    }

    /// The rows and columns of places: whole patches only.
    pub fn grid(&self, shape: Shape) -> [usize; 2] {
        [shape.height, shape.width].map(|side| {
            let room = side.saturating_sub(self.patch);
            (room / self.stride.max(1)) as usize + 1
        })
    }

    /// The input with the square at this place (row after row from 0) covered.
    pub fn cover(&self, input: &[f32], shape: Shape, place: usize) -> Vec<f32> {
        let [channels, height, width] = sides(shape);
        let [_, columns] = self.grid(shape);
        let (patch, stride) = (self.patch as usize, self.stride as usize);
        let (top, left) = (place / columns * stride, place % columns * stride);
        let mut covered = input.to_vec();
        for channel in 0..channels {
            for row in top..top + patch {
                let start = (channel * height + row) * width + left;
                if let Some(pixels) = covered.get_mut(start..start + patch) {
                    pixels.fill(self.fill);
                }
            }
        }
        covered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_patches_are_covered_in_all_channels() {
        let shape = Shape::new(2, 3, 4);
        let occlusion = Occlusion {
            patch: 2,
            stride: 2,
            fill: 9.0,
        };
        // By hand: one row of places and two columns; the third row is never covered.
        assert_eq!(occlusion.grid(shape), [1, 2]);
        let covered = occlusion.cover(&[0.0; 24], shape, 1);
        let map = [0., 0., 9., 9., 0., 0., 9., 9., 0., 0., 0., 0.];
        assert_eq!(covered, [map, map].concat());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let shape = Shape::new(1, 8, 12);
        let of = |patch, stride, fill| {
            Occlusion {
                patch,
                stride,
                fill,
            }
            .check(shape)
        };
        assert_eq!(of(8, 12, 0.5), Ok(()));
        assert!(matches!(
            of(9, 1, 0.0),
            Err(ExplainError::Patch { most: 8, .. })
        ));
        assert!(matches!(of(0, 1, 0.0), Err(ExplainError::Patch { .. })));
        assert!(matches!(of(1, 0, 0.0), Err(ExplainError::Stride { .. })));
        assert!(matches!(of(1, 13, 0.0), Err(ExplainError::Stride { .. })));
        assert_eq!(of(1, 1, f32::NAN), Err(ExplainError::Fill));
    }
}
