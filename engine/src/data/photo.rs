//! Prepares a photo as a network's input, as the authors of the weights did: centre crop, resize (see
//! `resample`) and normalisation.

use serde::{Deserialize, Serialize};

use super::resample::resample;
use crate::Shape;

/// How photos are prepared for a network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// The share of the shorter side that the crop keeps, above 0 and at most 1.
    pub crop: f32,
    /// The order of the network's three channels.
    pub order: ChannelOrder,
    /// Subtracted from red, green and blue, in levels of 0 to 255.
    pub mean: [f32; 3],
    /// Divisor of the difference for red, green and blue, in levels of 0 to 255.
    pub scale: [f32; 3],
}

/// The order of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelOrder {
    Rgb,
    /// As OpenCV and so Caffe read pictures.
    Bgr,
}

impl ChannelOrder {
    /// The colour of each channel: red (0), green (1) or blue (2). The mapping is its own inverse.
    pub const fn colours(self) -> [usize; 3] {
        match self {
            Self::Rgb => [0, 1, 2],
            Self::Bgr => [2, 1, 0],
        }
    }
}

impl Default for Preparation {
    /// torchvision's: the whole shorter side, red first, the mean and standard deviation of
    /// ImageNet's training photos (0.485 0.456 0.406 and 0.229 0.224 0.225 on a scale of 0 to 1).
    fn default() -> Self {
        Self {
            crop: 1.0,
            order: ChannelOrder::Rgb,
            mean: [0.485, 0.456, 0.406].map(|share: f32| share * 255.0),
            scale: [0.229, 0.224, 0.225].map(|share: f32| share * 255.0),
        }
    }
}

impl Preparation {
    /// Mean and divisor for a grey photo: the luma of those of the three colours.
    pub fn of_grey(&self) -> (f32, f32) {
        let luma = |of: [f32; 3]| {
            let parts = of.iter().zip(LUMA);
            parts
                .map(|(it, part)| it * part as f32 / 65_536.0)
                .sum::<f32>()
        };
        (luma(self.mean), luma(self.scale))
    }
}

/// One step of the preparation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoStep {
    /// The centre crop, transparent pixels on white.
    Crop,
    /// Resized to the network's input; grey if the network does not take three channels.
    Resize,
    /// The input: the channels in the network's order, shown from their minimum to their maximum.
    Normalise,
}

impl PhotoStep {
    /// All steps in their order.
    pub const ALL: [Self; 3] = [Self::Crop, Self::Resize, Self::Normalise];
}

/// A colour picture for the screen, row by row from the top: red, green, blue, a byte each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RgbPicture {
    pub width: usize,
    pub height: usize,
    pub levels: Vec<u8>,
}

/// The photo after each step, and the input itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedPhoto {
    /// The image after each step, scaled down to at most 128 pixels a side.
    pub steps: Vec<(PhotoStep, RgbPicture)>,
    /// `channels × height × width` values. A network of three channels gets the colours in its
    /// order; any other gets the grey photo in every channel.
    pub input: Vec<f32>,
}

/// Why a photo cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PhotoError {
    #[error("the photo is {width}×{height}; each side must have at least 1 pixel")]
    Empty { width: usize, height: usize },
    #[error(
        "the photo is {width}×{height}, {:.1} megapixels; at most {} are taken, scale it down",
        *width as f64 * *height as f64 / 1e6,
        MAX_PICTURE_PIXELS / 1_000_000
    )]
    Large { width: usize, height: usize },
    #[error("the photo is {width}×{height}, which needs {} bytes, but {got} came", width * height * 4)]
    Length {
        width: usize,
        height: usize,
        got: usize,
    },
    #[error("the crop keeps {0} of the shorter side; it must be above 0 and at most 1")]
    Crop(f32),
    #[error("mean and scale must be finite numbers, and no scale 0")]
    Normalise,
    #[error("the network takes {0}; each number must be at least 1, and a side at most {SIDE}")]
    Target(Shape),
}

/// The most pixels of a picture: phones' cameras give 108 megapixels.
pub const MAX_PICTURE_PIXELS: usize = 110_000_000;
/// The largest side of an input in pixels.
const SIDE: u32 = 4096;
/// The largest side of the images that are shown.
const SHOWN: usize = 128;
/// ITU-R 601's shares of red, green and blue in the luma, as Pillow has them, in 65536ths.
const LUMA: [u32; 3] = [19_595, 38_470, 7_471];

