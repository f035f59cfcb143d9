//! A zip of pictures in one folder for each class. Decoding is the caller's: the page has the
//! browser's decoders, the command line its own.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{DataError, picture_kind};

/// A picture in the zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the zip.
    pub name: String,
    /// Its place in [`PictureZip::classes`].
    pub class: u16,
    /// It lies in a folder `test` around the class's.
    pub held_out: bool,
    place: usize,
}

/// A zip of class folders.
#[derive(Debug)]
pub struct PictureZip<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The folders that hold pictures, by name.
    pub classes: Vec<String>,
    pub entries: Vec<Entry>,
}

/// Bytes of one picture at most, and of all.
const MOST_PICTURE: u64 = 64 << 20;
const MOST_UNPACKED: u64 = 2 << 30;
const MOST_PICTURES: usize = 200_000;

fn broken(file: &str, why: impl std::fmt::Display) -> DataError {
    DataError::Broken {
        file: file.to_owned(),
        why: why.to_string(),
    }
}

impl<'a> PictureZip<'a> {
    /// Lists the pictures; what macOS and Windows add is passed over.
    ///
    /// # Errors
    /// When the zip is broken or too large, or a picture lies in no folder.
    pub fn open(file: &str, bytes: &'a [u8]) -> Result<Self, DataError> {
        let mut archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(file, error))?;
        if archive.len() > MOST_PICTURES {
            let why = format!(
                "it has {} files; at most {MOST_PICTURES} are taken",
                archive.len()
            );
            let file = file.to_owned();
            return Err(DataError::Unknown { file, why });
        }
        let (mut found, mut unpacked) = (Vec::new(), 0_u64);
        for place in 0..archive.len() {
            let entry = archive
                .by_index_raw(place)
                .map_err(|error| broken(file, error))?;
            let name = entry.name().map_err(|error| broken(file, error))?;
            let name = name.replace('\\', "/");
            let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
            let hidden = |part: &&str| part.starts_with('.') || *part == "__MACOSX";
            let Some((last, folders)) = parts.split_last() else {
                continue;
            };
            let added = matches!(*last, "Thumbs.db" | "desktop.ini");
            if entry.is_dir() || added || parts.iter().any(hidden) {
                continue;
            }
            unpacked = unpacked.saturating_add(entry.size());
            if entry.encrypted() {
                return Err(broken(
                    &name,
                    "it is encrypted; make a zip without a password",
                ));
            }
            let Some((class, around)) = folders.split_last() else {
                return Err(DataError::Unknown {
                    file: name,
                    why:
                        "it lies in no folder; put the pictures of each class into a folder of its \
                          own"
                        .to_owned(),
                });
            };
            let held_out = around
                .last()
                .is_some_and(|it| it.eq_ignore_ascii_case("test"));
            found.push((name.clone(), (*class).to_owned(), held_out, place));
        }
        if unpacked > MOST_UNPACKED {
            return Err(DataError::TooLarge {
                bytes: unpacked,
                most: MOST_UNPACKED,
            });
        }
        let mut classes: Vec<String> = found.iter().map(|(_, class, ..)| class.clone()).collect();
        classes.sort();
        classes.dedup();
        if classes.len() > super::set::MOST_CLASSES as usize {
            return Err(DataError::Classes {
                classes: classes.len() as u32,
            });
        }
        let number = |class: &String| classes.binary_search(class).unwrap_or_default() as u16;
        let entries = found
            .into_iter()
            .map(|(name, class, held_out, place)| Entry {
                class: number(&class),
                name,
                held_out,
                place,
            });
        let entries: Vec<Entry> = entries.collect();
        match classes.len() {
            0 => Err(DataError::Empty),
            1 => Err(DataError::OneClass),
            _ => Ok(Self {
                archive,
                classes,
                entries,
            }),
        }
    }

    /// The file of one picture.
    ///
    /// # Errors
    /// When it is broken, too large or no picture.
    pub fn read(&mut self, entry: &Entry) -> Result<Vec<u8>, DataError> {
        let file = self.archive.by_index(entry.place);
        let file = file.map_err(|error| broken(&entry.name, error))?;
        let mut bytes = Vec::new();
        let read = file.take(MOST_PICTURE + 1).read_to_end(&mut bytes);
        read.map_err(|error| broken(&entry.name, error))?;
        if bytes.len() as u64 > MOST_PICTURE {
            return Err(DataError::TooLarge {
                bytes: bytes.len() as u64,
                most: MOST_PICTURE,
            });
        }
        if picture_kind(&bytes).is_none() {
            return Err(DataError::Unknown {
                file: entry.name.clone(),
                why: "it is not a picture (PNG, JPEG, WebP, GIF, BMP); take it out of the zip"
                    .to_owned(),
            });
        }
        Ok(bytes)
    }
}
