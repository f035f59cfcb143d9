//! Kept trainings over a reload: read when the area Train is first shown, and written after each change.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use js_sys::{Date, Uint8Array};
use leptos::ev;
use leptos::prelude::*;
use state::notices::Place;
use state::train::runs::{Checkpoint, Run, RunRecord, Runs};
use wasm_bindgen_futures::spawn_local;

use super::autosave::word;
use super::collections::store;
use super::store::{CheckpointChange, KeptRun, RunChange, StoreError};
use crate::lab::Lab;
use crate::platform::schedule::yield_now;

/// A run as it is in the storage.
struct Known {
    key: String,
    record: RunRecord,
    /// What is beside it: not the checkpoint of a training under way.
    stored: Checkpoint,
}

#[derive(Default)]
struct Keeping {
    /// By the run's number in this page.
    known: HashMap<u64, Known>,
    /// The list is read, or being read.
    begun: bool,
    /// It is read, so that writing begins.
    read: bool,
    /// A write is scheduled, …
    due: bool,
    /// … or under way.
    busy: bool,
    /// The last write has failed, which was said.
    failed: bool,
}

thread_local! {
    static KEEPING: RefCell<Keeping> = RefCell::default();
}

fn keeping<T>(change: impl FnOnce(&mut Keeping) -> T) -> T {
    KEEPING.with_borrow_mut(change)
}

/// The debounce time of writing.
const PAUSE: Duration = Duration::from_millis(300);

impl Lab {
    /// Lists the runs of earlier visits, and keeps those of this one for the life of the page.
    pub fn keep_runs(self) {
        if self.screen.embed.is_some() {
            // A frame keeps nothing.
            return self.train.end_reading_runs();
        }
        if keeping(|it| std::mem::replace(&mut it.begun, true)) {
            return;
        }
        self.when_runs_change(|lab| lab.write_runs_after(PAUSE));
        let visibility = ev::Custom::<web_sys::Event>::new("visibilitychange");
        let _while_the_page_lives = window_event_listener(visibility, move |_| {
            if document().hidden() {
                self.write_runs_after(Duration::ZERO);
            }
        });
        spawn_local(async move {
            match self.read_runs().await {
                Ok(()) => keeping(|it| it.read = true),
                // Which autosave says, once for all.
                Err(StoreError::Forbidden) => {}
                Err(error) => {
                    let text = format!(
                        "The runs of earlier visits are not there: {error}. Those of this visit \
                         last until the page is closed."
                    );
                    self.notices.fail(Place::Runs, text);
                }
            }
            self.train.end_reading_runs();
            // A training may have ended meanwhile.
            self.write_runs_after(PAUSE);
        });
    }

    async fn read_runs(self) -> Result<(), StoreError> {
        let store = store().await?;
        let mut leftovers = Vec::new();
        for run in store.runs().await? {
            if run.curve.length() == 0 {
                // One tab has deleted it, and another has then changed its name.
                leftovers.push(run.key);
            } else {
                self.list_run(run);
                yield_now().await;
            }
        }
        if !leftovers.is_empty() {
            store.save_runs(&[], &leftovers).await?;
        }
        Ok(())
    }

    fn list_run(self, kept: KeptRun) {
        match RunRecord::read(&kept.record, &kept.curve.to_vec()) {
            Ok(record) => {
                let number = self.add_run(record.clone(), kept.checkpoint);
                let Some(number) = number else { return };
                let known = Known {
                    key: kept.key,
                    stored: record.run.checkpoint,
                    record,
                };
                keeping(|it| it.known.insert(number, known));
            }
            // It stays in the storage for the version of the lab that can read it.
            Err(error) => {
                let text = format!("A run of an earlier visit cannot be shown: {error}.");
                self.notices.fail(Place::Runs, text);
            }
        }
    }

    fn write_runs_after(self, pause: Duration) {
        // At once also while another write is due: it then finds nothing to do.
        if keeping(|it| !it.read || std::mem::replace(&mut it.due, true)) && !pause.is_zero() {
            return;
        }
        let write = move || {
            let free = keeping(|it| {
                it.due = false;
                it.read && !std::mem::replace(&mut it.busy, true)
            });
            if !free {
                return;
            }
            spawn_local(async move {
                let written = self.write_runs().await;
                keeping(|it| it.busy = false);
                self.told_of_runs(written.as_ref().err());
                // What has changed meanwhile; after a failure the next change tries again.
                if matches!(written, Ok(true)) {
                    self.write_runs_after(PAUSE);
                }
            });
        };
        set_timeout(write, pause);
    }

