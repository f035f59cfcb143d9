//! A data set: labelled images of one size, in the order in which they came.

use serde::{Deserialize, Serialize};

use super::photo::photo_input;
use super::{Change, DataError, Means, Parts, Picture, Split, from_field, takes_drawings};
use crate::Shape;

/// Labelled images of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub shape: Shape,
    /// Row by row from the top, the channels of a pixel beside each other; of one channel 255 is
    /// full ink.
    pub pixels: Vec<u8>,
    /// One for each image.
    pub labels: Vec<u16>,
}

/// What a data set is before its images come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSet {
    shape: Shape,
    classes: u32,
    pixels: Vec<u8>,
    labels: Vec<u16>,
    /// Given as test images, never trained on.
    held_out: Vec<bool>,
}

/// Bytes of all images of a data set at most: MNIST has 55 MB, CIFAR-10 184 MB.
pub const MOST_BYTES: u64 = 1 << 30;
/// Classes at most.
pub const MOST_CLASSES: u32 = 1000;

/// The size that pictures of many sizes are cut and scaled to for a network of this input.
pub fn picture_shape(target: Shape) -> Shape {
    let channels = if takes_drawings(target) { 1 } else { 3 };
    // A network of drawings takes a margin of its own around MNIST's size.
    let side = |side: u32| {
        if channels == 1 && (28..=36).contains(&side) {
            28
        } else {
            side
        }
    };
    Shape::new(channels, side(target.height), side(target.width))
}

impl DataSet {
    /// Without images yet.
    ///
    /// # Errors
    /// When such images or classes cannot be.
    pub fn new(shape: Shape, classes: u32) -> Result<Self, DataError> {
        let sides = [shape.height, shape.width];
        let fits = sides.iter().all(|side| (1..=4096).contains(side));
        if !fits || !matches!(shape.channels, 1 | 3) {
            return Err(DataError::Shape { shape });
        }
        if classes < 2 {
            return Err(DataError::OneClass);
        }
        if classes > MOST_CLASSES {
            return Err(DataError::Classes { classes });
        }
        Ok(Self {
            shape,
            classes,
            pixels: Vec::new(),
            labels: Vec::new(),
            held_out: Vec::new(),
        })
    }

    /// Appends images; `held_out` ones are for the test only. On an error nothing is changed.
    ///
    /// # Errors
    /// When they do not belong to this set, or are too many.
    pub fn append(&mut self, more: &Labelled, held_out: bool) -> Result<(), DataError> {
        more.check()?;
        if more.shape != self.shape {
            return Err(DataError::Size {
                got: more.shape,
                wanted: self.shape,
            });
        }
        let classes = self.classes;
        let outside = |label: &u16| u32::from(*label) >= classes;
        if let Some(place) = more.labels.iter().position(outside) {
            return Err(DataError::Label {
                image: self.len() + place,
                label: more.labels[place],
                classes,
            });
        }
        let bytes = (self.pixels.len() + more.pixels.len()) as u64;
        if bytes > MOST_BYTES {
            return Err(DataError::TooLarge {
                bytes,
                most: MOST_BYTES,
            });
        }
        self.pixels.extend_from_slice(&more.pixels);
        self.labels.extend_from_slice(&more.labels);
        self.held_out.resize(self.labels.len(), held_out);
        Ok(())
    }

    /// The images' shape.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// How many classes it tells apart.
    pub const fn classes(&self) -> u32 {
        self.classes
    }

    /// The number of images.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images yet.
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of all images.
    pub const fn bytes(&self) -> u64 {
        self.pixels.len() as u64
    }

    /// The labels.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// Which images are for the test only.
    pub fn held_out(&self) -> &[bool] {
        &self.held_out
    }

    /// Keeps the first `count` images of those that are not held out, and all that are.
    pub fn limit(&mut self, count: usize) {
        let size = self.shape.elements() as usize;
        let (mut left, mut kept) = (count, 0);
        for index in 0..self.len() {
            if !self.held_out[index] {
                if left == 0 {
                    continue;
                }
                left -= 1;
            }
            self.labels[kept] = self.labels[index];
            self.held_out[kept] = self.held_out[index];
            self.pixels
                .copy_within(index * size..(index + 1) * size, kept * size);
            kept += 1;
        }
        self.labels.truncate(kept);
        self.held_out.truncate(kept);
        self.pixels.truncate(kept * size);
    }

    /// Keeps the first `count` images, whatever they are for.
    pub fn truncate(&mut self, count: usize) {
        let size = self.shape.elements() as usize;
        self.labels.truncate(count);
        self.held_out.truncate(count);
        self.pixels.truncate(count * size);
    }

    /// The pixels of one image.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let size = self.shape.elements() as usize;
        self.pixels.get(index * size..(index + 1) * size)
    }

    /// The images of each class among these.
    pub fn counts(&self, images: &[u32]) -> Vec<u64> {
        let mut counts = vec![0; self.classes as usize];
        for label in images.iter().filter_map(|&it| self.labels.get(it as usize)) {
            counts[usize::from(*label)] += 1;
        }
        counts
    }

    /// Which images are for training, validation and test.
    pub fn split(&self, split: &Split) -> Parts {
        split.parts(self.classes, &self.labels, &self.held_out)
    }

    /// A network's input for one image, prepared as drawings and photos are.
    pub fn input(
        &self,
        index: usize,
        change: Option<&Change>,
        means: Means,
        target: Shape,
    ) -> Option<Vec<f32>> {
        let image = self.image(index)?;
        let changed = change.map(|change| change.apply(image, self.shape));
        let image = changed.as_deref().unwrap_or(image);
        let (width, height) = (self.shape.width as usize, self.shape.height as usize);
        if takes_drawings(target) && self.shape.channels == 1 {
            let picture = Picture::from_bytes(width, height, image);
            let shorter = target.width.min(target.height) as usize;
            // As drawings are: padded up to 36 pixels, scaled beyond.
            let field = if shorter > 36 || shorter < width.max(height) {
                picture.scaled(shorter, shorter)
            } else {
                picture
            };
            return Some(from_field(&field, means.drawing, target));
        }
        let colours = match self.shape.channels {
            3 => image.to_vec(),
            _ => image.iter().flat_map(|&level| [level; 3]).collect(),
        };
        Some(photo_input(&colours, width, height, means.photo, target))
    }
}

impl Labelled {
    fn check(&self) -> Result<(), DataError> {
        let (images, size) = (self.labels.len(), self.shape.elements());
        let wanted = images as u64 * size;
        if self.pixels.len() as u64 == wanted {
            return Ok(());
        }
        Err(DataError::Pixels {
            images,
            shape: self.shape,
            wanted,
            got: self.pixels.len() as u64,
        })
    }
}
