//! One image of a collection: its size and pixels.

use engine::Shape;
use engine::data::{
    DigitNote, Means, PhotoError, PreparedPicture, Recipe, Step, fit_picture, prepare,
    prepare_picture,
};

use super::Kind;

/// An image, row by row from the top, the channels of a pixel beside each other; of one channel 255 is
/// full ink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub shape: Shape,
    pub pixels: Vec<u8>,
}

/// Bytes before the pixels of a kept image: channels, height and width, little-endian.
const HEADER: usize = 6;

/// The field that drawings are kept in.
const FIELD: Shape = Shape::new(1, Kind::FIELD, Kind::FIELD);

/// Why a picture cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImageError {
    #[error(transparent)]
    Digit(DigitNote),
    #[error(transparent)]
    Picture(#[from] PhotoError),
    #[error("the pad is empty; draw something first")]
    Blank,
}

impl Image {
    /// From ink of the pad (255 full, row by row), as the network's preprocessing places it.
    ///
    /// # Errors
    /// When there is no ink.
    pub fn of_ink(ink: &[u8], side: usize, recipe: Recipe, kind: Kind) -> Result<Self, ImageError> {
        if !ink.iter().any(|&ink| ink > 0) {
            return Err(ImageError::Blank);
        }
        match kind {
            Kind::Drawings => {
                let prepared = prepare(ink, side, side, recipe, FIELD);
                let steps = prepared.map_err(|_| ImageError::Blank)?.steps;
                Self::of_field(&steps).ok_or(ImageError::Blank)
            }
            Kind::Photos => {
                let pixel = |&ink: &u8| [255 - ink, 255 - ink, 255 - ink, 255];
                let rgba: Vec<u8> = ink.iter().flat_map(pixel).collect();
                Self::of_picture(&rgba, side, side, recipe, kind)
            }
        }
    }

    /// From a picture of four bytes a pixel.
    ///
    /// # Errors
    /// When it is no picture, or shows nothing to draw.
    pub fn of_picture(
        rgba: &[u8],
        width: usize,
        height: usize,
        recipe: Recipe,
        kind: Kind,
    ) -> Result<Self, ImageError> {
        if kind == Kind::Photos {
            let side = width.min(height).min(Kind::LARGEST as usize) as u32;
            let shape = Shape::new(3, side, side);
            let pixels = fit_picture(rgba, width, height, shape)?;
            return Ok(Self { shape, pixels });
        }
        // A data set's own images stay as they are.
        if [width, height] == [Kind::FIELD as usize; 2] {
            let pixels = fit_picture(rgba, width, height, FIELD)?;
            return Ok(Self {
                shape: FIELD,
                pixels,
            });
        }
        let means = Means {
            drawing: recipe,
            ..Means::default()
        };
        match prepare_picture(rgba, width, height, means, FIELD)? {
            PreparedPicture::Digit(digit) => match digit.note {
                Some(note @ DigitNote::NoDigit) => Err(ImageError::Digit(note)),
                Some(DigitNote::Several(_)) | None => {
                    Self::of_field(&digit.steps).ok_or(ImageError::Digit(DigitNote::NoDigit))
                }
            },
            PreparedPicture::Photo(_) => Err(ImageError::Digit(DigitNote::NoDigit)),
        }
    }

    /// The drawing after it was centred in its field.
    fn of_field(steps: &[(Step, engine::data::Picture)]) -> Option<Self> {
        let (_, field) = steps.iter().find(|(step, _)| *step == Step::Centre)?;
        let levels = field.values.iter();
        Some(Self {
            shape: Shape::new(1, field.height as u32, field.width as u32),
            pixels: levels.map(|value| (value * 255.0).round() as u8).collect(),
        })
    }

    /// Cut and scaled to this shape; grey for one channel.
    ///
    /// # Errors
    /// When the pixels are not those of its shape.
    pub fn fitted(&self, shape: Shape) -> Result<Vec<u8>, PhotoError> {
        if shape == self.shape {
            return Ok(self.pixels.clone());
        }
        let (width, height) = (self.shape.width as usize, self.shape.height as usize);
        fit_picture(&self.rgba(), width, height, shape)
    }

