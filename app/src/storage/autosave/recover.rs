//! Recovery at the start: unsaved work of the previous visit, and the experiment that was open
//! last.

use leptos::prelude::*;

use state::document::History;
use state::experiment::Beside;
use state::library::record::{Record, RecordError, Unsaved};
use state::notices::Place;

use super::super::library::{free_name, is_taken, name_of, renamed};
use super::super::store::{Change, Photo, Saved, Store, StoreError};
use super::picture::{is_marked, picture};
use super::write::written;
use super::{OPEN, UNSAVED, kept, shortened, word};
use crate::lab::Lab;
use crate::platform::local_storage;

impl Lab {
    /// Recovers unsaved work, and opens the last open experiment unless `fresh`.
    pub(super) async fn find_work(self, store: &Store, fresh: bool) -> Result<(), StoreError> {
        for key in local_storage::names(UNSAVED) {
            if let Some(unsaved) = local_storage::read(&key).as_deref().and_then(Unsaved::read) {
                self.recover(store, unsaved).await?;
            }
            local_storage::forget(&key);
        }
        let records = store.records().await?;
        if fresh {
            let name = self.document.name();
            if is_taken(&records, &name) {
                self.document.set_title(Some(free_name(&records, &name)));
            }
            return Ok(());
        }
        let newest = || {
            let edited = |it: &(String, String)| Record::read(&it.1).map_or(0.0, |it| it.edited);
            let newest = records
                .iter()
                .max_by(|a, b| edited(a).total_cmp(&edited(b)));
            newest.map(|(id, _)| id.clone())
        };
        let there = |id: &String| records.iter().any(|(other, _)| other == id);
        let last = local_storage::remembered(OPEN)
            .filter(there)
            .or_else(newest);
        let Some(id) = last else { return Ok(()) };
        // The user has edited meanwhile: that becomes a new experiment.
        let begun = self
            .document
            .history()
            .with_untracked(|it| it.undo_description().is_some())
            || self.input.is_drawn();
        if !begun {
            self.open_kept(store, &id).await?;
        }
        Ok(())
    }

    async fn recover(self, store: &Store, unsaved: Unsaved) -> Result<(), StoreError> {
        let Unsaved {
            id,
            base,
            record,
            steps,
            photo,
        } = unsaved;
        if let Ok(mut record) = Record::read(&record) {
            let lost = match photo {
                Some((name, mark)) if !keeps_photo(store, &id, &mark).await? => Some(name),
                Some(_) | None => None,
            };
            record.photo &= lost.is_none();
            let change = |id: &str, base: u64, record: Record| Change {
                id: id.to_owned(),
                base,
                record,
                states: steps.clone(),
                photo: if lost.is_some() {
                    Photo::None
                } else {
                    Photo::AsItIs
                },
                // Those that were not kept are missing when it is opened, and are said then.
                weights: Vec::new(),
            };
            let mut told = Vec::new();
            let saved = store.save(change(&id, base, record.clone())).await?;
            if !matches!(saved, Saved::As(_)) {
                let copy = word();
                store.copy(&id, &copy).await?;
                let name = shortened(format!("{} (copy)", record.name));
                let record = renamed(record, &name);
                store.save(change(&copy, 0, record)).await?;
                told.push(format!(
                    "“{name}” is what this page had not kept yet when another one changed the \
                     experiment. It is in the list of experiments."
                ));
            }
            if let Some(photo) = &lost {
                told.push(format!(
                    "Your photo “{photo}” was not kept before the page went away: choose it again."
                ));
            }
            if !told.is_empty() {
                self.notices.tell(told.join(" "));
            }
        }
        Ok(())
    }

    /// Opens a stored experiment in place of the current one.
    pub(in crate::storage) async fn open_kept(
        self,
        store: &Store,
        id: &str,
    ) -> Result<(), StoreError> {
        let Some(loaded) = store.load(id).await? else {
            return Ok(());
        };
        let read =
            Record::read(&loaded.record).and_then(|record| Ok((record.experiment()?, record)));
        let (experiment, mut record) = match read {
            Ok(read) => read,
            Err(error) => {
                let name = name_of(&loaded.record);
                self.refuse_kept(&name, &error);
                return Ok(());
            }
        };
        let numbers = loaded.states.iter().map(|state| state.0).collect();
        let lost = record.forget_weights(|number| loaded.weights.contains_key(&number));
        let history = History::of(&record.trail, loaded.states, &record.weights);
        let running = history.state(record.trail.running);
        let photo = loaded
            .photo
            .filter(|_| record.photo)
            .and_then(|it| picture(&it));
        kept(|keep| {
            keep.become_new();
            keep.id = id.to_owned();
            keep.revision = record.revision;
            keep.kept = numbers;
            keep.weights = loaded.weights.keys().copied().collect();
            keep.written = written(&record);
        });
        if let Some(photo) = photo {
            let number = self.restore_photo(photo);
            kept(|keep| keep.photo = Some(number));
        }
        self.set_running_state(record.trail.running);
        self.add_checkpoints(loaded.weights);
        let beside = Beside {
            history,
            weights: record.own_weights().cloned(),
            running,
        };
        self.put(&experiment, beside);
        if !lost.is_empty() {
            self.notices.tell(format!(
                "The weights from {} were not kept before the page went away: open the file again.",
                lost.join(", ")
            ));
        }
        local_storage::remember(OPEN, id);
        Ok(())
    }

    /// Reports why an experiment cannot be opened.
    fn refuse_kept(self, name: &str, error: &RecordError) {
        self.notices.fail(
            Place::Storage,
            format!("“{name}” cannot be opened: {error}. It stays in the storage as it is."),
        );
    }
}

/// Whether this photo is kept beside the experiment: the page's last writing may have been done
/// after the page went away.
async fn keeps_photo(store: &Store, id: &str, mark: &str) -> Result<bool, StoreError> {
    let photo = store.load(id).await?.and_then(|it| it.photo);
    Ok(photo.is_some_and(|photo| is_marked(&photo, mark)))
}
