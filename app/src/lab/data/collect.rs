//! Images for the open collection: from the pad, photos, files and the camera.

use engine::format::Control;
use leptos::prelude::*;
use state::data::own::{Editing, Image, ImageError, Kind};
use state::input::SIDE;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlVideoElement};

use crate::lab::Lab;
use crate::platform::decode::{Coded, Pixels, frame};
use crate::platform::schedule::yield_now;

/// Files that are named when they are left out.
const NAMED: usize = 3;

impl Lab {
    /// Whether a collection is open.
    pub fn is_collecting(self) -> bool {
        self.data.editor.open().with_untracked(Option::is_some)
    }

    pub(super) fn collected(self) -> Kind {
        let kind = |open: &Editing| open.collection.kind();
        untrack(|| self.data.editor.with(kind)).unwrap_or_default()
    }

    /// Adds what is on the pad, or the photo in its place, to the chosen class; the pad is empty then.
    pub fn collect_input(self) {
        if self.input.source().get_untracked().is_photo() {
            let Some(photo) = self.input.photo().get_untracked() else {
                return self.refuse_image("there is no photo yet; choose one first");
            };
            let size = (photo.width as usize, photo.height as usize);
            return self.collect(self.image_of(&photo.rgba, size));
        }
        let mut ink = Vec::new();
        let read = self.core(|core| {
            let canvas = core.pad_canvas.as_mut();
            canvas.map(|canvas| canvas.read(&mut ink))
        });
        match read {
            Some(Ok(_)) => {}
            Some(Err(error)) => return self.refuse_image(&error.to_string()),
            None => return self.refuse_image("the pad is not there yet"),
        }
        let recipe = self.input.recipe().get_untracked();
        let image = Image::of_ink(&ink, SIDE as usize, recipe, self.collected());
        if image.is_ok() && self.document.allows_now(Control::Input) {
            self.clear();
        }
        self.collect(image);
    }

    /// Adds what the camera shows.
    pub fn collect_frame(self, video: &HtmlVideoElement) {
        match frame(video) {
            Ok(pixels) => self.collect(self.image_of_pixels(&pixels)),
            Err(error) => self.refuse_image(&error.to_string()),
        }
    }

    /// Adds these pictures as one step. Those that cannot be taken are named.
    pub fn collect_files(self, files: Vec<File>) {
        spawn_local(async move {
            let (mut images, mut wrong) = (Vec::new(), Vec::new());
            let total = files.len() as u64;
            for (done, file) in (0..).zip(files) {
                self.data.set_reading(Some((done, total)));
                let name = file.name();
                let image = match (self.lazy.decode)(Coded::File(file.into())).await {
                    Ok(pixels) => self.image_of_pixels(&pixels).map_err(|it| it.to_string()),
                    Err(error) => Err(error.to_string()),
                };
                match image {
                    Ok(image) => images.push(image),
                    Err(why) => wrong.push(format!("{name}: {why}")),
                }
                yield_now().await;
            }
            self.data.set_reading(None);
            let added = images.is_empty() || self.data.editor.add_images(images);
            if added && !wrong.is_empty() {
                let more = wrong.len().saturating_sub(NAMED);
                let more = match more {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                let left_out = wrong.len();
                wrong.truncate(NAMED);
                let named = wrong.join("; ");
                let text = format!("{left_out} of {total} files are left out. {named}{more}.");
                self.data.editor.set_error(Some(text));
            }
        });
    }

    pub(super) fn image_of_pixels(self, pixels: &Pixels) -> Result<Image, ImageError> {
        let (width, height) = pixels.size;
        self.image_of(&pixels.rgba, (width as usize, height as usize))
    }

    fn image_of(self, rgba: &[u8], (width, height): (usize, usize)) -> Result<Image, ImageError> {
        let recipe = self.input.recipe().get_untracked();
        Image::of_picture(rgba, width, height, recipe, self.collected())
    }

    fn collect(self, image: Result<Image, ImageError>) {
        match image {
            Ok(image) => {
                self.data.editor.add_images(vec![image]);
            }
            Err(error) => self.refuse_image(&error.to_string()),
        }
    }

    fn refuse_image(self, why: &str) {
        let text = format!("The image is not added: {why}.");
        self.data.editor.set_error(Some(text));
    }
}
