//! The result files in what a teacher gives: one by itself, or a zip of a class.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::MOST_BYTES;
use super::error::ExerciseError;

/// Files of a zip at most, and their bytes unpacked.
const MOST_FILES: usize = 2_000;
const MOST_UNPACKED: usize = 512 << 20;
/// What every zip begins with.
const MAGIC: &[u8] = b"PK";

/// One file.
#[derive(Debug)]
pub struct Member {
    pub name: String,
    pub bytes: Result<Vec<u8>, ExerciseError>,
}

fn broken(error: impl std::fmt::Display) -> ExerciseError {
    ExerciseError::Zip {
        why: error.to_string(),
    }
}

/// The files in this one: itself, or if it is a zip those in it; what macOS and Windows add is passed
/// over. A zip is unpacked up to a limit, whatever it says of its sizes.
///
/// # Errors
/// When the zip is broken, has too many files or unpacks to too much.
pub fn members(name: &str, bytes: Vec<u8>) -> Result<Vec<Member>, ExerciseError> {
    if !bytes.starts_with(MAGIC) {
        let name = name.to_owned();
        let bytes = Ok(bytes);
        return Ok(vec![Member { name, bytes }]);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MOST_FILES {
        let why = format!(
            "it has {} files; at most {MOST_FILES} are read",
            archive.len()
        );
        return Err(ExerciseError::Zip { why });
    }
    let (mut found, mut left) = (Vec::new(), MOST_UNPACKED);
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(broken)?;
        let inside = entry.name().map_err(broken)?.replace('\\', "/");
        let mut parts = inside.split('/').filter(|part| !part.is_empty());
        let hidden = parts.any(|part| {
            part.starts_with('.') || matches!(part, "__MACOSX" | "Thumbs.db" | "desktop.ini")
        });
        if entry.is_dir() || hidden {
            continue;
        }
        let limit = MOST_BYTES.min(left);
        let mut unpacked = Vec::new();
        let read = entry.take(limit as u64 + 1).read_to_end(&mut unpacked);
        let bytes = match read {
            Err(error) => Err(broken(error)),
            Ok(_) if unpacked.len() <= limit => Ok(unpacked),
            Ok(_) if limit < MOST_BYTES => {
                let most = MOST_UNPACKED >> 20;
                let why = format!("its files unpack to more than {most} MB; give them in parts");
                return Err(ExerciseError::Zip { why });
            }
            Ok(got) => Err(ExerciseError::TooLong { got, limit }),
        };
        left -= bytes.as_ref().map_or(limit, Vec::len).min(left);
        let name = inside;
        found.push(Member { name, bytes });
    }
    match found.is_empty() {
        true => Err(broken("there is no file in it")),
        false => Ok(found),
    }
}
