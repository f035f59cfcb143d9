//! The input of `cnnlab run`: arrays in a safetensors file, or a photo.

use std::io::Cursor;
use std::path::Path;

use image::{ImageDecoder, ImageFormat, ImageReader};
use safetensors::SafeTensors;

use super::{CliError, read};
use crate::Shape;
use crate::data::{DigitNote, Means, Preparation, PreparedPicture, Recipe, prepare_picture};
use crate::run::floats;

/// Pixels a photo may have on a side before it is even decoded.
const SIDE: u32 = 20_000;
/// Bytes its decoder may take.
const MEMORY: u64 = 1 << 30;

/// What a file stands for.
pub(super) struct Values {
    /// Pictures of the network's input, one after another.
    pub values: Vec<f32>,
    /// What is to be said of them.
    pub note: Option<DigitNote>,
}

/// The values that a file stands for. A network of one channel reads drawings and gets the digit in a
/// photo, by MNIST's recipe; any other gets the photo, by `preparation`.
pub(super) fn input(
    path: &Path,
    target: Shape,
    preparation: Preparation,
) -> Result<Values, CliError> {
    let bytes = read(path)?;
    let values = match format(&bytes) {
        Some(format) => photo(&bytes, format, target, preparation),
        None => arrays(&bytes, target).map(|values| Values { values, note: None }),
    };
    values.map_err(|why| CliError::File {
        path: path.to_owned(),
        why,
    })
}

/// Detects the type by the first bytes, not by the file's name.
fn format(bytes: &[u8]) -> Option<ImageFormat> {
    [
        (b"\x89PNG\r\n\x1a\n".as_slice(), ImageFormat::Png),
        (b"\xff\xd8\xff".as_slice(), ImageFormat::Jpeg),
    ]
    .into_iter()
    .find_map(|(start, format)| bytes.starts_with(start).then_some(format))
}

fn photo(
    bytes: &[u8],
    format: ImageFormat,
    target: Shape,
    preparation: Preparation,
) -> Result<Values, String> {
    let broken = |error: image::ImageError| format!("the picture is broken: {error}");
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    // Phones store the rotation as Exif metadata.
    let turned = decoder.orientation().map_err(broken)?;
    let mut photo = image::DynamicImage::from_decoder(decoder).map_err(broken)?;
    photo.apply_orientation(turned);
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let rgba = photo.into_rgba8().into_raw();
    let means = Means {
        photo: preparation,
        drawing: Recipe::default(),
    };
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
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"<") {
        return Err(
            "it is a text in angle brackets (SVG, HTML), not a picture; save it as PNG or JPEG"
                .to_owned(),
        );
    }
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("it is neither PNG nor JPEG nor safetensors ({error})"))?;
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
