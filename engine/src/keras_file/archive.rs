//! The parts of a `.keras` file.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::KerasError;

pub(super) const CONFIG: &str = "config.json";
pub(super) const METADATA: &str = "metadata.json";
pub(super) const WEIGHTS: &str = "model.weights.h5";

/// The most bytes of a text, and of the weights.
const MOST_TEXT: u64 = 64 << 20;
const MOST_WEIGHTS: u64 = 2 << 30;

pub(super) struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Archive<'a> {
    pub fn open(file: &'a [u8]) -> Result<Self, KerasError> {
        let archive = ZipArchive::new(Cursor::new(file));
        Ok(Self(archive.map_err(|error| broken(&error))?))
    }

    /// The bytes of a part; `None` where there is none of this name.
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, KerasError> {
        let limit = if name == WEIGHTS {
            MOST_WEIGHTS
        } else {
            MOST_TEXT
        };
        let mut entry = match self.0.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(broken(&error)),
        };
        // The header's size may be a lie, so that only so much is taken.
        let mut bytes = Vec::new();
        let read = entry.by_ref().take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|error| KerasError::Zip(format!("{name} cannot be unpacked ({error})")))?;
        if bytes.len() as u64 > limit {
            let part = name.to_owned();
            return Err(KerasError::TooLarge { part, limit });
        }
        Ok(Some(bytes))
    }
}

fn broken(error: &ZipError) -> KerasError {
    KerasError::Zip(format!("its zip is damaged ({error})"))
}
