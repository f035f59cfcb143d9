//! The images of a set in the browser's memory: the page's own never shrinks.

use std::rc::Rc;

use engine::Shape;
use engine::session::{Command, DataPart};
use futures_channel::oneshot;
use js_sys::{Array, Uint8Array};
use state::data::{Part, SetId};
use web_sys::Blob;

use super::SetError;
use crate::platform::fetch::reason;

/// Images that are sent together.
#[derive(Clone)]
pub struct HeldPart {
    pixels: Uint8Array,
    labels: Vec<u16>,
    shape: Shape,
    pub held_out: bool,
}

impl HeldPart {
    /// Of as many bytes as images of this shape with these labels have.
    pub fn new(pixels: Uint8Array, labels: Vec<u16>, shape: Shape, held_out: bool) -> Self {
        Self {
            pixels,
            labels,
            shape,
            held_out,
        }
    }

    /// How many images it has.
    pub const fn images(&self) -> usize {
        self.labels.len()
    }

    /// The same images for the state.
    pub fn part(&self) -> Part {
        let (pixels, size) = (self.pixels.clone(), self.shape.elements() as usize);
        let images = self.images();
        Part {
            images,
            read: Rc::new(move |index| {
                let start = index * size;
                let image = pixels.subarray(start as u32, (start + size) as u32);
                (index < images).then(|| image.to_vec())
            }),
        }
    }

    /// The command that gives it to an engine, and its payload, which the browser has.
    ///
    /// # Errors
    /// When the browser makes no file of it.
    pub fn command(&self, set: SetId, classes: u32) -> Result<(Command, Blob), SetError> {
        let labels = self.labels.iter().flat_map(|label| label.to_le_bytes());
        let labels = labels.collect::<Vec<u8>>();
        let parts = Array::of2(&Uint8Array::from(labels.as_slice()), &self.pixels);
        let file = Blob::new_with_u8_array_sequence(&parts);
        let file = file.map_err(|error| SetError(reason(&error)))?;
        let command = Command::Data {
            set: set.0,
            classes,
            held_out: self.held_out,
            part: DataPart::Pixels {
                shape: self.shape,
                images: self.images() as u32,
            },
        };
        Ok((command, file))
    }
}

type Waiting = oneshot::Sender<Result<(), SetError>>;

/// A set's images as far as they are loaded.
#[derive(Default)]
pub struct HeldSet {
    pub parts: Vec<HeldPart>,
    /// Whether no more will come.
    pub whole: bool,
    /// They are being loaded.
    pub loading: bool,
    /// Who waits for the part of this number.
    waiting: Vec<(usize, Waiting)>,
}

impl HeldSet {
    /// Waits for the part of this number, or for the end of all.
    pub fn wait(&mut self, part: usize) -> oneshot::Receiver<Result<(), SetError>> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push((part, sender));
        self.wake();
        receiver
    }

    /// More parts, or their end, have come.
    pub fn wake(&mut self) {
        let (there, whole) = (self.parts.len(), self.whole);
        let ready = |(part, _): &mut (usize, Waiting)| *part < there || whole;
        for (_, waiting) in self.waiting.extract_if(.., ready) {
            // Whoever waited may be gone.
            let _gone = waiting.send(Ok(())).is_err();
        }
    }

    /// The loading has failed.
    pub fn fail(&mut self, error: &SetError) {
        self.loading = false;
        for (_, waiting) in self.waiting.drain(..) {
            let _gone = waiting.send(Err(error.clone())).is_err();
        }
    }
}
