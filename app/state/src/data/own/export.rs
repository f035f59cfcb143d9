//! A collection as files that other programs read: a zip of PNG pictures in one folder for each class,
//! and a pair of IDX files.

use std::io::{Cursor, Write};

use engine::Shape;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Image;

/// Why a file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("a picture cannot be written: {0}")]
    Png(#[from] png::EncodingError),
    #[error("the zip cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the zip cannot be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("the images are of different sizes; an IDX file has images of one size")]
    Sizes,
    #[error("an IDX file has grey images; export photos as a zip of PNG pictures")]
    Colour,
    #[error("an IDX file has at most 256 classes")]
    Classes,
}

/// The image as a PNG picture of 8-bit levels, grey or in colour.
fn png(image: &Image) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    let Shape { height, width, .. } = image.shape;
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(match image.shape.channels {
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Grayscale,
    });
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// A name that is a folder's or file's on every system.
pub fn file_stem(name: &str) -> String {
    let letter = |letter: char| match letter {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        letter if letter.is_control() => '-',
        letter => letter,
    };
    let name: String = name.chars().map(letter).collect();
    // Neither hidden nor the folder above; Windows drops dots and spaces at the end.
    let name = name
        .trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' ']);
    if name.is_empty() { "class" } else { name }.to_owned()
}

/// The folders of classes with these names; no two are the same, whatever the case of their letters.
fn folders(classes: &[String]) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for class in classes {
        let stem = file_stem(class);
        let mut folder = stem.clone();
        let taken = |folder: &str| {
            let folder = folder.to_lowercase();
            folders.iter().any(|other| other.to_lowercase() == folder)
        };
        let mut number = 2;
        while taken(&folder) {
            folder = format!("{stem} {number}");
            number += 1;
        }
        folders.push(folder);
    }
    folders
}

/// A zip with one folder for each class; the pictures in it are numbered.
///
/// # Errors
/// When one cannot be written.
pub fn zip_of_folders<'a>(
    classes: &[String],
    images: impl IntoIterator<Item = (u16, &'a Image)>,
) -> Result<Vec<u8>, ExportError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // Pictures are packed already.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let folders = folders(classes);
    for folder in &folders {
        zip.add_directory(format!("{folder}/"), stored)?;
    }
    for (number, (class, image)) in images.into_iter().enumerate() {
        let folder = folders
            .get(usize::from(class))
            .map_or("class", String::as_str);
        zip.start_file(format!("{folder}/{number:05}.png"), stored)?;
        zip.write_all(&png(image)?)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The images as an IDX file: magic number 2051, count, height, width, then the levels.
///
/// # Errors
/// When they are in colour or of different sizes.
pub fn idx_images(images: &[&Image]) -> Result<Vec<u8>, ExportError> {
    let shape = images
        .first()
        .map_or(Shape::new(1, 0, 0), |image| image.shape);
    if shape.channels != 1 {
        return Err(ExportError::Colour);
    }
    if images.iter().any(|image| image.shape != shape) {
        return Err(ExportError::Sizes);
    }
    let header = [2051, images.len() as u32, shape.height, shape.width];
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    for image in images {
        bytes.extend_from_slice(&image.pixels);
    }
    Ok(bytes)
}

/// The labels as an IDX file: magic number 2049, count, then one byte for each.
///
/// # Errors
/// When a label does not fit a byte.
pub fn idx_labels(labels: &[u16]) -> Result<Vec<u8>, ExportError> {
    let mut bytes = [2049, labels.len() as u32]
        .iter()
        .flat_map(|word: &u32| word.to_be_bytes())
        .collect::<Vec<u8>>();
    for label in labels {
        bytes.push(u8::try_from(*label).map_err(|_| ExportError::Classes)?);
    }
    Ok(bytes)
}
