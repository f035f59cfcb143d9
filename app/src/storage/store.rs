//! The browser's own database (IndexedDB), as far as experiments need it: records, the states of
//! their histories, photos, and checkpoints of weights, each a text or bytes under a text.

mod collections;
mod pairs;
mod runs;

use std::collections::HashMap;

use js_sys::{Array, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, DomException, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbRequest,
    IdbRequestReadyState, IdbTransaction, IdbTransactionMode,
};

use state::library::record::{Record, RecordError, Step};

pub use self::collections::CollectionChange;
pub use self::pairs::{Pair, PairChange, VARIANTS, VERSIONS};
pub use self::runs::{CheckpointChange, KeptRun, RunChange};

const DATABASE: &str = "cnn-lab";
/// Of the stores below; a lab with other ones counts up. Version 1 had no weights, version 2 no
/// collections, version 3 no runs, version 4 no versions of models, version 5 no variants.
const VERSION: u32 = 6;

const RECORDS: &str = "experiments";
/// Keys are the experiment's, a slash, and the state's number with leading zeros.
const STATES: &str = "states";
const PHOTOS: &str = "photos";
/// Keys are the experiment's, a slash, and the checkpoint's number.
const WEIGHTS: &str = "weights";

const STORES: [&str; 4] = [RECORDS, STATES, PHOTOS, WEIGHTS];

/// Why the storage failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the browser forbids this page to store anything")]
    Forbidden,
    #[error("the browser's storage for this page is full")]
    Full,
    #[error("a newer version of the lab has changed the storage; reload this page to get it")]
    Newer,
    #[error("the browser's storage does not work: {0}")]
    Broken(String),
}

impl From<JsValue> for StoreError {
    fn from(error: JsValue) -> Self {
        let text = |key: &str| Reflect::get(&error, &key.into()).ok()?.as_string();
        match text("name").as_deref() {
            Some("QuotaExceededError") => Self::Full,
            Some("VersionError") => Self::Newer,
            Some("SecurityError") => Self::Forbidden,
            name => {
                let name = name.unwrap_or("it says nothing");
                Self::Broken(
                    text("message")
                        .filter(|it| !it.is_empty())
                        .unwrap_or(name.into()),
                )
            }
        }
    }
}

/// An experiment to write.
pub struct Change {
    pub id: String,
    /// The revision that the page knows; 0 for one that is not stored yet.
    pub base: u64,
    /// With the page that writes it; its revision is set here.
    pub record: Record,
    pub states: Vec<Step>,
    pub photo: Photo,
    /// Checkpoints that are not kept yet, by number.
    pub weights: Vec<(u64, Blob)>,
}

/// The change of the photo beside the record.
pub enum Photo {
    AsItIs,
    None,
    Is(JsValue),
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// With this revision.
    As(u64),
    /// Another page has written or deleted the experiment since; nothing was changed.
    Overtaken,
    /// A newer version of the lab has written it; nothing was changed.
    Newer,
}

/// A stored experiment.
pub struct Kept {
    pub record: String,
    pub states: Vec<Step>,
    pub photo: Option<JsValue>,
    /// Checkpoints by number. The browser has their bytes, the page none of them.
    pub weights: HashMap<u64, Blob>,
}

/// The open database.
#[derive(Clone)]
pub struct Store(IdbDatabase);

impl Store {
    /// # Errors
    /// When the browser has or gives none.
    pub async fn open() -> Result<Self, StoreError> {
        // Accessing it throws where a policy forbids it.
        let factory = Reflect::get(&window(), &"indexedDB".into())?;
        let factory: IdbFactory = factory.dyn_into().map_err(|_| StoreError::Forbidden)?;
        let opening = factory.open_with_u32(DATABASE, VERSION)?;
        let request = opening.clone();
        let lay_out = Closure::once(move || {
            let database: IdbDatabase = request.result()?.unchecked_into();
            let there = database.object_store_names();
            let all = STORES.iter().chain(&collections::STORES);
            for name in all.chain(&runs::STORES).chain(&pairs::STORES) {
                if !there.contains(name) {
                    database.create_object_store(name)?;
                }
            }
            Ok::<(), JsValue>(())
        });
        opening.set_onupgradeneeded(Some(lay_out.as_ref().unchecked_ref()));
        let database: IdbDatabase = result(&opening).await?.unchecked_into();
        let closed = database.clone();
        // Close it when another tab upgrades the database.
        let let_go = Closure::once_into_js(move || closed.close());
        database.set_onversionchange(Some(let_go.unchecked_ref()));
        Ok(Self(database))
    }

