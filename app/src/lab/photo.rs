//! Photos: decoded by the browser, kept as pixels, and never sent anywhere.

use std::sync::Arc;

use engine::format::Control;
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, ImageBitmap, Response,
};

use super::fetch::{FetchError, reason};
use super::header::{Header, read};
use super::{Lab, Place, Source};
use crate::maps::{CanvasError, context};

/// A photo that is shipped with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplePhoto {
    /// Its file's name without the ending.
    pub stem: &'static str,
    pub file: &'static str,
    pub title: &'static str,
}

const fn sample(stem: &'static str, file: &'static str, title: &'static str) -> SamplePhoto {
    SamplePhoto { stem, file, title }
}

/// All of them; the notice beside them says whose they are.
pub const SAMPLES: [SamplePhoto; 5] = [
    sample("chelsea", "photos/chelsea.png", "Cat"),
    sample("coffee", "photos/coffee.png", "Coffee"),
    sample("camera", "photos/camera.png", "Photographer"),
    sample("astronaut", "photos/astronaut.png", "Astronaut"),
    sample(
        "hubble_deep_field",
        "photos/hubble_deep_field.jpg",
        "Galaxies",
    ),
];

/// A picture as the network is given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Counts up with each photo.
    pub number: u64,
    pub name: String,
    /// The shipped photo that it is.
    pub stem: Option<&'static str>,
    /// As the file has it.
    pub original: (u32, u32),
    pub width: u32,
    pub height: u32,
    /// Four bytes a pixel, row by row from the top.
    pub rgba: Vec<u8>,
}

/// Bytes a file may have.
const LARGEST_FILE: f64 = 50e6;
/// Pixels a picture may have: what the engine takes, and what a browser decodes without trouble.
const LARGEST: u64 = 40_000_000;
/// A longer side is scaled down to this by the browser: no network here takes more than 331, and
/// 2048 × 2048 pixels are 16 MB on their way to the engine.
const LONGEST_SIDE: u32 = 2048;
/// What is read of a file to learn its picture's size, which nearly always stands there.
const HEAD: f64 = 65_536.0;

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
    #[error("the browser does not read the file: {0}")]
    Read(String),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Canvas(#[from] CanvasError),
}

impl Lab {
    /// Takes a person's picture.
    pub fn take_photo(self, blob: Blob, name: String) {
        if !self.permits(Control::Input) {
            return;
        }
        self.take_pixels(name.clone(), None, async move { decode(&blob).await });
    }

    /// Takes a shipped photo.
    pub fn take_sample_photo(self, sample: SamplePhoto) {
        if self.permits(Control::Input) {
            self.fetch_sample_photo(sample);
        }
    }

    pub(super) fn fetch_sample_photo(self, sample: SamplePhoto) {
        let SamplePhoto { stem, file, title } = sample;
        self.take_pixels(title.to_owned(), Some(stem), async move {
            decode(&fetch_blob(file).await?).await
        });
    }

    /// Takes what the camera shows now.
    pub fn take_frame(self, video: &HtmlVideoElement) {
        if !self.permits(Control::Input) {
            return;
        }
        let size = (video.video_width(), video.video_height());
        // At once: the camera is let go right after.
        let pixels = pixels(size, size, |context, (width, height)| {
            let (width, height) = (f64::from(width), f64::from(height));
            context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width, height)
        });
        let name = "The camera's picture".to_owned();
        self.take_pixels(name, None, std::future::ready(pixels));
    }

    fn take_pixels(
        self,
        name: String,
        stem: Option<&'static str>,
        decoded: impl Future<Output = Result<Pixels, PhotoError>> + 'static,
    ) {
        let number = self.core(|core| {
            core.photo_wanted = stem;
            core.photos += 1;
            core.photos
        });
        self.reading.set(true);
        spawn_local(async move {
            let decoded = decoded.await;
            // The person may have been faster with another one.
            if self.core(|core| core.photos) != number {
                return;
            }
            self.reading.set(false);
            self.core(|core| core.photo_wanted = None);
            match decoded {
                Ok(pixels) => {
                    let Pixels {
                        original,
                        size: (width, height),
                        rgba,
                    } = pixels;
                    self.photo.set(Some(Arc::new(Photo {
                        number,
                        name,
                        stem,
                        original,
                        width,
                        height,
                        rgba,
                    })));
                    self.dismiss(Place::Photo);
                    self.drawing_changed();
                }
                Err(error) => self.refuse_photo(&format!("{name} cannot be taken: {error}.")),
            }
        });
    }

    /// A photo that was kept is the input again, or would be; its number here.
    pub(super) fn put_picture(self, mut photo: Photo) -> u64 {
        photo.number = self.core(|core| {
            core.photo_wanted = None;
            core.photos += 1;
            core.photos
        });
        let number = photo.number;
        self.reading.set(false);
        self.photo.set(Some(Arc::new(photo)));
        self.dismiss(Place::Photo);
        self.drawing_changed();
        number
    }

    /// Says why there is no new photo; the one before stays.
    pub fn refuse_photo(self, why: &str) {
        self.fail(Place::Photo, why);
    }

    /// A picture has come by paste or drop, whatever is on the screen.
    pub fn receive_photo(self, blob: Blob, name: String) {
        // Before the source changes, so that no shipped photo is fetched in between.
        self.take_photo(blob, name);
        self.choose_source(Source::Photo);
    }
}

