//! The person's own collections of images: listed as data sets, opened, and kept after each change.

mod images;
mod write;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::Graph;
use futures_channel::oneshot;
use leptos::prelude::*;
use state::data::own::{Collection, CollectionRecord, Image, Kind};
use state::data::{Labels, NewSet, Origin, SetId, SetInfo};
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;

use super::autosave::{kept, word};
use super::store::{Store, StoreError};
use crate::lab::Lab;

/// A collection as this page knows it.
struct Known {
    /// Of its record in the storage; 0 while it is not there.
    revision: u64,
    /// The images that are kept, by number.
    stored: HashSet<u64>,
    collection: Collection,
}

#[derive(Default)]
struct Collections {
    /// A random id of this page, to recognise its own writes.
    page: String,
    store: Option<Store>,
    known: HashMap<String, Known>,
    /// The list is read, or being read.
    begun: bool,
    /// A write is scheduled.
    due: bool,
    /// A write is under way.
    busy: bool,
    /// The last write has failed, which was said.
    failed: bool,
    /// Who waits until none is; dropping a sender resumes its receiver.
    waiting: Vec<oneshot::Sender<()>>,
}

thread_local! {
    static COLLECTIONS: RefCell<Collections> = RefCell::default();
}

/// Borrows the known collections for a short change.
fn known<T>(change: impl FnOnce(&mut Collections) -> T) -> T {
    COLLECTIONS.with_borrow_mut(change)
}

/// The storage; opened for this when autosave has not done so, as in a frame.
pub(super) async fn store() -> Result<Store, StoreError> {
    let open = kept(|keep| keep.store.clone()).or_else(|| known(|it| it.store.clone()));
    match open {
        Some(store) => Ok(store),
        None => {
            let store = Store::open().await?;
            known(|it| it.store = Some(store.clone()));
            Ok(store)
        }
    }
}

impl Lab {
    /// Lists the kept collections as data sets, and follows the network's input and the open collection
    /// for the life of the calling component.
    pub fn read_collections(self) {
        self.follow_input();
        self.keep_changes();
        let begun = known(|it| {
            if it.page.is_empty() {
                it.page = word();
            }
            std::mem::replace(&mut it.begun, true)
        });
        if begun {
            return;
        }
        spawn_local(async move {
            let listed = async { store().await?.collections().await };
            match listed.await {
                Ok(records) => records.iter().for_each(|(key, text)| self.list(key, text)),
                Err(error) => {
                    known(|it| it.begun = false);
                    let text = format!("Your collections of images are not there: {error}.");
                    self.notices.fail(Place::Storage, text);
                }
            }
        });
    }

    fn list(self, key: &str, text: &str) {
        match CollectionRecord::read(text) {
            Ok(record) => {
                let items = record.collection.items().iter();
                let stored = items.map(|item| item.number).collect();
                let collection = record.collection;
                self.publish(key, &collection);
                known(|it| {
                    it.known.insert(
                        key.to_owned(),
                        Known {
                            revision: record.revision,
                            stored,
                            collection,
                        },
                    )
                });
            }
            Err(error) => {
                let text = format!("A collection of images cannot be opened: {error}.");
                self.notices.fail(Place::Storage, text);
            }
        }
    }

    /// The collections have the sizes that the network takes.
    fn follow_input(self) {
        let running = self.document.running();
        let input = Memo::new(move |_| running.with(Graph::input));
        Effect::new(move |_| {
            input.track();
            let all = known(|it| {
                let all = it.known.iter();
                let all = all.map(|(key, it)| (key.clone(), it.collection.clone()));
                all.collect::<Vec<_>>()
            });
            for (key, collection) in all {
                self.publish(&key, &collection);
            }
        });
    }

