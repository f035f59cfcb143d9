//! Photos: decoded by the browser; they never leave the machine.

use engine::format::Control;
use state::input::{Photo, SamplePhoto, Source};
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlVideoElement};

use super::Lab;
use crate::platform::decode::{Coded, Decoding, Pixels, frame};
use crate::platform::schedule::soon;

impl Lab {
    /// Loads the user's own picture.
    pub fn take_photo(self, blob: Blob, name: String) {
        if !self.permits(Control::Input) {
            return;
        }
        self.take_pixels(name.clone(), None, (self.lazy.decode)(Coded::File(blob)));
    }

    /// Loads a sample photo.
    pub fn take_sample_photo(self, sample: SamplePhoto) {
        if self.permits(Control::Input) {
            self.fetch_sample_photo(sample);
        }
    }

    pub(super) fn fetch_sample_photo(self, sample: SamplePhoto) {
        let SamplePhoto { stem, file, title } = sample;
        let decoded = (self.lazy.decode)(Coded::Shipped(file));
        self.take_pixels(title.to_owned(), Some(stem), decoded);
    }

    /// Captures the current frame of the camera.
    pub fn take_frame(self, video: &HtmlVideoElement) {
        if !self.permits(Control::Input) {
            return;
        }
        // Captured synchronously, because the caller stops the camera next.
        let pixels = frame(video);
        let name = "The camera's picture".to_owned();
        self.take_pixels(name, None, Box::pin(std::future::ready(pixels)));
    }

    /// A live picture begins; the number of its frames. `None` where the input is locked.
    pub fn begin_live(self) -> Option<u64> {
        if !self.permits(Control::Input) {
            return None;
        }
        self.notices.dismiss(Place::Photo);
        Some(self.input.begin_photo(None))
    }

    /// The next frame of the live picture of this number is the input, with a name that holds when
    /// the picture is live no more; `false` when another photo was chosen since.
    pub fn take_live(
        self,
        number: u64,
        name: &str,
        [width, height]: [u32; 2],
        rgba: Vec<u8>,
    ) -> bool {
        let shown = self.input.show_frame(Photo {
            number,
            name: name.to_owned(),
            stem: None,
            original: (width, height),
            turned: false,
            width,
            height,
            rgba,
        });
        if shown {
            self.drawing_changed();
        }
        shown
    }

    fn take_pixels(self, name: String, stem: Option<&'static str>, decoded: Decoding) {
        let number = self.input.begin_photo(stem);
        // Dismissed here rather than after decoding: meanwhile the camera may have been refused.
        self.notices.dismiss(Place::Photo);
        let take = async move {
            let decoded = decoded.await;
            let photo = decoded.map(|pixels| {
                let Pixels {
                    original,
                    turned,
                    size: (width, height),
                    rgba,
                } = pixels;
                Photo {
                    number,
                    name: name.clone(),
                    stem,
                    original,
                    turned,
                    width,
                    height,
                    rgba,
                }
            });
            let (photo, error) = match photo {
                Ok(photo) => (Some(photo), None),
                Err(error) => (None, Some(error)),
            };
            // The user may have chosen another one meanwhile.
            if !self.input.end_photo(number, photo) {
                return;
            }
            match error {
                None => self.drawing_changed(),
                Some(error) => self.refuse_photo(&format!("{name} cannot be taken: {error}.")),
            }
        };
        // Loading the code that decodes pictures may take long.
        soon(move || spawn_local(take));
    }

    /// A kept photo is the input again, or would be; its number here.
    pub fn restore_photo(self, photo: Photo) -> u64 {
        let number = self.input.restore_photo(photo);
        self.notices.dismiss(Place::Photo);
        self.drawing_changed();
        number
    }

    /// Reports why a photo failed; the previous one stays.
    pub fn refuse_photo(self, why: &str) {
        self.notices.fail(Place::Photo, why);
    }

    /// Handles a pasted or dropped picture.
    pub fn receive_photo(self, blob: Blob, name: String) {
        // Before the source changes, so that no sample photo is fetched in between.
        self.take_photo(blob, name);
        self.choose_source(Source::Photo);
    }
}
