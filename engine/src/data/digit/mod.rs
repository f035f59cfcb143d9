//! A digit in a photo, scan or screenshot: the paper is estimated, ink is what stands out from it, the
//! largest shape is the digit, and its strokes are strengthened. What comes out is a drawing as on the
//! pad, and goes on through MNIST's recipe.

mod colour;
mod contrast;
mod edges;
mod filter;
mod groups;
mod lines;
mod paper;
mod regions;
mod strokes;
mod surface;

use self::colour::Colour;
use self::filter::Size;
use super::preprocess::{Recipe, Step};
use super::{Picture, RgbPicture};

/// The longer side of the pictures that are shown.
const SHOWN: usize = 128;
/// Pictures of at most this side are a data set's, each with one digit: nothing in them is left out.
const FIELD: usize = 32;
/// Regions of fewer pixels are specks.
const SPECK: usize = 2;

/// What was found in a picture.
pub(super) struct Found {
    /// The paper, for the screen.
    pub paper: RgbPicture,
    /// The picture after each further step, reduced for the screen.
    pub steps: Vec<(Step, Picture)>,
    /// The digit, 1 being full ink; `None` where none was found.
    pub digit: Option<Picture>,
    /// How many shapes of about the digit's size there are.
    pub shapes: usize,
}

/// Looks for a digit in `rgba`, four bytes a pixel, not premultiplied.
pub(super) fn find(rgba: &[u8], width: usize, height: usize, recipe: Recipe) -> Found {
    let picture = Colour::of(rgba, width, height);
    let size = Size {
        width: picture.width,
        height: picture.height,
    };
    let paper = paper::paper(&picture, recipe.paper);
    let (values, mut contrast) = contrast::contrast(&picture, &paper, recipe.colour);
    let mut steps = vec![(Step::Ink, shown(&values, size))];
    if let Some(contrast) = &mut contrast {
        lines::erase(&mut contrast.values, size, contrast.threshold);
    }
    let small = size.width.max(size.height) <= FIELD;
    let digit = contrast.as_ref().and_then(|contrast| {
        let regions = regions::regions(&contrast.values, size, contrast.threshold, SPECK);
        groups::digit(regions, size, |group| {
            edges::has_edges(group, &picture, &paper.colour)
        })
    });
    let shapes = digit
        .as_ref()
        .map_or(0, |digit| if small { 1 } else { digit.shapes });
    let digit = contrast.zip(digit).map(|(contrast, digit)| {
        let alone = if recipe.largest && !small {
            strokes::alone(&contrast, &digit, size)
        } else {
            contrast.values.clone()
        };
        steps.push((Step::Largest, shown(&alone, size)));
        let strong = if recipe.strengthen && !(small && contrast.is_full()) {
            strokes::strengthened(&alone, &contrast, &digit, size)
        } else {
            alone
        };
        steps.push((Step::Strengthen, shown(&strong, size)));
        as_ink(&strong, size)
    });
    Found {
        paper: paper.colour.shown(SHOWN),
        steps,
        digit,
        shapes,
    }
}

fn as_ink(values: &[f32], Size { width, height }: Size) -> Picture {
    Picture {
        width,
        height,
        values: values.iter().map(|value| value / 255.0).collect(),
    }
}

fn shown(values: &[f32], size: Size) -> Picture {
    let picture = as_ink(values, size);
    let longer = size.width.max(size.height);
    if longer <= SHOWN {
        return picture;
    }
    let scaled = |length: usize| ((length * SHOWN + longer / 2) / longer).max(1);
    picture.scaled(scaled(size.width), scaled(size.height))
}
