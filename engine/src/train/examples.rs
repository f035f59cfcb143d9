//! Labelled pictures in the network's input format.

use crate::Shape;
use crate::data::{IdxError, Images, Picture, Warp, from_field, read_images, read_labels};

/// Labelled pictures of one size.
#[derive(Clone, Debug)]
pub struct Examples {
    pub images: Images,
    pub labels: Vec<u8>,
}

/// Why examples cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ExamplesError {
    #[error(transparent)]
    Idx(#[from] IdxError),
    #[error("there are {images} images but {labels} labels; each image needs one")]
    Unequal { images: usize, labels: usize },
    #[error("the images are {got}, those before {wanted}; all must be of one size")]
    Size { got: String, wanted: String },
}

impl Examples {
    /// From an IDX file of images and one of labels, plain or gzipped.
    ///
    /// # Errors
    /// When one is not such a file, or their counts differ.
    pub fn read(images: &[u8], labels: &[u8]) -> Result<Self, ExamplesError> {
        let (images, labels) = (read_images(images)?, read_labels(labels)?);
        if images.len() != labels.len() {
            return Err(ExamplesError::Unequal {
                images: images.len(),
                labels: labels.len(),
            });
        }
        Ok(Self { images, labels })
    }

    /// Appends the examples of another set.
    ///
    /// # Errors
    /// When their images are of another size.
    pub fn join(mut self, more: Self) -> Result<Self, ExamplesError> {
        let size = |images: &Images| format!("{}×{}", images.width, images.height);
        if size(&self.images) != size(&more.images) {
            let (got, wanted) = (size(&more.images), size(&self.images));
            return Err(ExamplesError::Size { got, wanted });
        }
        self.images.pixels.extend(more.images.pixels);
        self.labels.extend(more.labels);
        Ok(self)
    }

    /// Keeps only the first `count`.
    pub fn truncate(&mut self, count: usize) {
        let Images {
            width,
            height,
            pixels,
        } = &mut self.images;
        pixels.truncate(count.saturating_mul(*width * *height));
        self.labels.truncate(count);
    }

    /// The number of examples.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no examples.
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The network's input for one example, optionally warped.
    pub fn input(&self, index: usize, warp: Option<Warp>, target: Shape) -> Option<Vec<f32>> {
        let Images { width, height, .. } = self.images;
        let picture = Picture::from_bytes(width, height, self.images.get(index)?);
        let picture = warp.map_or_else(|| picture.clone(), |warp| warp.apply(&picture));
        Some(from_field(&picture, target))
    }
}
