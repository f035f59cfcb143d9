//! An image of a data set as the network's input.

use engine::Shape;
use engine::format::Control;
use leptos::prelude::*;
use state::data::SetId;
use state::input::{IMAGE_SIDE, Photo, Source};

use crate::lab::Lab;

impl Lab {
    /// The width and height of an image and its pixels, four bytes each. `None` when it is not in
    /// memory.
    pub fn picture(self, set: SetId, image: u32) -> Option<([u32; 2], Vec<u8>)> {
        let shape = untrack(|| self.data.info(set))?.shape;
        let bytes = self.data.image(set, image as usize)?;
        Some(([shape.width, shape.height], rgba(&bytes, shape)))
    }

    /// Shows the network an image of a data set: on the pad if it is grey and 28×28, else as a photo.
    /// `false` when the image is not in memory or a lock forbids it.
    pub fn show_picture(self, set: SetId, image: u32) -> bool {
        let Some(info) = untrack(|| self.data.info(set)) else {
            return false;
        };
        let Some(bytes) = self.data.image(set, image as usize) else {
            return false;
        };
        if !self.permits(Control::Input) {
            return false;
        }
        let shape = info.shape;
        if (shape.channels, shape.height, shape.width) == (1, IMAGE_SIDE, IMAGE_SIDE) {
            self.choose_source(Source::Draw);
            self.input.show_picture(bytes.into());
            self.redraw();
            return true;
        }
        let size = (shape.width, shape.height);
        self.restore_photo(Photo {
            number: 0,
            name: format!("Image {image} of {}", info.name),
            stem: None,
            original: size,
            turned: false,
            width: size.0,
            height: size.1,
            rgba: rgba(&bytes, shape),
        });
        self.choose_source(Source::Photo);
        true
    }
}

/// Four bytes a pixel, from one or three.
fn rgba(bytes: &[u8], shape: Shape) -> Vec<u8> {
    match shape.channels {
        3 => {
            let (pixels, _) = bytes.as_chunks::<3>();
            let opaque = pixels.iter().flat_map(|&[r, g, b]| [r, g, b, 255]);
            opaque.collect()
        }
        channels => {
            let every = bytes.iter().step_by((channels as usize).max(1));
            every.flat_map(|&grey| [grey, grey, grey, 255]).collect()
        }
    }
}
