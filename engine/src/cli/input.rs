//! The input of `cnnlab run`: arrays in a safetensors file, or a photo.

use std::path::Path;

use image::DynamicImage;
use safetensors::SafeTensors;

use super::{CliError, picture, read};
use crate::Shape;
use crate::checkpoint::{FileFormat, Header, WeightsError};
use crate::data::{DigitNote, Means, PreparedPicture, prepare_picture};

/// What a file stands for.
pub(super) struct Values {
    /// Pictures of the network's input, one after another.
    pub values: Vec<f32>,
    /// What is to be said of them.
    pub note: Option<DigitNote>,
}

/// The values that a file stands for. A network of one channel reads drawings and gets the digit in a
/// photo, by its recipe; any other gets the photo, by its preparation.
pub(super) fn input(path: &Path, target: Shape, means: Means) -> Result<Values, CliError> {
    let bytes = read(path)?;
    let values = match picture::decode(&bytes) {
        Some(decoded) => decoded.and_then(|it| photo(it, target, means)),
        None => arrays(&bytes, target).map(|values| Values { values, note: None }),
    };
    values.map_err(|why| CliError::File {
        path: path.to_owned(),
        why,
    })
}

fn photo(photo: DynamicImage, target: Shape, means: Means) -> Result<Values, String> {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let rgba = photo.into_rgba8().into_raw();
    let prepared = prepare_picture(&rgba, width, height, means, target);
    match prepared.map_err(|error| error.to_string())? {
        PreparedPicture::Photo(photo) => Ok(Values {
            values: photo.input,
            note: None,
        }),
        PreparedPicture::Digit(digit) => match digit.note {
            Some(note @ DigitNote::NoDigit) => Err(note.to_string()),
            note => Ok(Values {
                values: digit.input,
                note,
            }),
        },
    }
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
    let header = Header::of_file(bytes).map_err(|error| match error {
        WeightsError::Other(pointer @ FileFormat::LfsPointer) => format!("it is {pointer}"),
        WeightsError::Other(other) => format!(
            "it is neither a picture (PNG, JPEG, WebP, GIF, BMP) nor safetensors but {}; save it as a picture, or as a \
             safetensors file with an array “input”",
            other.what()
        ),
        error => named(&error),
    })?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| named(&error))?;
    let stored = header.tensors.iter().find(|it| it.name == "input");
    let (Some(stored), Ok(view)) = (stored, file.tensor("input")) else {
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
    let values = stored.floats(view.data());
    values.map_err(|error| error.to_string())
}
