//! Trainings that are kept with their last checkpoint. `storage` keeps them over a reload.

use std::sync::Arc;

use engine::format::Control;
use leptos::prelude::*;
use state::train::runs::{Checkpoint, Run, RunOf, RunRecord, Runs};
use state::train::{Snapshot, Status};
use web_sys::Blob;

use crate::lab::Lab;
use crate::lab::weights::random_number;

impl Lab {
    /// A training begins. One that goes on from an earlier step is a run of its own, with the settings
    /// of the run that it left.
    pub(super) fn begin_run(self, goes_on: bool) {
        let number = self.train.runs().with_untracked(Runs::next_number);
        let on = self.train.trained_on().get_untracked();
        let graph = self.document.running().get_untracked();
        let task = self.next_task();
        let task = self.core(|core| {
            let before = core.run.take().filter(|_| goes_on);
            let run = match before {
                Some(before) => RunOf { number, ..before },
                None => RunOf {
                    number,
                    graph: Arc::new(graph),
                    task,
                    on: on.unwrap_or_default(),
                },
            };
            core.run_seconds = 0.0;
            core.run_kept = None;
            core.run.insert(run).task.clone()
        });
        self.train.set_run_task(task);
    }

    /// Keeps the training on the screen with what it has come to, at its end or pause.
    pub(super) fn record_run(self) {
        self.record_run_as(match self.train.status().get_untracked() {
            status if status.is_busy() => Status::Stopped,
            status => status,
        });
    }

    /// Keeps the training under way with what it has come to so far.
    pub(super) fn record_run_under_way(self) {
        self.record_run_as(Status::Running);
    }

    fn record_run_as(self, status: Status) {
        // The list is of the person's own trainings.
        if self.learn.is_away() {
            return;
        }
        let (of, seconds, kept_as) =
            self.core(|core| (core.run.clone(), core.run_seconds, core.run_kept));
        let Some(of) = of else { return };
        let curve = self.train.curve().get_untracked();
        if curve.is_empty() {
            return;
        }
        let number = of.number;
        let newest = self.train.snapshots().with_untracked(|it| it.at(u64::MAX));
        let file = self.last_snapshot();
        let checkpoint = match (newest, &file) {
            (Some(Snapshot { step, bytes, .. }), Some(_)) => Checkpoint::At { step, bytes },
            _ => Checkpoint::None,
        };
        if let Some(file) = file {
            self.core(|core| core.run_files.insert(number, file));
        }
        let run = Run {
            of,
            name: format!("Run {number}"),
            curve: Arc::new(curve),
            status,
            seconds,
            checkpoint,
            kept_as: kept_as.into_iter().collect(),
        };
        let thinned = self.change_runs(|runs| {
            runs.keep(run);
            runs.thin(number)
        });
        let Some(thinned) = thinned else { return };
        self.core(|core| {
            for (number, _) in thinned.checkpoints.iter().chain(&thinned.runs) {
                core.run_files.remove(number);
            }
        });
        if let Some(text) = thinned.sentence() {
            self.notices.tell(text);
        }
    }

    /// Changes the kept trainings, also in the storage.
    pub fn change_runs<T>(self, change: impl FnOnce(&mut Runs) -> T) -> Option<T> {
        let changed = self.train.change_runs(change);
        if let Some(act) = self.core(|core| core.on_runs) {
            act(self);
        }
        changed
    }

    /// Sets the function that is called when the kept trainings have changed.
    pub fn when_runs_change(self, act: fn(Self)) {
        self.core(|core| core.on_runs = Some(act));
    }

    /// Puts a training of an earlier visit on the list, with its checkpoint; returns its number.
    pub fn add_run(self, mut record: RunRecord, file: Option<Blob>) -> Option<u64> {
        if file.is_none() && record.run.checkpoint != Checkpoint::None {
            record.run.checkpoint = Checkpoint::Removed;
        }
        let begun = self.core(|core| core.run.as_ref().map(|it| it.number));
        let number = self.train.change_runs(|runs| runs.add(record, begun))?;
        if let Some(file) = file {
            self.core(|core| core.run_files.insert(number, file));
        }
        Some(number)
    }

    /// The last checkpoint of a run.
    pub fn run_file(self, number: u64) -> Option<Blob> {
        self.core(|core| core.run_files.get(&number).cloned())
    }

    /// Deletes a run; until the next one is deleted it can come back.
    pub fn delete_run(self, number: u64) {
        let gone = self.change_runs(|runs| runs.delete(number));
        if let Some(Some(gone)) = gone {
            self.core(|core| core.run_files.remove(&gone));
        }
    }

    /// Whether the open network is the one that a run trained.
    pub fn is_network_of(self, run: &Run) -> bool {
        self.document
            .running()
            .with(|graph| *graph == *run.of.graph)
    }

    /// Opens the network that a run trained.
    pub fn open_network_of(self, number: u64) {
        let runs = self.train.runs();
        let graph = runs.with_untracked(|runs| Some(Arc::clone(&runs.get(number)?.of.graph)));
        if let Some(graph) = graph {
            self.open_as(Arc::unwrap_or_clone(graph), None);
        }
    }

    /// The weights, settings and curve of a run come back, as one step of the history.
    ///
    /// # Errors
    /// Why they do not, as a sentence; all is as it was.
    pub async fn restore_run(self, number: u64) -> Result<(), String> {
        let run = self
            .train
            .runs()
            .with_untracked(|runs| runs.get(number).cloned());
        let Some(run) = run else { return Ok(()) };
        let (Checkpoint::At { step, .. }, Some(file)) = (run.checkpoint, self.run_file(number))
        else {
            return Err(match run.checkpoint {
                Checkpoint::Removed => format!(
                    "The checkpoint of {} was removed to make room for newer ones. Train its \
                     network again with the same settings.",
                    run.name
                ),
                _ => "This run has no checkpoint: it ended before its first step.".to_owned(),
            });
        };
        if self.train.is_busy() {
            return Err("A training is under way. Pause it, then restore this run.".to_owned());
        }
        if !untrack(|| self.is_network_of(&run)) {
            return Err(format!(
                "{} trained another network than the open one. Open its network, then restore it.",
                run.name
            ));
        }
        if !self.permits(Control::Network) {
            return Ok(());
        }
        let device = self.answer.device();
        let loaded = self.load_checkpoint(device, &file).await;
        loaded.map_err(|error| error.sentence())?;
        if !untrack(|| self.is_network_of(&run)) || self.train.is_busy() {
            return Ok(());
        }
        let what = format!("restore {}", run.name);
        let kept = self.keep_file(device, file.clone(), None, &run.name, step, &what);
        self.change_runs(|runs| runs.keep_as(run.number(), kept));
        let (number, bytes) = (random_number(), file.size() as u64);
        self.core(|core| {
            core.snapshots.clear();
            core.snapshots.insert(number, file);
            core.run = Some(run.of.clone());
            core.run_kept = Some(kept);
            core.run_seconds = run.seconds;
        });
        let snapshot = Snapshot {
            step,
            number,
            bytes,
        };
        self.train.restore(&run, snapshot);
        self.trained_weights();
        self.drawing_changed();
        Ok(())
    }
}