    /// The data set of a collection, unless it is on the list as it is.
    fn publish(self, key: &str, collection: &Collection) {
        let input = self.document.running().with_untracked(Graph::input);
        let names = collection.classes().iter().map(|class| class.name.clone());
        let items = collection.items();
        let set = NewSet {
            name: collection.name().to_owned(),
            classes: names.collect(),
            labels: Labels {
                labels: items.iter().map(|item| item.class).collect(),
                held_out: vec![false; items.len()],
            },
            shape: collection.kind().shape(input),
            origin: Origin::Own(key.to_owned()),
        };
        if let Some(before) = self.set_of(key).and_then(|id| self.data.info(id)) {
            let same = before.shape == set.shape
                && before.classes == set.classes
                && self.data.labels(before.id).as_deref() == Some(&set.labels)
                // The same labels can be of other images.
                && known(|it| {
                    let same = |it: &Known| it.collection.items() == items;
                    it.known.get(key).is_some_and(same)
                });
            if same {
                if before.name != set.name {
                    self.data.rename(before.id, set.name);
                }
                return;
            }
            self.data.add_set(set);
            self.forget_set(before.id);
        } else {
            self.data.add_set(set);
        }
    }

    /// Opens a new collection, of what the network learns from. It is kept once something is changed.
    pub fn new_collection(self) {
        let kind = Kind::of(self.document.running().with_untracked(Graph::input));
        let taken = |name: &str| {
            let sets = self.data.sets();
            sets.with_untracked(|sets| sets.iter().any(|set| set.name == name))
        };
        let mut name = "My images".to_owned();
        let mut number = 2;
        while taken(&name) {
            name = format!("My images {number}");
            number += 1;
        }
        let collection = Collection::new(&name, kind);
        let editor = self.data.editor;
        editor.open_collection(word(), collection, HashMap::new());
    }

    /// Opens a kept collection.
    pub fn open_collection(self, key: String) {
        spawn_local(async move {
            match self.read_collection(&key).await {
                Ok((collection, images)) => {
                    self.data.editor.open_collection(key, collection, images);
                }
                Err(why) => {
                    let text = format!("The collection cannot be opened: {why}.");
                    self.notices.fail(Place::Data, text);
                }
            }
        });
    }

    async fn read_collection(
        self,
        key: &str,
    ) -> Result<(Collection, HashMap<u64, Arc<Image>>), String> {
        let store = store().await.map_err(|error| error.to_string())?;
        let text = store
            .collection(key)
            .await
            .map_err(|error| error.to_string())?;
        let text = text.ok_or("another tab has deleted it")?;
        let record = CollectionRecord::read(&text).map_err(|error| error.to_string())?;
        let collection = record.collection;
        let items = collection.items().iter();
        let numbers: Vec<u64> = items.map(|item| item.number).collect();
        let mut images = HashMap::new();
        for numbers in numbers.chunks(images::AT_ONCE) {
            for (number, image) in images::read(&store, key, numbers).await? {
                images.insert(number, Arc::new(image));
            }
        }
        known(|it| {
            it.known.insert(
                key.to_owned(),
                Known {
                    revision: record.revision,
                    stored: numbers.into_iter().collect(),
                    collection: collection.clone(),
                },
            )
        });
        Ok((collection, images))
    }

    /// Closes the open collection once it is kept, and chooses it to train on; if that fails it stays
    /// open, so that nothing is lost.
    pub fn close_collection(self) {
        spawn_local(async move {
            if self.write_collection().await {
                let key = self.data.editor.key();
                self.data.editor.close();
                if let Some(id) = key.and_then(|key| self.set_of(&key)) {
                    self.data.choose(id);
                }
            }
        });
    }

    /// The data set of a collection.
    fn set_of(self, key: &str) -> Option<SetId> {
        let of = |info: &&SetInfo| matches!(&info.origin, Origin::Own(own) if own == key);
        let sets = self.data.sets();
        sets.with_untracked(|sets| sets.iter().find(of).map(|info| info.id))
    }

    /// Deletes a collection for good.
    pub fn delete_collection(self, key: String) {
        if self.data.editor.key().as_ref() == Some(&key) {
            self.data.editor.close();
        }
        spawn_local(async move {
            let removed = async { store().await?.remove_collection(&key).await };
            match removed.await {
                Ok(()) => {
                    known(|it| it.known.remove(&key));
                    if let Some(id) = self.set_of(&key) {
                        self.data.remove(id);
                        self.forget_set(id);
                    }
                }
                Err(error) => {
                    let text = format!("The collection cannot be deleted: {error}.");
                    self.notices.fail(Place::Storage, text);
                }
            }
        });
    }
}
