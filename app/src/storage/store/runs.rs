//! Kept trainings in the database: of each a record, its curve, and its last checkpoint, under the same
//! key.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, IdbObjectStore, IdbTransactionMode};

use super::{Ending, Store, StoreError, result};

const RUNS: &str = "runs";
const CURVES: &str = "run-curves";
const CHECKPOINTS: &str = "run-checkpoints";

pub(super) const STORES: [&str; 3] = [RUNS, CURVES, CHECKPOINTS];

/// A run to write.
pub struct RunChange {
    pub key: String,
    pub record: String,
    /// Where it has changed.
    pub curve: Option<Uint8Array>,
    pub checkpoint: CheckpointChange,
}

/// The change of the checkpoint beside a run.
pub enum CheckpointChange {
    AsItIs,
    None,
    Is(Blob),
}

/// A stored run.
pub struct KeptRun {
    pub key: String,
    pub record: String,
    pub curve: Uint8Array,
    /// The browser has its bytes, the page none of them.
    pub checkpoint: Option<Blob>,
}

struct Transaction {
    records: IdbObjectStore,
    curves: IdbObjectStore,
    checkpoints: IdbObjectStore,
    ending: Ending,
}

impl Store {
    fn begin_runs(&self, mode: IdbTransactionMode) -> Result<Transaction, StoreError> {
        let transaction = self.transaction(&STORES, mode)?;
        Ok(Transaction {
            records: transaction.object_store(RUNS)?,
            curves: transaction.object_store(CURVES)?,
            checkpoints: transaction.object_store(CHECKPOINTS)?,
            ending: Ending::of(transaction),
        })
    }

    /// All runs, in the order of their keys.
    ///
    /// # Errors
    /// When the browser fails to read them.
    pub async fn runs(&self) -> Result<Vec<KeptRun>, StoreError> {
        let transaction = self.begin_runs(IdbTransactionMode::Readonly)?;
        let keys = transaction.records.get_all_keys()?;
        let records = transaction.records.get_all()?;
        let keys: Array = result(&keys).await?.unchecked_into();
        let records: Array = result(&records).await?.unchecked_into();
        let mut runs = Vec::new();
        for (key, record) in keys.iter().zip(records.iter()) {
            let (Some(name), Some(record)) = (key.as_string(), record.as_string()) else {
                continue;
            };
            let curve = transaction.curves.get(&key)?;
            let checkpoint = transaction.checkpoints.get(&key)?;
            let curve = result(&curve).await?.dyn_into();
            runs.push(KeptRun {
                key: name,
                record,
                curve: curve.unwrap_or_else(|_| Uint8Array::new_with_length(0)),
                checkpoint: result(&checkpoint).await?.dyn_into().ok(),
            });
        }
        Ok(runs)
    }

    /// Writes these runs and deletes those of the other keys, all or nothing.
    ///
    /// # Errors
    /// When the browser fails to; then nothing has changed.
    pub async fn save_runs(
        &self,
        changes: &[RunChange],
        deleted: &[String],
    ) -> Result<(), StoreError> {
        let transaction = self.begin_runs(IdbTransactionMode::Readwrite)?;
        if let Err(error) = transaction.write(changes, deleted) {
            // What was written before it is not to stay alone. It may have ended by itself.
            let _ended = transaction.ending.transaction.abort().is_err();
            return Err(error.into());
        }
        transaction.ending.wait().await
    }
}

impl Transaction {
    fn write(&self, changes: &[RunChange], deleted: &[String]) -> Result<(), JsValue> {
        for key in deleted {
            let key = JsValue::from(key.as_str());
            self.records.delete(&key)?;
            self.curves.delete(&key)?;
            self.checkpoints.delete(&key)?;
        }
        for change in changes {
            let key = JsValue::from(change.key.as_str());
            let record = change.record.as_str().into();
            self.records.put_with_key(&record, &key)?;
            if let Some(curve) = &change.curve {
                self.curves.put_with_key(curve, &key)?;
            }
            match &change.checkpoint {
                CheckpointChange::AsItIs => {}
                CheckpointChange::None => drop(self.checkpoints.delete(&key)?),
                CheckpointChange::Is(file) => {
                    drop(self.checkpoints.put_with_key(file, &key)?);
                }
            }
        }
        Ok(())
    }
}