/// Applies the preparation to `rgba` (four bytes a pixel, not premultiplied, row by row from
/// the top) for a network of this input. The crop has the input's aspect.
///
/// # Errors
/// When the photo is empty, too large or of another length, or the preparation makes no sense.
pub fn prepare_photo(
    rgba: &[u8],
    width: usize,
    height: usize,
    preparation: Preparation,
    target: Shape,
) -> Result<PreparedPhoto, PhotoError> {
    check_picture(rgba, width, height, target)?;
    check(&preparation)?;
    let crop = Crop::middle(width, height, preparation.crop, target);
    let size = [target.width as usize, target.height as usize];
    let colour = target.channels == 3;
    let resampled = |size: [usize; 2], colour: bool| {
        resample([crop.width, crop.height], size, |y, row| {
            crop.row(rgba, width, y, row);
            if !colour {
                grey(row);
            }
        })
    };
    let levels = resampled(size, colour);
    let input = normalised(&levels, &preparation, target);

    let picture = |[width, height]: [usize; 2], levels| RgbPicture {
        width,
        height,
        levels,
    };
    let cut = shown_size([crop.width, crop.height]);
    let small = shown_size(size);
    let scaled = |levels: &[u8]| {
        let length = size[0] * 3;
        resample(size, small, |y, row| {
            row.copy_from_slice(&levels[y * length..][..length]);
        })
    };
    let steps = vec![
        (PhotoStep::Crop, picture(cut, resampled(cut, true))),
        (PhotoStep::Resize, picture(small, scaled(&levels))),
        (
            PhotoStep::Normalise,
            picture(small, scaled(&drawn(&input, target))),
        ),
    ];
    Ok(PreparedPhoto { steps, input })
}

/// The input of a picture of red, green and blue bytes, as [`prepare_photo`] gives it.
pub(super) fn photo_input(
    levels: &[u8],
    width: usize,
    height: usize,
    preparation: Preparation,
    target: Shape,
) -> Vec<f32> {
    let crop = Crop::middle(width, height, preparation.crop, target);
    let levels = crop.resized(levels, width, target);
    normalised(&levels, &preparation, target)
}

/// A picture (four bytes a pixel, as for [`prepare_photo`]) as an image of a data set of this shape:
/// its middle, resized, over white where it is transparent; grey for one channel.
///
/// # Errors
/// When the picture is empty, too large or of another length.
pub fn fit_picture(
    rgba: &[u8],
    width: usize,
    height: usize,
    shape: Shape,
) -> Result<Vec<u8>, PhotoError> {
    check_picture(rgba, width, height, shape)?;
    let crop = Crop::middle(width, height, 1.0, shape);
    let size = [shape.width as usize, shape.height as usize];
    let levels = resample([crop.width, crop.height], size, |y, row| {
        crop.row(rgba, width, y, row);
        if shape.channels != 3 {
            grey(row);
        }
    });
    Ok(match shape.channels {
        3 => levels,
        _ => levels.into_iter().step_by(3).collect(),
    })
}

/// Whether the pixels are a picture, and the target a network's input.
pub(super) fn check_picture(
    rgba: &[u8],
    width: usize,
    height: usize,
    target: Shape,
) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::Empty { width, height });
    }
    let area = width.checked_mul(height);
    if area.is_none_or(|area| area > MAX_PICTURE_PIXELS) {
        return Err(PhotoError::Large { width, height });
    }
    if rgba.len() != width * height * 4 {
        return Err(PhotoError::Length {
            width,
            height,
            got: rgba.len(),
        });
    }
    let sides = 1..=SIDE;
    if target.channels == 0 || !sides.contains(&target.width) || !sides.contains(&target.height) {
        return Err(PhotoError::Target(target));
    }
    Ok(())
}

fn check(preparation: &Preparation) -> Result<(), PhotoError> {
    let Preparation {
        crop, mean, scale, ..
    } = *preparation;
    if !(crop > 0.0 && crop <= 1.0) {
        return Err(PhotoError::Crop(crop));
    }
    let finite = mean.iter().chain(&scale).all(|it| it.is_finite());
    if !finite || scale.contains(&0.0) {
        return Err(PhotoError::Normalise);
    }
    Ok(())
}

