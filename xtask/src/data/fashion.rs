//! Fashion-MNIST's first thousand test images, as a second gallery in MNIST's form.

use std::{io::Read, path::Path};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;

use super::{
    chunks::{Manifest, Split},
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
const TEST: Split = Split {
    name: "test",
    images: Member {
        path: "usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
        sha256: "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    },
    labels: Member {
        path: "usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz",
        sha256: "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
    },
    chunks: &[1_000],
};

/// Writes chunk, manifest and notice into `folder`, which must be nobody else's.
pub fn make(folder: &Path) -> Result<()> {
    let tar = deb_files(&PACKAGE.bytes()?)?;
    let [images, labels] = tar_members(tar.as_slice(), [&TEST.images, &TEST.labels])?;
    let chunks = TEST.write(folder, &unzipped(&images)?, &unzipped(&labels)?)?;
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
