//! Decodes a picture's file by the browser, after checking its header. This code is loaded with the
//! first picture.

use std::pin::Pin;

use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, ColorSpaceConversion, HtmlCanvasElement, HtmlVideoElement,
    ImageBitmap, ImageBitmapOptions, ResizeQuality,
};

use engine::data::{MAX_PICTURE_PIXELS, picture_kind};

use super::canvas::{self, CanvasError, context};
use super::fetch::{FetchError, fetch_blob, reason};
use super::image_header::{Header, read};

/// Bytes a file may have.
pub const LARGEST_FILE: f64 = 50e6;
/// Pixels that a picture may have, as on the command line.
pub const LARGEST: u64 = MAX_PICTURE_PIXELS as u64;
/// A longer side is scaled down to this by the browser: no network here takes more than 331, and
/// 2048 × 2048 pixels are 16 MB on their way to the engine.
const LONGEST_SIDE: u32 = 2048;
/// Pixels that any browser decodes; where a larger picture fails, its size is the likely cause.
const USUAL: u64 = 40_000_000;
/// The number of bytes read to find the picture's size, which is nearly always within them.
const HEAD: f64 = 65_536.0;

/// The source of a picture.
pub enum Coded {
    File(Blob),
    /// Shipped with the page, at this path.
    Shipped(&'static str),
}

/// A picture on its way to its pixels.
pub type Decoding = Pin<Box<dyn Future<Output = Result<Pixels, PhotoError>>>>;

/// Why a photo cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("it has {:.0} MB; at most {:.0} MB are taken. Scale it down first", .0 / 1e6, LARGEST_FILE / 1e6)]
    Heavy(f64),
    #[error(
        "it has {}×{} pixels, {:.0} megapixels; at most {} are taken. Scale it down first",
        .0, .1, f64::from(*.0) * f64::from(*.1) / 1e6, LARGEST / 1_000_000
    )]
    Large(u32, u32),
    #[error(
        "this is not a picture the browser can read. PNG, JPEG, WebP, GIF, BMP and AVIF are, \
         whatever the file is called"
    )]
    Unreadable,
    #[error("this is {0}, which the page does not read. Save it as PNG or JPEG")]
    Foreign(&'static str),
    #[error("this is {0} that is damaged or ends too early. Copy or save it again")]
    Damaged(&'static str),
    #[error(
        "this browser does not decode {}×{} pixels ({:.0} megapixels) at a reduced size, perhaps for want \
         of memory. Scale it down first",
        .0, .1, f64::from(*.0) * f64::from(*.1) / 1e6
    )]
    TooMuch(u32, u32),
    #[error("the browser does not read the file: {0}")]
    Read(String),
    #[error("a part of this page that reads pictures did not come. Try again")]
    Late,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Canvas(#[from] CanvasError),
}

/// A picture's pixels, four bytes each, row by row from the top.
pub struct Pixels {
    /// As the picture is shown, unreduced.
    pub original: (u32, u32),
    /// The file's metadata ask for a quarter turn.
    pub turned: bool,
    pub size: (u32, u32),
    pub rgba: Vec<u8>,
}

/// The pixels of a picture, which stays on this machine.
///
/// # Errors
/// When it cannot be fetched, is too large, or is no picture that the browser reads.
pub async fn decode(coded: Coded) -> Result<Pixels, PhotoError> {
    match coded {
        Coded::File(blob) => decode_blob(&blob).await,
        Coded::Shipped(path) => decode_blob(&fetch_blob(path).await?).await,
    }
}

/// What the video shows now.
///
/// # Errors
/// When the browser refuses the canvas.
pub fn frame(video: &HtmlVideoElement) -> Result<Pixels, PhotoError> {
    let size = (video.video_width(), video.video_height());
    pixels(size, size, |context, (width, height)| {
        let (width, height) = (f64::from(width), f64::from(height));
        context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width, height)
    })
}

async fn decode_blob(blob: &Blob) -> Result<Pixels, PhotoError> {
    if blob.size() > LARGEST_FILE {
        return Err(PhotoError::Heavy(blob.size()));
    }
    let head = bytes(blob, HEAD).await?;
    let kind = picture_kind(&head).ok_or(PhotoError::Unreadable)?;
    let mut header = read(kind, &head);
    if header == Header::FurtherOn {
        header = read(kind, &bytes(blob, LARGEST_FILE).await?);
    }
    let (width, height) = match header {
        Header::Size(width, height) => (width, height),
        Header::FurtherOn => return Err(PhotoError::Damaged(kind.name())),
        Header::Unknown => return Err(PhotoError::Foreign(kind.name())),
    };
    let stored = (width, height);
    check(stored)?;
    let bitmap = bitmap(blob, stored).await.map_err(|error| match error {
        PhotoError::Unreadable if pixel_count(stored) > USUAL => PhotoError::TooMuch(width, height),
        PhotoError::Unreadable => PhotoError::Damaged(kind.name()),
        _ => error,
    })?;
    let size = (bitmap.width(), bitmap.height());
    let turned = turned(stored, size);
    let original = if turned { (height, width) } else { stored };
    // The header may be wrong.
    let pixels = check(size).and_then(|()| {
        pixels(original, size, |context, (width, height)| {
            let (width, height) = (f64::from(width), f64::from(height));
            context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height)
        })
    });
    bitmap.close();
    Ok(Pixels { turned, ..pixels? })
}

