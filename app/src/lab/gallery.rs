//! The first thousand of MNIST's test images, with their labels.

use engine::data::{IdxError, Images, read_images, read_labels};

use super::fetch::{FetchError, fetch};

const IMAGES: &str = "data/mnist/test-00-images.idx3.gz";
const LABELS: &str = "data/mnist/test-00-labels.idx1.gz";
/// MNIST's images are this many pixels wide and high.
pub const IMAGE_SIDE: u32 = 28;

/// Images and what they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gallery {
    images: Images,
    labels: Vec<u8>,
}

/// Why there is no gallery.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{file}: {error}")]
    Idx { file: &'static str, error: IdxError },
    #[error("{IMAGES} has images of {width}×{height}, wanted {IMAGE_SIDE}×{IMAGE_SIDE}")]
    Size { width: usize, height: usize },
    #[error("{images} images came with {labels} labels; the files do not belong together")]
    Counts { images: usize, labels: usize },
}

impl Gallery {
    /// From the two files' bytes.
    ///
    /// # Errors
    /// When they are not IDX files of 28×28 images and as many labels.
    pub fn read(images: &[u8], labels: &[u8]) -> Result<Self, GalleryError> {
        let broken = |file| move |error| GalleryError::Idx { file, error };
        let images = read_images(images).map_err(broken(IMAGES))?;
        let labels = read_labels(labels).map_err(broken(LABELS))?;
        let (width, height) = (images.width, images.height);
        if [width, height] != [IMAGE_SIDE as usize; 2] {
            return Err(GalleryError::Size { width, height });
        }
        if images.len() != labels.len() {
            return Err(GalleryError::Counts {
                images: images.len(),
                labels: labels.len(),
            });
        }
        Ok(Self { images, labels })
    }

    /// From the files beside the page.
    ///
    /// # Errors
    /// When they do not come or cannot be read.
    pub async fn fetch() -> Result<Self, GalleryError> {
        // Both are on their way since the page's head; the small one is taken first, so that the
        // browser does not think that nobody wants it while the large one comes slowly.
        let labels = fetch(LABELS).await?;
        let images = fetch(IMAGES).await?;
        Self::read(&images, &labels)
    }

    /// How many images there are.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// The pixels of one image, 255 being full ink.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        self.images.get(index)
    }

    /// The digit that one image shows.
    pub fn label(&self, index: usize) -> Option<u8> {
        self.labels.get(index).copied()
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
        let images = idx(2051, &[2, 28, 28]);
        assert_eq!(Gallery::read(&images, &idx(2049, &[2])).unwrap().len(), 2);
        let error = Gallery::read(&images, &idx(2049, &[3]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("2 images") && error.contains("3 labels"),
            "{error}"
        );
        let error = Gallery::read(&idx(2051, &[1, 8, 8]), &idx(2049, &[1])).unwrap_err();
        assert!(matches!(
            error,
            GalleryError::Size {
                width: 8,
                height: 8
            }
        ));
    }
}
