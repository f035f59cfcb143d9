//! Photos for a first look at networks that know ImageNet, as published.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{
    chunks::write,
    fetch::{Member, Package, Registry},
};

const PACKAGE: Package = Package {
    registry: Registry::PyPi,
    name: "scikit-image",
    version: "0.26.0",
    file: "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    sha256: "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
};

const PHOTOS: [Member; 5] = [
    Member {
        path: "skimage/data/chelsea.png",
        sha256: "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    },
    Member {
        path: "skimage/data/coffee.png",
        sha256: "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    },
    Member {
        path: "skimage/data/camera.png",
        sha256: "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    },
    Member {
        path: "skimage/data/astronaut.png",
        sha256: "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    },
    Member {
        path: "skimage/data/hubble_deep_field.jpg",
        sha256: "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    },
];
const NOTICE: &str = include_str!("photos-notice.txt");

/// Writes the photos, byte for byte, and their notice into `folder`, which must be nobody else's.
pub fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let files = PACKAGE.members(PHOTOS.each_ref())?;
    for (member, bytes) in PHOTOS.iter().zip(files) {
        write(&folder.join(file(member)), &bytes)?;
    }
    write(&folder.join("NOTICE.txt"), NOTICE.as_bytes())?;
    println!("{} photos in {}", PHOTOS.len(), folder.display());
    Ok(())
}

fn file(member: &Member) -> &str {
    member.path.rsplit('/').next().unwrap_or(member.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fetch::sha256, shell};

    #[test]
    fn committed_photos_are_the_published_ones_named_in_the_notice_and_small_together() {
        let mut total = 0;
        for member in &PHOTOS {
            let path = shell::root().join("public/photos").join(file(member));
            let bytes = fs::read(path).unwrap();
            assert_eq!(sha256(&bytes), member.sha256, "{}", member.path);
            assert!(NOTICE.contains(file(member)), "{}", member.path);
            total += bytes.len();
        }
        assert!(total < 2_500_000, "{total}");
    }
}
