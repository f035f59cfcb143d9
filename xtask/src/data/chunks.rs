//! A labelled data set repacked for the web: chunks that a page can load one by one.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use super::{
    fetch::{Member, sha256},
    idx::{IMAGES, Idx, LABELS},
};

/// One half of a data set as published, and the chunks it is cut into.
pub struct Split {
    pub name: &'static str,
    pub images: Member,
    pub labels: Member,
    /// Images a chunk, in order, from the first image on.
    pub chunks: &'static [usize],
}

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

/// The order of all chunks: a page holds some test images before the first training images, since
/// whether there are any decides how the others are divided, and the rest of them comes last.
pub fn in_order(test: Vec<Chunk>, train: Vec<Chunk>) -> Vec<Chunk> {
    let mut test = test.into_iter();
    test.next().into_iter().chain(train).chain(test).collect()
}

impl Manifest {
    /// Of 28×28 grey images in ten classes, as MNIST and those made after it are.
    pub fn new(name: &str, source: String, licence: &str, chunks: Vec<Chunk>) -> Self {
        Self {
            version: 1,
            name: name.to_owned(),
            source,
            licence: licence.to_owned(),
            notice: "NOTICE.txt".to_owned(),
            image: ImageSize {
                channels: 1,
                height: 28,
                width: 28,
            },
            classes: 10,
            chunks,
        }
    }

    /// Writes manifest and notice beside the chunks.
    pub fn write(&self, folder: &Path, notice: &str) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        write(&folder.join("manifest.json"), text.as_bytes())?;
        write(&folder.join("NOTICE.txt"), notice.as_bytes())?;
        let sizes = self
            .chunks
            .iter()
            .map(|it| it.images.bytes + it.labels.bytes);
        println!(
            "{} chunks, {} bytes in {}",
            self.chunks.len(),
            sizes.sum::<usize>(),
            folder.display()
        );
        Ok(())
    }
}

impl Split {
    /// Writes the chunks of these IDX files into `folder`.
    pub fn write(&self, folder: &Path, images: &[u8], labels: &[u8]) -> Result<Vec<Chunk>> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let (images, labels) = (Idx::parse(images, IMAGES)?, Idx::parse(labels, LABELS)?);
        ensure!(
            images.count() == labels.count(),
            "{}: {} images and {} labels",
            self.name,
            images.count(),
            labels.count()
        );
        let mut first = 0;
        let mut chunks = Vec::new();
        for (number, &count) in self.chunks.iter().enumerate() {
            let stem = format!("{}-{number:02}", self.name);
            let file = |what: &str, idx: &Idx| {
                let file = format!("{stem}-{what}.gz");
                write_chunk(folder, file, &idx.part(first, count)?)
            };
            chunks.push(Chunk {
                split: self.name.to_owned(),
                first,
                count,
                images: file("images.idx3", &images)?,
                labels: file("labels.idx1", &labels)?,
            });
            first += count;
        }
        Ok(chunks)
    }
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

/// Writes a file; the error names it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Reading back what is committed.
#[cfg(test)]
pub mod committed {
    use std::{fs, io::Read};

    use flate2::read::GzDecoder;

    use super::{ChunkFile, Manifest, sha256};
    use crate::{idx::Idx, shell};

    fn bytes(set: &str, file: &str) -> Vec<u8> {
        let folder = shell::root().join("public/data").join(set);
        fs::read(folder.join(file)).unwrap()
    }

    pub fn manifest(set: &str) -> Manifest {
        serde_json::from_slice(&bytes(set, "manifest.json")).unwrap()
    }

    pub fn unpacked(set: &str, part: &ChunkFile, magic: u32) -> Idx {
        let gzipped = bytes(set, &part.file);
        let found = (gzipped.len(), sha256(&gzipped));
        assert_eq!(found, (part.bytes, part.sha256.clone()));
        let mut idx = Vec::new();
        GzDecoder::new(gzipped.as_slice())
            .read_to_end(&mut idx)
            .unwrap();
        Idx::parse(&idx, magic).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_carries_no_time_and_no_name() {
        let gzipped = gzip(b"seven").unwrap();
        assert_eq!(gzipped[3..8], [0; 5], "flags and time");
        assert_eq!(gzipped, gzip(b"seven").unwrap());
    }
}
