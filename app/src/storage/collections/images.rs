//! The images of a collection, cut and scaled for the network.

use std::sync::Arc;

use state::data::own::{CollectionRecord, Image, Item};
use state::data::{Origin, SetId};

use super::super::store::Store;
use super::store;
use crate::lab::{Lab, OwnImages, SetError};

/// Images that are read from the storage in one transaction.
pub const AT_ONCE: usize = 200;
/// Bytes that go to the engine together, about.
const PART: usize = 16 << 20;

/// The kept images of these numbers.
pub async fn read(store: &Store, key: &str, numbers: &[u64]) -> Result<Vec<(u64, Image)>, String> {
    let images = store.collection_images(key, numbers).await;
    let images = images.map_err(|error| error.to_string())?;
    let named = numbers.iter().zip(images);
    let read = named.map(|(number, bytes)| {
        let image = bytes.and_then(|bytes| Image::from_bytes(&bytes.to_vec()));
        let image = image.ok_or_else(|| format!("the pixels of image {number} are lost"))?;
        Ok((*number, image))
    });
    read.collect()
}

impl Lab {
    /// Loads the images of a set that is a collection.
    pub fn load_own(self, id: SetId) -> OwnImages {
        Box::pin(async move { self.load_collection(id).await.map_err(SetError) })
    }

    async fn load_collection(self, id: SetId) -> Result<(), String> {
        let gone = || "the collection is gone; choose another data set".to_owned();
        let info = self.data.info(id).ok_or_else(gone)?;
        let Origin::Own(key) = &info.origin else {
            return Ok(());
        };
        let labels = self.data.labels(id).ok_or_else(gone)?;
        let editor = self.data.editor;
        let open = editor.key().as_ref() == Some(key);
        let items = if open {
            let items = |it: &state::data::own::Editing| it.collection.items().to_vec();
            leptos::prelude::untrack(|| editor.with(items)).ok_or_else(gone)?
        } else {
            let store = store().await.map_err(|error| error.to_string())?;
            let text = store
                .collection(key)
                .await
                .map_err(|error| error.to_string())?;
            let record = CollectionRecord::read(&text.ok_or_else(gone)?);
            let record = record.map_err(|error| error.to_string())?;
            record.collection.items().to_vec()
        };
        if !items.iter().map(|item| &item.class).eq(&labels.labels) {
            return Err("the collection has just been changed; start again".to_owned());
        }
        let (mut pixels, mut classes) = (Vec::new(), Vec::new());
        let mut left = items.len();
        for items in items.chunks(AT_ONCE) {
            for (item, image) in self.images(key, items, open).await? {
                let fitted = image
                    .fitted(info.shape)
                    .map_err(|error| error.to_string())?;
                pixels.extend(fitted);
                classes.push(item.class);
                left -= 1;
                if pixels.len() >= PART || left == 0 {
                    let labels = std::mem::take(&mut classes);
                    self.hold_images(&info, &pixels, labels, false);
                    pixels.clear();
                }
            }
        }
        Ok(())
    }

    async fn images(
        self,
        key: &str,
        items: &[Item],
        open: bool,
    ) -> Result<Vec<(Item, Arc<Image>)>, String> {
        if open {
            let editor = self.data.editor;
            let image = |item: &Item| {
                let image = editor.image(item.number);
                let image = image.ok_or("the collection has just been closed; start again")?;
                Ok((*item, image))
            };
            return items.iter().map(image).collect();
        }
        let store = store().await.map_err(|error| error.to_string())?;
        let numbers: Vec<u64> = items.iter().map(|item| item.number).collect();
        let images = read(&store, key, &numbers).await?.into_iter();
        let images = images.map(|(_, image)| Arc::new(image));
        Ok(items.iter().copied().zip(images).collect())
    }
}
