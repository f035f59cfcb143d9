//! A picture (photo, scan, screenshot) as a network's input: a network of one channel reads drawings, and
//! gets the digit in it by MNIST's recipe; any other gets the photo. The same for the page and the command
//! line, whatever way the picture came.

use serde::{Deserialize, Serialize};

use super::photo::check_picture;
use super::preprocess::prepare_ink;
use super::{
    PhotoError, Picture, Preparation, PreparedPhoto, Recipe, RgbPicture, Step, digit, prepare_photo,
};
use crate::Shape;

/// How pictures are prepared: as a photo or as a drawing, by what the network takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Means {
    pub photo: Preparation,
    pub drawing: Recipe,
}

/// Whether a network with this input reads drawings: it has one channel, the ink.
pub const fn takes_drawings(input: Shape) -> bool {
    input.channels == 1
}

/// A prepared picture.
#[derive(Clone, Debug, PartialEq)]
pub enum PreparedPicture {
    Photo(PreparedPhoto),
    Digit(PreparedDigit),
}

/// A digit in a picture after each step, and the input itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedDigit {
    /// [`Step::Paper`]: the paper behind the ink, at most 128 pixels a side.
    pub paper: RgbPicture,
    /// The steps after it; those of a photo are at most 128 pixels a side.
    pub steps: Vec<(Step, Picture)>,
    /// What is to be said of it.
    pub note: Option<DigitNote>,
    /// `channels × height × width` values. Where no digit was found, that of blank paper.
    pub input: Vec<f32>,
}

/// What is to be said of a digit in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DigitNote {
    /// Nothing is read.
    #[error(
        "no digit found: nothing in the picture stands out from its background as strokes do; \
         write larger or darker, or cut the picture closer to the digit"
    )]
    NoDigit,
    /// One of several shapes is read.
    #[error(
        "{0} separate shapes found; the largest is read, cut the picture to one digit for another"
    )]
    Several(u32),
}

/// Prepares `rgba` (four bytes a pixel, not premultiplied, row by row from the top) for a network of this
/// input.
///
/// # Errors
/// When the picture is empty, too large or of another length, or the preparation makes no sense.
pub fn prepare_picture(
    rgba: &[u8],
    width: usize,
    height: usize,
    means: Means,
    target: Shape,
) -> Result<PreparedPicture, PhotoError> {
    if !takes_drawings(target) {
        let photo = prepare_photo(rgba, width, height, means.photo, target)?;
        return Ok(PreparedPicture::Photo(photo));
    }
    check_picture(rgba, width, height, target)?;
    let recipe = means.drawing;
    let found = digit::find(rgba, width, height, recipe);
    let note = match (&found.digit, found.shapes) {
        (None, _) => Some(DigitNote::NoDigit),
        (Some(_), 0 | 1) => None,
        (Some(_), shapes) => Some(DigitNote::Several(shapes as u32)),
    };
    let is_found = found.digit.is_some();
    let drawing = found.digit.unwrap_or_else(|| Picture::blank(1, 1));
    let prepared = prepare_ink(drawing, recipe, target);
    let mut steps = found.steps;
    if is_found {
        steps.extend(prepared.steps);
    }
    Ok(PreparedPicture::Digit(PreparedDigit {
        paper: found.paper,
        steps,
        note,
        input: prepared.input,
    }))
}
