//! Versions of models, and variants, in the database: of each a record and its file of weights, under
//! the same key.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, IdbTransactionMode};

use super::{Ending, Store, StoreError, result};

/// The stores of a list: of its records and of their files.
#[derive(Clone, Copy, Debug)]
pub struct Pair([&'static str; 2]);

pub const VERSIONS: Pair = Pair(["versions", "version-weights"]);
pub const VARIANTS: Pair = Pair(["variants", "variant-weights"]);

pub(super) const STORES: [&str; 4] = [VERSIONS.0[0], VERSIONS.0[1], VARIANTS.0[0], VARIANTS.0[1]];

/// An item to write.
pub struct PairChange {
    pub key: String,
    pub record: String,
    /// Where it is not there yet.
    pub file: Option<Blob>,
}

impl Store {
    /// All items: record, and its weights, of which the page has none of the bytes.
    ///
    /// # Errors
    /// When the browser fails to read them.
    pub async fn pairs(&self, of: Pair) -> Result<Vec<(String, Option<Blob>)>, StoreError> {
        let transaction = self.transaction(&of.0, IdbTransactionMode::Readonly)?;
        let records = transaction.object_store(of.0[0])?;
        let weights = transaction.object_store(of.0[1])?;
        let (keys, records) = (records.get_all_keys()?, records.get_all()?);
        let keys: Array = result(&keys).await?.unchecked_into();
        let records: Array = result(&records).await?.unchecked_into();
        let mut items = Vec::new();
        for (key, record) in keys.iter().zip(records.iter()) {
            let Some(record) = record.as_string() else {
                continue;
            };
            let file = weights.get(&key)?;
            items.push((record, result(&file).await?.dyn_into().ok()));
        }
        Ok(items)
    }

    /// Writes these versions and deletes those of the other keys, all or nothing.
    ///
    /// # Errors
    /// When the browser fails to; then nothing has changed.
    pub async fn save_pairs(
        &self,
        of: Pair,
        changes: &[PairChange],
        deleted: &[String],
    ) -> Result<(), StoreError> {
        let transaction = self.transaction(&of.0, IdbTransactionMode::Readwrite)?;
        let records = transaction.object_store(of.0[0])?;
        let weights = transaction.object_store(of.0[1])?;
        let ending = Ending::of(transaction);
        let write = || -> Result<(), JsValue> {
            for key in deleted {
                let key = JsValue::from(key.as_str());
                records.delete(&key)?;
                weights.delete(&key)?;
            }
            for change in changes {
                let key = JsValue::from(change.key.as_str());
                records.put_with_key(&change.record.as_str().into(), &key)?;
                if let Some(file) = &change.file {
                    weights.put_with_key(file, &key)?;
                }
            }
            Ok(())
        };
        if let Err(error) = write() {
            // What was written before it is not to stay alone. It may have ended by itself.
            let _ended = ending.transaction.abort().is_err();
            return Err(error.into());
        }
        ending.wait().await
    }
}
