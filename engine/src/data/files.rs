//! Files of data sets, recognised by their content: IDX (also gzipped), CIFAR-10's binary format,
//! zips of pictures.

use super::idx::{unzipped, word};
use super::{DataError, Labelled, images, labels, picture_kind};
use crate::Shape;

/// What a file is by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFile {
    IdxImages,
    IdxLabels,
    Cifar10,
    Zip,
}

/// CIFAR-10's record: a label, then 32×32 red, green and blue levels.
const CIFAR_RECORD: usize = 1 + 3 * 32 * 32;

/// What an unpacked file is.
///
/// # Errors
/// When it is none that is known here; the error says what it is, where that is known.
pub fn data_file(file: &str, bytes: &[u8]) -> Result<DataFile, DataError> {
    let unknown = |why: String| DataError::Unknown {
        file: file.to_owned(),
        why,
    };
    match word(bytes, 0) {
        Some(2051) => return Ok(DataFile::IdxImages),
        Some(2049) => return Ok(DataFile::IdxLabels),
        // Two zero bytes, a type, a count of dimensions: IDX of another kind.
        Some(magic) if (0x0800..0x0f00).contains(&magic) && magic & 0xff < 6 => {
            let (kind, dims) = (magic >> 8, magic & 0xff);
            return Err(unknown(format!(
                "it is an IDX file of type {kind:#x} with {dims} dimensions; images are of type 0x8 \
                 with 3, labels of type 0x8 with 1"
            )));
        }
        _ => {}
    }
    if bytes.is_empty() {
        return Err(unknown("it is empty".to_owned()));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(DataFile::Zip);
    }
    if let Some(kind) = picture_kind(bytes) {
        return Err(unknown(format!(
            "it is {}; put pictures into one folder for each class and zip the folders",
            kind.name()
        )));
    }
    if bytes.len().is_multiple_of(CIFAR_RECORD) {
        let records = bytes.chunks_exact(CIFAR_RECORD);
        if records.clone().all(|record| record[0] < 10) {
            return Ok(DataFile::Cifar10);
        }
    }
    let tar = bytes.get(257..262) == Some(b"ustar");
    Err(unknown(if tar {
        "it is a tar archive; unpack it and take the files in it".to_owned()
    } else {
        format!(
            "its {} bytes are neither IDX, a zip, nor CIFAR-10's records of {CIFAR_RECORD} bytes that \
             begin with a label below 10",
            bytes.len()
        )
    }))
}

/// Reads IDX files of images and of labels in any order, or one of CIFAR-10; each may be gzipped.
///
/// # Errors
/// When a file is broken or none of these.
pub fn read_files(files: &[(&str, &[u8])]) -> Result<Labelled, DataError> {
    let (mut found_images, mut found_labels) = (None, None);
    for &(file, bytes) in files {
        let broken = |why: String| DataError::Broken {
            file: file.to_owned(),
            why,
        };
        let plain = unzipped(bytes).map_err(|error| broken(error.to_string()))?;
        match data_file(file, &plain)? {
            DataFile::IdxImages => {
                let images = images(&plain).map_err(|error| broken(error.to_string()))?;
                found_images = Some(images);
            }
            DataFile::IdxLabels => {
                let labels = labels(&plain).map_err(|error| broken(error.to_string()))?;
                found_labels = Some(labels);
            }
            DataFile::Cifar10 => return Ok(cifar(&plain)),
            DataFile::Zip => {
                return Err(DataError::Unknown {
                    file: file.to_owned(),
                    why: "it is a zip, whose pictures have to be decoded first".to_owned(),
                });
            }
        }
    }
    let missing = |what: &str, found: &str| DataError::Unknown {
        file: found.to_owned(),
        why: format!("an IDX file of {what} belongs to it; take both"),
    };
    let name = files.first().map_or("", |(name, _)| name);
    match (found_images, found_labels) {
        (Some(images), Some(labels)) if images.len() == labels.len() => Ok(Labelled {
            shape: Shape::new(1, images.height as u32, images.width as u32),
            pixels: images.pixels,
            labels: labels.into_iter().map(u16::from).collect(),
        }),
        (Some(images), Some(labels)) => Err(DataError::Unequal {
            images: images.len(),
            labels: labels.len(),
        }),
        (Some(_), None) => Err(missing("labels", name)),
        (None, Some(_)) => Err(missing("images", name)),
        (None, None) => Err(DataError::Empty),
    }
}

/// The colours of a pixel side by side.
fn cifar(bytes: &[u8]) -> Labelled {
    const AREA: usize = 32 * 32;
    let records = bytes.chunks_exact(CIFAR_RECORD);
    let pixel = |record: &[u8], at: usize| [0, 1, 2].map(|colour| record[1 + colour * AREA + at]);
    let pixels = records.clone();
    let pixels = pixels.flat_map(|record| (0..AREA).flat_map(move |at| pixel(record, at)));
    Labelled {
        shape: Shape::new(3, 32, 32),
        pixels: pixels.collect(),
        labels: records.map(|record| u16::from(record[0])).collect(),
    }
}
