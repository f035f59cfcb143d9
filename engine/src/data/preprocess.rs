//! Prepares a drawing as a network's input, as MNIST was made (LeCun et al. 1998): crop the digit,
//! scale it to 20×20 with its aspect ratio kept, place it in 28×28 by its centre of mass, pad it to
//! the network's input and normalise it.

use serde::{Deserialize, Serialize};

use super::Picture;
use crate::Shape;

/// The mean of MNIST's 60,000 training images, where 0 is paper and 1 full ink.
pub const MNIST_MEAN: f32 = 0.1307;
/// Their standard deviation.
pub const MNIST_STD: f32 = 0.3081;

/// MNIST's field, and the box in it that the digit is scaled into.
const FIELD: usize = 28;
const BOX: usize = 20;
/// For inputs up to this side the 28×28 image is padded; for larger ones it is scaled.
const LARGEST_PADDED: usize = 36;
/// The largest side of the images that are shown.
const SHOWN: usize = 56;
/// The largest side of a drawing in pixels.
const LARGEST_DRAWING: usize = 4096;

/// The steps of the recipe; the default is that of MNIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// In a photo: estimate the paper at each pixel; otherwise take its usual colour for all of it.
    pub paper: bool,
    /// In a photo: ink is the distance of the colours; otherwise the difference of their lumas.
    pub colour: bool,
    /// In a photo: keep the largest shape; otherwise all that stands out.
    pub largest: bool,
    /// In a photo: stretch the ink to full contrast and widen thin strokes.
    pub strengthen: bool,
    /// Crop to the ink; otherwise take the whole drawing.
    pub crop: bool,
    /// Scale to 20×20 with the aspect ratio kept; otherwise stretch to 28×28.
    pub fit: bool,
    /// Centre by the centre of mass; otherwise by the bounding box.
    pub centre: bool,
    /// Pad to the network's input; otherwise stretch to it.
    pub pad: bool,
    /// Subtract MNIST's mean and divide by its deviation; otherwise leave 0 to 1.
    pub normalise: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            paper: true,
            colour: true,
            largest: true,
            strengthen: true,
            crop: true,
            fit: true,
            centre: true,
            pad: true,
            normalise: true,
        }
    }
}

/// One step of the recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The paper behind the ink, in colour.
    Paper,
    Ink,
    Largest,
    Strengthen,
    Crop,
    Fit,
    Centre,
    Pad,
    Normalise,
}

impl Step {
    /// The steps that make a drawing of a photo, in their order.
    pub const OF_PHOTO: [Self; 4] = [Self::Paper, Self::Ink, Self::Largest, Self::Strengthen];
    /// The steps of a drawing in their order.
    pub const OF_DRAWING: [Self; 5] = [
        Self::Crop,
        Self::Fit,
        Self::Centre,
        Self::Pad,
        Self::Normalise,
    ];
}

/// The picture after each step, and the input itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The image after each step; that of `Crop` is scaled down.
    pub steps: Vec<(Step, Picture)>,
    /// `channels × height × width` values, the grey picture in every channel.
    pub input: Vec<f32>,
}

/// Why a drawing cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DrawingError {
    #[error("the drawing is {width}×{height}, which needs {} bytes, but {got} came", width * height)]
    Length {
        width: usize,
        height: usize,
        got: usize,
    },
    #[error("the drawing is {width}×{height}; each side must be 1 to {LARGEST_DRAWING} pixels")]
    Side { width: usize, height: usize },
}

/// Applies the recipe to `ink` (one byte a pixel, 255 full ink) for a network of this input.
/// Blank paper gives a blank input.
///
/// # Errors
/// When the size is out of range or does not fit the number of bytes.
pub fn prepare(
    ink: &[u8],
    width: usize,
    height: usize,
    recipe: Recipe,
    target: Shape,
) -> Result<Prepared, DrawingError> {
    let sides = 1..=LARGEST_DRAWING;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err(DrawingError::Side { width, height });
    }
    if ink.len() != width * height {
        return Err(DrawingError::Length {
            width,
            height,
            got: ink.len(),
        });
    }
    let drawing = Picture::from_bytes(width, height, ink);
    Ok(prepare_ink(drawing, recipe, target))
}

