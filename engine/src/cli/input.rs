//! The input of `cnnlab run`: arrays in a safetensors file, or a photo.

use std::path::Path;

use image::DynamicImage;
use safetensors::SafeTensors;

use super::{CliError, picture, read};
use crate::Shape;
use crate::checkpoint::{FileFormat, Header, WeightsError};
use crate::data::{Preparation, Recipe, prepare, prepare_photo};
use crate::run::floats;

/// The values that a file stands for: pictures of this shape, one after another. A network of one
/// channel reads drawings: a photo becomes ink for it; any other gets it by `preparation`.
pub(super) fn input(
    path: &Path,
    target: Shape,
    preparation: Preparation,
) -> Result<Vec<f32>, CliError> {
    let bytes = read(path)?;
    let values = match picture::decode(&bytes) {
        Some(decoded) => decoded.and_then(|it| photo(it, target, preparation)),
        None => arrays(&bytes, target),
    };
    values.map_err(|why| CliError::File {
        path: path.to_owned(),
        why,
    })
}

fn photo(photo: DynamicImage, target: Shape, preparation: Preparation) -> Result<Vec<f32>, String> {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    if target.channels != 1 {
        let rgba = photo.into_rgba8().into_raw();
        let prepared = prepare_photo(&rgba, width, height, preparation, target);
        return prepared
            .map(|it| it.input)
            .map_err(|error| error.to_string());
    }
    let ink = ink(photo.into_luma8().into_raw());
    let prepared = prepare(&ink, width, height, Recipe::default(), target);
    prepared
        .map(|it| it.input)
        .map_err(|error| error.to_string())
}

/// Grey levels as ink: inverted on a light background.
fn ink(mut levels: Vec<u8>) -> Vec<u8> {
    let sum: u64 = levels.iter().map(|&level| u64::from(level)).sum();
    if sum > levels.len() as u64 * 127 {
        for level in &mut levels {
            *level = 255 - *level;
        }
    }
    levels
}

fn arrays(bytes: &[u8], target: Shape) -> Result<Vec<f32>, String> {
    if bytes.trim_ascii_start().starts_with(b"<") {
        return Err(
            "it is a text in angle brackets (HTML, XML), not a picture; save it as PNG or JPEG"
                .into(),
        );
    }
    let named = |error: &dyn std::fmt::Display| {
        format!("it is neither a picture (PNG, JPEG, WebP, GIF, BMP) nor safetensors ({error})")
    };
    // Before the crate's own check, which takes a name twice and tells less.
    Header::of_file(bytes).map_err(|error| match error {
        WeightsError::Other(pointer @ FileFormat::LfsPointer) => format!("it is {pointer}"),
        WeightsError::Other(other) => format!(
            "it is neither a picture (PNG, JPEG, WebP, GIF, BMP) nor safetensors but {}; save it as a picture, or as a \
             safetensors file with an array “input”",
            other.what()
        ),
        error => named(&error),
    })?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| named(&error))?;
    let Ok(view) = file.tensor("input") else {
        let names = file.names().join(", ");
        return Err(format!("it has no array “input”, only: {names}"));
    };
    let Shape {
        channels,
        height,
        width,
    } = target;
    let one = [channels, height, width].map(|side| side as usize);
    let dims = view.shape();
    // A dimension of 1 may be left out: that of the channels, and the sides of a vector.
    let fits = match dims {
        [_, rest @ ..] if rest == one => true,
        [_, rest @ ..] if channels == 1 && rest == &one[1..] => true,
        [_, rest @ ..] if target.is_vector() && rest == &one[..1] => true,
        whole => whole == one,
    };
    if !fits || view.data().is_empty() {
        return Err(format!(
            "its array “input” has the sides {dims:?}; the network takes pictures × channels × \
             height × width with {one:?} after the first"
        ));
    }
    floats("input", &view).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_what_the_picture_has_less_of() {
        assert_eq!(ink(vec![255, 250, 0, 255]), [0, 5, 255, 0], "pen on paper");
        assert_eq!(ink(vec![0, 0, 255, 3]), [0, 0, 255, 3], "chalk on a board");
    }
}
