//! An affine change of an image.

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
    /// The position in the original image of a position in the warped one.
    pub fn source(&self, [x, y]: [f32; 2], middle: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = libm::sincosf(self.turn);
        let right = (x - middle[0] - self.shift[0]) / self.scale[0];
        let down = (y - middle[1] - self.shift[1]) / self.scale[1];
        [
            cos * right - sin * down + self.slant * down + middle[0],
            sin * right + cos * down + middle[1],
        ]
    }
}
