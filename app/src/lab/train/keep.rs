//! Trainings survive the page: their last checkpoint is a step of the history, which is saved, and
//! carries all that a training needs to go on.

use engine::checkpoint::{Header, LENGTH_BYTES};
use engine::session::DeviceKind;
use js_sys::Uint8Array;
use leptos::prelude::*;
use state::document::OwnWeights;
use state::train::{Snapshot, Status};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use crate::lab::Lab;
use crate::lab::weights::random_number;
use crate::platform::clock;

/// A training under way is kept this often, in milliseconds: so much is lost when the page is closed.
const KEEP_EVERY: f64 = 10_000.0;

impl Lab {
    /// The newest checkpoint of the training becomes the network's weights. All that were kept of one
    /// training are one step of the history.
    pub(super) fn keep_training(self, device: DeviceKind) {
        let step = self.train.snapshots().with_untracked(|it| it.at(u64::MAX));
        let step = step.map_or(0, |it| it.step);
        let Some(file) = self.last_snapshot() else {
            return;
        };
        let steps = if step == 1 { "step" } else { "steps" };
        let what = format!("train {step} {steps}");
        let before = self.core(|core| core.kept_training);
        let number = self.keep_file(device, file, before, "training", step, &what);
        self.core(|core| {
            core.kept_training = Some(number);
            core.run_kept = Some(number);
            core.kept_at = clock::now();
        });
    }

    pub(super) fn keep_training_if_due(self, number: u64) {
        let device = self.core(|core| {
            let under_way = core.training.filter(|it| it.number == number)?;
            let due = clock::now() - core.kept_at >= KEEP_EVERY;
            due.then_some(under_way.device)
        });
        if let Some(device) = device {
            self.keep_training(device);
            self.record_run_under_way();
        }
    }

    /// The network that is open has weights of a training that can go on: the panel offers it, with its
    /// curve where that is among the kept runs.
    pub fn find_training(self) {
        Effect::new(move |_| {
            if !self.train.runs_read().get() {
                return;
            }
            let own = self.document.weights().get();
            let idle = self.train.status().with_untracked(|it| *it == Status::Idle);
            let Some(own) = own.filter(|it| idle && it.step > 0) else {
                return;
            };
            let Some(file) = self.checkpoint(own.number) else {
                return;
            };
            spawn_local(async move {
                // A file that is none of a training is a network's weights, and no more.
                let Some(run) = training_of(&file).await else {
                    return;
                };
                let same = self.document.weights().get_untracked().as_ref() == Some(&own);
                if same && !self.train.is_busy() {
                    self.take_training(&own, file, run);
                }
            });
        });
    }

    fn take_training(self, own: &OwnWeights, file: Blob, told: engine::train::Run) {
        self.train.edit(|task| *task = told.task);
        let number = random_number();
        let snapshot = Snapshot {
            step: own.step,
            number,
            bytes: file.size() as u64,
        };
        self.core(|core| {
            core.snapshots.insert(number, file);
            core.kept_training = Some(own.number);
        });
        let found = self.train.runs().with_untracked(|runs| {
            let (run, newest) = runs.of_checkpoint(own.number)?;
            Some((run.clone(), newest))
        });
        let found = found.filter(|(run, _)| untrack(|| self.is_network_of(run)));
        match found {
            Some((run, newest)) => {
                self.core(|core| core.run = Some(run.of.clone()));
                self.train.take_back(&run, snapshot);
                if !newest {
                    // What was trained after it is kept as the run that it is.
                    self.begin_run(true);
                }
            }
            None => {
                self.train.keep(snapshot);
                self.train.set_status(Status::Paused);
                self.begin_run(false);
            }
        }
        self.core(|core| {
            core.run_kept = Some(own.number);
            core.run_seconds = told.position.seconds;
        });
        self.record_run();
    }
}

/// The training whose checkpoint this file is, read from its header alone.
async fn training_of(file: &Blob) -> Option<engine::train::Run> {
    let start = bytes_of(file, 0, LENGTH_BYTES).await?;
    let length = Header::length(&start).ok()?;
    let header = bytes_of(file, LENGTH_BYTES, LENGTH_BYTES + length).await?;
    let data = file.size() as u64 - (LENGTH_BYTES + length) as u64;
    Header::parse(&header, data).ok()?.about?.training
}

async fn bytes_of(file: &Blob, from: usize, to: usize) -> Option<Vec<u8>> {
    let part = file.slice_with_f64_and_f64(from as f64, to as f64).ok()?;
    let part = JsFuture::from(part.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&part).to_vec())
}
