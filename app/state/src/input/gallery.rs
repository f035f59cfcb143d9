//! The first thousand test images of a data set, with their labels.

use std::sync::Arc;

use engine::data::{IdxError, Images};
use engine::zoo::Classes;

/// All images are this many pixels wide and high.
pub const IMAGE_SIDE: u32 = 28;

/// A data set of grey 28×28 pictures whose test images can be put on the pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSet {
    Mnist,
    Fashion,
}

impl DataSet {
    /// The name that its authors gave it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mnist => "MNIST",
            Self::Fashion => "Fashion-MNIST",
        }
    }

    /// The names of its labels.
    pub const fn classes(self) -> Classes {
        match self {
            Self::Mnist => Classes::Digits,
            Self::Fashion => Classes::Fashion,
        }
    }

    /// The file of its test images, relative to the page.
    pub const fn images(self) -> &'static str {
        match self {
            Self::Mnist => "data/mnist/test-00-images.idx3.gz",
            Self::Fashion => "data/fashion-mnist/test-00-images.idx3.gz",
        }
    }

    /// The file of their labels, relative to the page.
    pub const fn labels(self) -> &'static str {
        match self {
            Self::Mnist => "data/mnist/test-00-labels.idx1.gz",
            Self::Fashion => "data/fashion-mnist/test-00-labels.idx1.gz",
        }
    }
}

/// One test image: its data set and its number from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub set: DataSet,
    pub index: usize,
}

/// The loaded galleries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Galleries {
    mnist: Option<Arc<Gallery>>,
    fashion: Option<Arc<Gallery>>,
}

impl Galleries {
    pub fn of(&self, set: DataSet) -> Option<&Gallery> {
        match set {
            DataSet::Mnist => self.mnist.as_deref(),
            DataSet::Fashion => self.fashion.as_deref(),
        }
    }

    pub fn put(&mut self, set: DataSet, gallery: Gallery) {
        let place = match set {
            DataSet::Mnist => &mut self.mnist,
            DataSet::Fashion => &mut self.fashion,
        };
        *place = Some(Arc::new(gallery));
    }

    /// The pixels of one image, 255 being full ink.
    pub fn image(&self, sample: Sample) -> Option<&[u8]> {
        self.of(sample.set)?.images.get(sample.index)
    }

    /// The label of one image in words.
    pub fn label(&self, sample: Sample) -> Option<&'static str> {
        let label = self.of(sample.set)?.labels.get(sample.index)?;
        let names = sample.set.classes().names()?;
        names.get(usize::from(*label)).copied()
    }
}

/// Images and their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gallery {
    images: Images,
    labels: Vec<u8>,
}

/// Why files cannot be read as a gallery.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    #[error("{file}: {error}")]
    Idx { file: &'static str, error: IdxError },
    #[error("{file} has images of {width}×{height}, wanted {IMAGE_SIDE}×{IMAGE_SIDE}")]
    Size {
        file: &'static str,
        width: usize,
        height: usize,
    },
    #[error("{images} images came with {labels} labels; the files do not belong together")]
    Counts { images: usize, labels: usize },
}

impl Gallery {
    /// From the two files' bytes, unzipped.
    ///
    /// # Errors
    /// When they are not IDX files of 28×28 images and as many labels.
    pub fn read(set: DataSet, images: &[u8], labels: &[u8]) -> Result<Self, GalleryError> {
        let broken = |file| move |error| GalleryError::Idx { file, error };
        let file = set.images();
        let images = engine::data::images(images).map_err(broken(file))?;
        let labels = engine::data::labels(labels).map_err(broken(set.labels()))?;
        let (width, height) = (images.width, images.height);
        if [width, height] != [IMAGE_SIDE as usize; 2] {
            return Err(GalleryError::Size {
                file,
                width,
                height,
            });
        }
        if images.len() != labels.len() {
            return Err(GalleryError::Counts {
                images: images.len(),
                labels: labels.len(),
            });
        }
        Ok(Self { images, labels })
    }

    /// The number of images.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IDX header and zeros.
    fn idx(magic: u32, sizes: &[u32]) -> Vec<u8> {
        let mut bytes = magic.to_be_bytes().to_vec();
        bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
        bytes.resize(bytes.len() + sizes.iter().product::<u32>() as usize, 0);
        bytes
    }

    #[test]
    fn images_and_labels_must_belong_together() {
        let read = |images: &[u8], labels: &[u8]| Gallery::read(DataSet::Mnist, images, labels);
        let images = idx(2051, &[2, 28, 28]);
        assert_eq!(read(&images, &idx(2049, &[2])).unwrap().len(), 2);
        let error = read(&images, &idx(2049, &[3])).unwrap_err().to_string();
        assert!(
            error.contains("2 images") && error.contains("3 labels"),
            "{error}"
        );
        let error = read(&idx(2051, &[1, 8, 8]), &idx(2049, &[1]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("8×8"), "{error}");
    }
}
