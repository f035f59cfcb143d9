//! Data augmentation: small affine changes of a digit.

use super::Picture;

/// Rotation, shear and scale about the image's centre, and a translation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp {
    /// Radians, counter-clockwise.
    pub turn: f32,
    /// How far a row moves sideways for each row it lies above the middle.
    pub slant: f32,
    /// 1 keeps the size.
    pub scale: [f32; 2],
    /// Pixels to the right and down.
    pub shift: [f32; 2],
}

impl Warp {
    /// Random values from `random`, which gives numbers uniform in 0 .. 1: rotation up to 10°, shear
    /// up to 0.15, scale up to 10 % and translation up to 1.5 pixels, each in both directions.
    pub fn drawn(mut random: impl FnMut() -> f32) -> Self {
        let mut within = |bound: f32| bound * (2.0 * random() - 1.0);
        Self {
            turn: within(10.0_f32.to_radians()),
            slant: within(0.15),
            scale: [1.0 + within(0.1), 1.0 + within(0.1)],
            shift: [within(1.5), within(1.5)],
        }
    }

    /// The warped image, by bilinear interpolation; 0 (paper) outside.
    pub fn apply(&self, picture: &Picture) -> Picture {
        let (width, height) = (picture.width, picture.height);
        let middle = [(width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0];
        let (sin, cos) = self.turn.sin_cos();
        let mut warped = Picture::blank(width, height);
        for y in 0..height {
            for x in 0..width {
                // Inverse mapping: the position in the original image.
                let right = (x as f32 - middle[0] - self.shift[0]) / self.scale[0];
                let down = (y as f32 - middle[1] - self.shift[1]) / self.scale[1];
                let from_x = cos * right - sin * down + self.slant * down + middle[0];
                let from_y = sin * right + cos * down + middle[1];
                warped.values[y * width + x] = between(picture, from_x, from_y);
            }
        }
        warped
    }
}

fn between(picture: &Picture, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let at = |x: f32, y: f32| {
        let inside =
            (0.0..picture.width as f32).contains(&x) && (0.0..picture.height as f32).contains(&y);
        if inside {
            picture.values[y as usize * picture.width + x as usize]
        } else {
            0.0
        }
    };
    let row = |y: f32| at(left, y) * (1.0 - right_share) + at(left + 1.0, y) * right_share;
    row(top) * (1.0 - lower_share) + row(top + 1.0) * lower_share
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Warp = Warp {
        turn: 0.0,
        slant: 0.0,
        scale: [1.0, 1.0],
        shift: [0.0, 0.0],
    };

    fn corner() -> Picture {
        let mut picture = Picture::blank(5, 5);
        picture.values[6] = 1.0;
        picture
    }

    #[test]
    fn no_warp_changes_nothing() {
        assert_eq!(STILL.apply(&corner()), corner());
    }

    #[test]
    fn a_shift_moves_whole_pixels_right_and_down() {
        let moved = Warp {
            shift: [2.0, 1.0],
            ..STILL
        }
        .apply(&corner());
        let mut wanted = Picture::blank(5, 5);
        wanted.values[2 * 5 + 3] = 1.0;
        assert_eq!(moved, wanted);
    }

    #[test]
    fn a_quarter_turn_moves_a_corner_to_the_next() {
        let quarter = std::f32::consts::FRAC_PI_2;
        let turned = Warp {
            turn: quarter,
            ..STILL
        }
        .apply(&corner());
        // Counter-clockwise: upper left to lower left.
        let mut wanted = Picture::blank(5, 5);
        wanted.values[3 * 5 + 1] = 1.0;
        for (got, wanted) in turned.values.iter().zip(&wanted.values) {
            assert!((got - wanted).abs() < 1e-5, "{turned:?}");
        }
    }
}
