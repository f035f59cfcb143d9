//! A zip of pictures in one folder for each class. The browser decodes them.

use engine::Graph;
use engine::data::{Entry, PictureZip, fit_picture, picture_shape};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use state::data::files::title;
use state::data::{Labels, SetId};
use web_sys::Blob;

use super::SetError;
use super::files::Read;
use crate::lab::Lab;
use crate::platform::decode::{Coded, Pixels};
use crate::platform::fetch::reason;

/// Bytes of pixels that go to the engine together, about.
const PART: usize = 16 << 20;

impl Lab {
    /// Reads the pictures, cut and scaled to what the network takes.
    pub(super) async fn read_zip(self, file: Read) -> Result<SetId, SetError> {
        let bytes = file.bytes.to_vec();
        let mut zip = PictureZip::open(&file.name, &bytes).map_err(SetError::of)?;
        let shape = picture_shape(self.document.running().with_untracked(Graph::input));
        // Test images come first: whether there are any decides how the others are divided.
        let mut entries = zip.entries.clone();
        entries.sort_by_key(|entry| !entry.held_out);
        let labels = Labels {
            labels: entries.iter().map(|entry| entry.class).collect(),
            held_out: entries.iter().map(|entry| entry.held_out).collect(),
        };
        let total = entries.len() as u64;
        // Everything is read before the set is on the list, so that a broken zip changes nothing.
        let (mut parts, mut pixels, mut images) = (Vec::new(), Vec::new(), 0);
        for (done, entry) in (0..).zip(&entries) {
            self.data.set_reading(Some((done, total)));
            let decoded = self.picture_of(&mut zip, entry).await?;
            let (width, height) = decoded.size;
            let fitted = fit_picture(&decoded.rgba, width as usize, height as usize, shape);
            let named = |why| SetError(format!("{}: {why}", entry.name));
            pixels.extend(fitted.map_err(named)?);
            images += 1;
            let next = entries.get(images + parts.iter().map(|(_, it)| it).sum::<usize>());
            let ends = next.is_none_or(|next| next.held_out != entry.held_out);
            if ends || pixels.len() >= PART {
                parts.push((Uint8Array::from(pixels.as_slice()), images));
                pixels.clear();
                images = 0;
            }
        }
        let classes = zip.classes.clone();
        let info = self.add_dropped(title(&file.name), classes, labels, shape)?;
        for (pixels, images) in parts {
            self.hold_run(&info, pixels, images);
        }
        Ok(info.id)
    }

    /// The pixels of one picture.
    pub(super) async fn picture_of(
        self,
        zip: &mut PictureZip<'_>,
        entry: &Entry,
    ) -> Result<Pixels, SetError> {
        let bytes = zip.read(entry).map_err(SetError::of)?;
        let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
        let blob = Blob::new_with_u8_array_sequence(&parts);
        let blob = blob.map_err(|error| SetError(reason(&error)))?;
        let decoded = (self.lazy.decode)(Coded::File(blob)).await;
        decoded.map_err(|error| SetError(format!("{}: {error}", entry.name)))
    }
}