    fn transaction(
        &self,
        stores: &[&str],
        mode: IdbTransactionMode,
    ) -> Result<IdbTransaction, StoreError> {
        let names: Array = stores.iter().copied().map(JsValue::from).collect();
        Ok(self
            .0
            .transaction_with_str_sequence_and_mode(&names, mode)?)
    }

    fn begin(&self, mode: IdbTransactionMode) -> Result<Transaction, StoreError> {
        Transaction::new(self.transaction(&STORES, mode)?)
    }

    /// All experiments: key and record.
    ///
    /// # Errors
    /// When the browser fails to read them.
    pub async fn records(&self) -> Result<Vec<(String, String)>, StoreError> {
        let transaction = self.begin(IdbTransactionMode::Readonly)?;
        pairs(
            &transaction.records.get_all_keys()?,
            &transaction.records.get_all()?,
        )
        .await
    }

    /// One experiment with all that is beside it.
    ///
    /// # Errors
    /// When the browser fails to read it.
    pub async fn load(&self, id: &str) -> Result<Option<Kept>, StoreError> {
        let transaction = self.begin(IdbTransactionMode::Readonly)?;
        let range = all_of(id)?;
        let (states, photos) = (&transaction.states, &transaction.photos);
        let record = transaction.records.get(&id.into())?;
        let keys = states.get_all_keys_with_key(&range)?;
        let values = states.get_all_with_key(&range)?;
        let photo = photos.get(&id.into())?;
        let weights = (
            transaction.weights.get_all_keys_with_key(&range)?,
            transaction.weights.get_all_with_key(&range)?,
        );
        let Some(record) = result(&record).await?.as_string() else {
            return Ok(None);
        };
        let states = pairs(&keys, &values).await?.into_iter();
        let numbered = |(key, value): (String, String)| Some((number_of(&key)?, value));
        let keys: Array = result(&weights.0).await?.unchecked_into();
        let files: Array = result(&weights.1).await?.unchecked_into();
        let checkpoint = |(key, file): (JsValue, JsValue)| {
            Some((number_of(&key.as_string()?)?, file.dyn_into().ok()?))
        };
        let photo = result(&photo).await?;
        Ok(Some(Kept {
            record,
            states: states.filter_map(numbered).collect(),
            photo: (!photo.is_undefined()).then_some(photo),
            weights: keys
                .iter()
                .zip(files.iter())
                .filter_map(checkpoint)
                .collect(),
        }))
    }

    /// Keeps an experiment, unless another page has written it since: looking and writing are one
    /// transaction. States and checkpoints that are in no history any longer are forgotten.
    ///
    /// # Errors
    /// When the browser fails to write it; then nothing has changed.
    pub async fn save(&self, mut change: Change) -> Result<Saved, StoreError> {
        let transaction = self.begin(IdbTransactionMode::Readwrite)?;
        let id: JsValue = change.id.as_str().into();
        let there = result(&transaction.records.get(&id)?).await?.as_string();
        let revision = match there.as_deref().map(Record::read) {
            None => 0,
            // This page's own last write may have been done after the page went away.
            Some(Ok(there)) if there.page == change.record.page => there.revision,
            Some(Ok(there)) if there.revision == change.base => change.base,
            Some(Err(RecordError::Newer)) => return Ok(Saved::Newer),
            Some(Ok(_) | Err(RecordError::Damaged(_))) => return Ok(Saved::Overtaken),
        };
        if there.is_none() && change.base != 0 {
            return Ok(Saved::Overtaken);
        }
        change.record.revision = revision + 1;
        let states = &transaction.states;
        for (number, state) in &change.states {
            states.put_with_key(&state.into(), &state_key(&change.id, *number))?;
        }
        match &change.photo {
            Photo::AsItIs => {}
            Photo::None => drop(transaction.photos.delete(&id)?),
            Photo::Is(photo) => drop(transaction.photos.put_with_key(photo, &id)?),
        }
        for (number, file) in &change.weights {
            let key = checkpoint_key(&change.id, *number);
            transaction.weights.put_with_key(file, &key)?;
        }
        let text = change.record.write();
        transaction.records.put_with_key(&text.into(), &id)?;
        let trail = &change.record.trail;
        let needed = |number: u64| {
            let mut steps = trail.before.iter().chain(&trail.after);
            number == trail.now || number == trail.running || steps.any(|step| step.0 == number)
        };
        delete_others(states, &change.id, needed).await?;
        let weights = &change.record.weights;
        let needed = |number: u64| weights.iter().any(|it| it.weights.number == number);
        delete_others(&transaction.weights, &change.id, needed).await?;
        transaction.done().await?;
        Ok(Saved::As(revision + 1))
    }

