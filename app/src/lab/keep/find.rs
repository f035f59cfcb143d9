//! What a visit finds: unsaved work of the one before, and the experiment that was open last.

use leptos::prelude::*;

use super::super::history::History;
use super::super::record::{Record, RecordError, Unsaved};
use super::super::shelf::{free_name, is_taken, name_of, renamed};
use super::super::store::{Change, Photo, Saved, Store, StoreError};
use super::super::{Lab, Place, settings};
use super::picture::{is_marked, picture};
use super::write::written;
use super::{OPEN, UNSAVED, shortened, word};

impl Lab {
    /// Takes up what was unsaved, and opens what was open last unless `fresh`.
    pub(super) async fn find_work(self, store: &Store, fresh: bool) -> Result<(), StoreError> {
        for key in settings::names(UNSAVED) {
            if let Some(unsaved) = settings::read(&key).as_deref().and_then(Unsaved::read) {
                self.take_up(store, unsaved).await?;
            }
            settings::forget(&key);
        }
        let records = store.records().await?;
        if fresh {
            let name = self.name();
            if is_taken(&records, &name) {
                self.title.set(Some(free_name(&records, &name)));
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
        let last = settings::remembered(OPEN).filter(there).or_else(newest);
        let Some(id) = last else { return Ok(()) };
        // The person was faster than the storage: theirs is a new experiment.
        let begun = self.history.with_untracked(|it| it.undone_next().is_some())
            || self.core(|core| core.sheet.can_undo() && core.sheet.sample().is_none());
        if !begun {
            self.open_kept(store, &id).await?;
        }
        Ok(())
    }

    async fn take_up(self, store: &Store, unsaved: Unsaved) -> Result<(), StoreError> {
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
                self.tell(told.join(" "));
            }
        }
        Ok(())
    }

    /// Opens a kept experiment in the place of what is on the screen.
    pub(in crate::lab) async fn open_kept(self, store: &Store, id: &str) -> Result<(), StoreError> {
        let Some(kept) = store.load(id).await? else {
            return Ok(());
        };
        let read = Record::read(&kept.record).and_then(|record| Ok((record.experiment()?, record)));
        let (experiment, record) = match read {
            Ok(read) => read,
            Err(error) => {
                let name = name_of(&kept.record);
                self.refuse_kept(&name, &error);
                return Ok(());
            }
        };
        let numbers = kept.states.iter().map(|state| state.0).collect();
        let history = History::of(&record.trail, kept.states);
        let running = history.state(record.trail.running);
        let photo = kept
            .photo
            .filter(|_| record.photo)
            .and_then(|it| picture(&it));
        self.core(|core| {
            core.keep.become_new();
            core.keep.id = id.to_owned();
            core.keep.revision = record.revision;
            core.keep.running = record.trail.running;
            core.keep.kept = numbers;
            core.keep.written = written(&record);
        });
        if let Some(photo) = photo {
            let number = self.put_picture(photo);
            self.core(|core| core.keep.photo = Some(number));
        }
        self.put_experiment(&experiment, history, running);
        settings::remember(OPEN, id);
        Ok(())
    }

    /// Says why an experiment stays closed.
    fn refuse_kept(self, name: &str, error: &RecordError) {
        self.fail(
            Place::Storage,
            format!("“{name}” cannot be opened: {error}. It stays in the storage as it is."),
        );
    }
}

/// Whether this photo is kept beside the experiment: the page's last writing may have been done
/// after the page went away.
async fn keeps_photo(store: &Store, id: &str, mark: &str) -> Result<bool, StoreError> {
    let kept = store.load(id).await?.and_then(|kept| kept.photo);
    Ok(kept.is_some_and(|kept| is_marked(&kept, mark)))
}
