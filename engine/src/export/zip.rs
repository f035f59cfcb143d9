//! The files of code in one.

use std::io::{Cursor, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip of these files, each by its name.
///
/// # Errors
/// When one cannot be written.
pub fn zip(files: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, ZipError> {
    zipped(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())))
}

/// As [`zip`].
///
/// # Errors
/// When one cannot be written.
pub fn zip_of(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ZipError> {
    zipped(
        files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
    )
}

fn zipped<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // Weights do not get smaller.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in files {
        zip.start_file(name, stored)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
