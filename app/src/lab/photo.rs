//! Photos: kept as pixels, and never sent anywhere.

use std::pin::Pin;
use std::sync::Arc;

use engine::format::Control;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlVideoElement};

use super::decode::{LARGEST, LARGEST_FILE, Pixels, frame};
use super::fetch::FetchError;
use super::{Lab, Place, Source};
use crate::frames::soon;
use crate::later;
use crate::maps::CanvasError;

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

/// A picture as it comes.
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
    #[error("the browser does not read the file: {0}")]
    Read(String),
    #[error("a part of this page that reads pictures did not come. Try again")]
    Late,
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
        self.take_pixels(name.clone(), None, later::decode(Coded::File(blob)));
    }

    /// Takes a shipped photo.
    pub fn take_sample_photo(self, sample: SamplePhoto) {
        if self.permits(Control::Input) {
            self.fetch_sample_photo(sample);
        }
    }

    pub(super) fn fetch_sample_photo(self, sample: SamplePhoto) {
        let SamplePhoto { stem, file, title } = sample;
        let decoded = later::decode(Coded::Shipped(file));
        self.take_pixels(title.to_owned(), Some(stem), decoded);
    }

    /// Takes what the camera shows now.
    pub fn take_frame(self, video: &HtmlVideoElement) {
        if !self.permits(Control::Input) {
            return;
        }
        // At once: the camera is let go right after.
        let pixels = frame(video);
        let name = "The camera's picture".to_owned();
        self.take_pixels(name, None, Box::pin(std::future::ready(pixels)));
    }

    fn take_pixels(self, name: String, stem: Option<&'static str>, decoded: Decoding) {
        let number = self.core(|core| {
            core.photo_wanted = stem;
            core.photos += 1;
            core.photos
        });
        self.reading.set(true);
        // Here and not when it has come: a camera may have been refused meanwhile.
        self.dismiss(Place::Photo);
        let take = async move {
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
                    self.drawing_changed();
                }
                Err(error) => self.refuse_photo(&format!("{name} cannot be taken: {error}.")),
            }
        };
        // Asking for the code that reads pictures takes long.
        soon(move || spawn_local(take));
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

    /// How many were asked for: a photo with a higher number was chosen after this.
    pub fn photos_so_far(self) -> u64 {
        self.core(|core| core.photos)
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