/// A rectangle of the photo, in pixels.
struct Crop {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Crop {
    /// The centre crop: as large as `share` and the target's aspect ratio allow.
    fn middle(width: usize, height: usize, share: f32, target: Shape) -> Self {
        let kept = |side: usize| ((side as f64 * f64::from(share)) as usize).max(1);
        let (wide, high) = (target.width as usize, target.height as usize);
        // The other side of the target's aspect, to the nearest pixel.
        let other =
            |side: usize, ours: usize, theirs: usize| ((side * theirs + ours / 2) / ours).max(1);
        let (cut_width, cut_height) = if width * high >= height * wide {
            let side = kept(height);
            (other(side, high, wide).min(width), side)
        } else {
            let side = kept(width);
            (side, other(side, wide, high).min(height))
        };
        Self {
            left: (width - cut_width) / 2,
            top: (height - cut_height) / 2,
            width: cut_width,
            height: cut_height,
        }
    }

    /// The crop of a picture of red, green and blue bytes, resized; grey for other targets than of
    /// three channels.
    fn resized(&self, levels: &[u8], width: usize, target: Shape) -> Vec<u8> {
        let size = [target.width as usize, target.height as usize];
        resample([self.width, self.height], size, |y, row| {
            let start = ((self.top + y) * width + self.left) * 3;
            row.copy_from_slice(&levels[start..start + self.width * 3]);
            if target.channels != 3 {
                grey(row);
            }
        })
    }

    /// Row `y` of the crop as red, green and blue, over white where it is transparent.
    fn row(&self, rgba: &[u8], width: usize, y: usize, row: &mut [u8]) {
        let start = ((self.top + y) * width + self.left) * 4;
        let (pixels, _) = rgba[start..start + self.width * 4].as_chunks::<4>();
        for (rgb, [red, green, blue, alpha]) in row.chunks_exact_mut(3).zip(pixels) {
            let over = |level: u8| {
                let alpha = u32::from(*alpha);
                ((u32::from(level) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
            };
            rgb.copy_from_slice(&[over(*red), over(*green), over(*blue)]);
        }
    }
}

/// Each pixel's luma in place of its colours, as Pillow's `convert("L")`.
fn grey(row: &mut [u8]) {
    for pixel in row.chunks_exact_mut(3) {
        let weighted = pixel
            .iter()
            .zip(LUMA)
            .map(|(&level, part)| u32::from(level) * part);
        let luma = (weighted.sum::<u32>() + 0x8000) >> 16;
        pixel.fill(luma as u8);
    }
}

fn normalised(levels: &[u8], preparation: &Preparation, target: Shape) -> Vec<f32> {
    let Preparation {
        mean, scale, order, ..
    } = *preparation;
    let plane = |colour: usize, mean: f32, scale: f32| {
        let levels = levels.iter().skip(colour).step_by(3);
        levels.map(move |&level| (f32::from(level) - mean) / scale)
    };
    if target.channels != 3 {
        let (mean, scale) = preparation.of_grey();
        let grey: Vec<f32> = plane(0, mean, scale).collect();
        return grey.repeat(target.channels as usize);
    }
    let planes = order.colours().into_iter();
    planes
        .flat_map(|colour| plane(colour, mean[colour], scale[colour]))
        .collect()
}

/// The first three channels of an input as a picture (a grey one where they are all the same).
fn drawn(input: &[f32], target: Shape) -> Vec<u8> {
    let area = target.width as usize * target.height as usize;
    let least = input.iter().copied().fold(f32::INFINITY, f32::min);
    let greatest = input.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (greatest - least).max(f32::MIN_POSITIVE);
    let pixel = |at: usize| {
        let channel = |channel: usize| {
            let value = input.get(channel * area + at).unwrap_or(&input[at]);
            ((value - least) / range * 255.0).round() as u8
        };
        [channel(0), channel(1), channel(2)]
    };
    (0..area).flat_map(pixel).collect()
}

/// The size scaled down so that the longer side is at most `SHOWN`.
fn shown_size(size: [usize; 2]) -> [usize; 2] {
    let longer = size[0].max(size[1]);
    if longer <= SHOWN {
        return size;
    }
    size.map(|side| ((side * SHOWN + longer / 2) / longer).max(1))
}
