//! Keeping the open collection after each change.

use std::collections::HashSet;
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::Uint8Array;
use leptos::ev;
use leptos::prelude::*;
use state::data::own::{Collection, CollectionRecord};
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;

use super::super::autosave::word;
use super::super::store::{CollectionChange, Saved, StoreError};
use super::{Known, known, store};
use crate::lab::Lab;

/// The debounce time of writing.
const PAUSE: Duration = Duration::from_millis(300);

impl Lab {
    /// Writes the open collection after each change.
    pub(super) fn keep_changes(self) {
        let editor = self.data.editor;
        let changed =
            Memo::new(move |_| editor.with(|open| (open.key.clone(), open.collection.clone())));
        Effect::new(move |before: Option<Option<String>>| {
            let key = changed.with(|it| it.as_ref().map(|(key, _)| key.clone()));
            // Opening is no change.
            if key.is_some() && before == Some(key.clone()) {
                self.write_collection_after(PAUSE);
            }
            key
        });
        // A page that is hidden may be closed next.
        let visibility = ev::Custom::<web_sys::Event>::new("visibilitychange");
        let hidden = window_event_listener(visibility, move |_| {
            if document().hidden() {
                self.write_collection_after(Duration::ZERO);
            }
        });
        on_cleanup(move || hidden.remove());
    }

    fn write_collection_after(self, pause: Duration) {
        // At once also while another write is due: it then finds nothing to do.
        if known(|it| std::mem::replace(&mut it.due, true)) && !pause.is_zero() {
            return;
        }
        let write = move || {
            known(|it| it.due = false);
            spawn_local(async move {
                self.write_collection().await;
            });
        };
        set_timeout(write, pause);
    }

    /// Writes the open collection if it has changed; `false` when that fails.
    pub(super) async fn write_collection(self) -> bool {
        // The one under way may lack the last change.
        while let Some(free) = known(|it| {
            std::mem::replace(&mut it.busy, true).then(|| {
                let (sender, receiver) = oneshot::channel();
                it.waiting.push(sender);
                receiver
            })
        }) {
            let _dropped = free.await.is_err();
        }
        let written = self.write_open().await;
        let had_failed = known(|it| {
            it.busy = false;
            it.waiting.clear();
            std::mem::replace(&mut it.failed, written.is_err())
        });
        match written {
            Ok(()) => {
                if had_failed {
                    self.notices.dismiss(Place::Data);
                }
                true
            }
            Err(error) => {
                let text = format!(
                    "The collection is not kept: {error}. It stays open; export it, or make room \
                     and change something to try again."
                );
                self.notices.fail(Place::Data, text);
                false
            }
        }
    }

    async fn write_open(self) -> Result<(), StoreError> {
        let editor = self.data.editor;
        let open = |it: &state::data::own::Editing| (it.key.clone(), it.collection.clone());
        let Some((key, collection)) = untrack(|| editor.with(open)) else {
            return Ok(());
        };
        let (base, stored) = known(|it| match it.known.get(&key) {
            Some(known) => (known.revision, known.stored.clone()),
            None => (0, HashSet::new()),
        });
        let unchanged = known(|it| {
            let same = |it: &Known| it.collection == collection;
            it.known.get(&key).is_some_and(same)
        });
        let pristine = base == 0 && collection.items().is_empty() && collection.next() == 0;
        if unchanged || (pristine && untouched(&collection)) {
            return Ok(());
        }
        self.publish(&key, &collection);
        let store = store().await?;
        match self
            .put_collection(&store, &key, base, &stored, &collection)
            .await?
        {
            Saved::As(revision) => {
                remember(&key, revision, collection);
                Ok(())
            }
            Saved::Overtaken | Saved::Newer => {
                // Both are kept: this one under a key of its own.
                let copy = word();
                let none = HashSet::new();
                let saved = self
                    .put_collection(&store, &copy, 0, &none, &collection)
                    .await?;
                if let Saved::As(revision) = saved {
                    editor.move_to(copy.clone());
                    self.publish(&copy, &collection);
                    remember(&copy, revision, collection);
                    self.notices.tell(
                        "Another tab has changed this collection; yours is kept as a second one."
                            .to_owned(),
                    );
                }
                Ok(())
            }
        }
    }

    async fn put_collection(
        self,
        store: &super::Store,
        key: &str,
        base: u64,
        stored: &HashSet<u64>,
        collection: &Collection,
    ) -> Result<Saved, StoreError> {
        let items = collection.items().iter().map(|item| item.number);
        let new = items.filter(|number| !stored.contains(number));
        let image = |number| {
            let image = self.data.editor.image(number)?;
            Some((number, Uint8Array::from(image.to_bytes().as_slice())))
        };
        let change = CollectionChange {
            key: key.to_owned(),
            base,
            record: CollectionRecord {
                revision: base,
                page: known(|it| it.page.clone()),
                collection: collection.clone(),
            },
            images: new.filter_map(image).collect(),
        };
        store.save_collection(change).await
    }
}

/// Whether it is as a new one is, but for its name.
fn untouched(collection: &Collection) -> bool {
    let new = Collection::new(collection.name(), collection.kind());
    new == *collection
}

fn remember(key: &str, revision: u64, collection: Collection) {
    let items = collection.items().iter();
    let stored = items.map(|item| item.number).collect();
    known(|it| {
        it.known.insert(
            key.to_owned(),
            Known {
                revision,
                stored,
                collection,
            },
        )
    });
}
