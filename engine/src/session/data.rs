//! Data sets that the session holds.

use std::rc::Rc;

use super::{DataPart, Ended, Event, Failure, Message, Session};
use crate::data::{DataError, DataSet, Labelled, MOST_BYTES, read_files};
use crate::train::TaskError;

impl Session {
    /// Adds the payload's images to a set, which the first ones make.
    pub(super) fn hold(
        &mut self,
        set: u32,
        classes: u32,
        held_out: bool,
        part: &DataPart,
        payload: &[u8],
    ) -> Result<Message<Event>, Ended> {
        let images = labelled(part, payload)?;
        let others = self.sets.iter().filter(|(number, _)| **number != set);
        let others: u64 = others.map(|(_, set)| set.bytes()).sum();
        let own = self.sets.get(&set).map_or(0, |set| set.bytes());
        // A quarter of the memory: weights, feature maps and messages need the rest.
        let limit = self
            .budget
            .memory_bytes
            .map_or(MOST_BYTES, |bytes| bytes / 4);
        let bytes = others + own + images.pixels.len() as u64;
        if bytes > limit {
            return Err(DataError::TooLarge { bytes, most: limit }.into());
        }
        let empty = match self.sets.get(&set) {
            Some(held) => Rc::clone(held),
            None => Rc::new(DataSet::new(images.shape, classes)?),
        };
        // A step under way does not hold it, so the images are not copied.
        self.sets.remove(&set);
        let mut held = Rc::unwrap_or_clone(empty);
        let appended = held.append(&images, held_out);
        let (images, bytes) = (held.len() as u64, held.bytes());
        let every: Vec<u32> = (0..images as u32).collect();
        let counts = held.counts(&every);
        if images > 0 {
            self.sets.insert(set, Rc::new(held));
        }
        appended?;
        Ok(Message::new(Event::Held {
            set,
            images,
            bytes,
            counts,
        }))
    }

    /// A set that is held.
    pub(super) fn set(&self, set: u32) -> Result<Rc<DataSet>, Ended> {
        let held = self.sets.get(&set).map(Rc::clone);
        Ok(held.ok_or(TaskError::NoSet { set })?)
    }
}

fn labelled(part: &DataPart, payload: &[u8]) -> Result<Labelled, Ended> {
    match part {
        DataPart::Files { lengths } => {
            let mut rest = payload;
            let mut files = Vec::new();
            for (number, &length) in lengths.iter().enumerate() {
                let Some((file, after)) = rest.split_at_checked(length) else {
                    return Err(Failure::DataTruncated.into());
                };
                files.push((format!("file {}", number + 1), file));
                rest = after;
            }
            if !rest.is_empty() {
                return Err(Failure::DataTruncated.into());
            }
            let files: Vec<_> = files
                .iter()
                .map(|(name, file)| (name.as_str(), *file))
                .collect();
            Ok(read_files(&files)?)
        }
        DataPart::Pixels { shape, images } => {
            let labels = (*images as usize).checked_mul(2);
            let Some((labels, pixels)) = labels.and_then(|at| payload.split_at_checked(at)) else {
                return Err(Failure::DataTruncated.into());
            };
            let (labels, _) = labels.as_chunks::<2>();
            Ok(Labelled {
                shape: *shape,
                pixels: pixels.to_vec(),
                labels: labels
                    .iter()
                    .map(|label| u16::from_le_bytes(*label))
                    .collect(),
            })
        }
    }
}
