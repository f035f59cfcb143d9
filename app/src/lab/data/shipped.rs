//! The data sets that are shipped with the page.

use engine::data::labels;
use state::data::{CHUNKS, Chunk, Labels, SetId, SetInfo};
use state::input::DataSet;
use wasm_bindgen_futures::spawn_local;

use super::SetError;
use super::held::HeldPart;
use crate::lab::Lab;
use crate::platform::fetch::{fetch_unzipped, fetch_unzipped_array};
use state::notices::Place;

/// The header of an IDX file of images: a magic number, then three sizes.
const HEADER: u32 = 16;

impl Lab {
    /// Loads the labels of a shipped set, which are small, so that its counts are known before its
    /// images are asked for.
    pub fn count_set(self, id: SetId) {
        let shipped = self.data.info(id).and_then(|info| info.origin.shipped());
        let Some(set) = shipped.filter(|_| self.data.labels(id).is_none()) else {
            return;
        };
        spawn_local(async move {
            if let Err(error) = self.load_labels(id, set).await {
                let name = set.name();
                let text =
                    format!("The images of {name} cannot be counted: {error}. Choose it again.");
                self.notices.fail(Place::Data, text);
            }
        });
    }

    async fn load_labels(self, id: SetId, set: DataSet) -> Result<(), SetError> {
        if self.data.labels(id).is_some() {
            return Ok(());
        }
        let mut all = Labels::default();
        for chunk in CHUNKS {
            let path = set.labels_of(chunk);
            let bytes = fetch_unzipped(&path).await.map_err(SetError::of)?;
            let broken = |why: String| SetError(format!("{path} is broken: {why}"));
            let labels = labels(&bytes).map_err(|error| broken(error.to_string()))?;
            if labels.len() != chunk.images as usize {
                let (images, labels) = (chunk.images, labels.len());
                return Err(broken(format!(
                    "it has {labels} labels for {images} images"
                )));
            }
            if let Some(label) = labels.iter().find(|&&label| label >= 10) {
                return Err(broken(format!(
                    "it has the label {label}; there are 10 classes"
                )));
            }
            all.labels.extend(labels.into_iter().map(u16::from));
            all.held_out.resize(all.labels.len(), chunk.held_out);
        }
        self.notices.dismiss(Place::Data);
        self.data.put_labels(id, all);
        Ok(())
    }

    pub(super) async fn load_shipped(
        self,
        id: SetId,
        set: DataSet,
        info: &SetInfo,
    ) -> Result<(), SetError> {
        self.load_labels(id, set).await?;
        let labels = self.data.labels(id);
        let labels =
            labels.ok_or_else(|| SetError("the data set is gone; choose another".into()))?;
        // What an attempt before has loaded stays.
        let loaded = self.data.loaded(id);
        let mut first = 0;
        for chunk in CHUNKS {
            let end = first + chunk.images as usize;
            if end > loaded {
                let images = images_of(set, chunk, info).await?;
                let labels = labels.labels.get(first..end).unwrap_or_default().to_vec();
                let part = HeldPart::new(images, labels, info.shape, chunk.held_out);
                self.hold(id, part, info.images);
            }
            first = end;
        }
        Ok(())
    }
}

/// The pixels of one chunk.
async fn images_of(
    set: DataSet,
    chunk: Chunk,
    info: &SetInfo,
) -> Result<js_sys::Uint8Array, SetError> {
    let path = set.images_of(chunk);
    let file = fetch_unzipped_array(&path).await.map_err(SetError::of)?;
    let header = file.subarray(0, HEADER).to_vec();
    let (words, _) = header.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
    let shape = info.shape;
    let wanted = [2051, chunk.images, shape.height, shape.width];
    let bytes = u64::from(chunk.images) * shape.elements() + u64::from(HEADER);
    if words != wanted || u64::from(file.length()) != bytes {
        return Err(SetError(format!(
            "{path} is broken: it is no IDX file of {} images of {shape}",
            chunk.images
        )));
    }
    Ok(file.subarray(HEADER, file.length()))
}