/// [`prepare`] for ink of 0 to 1.
pub(super) fn prepare_ink(drawing: Picture, recipe: Recipe, target: Shape) -> Prepared {
    let field = field_of(target);
    let cropped = crop(drawing, recipe.crop);
    let fitted = fit(&cropped, recipe.fit, field);
    let centred = centre(&fitted, recipe.centre, field);
    let padded = pad(&centred, recipe.pad, target);
    let normalised = normalise(padded.clone(), recipe.normalise);
    let input = normalised.values.repeat(target.channels as usize);
    let steps = vec![
        (Step::Crop, shown(&cropped)),
        (Step::Fit, fitted),
        (Step::Centre, centred),
        (Step::Pad, padded),
        (Step::Normalise, normalised),
    ];
    Prepared { steps, input }
}

/// The side of the square field that a drawing is placed in.
pub(super) fn field_of(target: Shape) -> usize {
    let shorter = target.width.min(target.height) as usize;
    if (FIELD..=LARGEST_PADDED).contains(&shorter) {
        FIELD
    } else {
        shorter
    }
}

pub(super) fn crop(drawing: Picture, on: bool) -> Picture {
    match drawing.ink() {
        Some(rect) if on => drawing.cut(rect),
        Some(_) | None => drawing,
    }
}

/// Scaled so that the longer side is `side`.
fn scaled_to(picture: &Picture, side: usize) -> Picture {
    let longer = picture.width.max(picture.height);
    let scaled = |length: usize| ((length * side + longer / 2) / longer).max(1);
    picture.scaled(scaled(picture.width), scaled(picture.height))
}

pub(super) fn fit(picture: &Picture, on: bool, field: usize) -> Picture {
    if !on {
        return picture.scaled(field, field);
    }
    scaled_to(picture, (field * BOX / FIELD).max(1))
}

/// Where a picture's upper left corner is put in the field, as (left, top).
///
/// MNIST's centre is the pixel of index 14: its images' centres of mass all lie within half a
/// pixel of it, because whole pixels are moved.
pub(super) fn corner(picture: &Picture, on: bool, field: usize) -> (i64, i64) {
    let middle = |side: usize| (field as i64 - side as i64) / 2;
    match picture.centre_of_mass() {
        Some((x, y)) if on => {
            let by = |mass: f64| (field / 2) as i64 - (mass + 0.5).floor() as i64;
            (by(x), by(y))
        }
        Some(_) | None => (middle(picture.width), middle(picture.height)),
    }
}

fn centre(picture: &Picture, on: bool, field: usize) -> Picture {
    let (left, top) = corner(picture, on, field);
    picture.placed(field, field, left, top)
}

/// The rows or columns between the edges of the input and of the field in it.
pub(super) const fn margin(side: usize, field: usize) -> i64 {
    (side as i64 - field as i64) / 2
}

fn pad(field: &Picture, on: bool, target: Shape) -> Picture {
    let (width, height) = (target.width as usize, target.height as usize);
    if !on {
        return field.scaled(width, height);
    }
    field.placed(
        width,
        height,
        margin(width, field.width),
        margin(height, field.height),
    )
}

fn normalise(mut picture: Picture, on: bool) -> Picture {
    if on {
        for value in &mut picture.values {
            *value = (*value - MNIST_MEAN) / MNIST_STD;
        }
    }
    picture
}

/// The input from an image that is centred already, as those of a data set are: the last two steps of
/// the recipe.
pub fn from_field(field: &Picture, recipe: Recipe, target: Shape) -> Vec<f32> {
    normalise(pad(field, recipe.pad, target), recipe.normalise)
        .values
        .repeat(target.channels as usize)
}

fn shown(picture: &Picture) -> Picture {
    if picture.width.max(picture.height) <= SHOWN {
        return picture.clone();
    }
    scaled_to(picture, SHOWN)
}