    /// Four bytes a pixel, as a canvas takes them.
    pub fn rgba(&self) -> Vec<u8> {
        match self.shape.channels {
            3 => {
                let (pixels, _) = self.pixels.as_chunks::<3>();
                let opaque = |&[red, green, blue]: &[u8; 3]| [red, green, blue, 255];
                pixels.iter().flat_map(opaque).collect()
            }
            _ => {
                let opaque = |&level: &u8| [level, level, level, 255];
                self.pixels.iter().flat_map(opaque).collect()
            }
        }
    }

    /// As it is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Shape {
            channels,
            height,
            width,
        } = self.shape;
        let sizes = [channels, height, width];
        let header = sizes.iter().flat_map(|&size| (size as u16).to_le_bytes());
        header.chain(self.pixels.iter().copied()).collect()
    }

    /// From what was kept.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, pixels) = bytes.split_at_checked(HEADER)?;
        let size = |at: usize| u32::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let shape = Shape::new(size(0), size(2), size(4));
        let fits = matches!(shape.channels, 1 | 3) && shape.elements() == pixels.len() as u64;
        fits.then(|| Self {
            shape,
            pixels: pixels.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_image_is_read_as_it_was() {
        let image = Image {
            shape: Shape::new(3, 2, 300),
            pixels: (0..1800_u32).map(|it| it as u8).collect(),
        };
        assert_eq!(Image::from_bytes(&image.to_bytes()), Some(image.clone()));
        assert_eq!(Image::from_bytes(&image.to_bytes()[1..]), None);
        assert_eq!(Image::from_bytes(&[1, 0, 2]), None);
    }

    /// MNIST's recipe gives its images back from enlargements by a whole number, and a picture of 28×28 is
    /// taken as it is.
    #[test]
    fn an_image_of_the_field_s_size_is_taken_as_it_is() {
        let pixels: Vec<u8> = (0..784_u32).map(|it| (it % 251) as u8).collect();
        let image = Image {
            shape: FIELD,
            pixels,
        };
        let taken = Image::of_picture(&image.rgba(), 28, 28, Recipe::default(), Kind::Drawings);
        assert_eq!(taken, Ok(image));
    }

    #[test]
    fn a_photo_is_cut_to_its_middle_square_and_never_enlarged() {
        // Three columns: black, white, black; the middle square of one pixel is white.
        let rgba = [[0, 0, 0, 255], [255; 4], [0, 0, 0, 255]].concat();
        let photo = Image::of_picture(&rgba, 3, 1, Recipe::default(), Kind::Photos).unwrap();
        assert_eq!(photo.shape, Shape::new(3, 1, 1));
        assert_eq!(photo.pixels, [255; 3]);
        let large = vec![255; 500 * 300 * 4];
        let photo = Image::of_picture(&large, 500, 300, Recipe::default(), Kind::Photos).unwrap();
        assert_eq!(photo.shape, Shape::new(3, 224, 224));
    }

    #[test]
    fn a_drawing_lies_in_mnist_s_field_and_blank_paper_is_refused() {
        let mut ink = vec![0; 280 * 280];
        assert_eq!(
            Image::of_ink(&ink, 280, Recipe::default(), Kind::Drawings),
            Err(ImageError::Blank)
        );
        // A bar, far from the middle: it comes out 20 pixels high, around the pixel of index 14.
        for row in 10..110 {
            ink[row * 280 + 10..row * 280 + 15].fill(255);
        }
        let image = Image::of_ink(&ink, 280, Recipe::default(), Kind::Drawings).unwrap();
        assert_eq!(image.shape, FIELD);
        let rows = image
            .pixels
            .chunks(28)
            .filter(|row| row.iter().any(|&it| it > 0));
        assert_eq!(rows.count(), 20);
        assert!(image.pixels[14 * 28 + 14] > 0);
    }
}