/// Whether a picture of the size `stored` was turned by a quarter before it was reduced to `shown`.
fn turned(stored: (u32, u32), shown: (u32, u32)) -> bool {
    let difference = |(width, height): (u32, u32)| {
        let across = i128::from(width) * i128::from(shown.1);
        (across - i128::from(height) * i128::from(shown.0)).abs()
    };
    difference((stored.1, stored.0)) < difference(stored)
}

fn pixel_count((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// The file's first bytes, at most so many.
async fn bytes(blob: &Blob, most: f64) -> Result<Vec<u8>, PhotoError> {
    let failed = |error: JsValue| PhotoError::Read(reason(&error));
    let part = blob
        .slice_with_f64_and_f64(0.0, most.min(blob.size()))
        .map_err(failed)?;
    let buffer = JsFuture::from(part.array_buffer()).await.map_err(failed)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn check((width, height): (u32, u32)) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        Err(PhotoError::Unreadable)
    } else if pixel_count((width, height)) > LARGEST {
        Err(PhotoError::Large(width, height))
    } else {
        Ok(())
    }
}

/// The size with its longer side no longer than allowed, and its aspect kept.
fn reduced((width, height): (u32, u32)) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= LONGEST_SIDE {
        return (width, height);
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(LONGEST_SIDE);
        ((side + u64::from(longer / 2)) / u64::from(longer)).max(1) as u32
    };
    (scaled(width), scaled(height))
}

/// Decodes the picture, off the page's thread. Its levels are taken as they are in the file,
/// without a colour profile, as the programs do that networks are trained with.
async fn bitmap(blob: &Blob, original: (u32, u32)) -> Result<ImageBitmap, PhotoError> {
    let options = ImageBitmapOptions::new();
    let (width, height) = reduced(original);
    options.set_color_space_conversion(ColorSpaceConversion::None);
    if (width, height) != original {
        options.set_resize_quality(ResizeQuality::High);
        // One side only: the browser keeps the aspect.
        if width >= height {
            options.set_resize_width(width);
        } else {
            options.set_resize_height(height);
        }
    }
    let decoded = window()
        .create_image_bitmap_with_blob_and_image_bitmap_options(blob, &options)
        .map_err(|error| PhotoError::Read(reason(&error)))?;
    // Browsers' messages for broken pictures differ and are of no help.
    let decoded = decoded.await;
    decoded
        .map(JsCast::unchecked_into)
        .map_err(|_| PhotoError::Unreadable)
}

/// Draws on an off-screen canvas and reads the pixels back, with their opacity: the engine decides
/// what transparent pixels lie on.
fn pixels(
    original: (u32, u32),
    drawn: (u32, u32),
    draw: impl FnOnce(&CanvasRenderingContext2d, (u32, u32)) -> Result<(), JsValue>,
) -> Result<Pixels, PhotoError> {
    let (width, height) = reduced(drawn);
    let refused = |_| CanvasError::Refused { width, height };
    let canvas = document().create_element("canvas").map_err(refused)?;
    let canvas: HtmlCanvasElement = canvas.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context = context(&canvas)?;
    draw(&context, (width, height)).map_err(refused)?;
    let image = context
        .get_image_data(0.0, 0.0, width.into(), height.into())
        .map_err(refused)?;
    Ok(Pixels {
        original,
        turned: false,
        size: (width, height),
        rgba: canvas::pixels(&image).to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_with_a_side_beyond_2048_are_reduced_and_keep_their_aspect() {
        assert_eq!(reduced((2048, 2048)), (2048, 2048));
        assert_eq!(reduced((451, 300)), (451, 300));
        // 4000 × 3000 is 4 : 3, and so is 2048 × 1536.
        assert_eq!(reduced((4000, 3000)), (2048, 1536));
        assert_eq!(reduced((3000, 4000)), (1536, 2048));
        assert_eq!(reduced((40_000, 2)), (2048, 1));
    }

    #[test]
    fn a_picture_that_lies_on_its_side_is_told_from_one_that_is_reduced() {
        assert!(turned((451, 300), (300, 451)));
        assert!(turned((4000, 3000), (2048, 2731)));
        assert!(!turned((4000, 3000), (2048, 1536)));
        assert!(!turned((300, 300), (300, 300)));
        assert!(!turned((40_000, 2), (2048, 1)));
    }

    #[test]
    fn more_than_a_hundred_megapixels_are_refused_with_their_number() {
        let error = check((20_000, 10_000)).unwrap_err().to_string();
        assert!(
            error.contains("200 megapixels") && error.contains("at most 110"),
            "{error}"
        );
        assert!(check((12_000, 9000)).is_ok());
        assert!(check((u32::MAX, u32::MAX)).is_err());
    }
}
