//! Trainings that are kept with their last checkpoint. They are in the page's memory; what would
//! store them reads `train.runs()` and [`Lab::run_file`].

use std::sync::Arc;

use engine::format::Control;
use leptos::prelude::*;
use state::train::runs::{Run, RunOf};
use state::train::{Snapshot, Status};
use web_sys::Blob;

use crate::lab::Lab;
use crate::lab::weights::random_number;

impl Lab {
    /// A training begins. One that goes on from an earlier step is a run of its own, with the settings
    /// of the run that it left.
    pub(super) fn begin_run(self, goes_on: bool) {
        let runs = self.train.runs();
        let last = runs.with_untracked(|runs| {
            let deleted = runs.deleted().map(Run::number);
            let kept = runs.all().iter().map(Run::number);
            kept.chain(deleted).max().unwrap_or_default()
        });
        let number = last + 1;
        let on = self.train.trained_on().get_untracked();
        let graph = self.document.running().get_untracked();
        let task = self.train.task().get_untracked();
        self.core(|core| {
            let before = core.run.take().filter(|_| goes_on);
            core.run = Some(match before {
                Some(before) => RunOf { number, ..before },
                None => RunOf {
                    number,
                    graph: Arc::new(graph),
                    task,
                    on: on.unwrap_or_default(),
                },
            });
            core.run_seconds = 0.0;
        });
    }

    /// Keeps the training on the screen with what it has come to.
    pub(super) fn record_run(self) {
        let (of, seconds) = self.core(|core| (core.run.clone(), core.run_seconds));
        let Some(of) = of else { return };
        let curve = self.train.curve().get_untracked();
        if curve.is_empty() {
            return;
        }
        let number = of.number;
        let checkpoint = self
            .train
            .snapshots()
            .with_untracked(|it| it.at(u64::MAX))
            .map(|it| it.step);
        if let Some(file) = self.last_snapshot() {
            self.core(|core| core.run_files.insert(number, file));
        }
        let status = match self.train.status().get_untracked() {
            status if status.is_busy() => Status::Stopped,
            status => status,
        };
        let run = Run {
            of,
            name: format!("Run {number}"),
            curve: Arc::new(curve),
            status,
            seconds,
            checkpoint,
        };
        self.train.change_runs(|runs| runs.keep(run));
    }

    /// The last checkpoint of a run.
    pub fn run_file(self, number: u64) -> Option<Blob> {
        self.core(|core| core.run_files.get(&number).cloned())
    }

    /// Deletes a run; until the next one is deleted it can come back.
    pub fn delete_run(self, number: u64) {
        let gone = self.train.change_runs(|runs| runs.delete(number));
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
        let (Some(run), Some(file)) = (run, self.run_file(number)) else {
            return Err("This run has no checkpoint: it ended before its first step.".to_owned());
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
        let step = run.checkpoint.unwrap_or_default();
        let what = format!("restore {}", run.name);
        self.keep_file(device, file.clone(), None, &run.name, step, &what);
        let (number, bytes) = (random_number(), file.size() as u64);
        self.core(|core| {
            core.snapshots.clear();
            core.snapshots.insert(number, file);
            core.run = Some(run.of.clone());
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
