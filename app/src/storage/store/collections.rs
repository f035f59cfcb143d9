//! The person's collections of images in the database: a record each, and the pixels of its images,
//! each under the collection's key, a slash and the image's number.

use std::collections::HashSet;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbObjectStore, IdbTransactionMode};

use state::data::own::{CollectionRecord, RecordError};

use super::{
    Ending, Saved, Store, StoreError, all_of, checkpoint_key, delete_others, pairs, result,
};

const COLLECTIONS: &str = "collections";
const IMAGES: &str = "collection-images";

pub(super) const STORES: [&str; 2] = [COLLECTIONS, IMAGES];

/// A collection to write.
pub struct CollectionChange {
    pub key: String,
    /// The revision that the page knows; 0 for one that is not stored yet.
    pub base: u64,
    /// Its revision is set here.
    pub record: CollectionRecord,
    /// Images that are not kept yet, by number.
    pub images: Vec<(u64, Uint8Array)>,
}

struct Transaction {
    records: IdbObjectStore,
    images: IdbObjectStore,
    ending: Ending,
}

impl Store {
    fn begin_collections(&self, mode: IdbTransactionMode) -> Result<Transaction, StoreError> {
        let transaction = self.transaction(&STORES, mode)?;
        Ok(Transaction {
            records: transaction.object_store(COLLECTIONS)?,
            images: transaction.object_store(IMAGES)?,
            ending: Ending::of(transaction),
        })
    }

    /// All collections: key and record.
    ///
    /// # Errors
    /// When the browser fails to read them.
    pub async fn collections(&self) -> Result<Vec<(String, String)>, StoreError> {
        let transaction = self.begin_collections(IdbTransactionMode::Readonly)?;
        pairs(
            &transaction.records.get_all_keys()?,
            &transaction.records.get_all()?,
        )
        .await
    }

    /// The record of one collection.
    ///
    /// # Errors
    /// When the browser fails to read it.
    pub async fn collection(&self, key: &str) -> Result<Option<String>, StoreError> {
        let transaction = self.begin_collections(IdbTransactionMode::Readonly)?;
        Ok(result(&transaction.records.get(&key.into())?)
            .await?
            .as_string())
    }

    /// The kept images of these numbers, in their order; `None` for one that is not there.
    ///
    /// # Errors
    /// When the browser fails to read them.
    pub async fn collection_images(
        &self,
        key: &str,
        numbers: &[u64],
    ) -> Result<Vec<Option<Uint8Array>>, StoreError> {
        let transaction = self.begin_collections(IdbTransactionMode::Readonly)?;
        let requests = numbers.iter().map(|number| {
            let key = checkpoint_key(key, *number);
            transaction.images.get(&key)
        });
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let mut images = Vec::with_capacity(requests.len());
        for request in requests {
            images.push(result(&request).await?.dyn_into().ok());
        }
        Ok(images)
    }

    /// Keeps a collection, unless another page has written it since: looking and writing are one
    /// transaction. Images that are in it no longer are forgotten.
    ///
    /// # Errors
    /// When the browser fails to write it; then nothing has changed.
    pub async fn save_collection(&self, mut change: CollectionChange) -> Result<Saved, StoreError> {
        let transaction = self.begin_collections(IdbTransactionMode::Readwrite)?;
        let key: JsValue = change.key.as_str().into();
        let there = result(&transaction.records.get(&key)?).await?.as_string();
        let revision = match there.as_deref().map(CollectionRecord::read) {
            None if change.base == 0 => 0,
            Some(Ok(there)) if there.page == change.record.page => there.revision,
            Some(Ok(there)) if there.revision == change.base => change.base,
            Some(Err(RecordError::Newer)) => return Ok(Saved::Newer),
            None | Some(Ok(_) | Err(RecordError::Damaged)) => return Ok(Saved::Overtaken),
        };
        change.record.revision = revision + 1;
        for (number, image) in &change.images {
            let key = checkpoint_key(&change.key, *number);
            transaction.images.put_with_key(image, &key)?;
        }
        let text = change.record.write();
        transaction.records.put_with_key(&text.into(), &key)?;
        let items = change.record.collection.items().iter();
        let needed: HashSet<u64> = items.map(|item| item.number).collect();
        let needed = |number: u64| needed.contains(&number);
        delete_others(&transaction.images, &change.key, needed).await?;
        transaction.ending.wait().await?;
        Ok(Saved::As(revision + 1))
    }

    /// Deletes a collection with its images.
    ///
    /// # Errors
    /// When the browser fails to.
    pub async fn remove_collection(&self, key: &str) -> Result<(), StoreError> {
        let transaction = self.begin_collections(IdbTransactionMode::Readwrite)?;
        transaction.records.delete(&key.into())?;
        let range = all_of(key)?;
        transaction.images.delete(&range)?;
        transaction.ending.wait().await
    }
}