struct Pixels {
    original: (u32, u32),
    size: (u32, u32),
    rgba: Vec<u8>,
}

async fn fetch_blob(path: &str) -> Result<Blob, FetchError> {
    let network = |error: JsValue| FetchError::Network {
        path: path.into(),
        why: reason(&error),
    };
    let response = JsFuture::from(window().fetch_with_str(path))
        .await
        .map_err(network)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(FetchError::Status {
            path: path.into(),
            status: response.status(),
        });
    }
    let blob = JsFuture::from(response.blob().map_err(network)?)
        .await
        .map_err(network)?;
    Ok(blob.unchecked_into())
}

async fn decode(blob: &Blob) -> Result<Pixels, PhotoError> {
    if blob.size() > LARGEST_FILE {
        return Err(PhotoError::Heavy(blob.size()));
    }
    let mut header = read(&bytes(blob, HEAD).await?);
    if header == Header::FurtherOn {
        header = read(&bytes(blob, LARGEST_FILE).await?);
    }
    let Header::Size(width, height) = header else {
        return Err(PhotoError::Unreadable);
    };
    let original = (width, height);
    check(original)?;
    let bitmap = bitmap(blob, original).await?;
    let size = (bitmap.width(), bitmap.height());
    // The header may have lied.
    let pixels = check(size).and_then(|()| {
        pixels(original, size, |context, (width, height)| {
            let (width, height) = (f64::from(width), f64::from(height));
            context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height)
        })
    });
    bitmap.close();
    pixels
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
    } else if u64::from(width) * u64::from(height) > LARGEST {
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
    let options = Object::new();
    let set = |key: &str, value: JsValue| Reflect::set(&options, &key.into(), &value);
    let (width, height) = reduced(original);
    let mut complete = set("colorSpaceConversion", "none".into()).is_ok();
    if (width, height) != original {
        complete &= set("resizeQuality", "high".into()).is_ok();
        // One side only: the browser keeps the aspect.
        let (side, length) = if width >= height {
            ("resizeWidth", width)
        } else {
            ("resizeHeight", height)
        };
        complete &= set(side, length.into()).is_ok();
    }
    debug_assert!(complete, "a new object takes every property");
    // web-sys has the options only behind a compiler flag.
    let decoded = Reflect::get(&window(), &"createImageBitmap".into())
        .and_then(|decode| decode.dyn_into::<Function>())
        .and_then(|decode| decode.call2(&window(), blob, &options))
        .and_then(|decoded| decoded.dyn_into::<Promise>())
        .map_err(|error| PhotoError::Read(reason(&error)))?;
    // What the browser says of a broken picture differs from one to the next, and helps nobody.
    let decoded = JsFuture::from(decoded).await;
    decoded
        .map(JsCast::unchecked_into)
        .map_err(|_| PhotoError::Unreadable)
}

/// Draws on a canvas nobody sees, and reads the pixels back.
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
    // web-sys copies the pixels out byte by byte.
    let pixels = Reflect::get(&image, &"data".into()).map_err(refused)?;
    let pixels: js_sys::Uint8ClampedArray = pixels.unchecked_into();
    Ok(Pixels {
        original,
        size: (width, height),
        rgba: pixels.to_vec(),
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
    fn a_hundred_megapixels_are_refused_with_their_number() {
        let error = check((10_000, 10_000)).unwrap_err().to_string();
        assert!(
            error.contains("100 megapixels") && error.contains("at most 40"),
            "{error}"
        );
        assert!(check((8000, 5000)).is_ok());
        assert!(check((u32::MAX, u32::MAX)).is_err());
    }
}
