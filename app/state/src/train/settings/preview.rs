//! Augmented variants of one image, as pictures.

use engine::Shape;
use engine::data::Augmentation;

/// An image as data sets have it: row by row, the channels of a pixel beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub shape: Shape,
    pub pixels: Vec<u8>,
}

impl Image {
    /// Of as many bytes as the shape has.
    pub fn new(shape: Shape, pixels: Vec<u8>) -> Option<Self> {
        let fits = pixels.len() as u64 == shape.elements() && matches!(shape.channels, 1 | 3);
        fits.then_some(Self { shape, pixels })
    }

    /// The square in the middle of a photo of four bytes a pixel, `side` pixels wide.
    pub fn of_photo(rgba: &[u8], [width, height]: [u32; 2], side: u32) -> Option<Self> {
        let shorter = width.min(height);
        let (left, top) = ((width - shorter) / 2, (height - shorter) / 2);
        let nearest = |at: u32| (u64::from(at) * u64::from(shorter) / u64::from(side)) as u32;
        let mut pixels = Vec::with_capacity(side as usize * side as usize * 3);
        for y in 0..side {
            for x in 0..side {
                let (x, y) = (left + nearest(x), top + nearest(y));
                let at = (y as usize * width as usize + x as usize) * 4;
                pixels.extend_from_slice(rgba.get(at..at + 3)?);
            }
        }
        Self::new(Shape::new(3, side, side), pixels)
    }

    /// Four bytes a pixel; full ink is white.
    pub fn rgba(&self) -> Vec<u8> {
        let channels = self.shape.channels as usize;
        let colours = self.pixels.chunks_exact(channels.max(1));
        let one = |pixel: &[u8]| match *pixel {
            [red, green, blue] => [red, green, blue, 255],
            [level, ..] => [level, level, level, 255],
            [] => [0, 0, 0, 255],
        };
        colours.flat_map(one).collect()
    }

    /// The image as it is trained on in one of these epochs.
    pub fn variant(&self, augmentation: &Augmentation, seed: u64, epoch: u64) -> Self {
        let change = augmentation.drawn(seed, epoch, 0, self.shape);
        Self {
            shape: self.shape,
            pixels: change.apply(&self.pixels, self.shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_levels_are_white_ink_and_colours_stay() {
        let grey = Image::new(Shape::new(1, 1, 2), vec![0, 200]).unwrap();
        assert_eq!(grey.rgba(), [0, 0, 0, 255, 200, 200, 200, 255]);
        let colour = Image::new(Shape::new(3, 1, 1), vec![1, 2, 3]).unwrap();
        assert_eq!(colour.rgba(), [1, 2, 3, 255]);
        assert_eq!(Image::new(Shape::new(1, 1, 2), vec![0]), None);
    }

    #[test]
    fn the_middle_of_a_photo_is_taken() {
        // Three pixels beside each other; the middle one is the square.
        let rgba = [1, 1, 1, 255, 7, 8, 9, 255, 2, 2, 2, 255];
        let image = Image::of_photo(&rgba, [3, 1], 2).unwrap();
        assert_eq!(image.pixels, [7, 8, 9].repeat(4));
    }

    #[test]
    fn no_augmentation_leaves_the_image() {
        let image = Image::new(Shape::new(1, 2, 2), vec![0, 50, 100, 200]).unwrap();
        assert_eq!(image.variant(&Augmentation::default(), 5, 1), image);
        let flip = Augmentation {
            flip: true,
            ..Augmentation::default()
        };
        let flipped =
            (0..8).filter(|&epoch| image.variant(&flip, 5, epoch).pixels == [50, 0, 200, 100]);
        // By the seed, some are flipped and some are not.
        assert!((1..8).contains(&flipped.count()));
    }
}