    /// Copies an experiment's states, photo and checkpoints under another key, for a record that
    /// follows.
    ///
    /// # Errors
    /// When the browser fails to.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let Some(kept) = self.load(from).await? else {
            return Ok(());
        };
        let transaction = self.begin(IdbTransactionMode::Readwrite)?;
        for (number, state) in &kept.states {
            let key = state_key(to, *number);
            transaction.states.put_with_key(&state.into(), &key)?;
        }
        if let Some(photo) = &kept.photo {
            transaction.photos.put_with_key(photo, &to.into())?;
        }
        for (number, file) in &kept.weights {
            let key = checkpoint_key(to, *number);
            transaction.weights.put_with_key(file, &key)?;
        }
        transaction.done().await
    }

    /// Deletes an experiment.
    ///
    /// # Errors
    /// When the browser fails to.
    pub async fn remove(&self, id: &str) -> Result<(), StoreError> {
        let transaction = self.begin(IdbTransactionMode::Readwrite)?;
        transaction.records.delete(&id.into())?;
        transaction.photos.delete(&id.into())?;
        let range = all_of(id)?;
        transaction.states.delete(&range)?;
        transaction.weights.delete(&range)?;
        transaction.done().await
    }
}

/// The stores for one transaction.
struct Transaction {
    records: IdbObjectStore,
    states: IdbObjectStore,
    photos: IdbObjectStore,
    weights: IdbObjectStore,
    ending: Ending,
}

impl Transaction {
    fn new(transaction: IdbTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            records: transaction.object_store(RECORDS)?,
            states: transaction.object_store(STATES)?,
            photos: transaction.object_store(PHOTOS)?,
            weights: transaction.object_store(WEIGHTS)?,
            ending: Ending::of(transaction),
        })
    }

    /// Waits until everything is written.
    async fn done(self) -> Result<(), StoreError> {
        self.ending.wait().await
    }
}

/// The end of a transaction.
struct Ending {
    transaction: IdbTransaction,
    done: JsFuture,
}

impl Ending {
    /// To be made before any request, so that an early end is not missed.
    fn of(transaction: IdbTransaction) -> Self {
        let done = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        });
        Self {
            transaction,
            done: JsFuture::from(done),
        }
    }

    /// Waits until everything is written.
    async fn wait(self) -> Result<(), StoreError> {
        match self.done.await {
            Ok(_) => Ok(()),
            Err(_) => {
                let error = self.transaction.error();
                Err(error.map_or(JsValue::NULL, DomException::into).into())
            }
        }
    }
}

/// Waits for a request's answer. What follows it is still in the same transaction, because the
/// promise's reactions run before the browser takes up anything else.
async fn result(request: &IdbRequest) -> Result<JsValue, StoreError> {
    if request.ready_state() == IdbRequestReadyState::Done {
        return Ok(request.result()?);
    }
    let answered = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(answered).await {
        Ok(_) => Ok(request.result()?),
        Err(_) => {
            let error = request.error()?;
            Err(error.map_or(JsValue::NULL, DomException::into).into())
        }
    }
}

async fn pairs(
    keys: &IdbRequest,
    values: &IdbRequest,
) -> Result<Vec<(String, String)>, StoreError> {
    let keys: Array = result(keys).await?.unchecked_into();
    let values: Array = result(values).await?.unchecked_into();
    let pair = |(key, value): (JsValue, JsValue)| Some((key.as_string()?, value.as_string()?));
    Ok(keys.iter().zip(values.iter()).filter_map(pair).collect())
}

fn state_key(id: &str, number: u64) -> JsValue {
    format!("{id}/{number:010}").into()
}

fn checkpoint_key(id: &str, number: u64) -> JsValue {
    format!("{id}/{number}").into()
}

/// The number that a state's or a checkpoint's key ends with.
fn number_of(key: &str) -> Option<u64> {
    key.rsplit_once('/')?.1.parse().ok()
}

/// Deletes what an experiment has in this store except what is needed.
async fn delete_others(
    store: &IdbObjectStore,
    id: &str,
    needed: impl Fn(u64) -> bool,
) -> Result<(), StoreError> {
    let keys = result(&store.get_all_keys_with_key(&all_of(id)?.into())?).await?;
    for key in keys.unchecked_into::<Array>().iter() {
        let number = key.as_string().as_deref().and_then(number_of);
        if !number.is_some_and(&needed) {
            store.delete(&key)?;
        }
    }
    Ok(())
}

/// All states or checkpoints of an experiment: the zero follows the slash.
fn all_of(id: &str) -> Result<IdbKeyRange, StoreError> {
    let (from, to) = (format!("{id}/"), format!("{id}0"));
    Ok(IdbKeyRange::bound(&from.into(), &to.into())?)
}