    fn told_of_runs(self, failed: Option<&StoreError>) {
        let before = keeping(|it| std::mem::replace(&mut it.failed, failed.is_some()));
        match failed {
            Some(error) => {
                let text = format!(
                    "The runs are not kept over a reload: {error}. They stay in the list until the \
                     page is closed; delete some, or other things that are kept here, and the next \
                     change tries again."
                );
                self.notices.fail(Place::Runs, text);
            }
            None if before => self.notices.dismiss(Place::Runs),
            None => {}
        }
    }

    /// Writes what differs from the storage; whether anything did.
    async fn write_runs(self) -> Result<bool, StoreError> {
        let (records, deleted) = (self.changed_runs(), self.gone_runs());
        if records.is_empty() && deleted.is_empty() {
            return Ok(false);
        }
        let (mut changes, mut written) = (Vec::new(), Vec::new());
        for (number, key, record) in records {
            let (change, stored) = self.run_change(number, &key, &record)?;
            changes.push(change);
            let known = Known {
                key,
                record,
                stored,
            };
            written.push((number, known));
        }
        let keys: Vec<String> = deleted.iter().map(|(_, key)| key.clone()).collect();
        store().await?.save_runs(&changes, &keys).await?;
        keeping(|it| {
            for (number, _) in &deleted {
                it.known.remove(number);
            }
            it.known.extend(written);
        });
        Ok(true)
    }

    /// The runs that differ from the storage, with number and key.
    fn changed_runs(self) -> Vec<(u64, String, RunRecord)> {
        let changed = |runs: &Runs, run: &Run| {
            let number = run.number();
            let drawn = runs.colour(number).is_some();
            let key = keeping(|it| match it.known.get(&number) {
                Some(known) if is_same(&known.record, run, drawn) => None,
                Some(known) => Some(known.key.clone()),
                // Keys are in the order of time.
                None => Some(format!("{:014.0}-{number:05}-{}", Date::now(), word())),
            });
            let run = run.clone();
            Some((number, key?, RunRecord { run, drawn }))
        };
        self.train.runs().with_untracked(|runs| {
            let all = runs.all().iter();
            all.filter_map(|run| changed(runs, run)).collect()
        })
    }

    /// The runs that are in the storage and no longer on the list: number and key.
    fn gone_runs(self) -> Vec<(u64, String)> {
        self.train.runs().with_untracked(|runs| {
            keeping(|it| {
                let gone = it.known.iter().filter(|it| runs.get(*it.0).is_none());
                gone.map(|(number, known)| (*number, known.key.clone()))
                    .collect()
            })
        })
    }

    /// What is to be written of a run, and the checkpoint that is then beside it. The experiment keeps
    /// that of a training under way.
    fn run_change(
        self,
        number: u64,
        key: &str,
        record: &RunRecord,
    ) -> Result<(RunChange, Checkpoint), StoreError> {
        let run = &record.run;
        let (same_curve, before) = keeping(|it| {
            let known = it.known.get(&number);
            let same = known.is_some_and(|it| Arc::ptr_eq(&it.record.run.curve, &run.curve));
            (same, known.map_or(Checkpoint::None, |it| it.stored))
        });
        let stored = if run.status.is_busy() {
            before
        } else {
            run.checkpoint
        };
        let checkpoint = match stored {
            _ if stored == before => CheckpointChange::AsItIs,
            Checkpoint::At { .. } => self
                .run_file(number)
                .map_or(CheckpointChange::None, CheckpointChange::Is),
            Checkpoint::None | Checkpoint::Removed => CheckpointChange::None,
        };
        let mut written = record.clone();
        written.run.checkpoint = stored;
        let change = RunChange {
            key: key.to_owned(),
            record: written.write().map_err(StoreError::Broken)?,
            curve: (!same_curve).then(|| Uint8Array::from(run.curve.to_bytes().as_slice())),
            checkpoint,
        };
        Ok((change, stored))
    }
}

/// Whether a run is in the storage as it is. Its network and settings never change.
fn is_same(kept: &RunRecord, run: &Run, drawn: bool) -> bool {
    let known = &kept.run;
    kept.drawn == drawn
        && known.name == run.name
        && known.status == run.status
        && known.seconds.to_bits() == run.seconds.to_bits()
        && known.checkpoint == run.checkpoint
        && known.kept_as == run.kept_as
        && Arc::ptr_eq(&known.curve, &run.curve)
}
