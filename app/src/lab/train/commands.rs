//! What the person asks of a training: begin, go on, pause, end.

use std::sync::Arc;

use leptos::prelude::*;
use state::data::SetInfo;
use state::train::{Goal, Status, TrainedOn};

use super::UnderWay;
use super::drive::Start;
use crate::lab::Lab;

fn trained_on(set: &SetInfo) -> TrainedOn {
    TrainedOn {
        name: set.name.clone(),
        classes: Arc::new(set.classes.clone()),
    }
}

impl Lab {
    /// Trains the open network from the weights it has.
    pub fn train(self, goal: Goal) {
        if self.train.is_busy() {
            return;
        }
        let Some(set) = self.training_set() else {
            return;
        };
        self.core(|core| {
            core.snapshots.clear();
            core.kept_training = None;
        });
        self.train.begin(trained_on(&set));
        self.begin_run(false);
        self.run_training(set.id, Start::New, goal);
    }

    /// The training goes on: from the step that the time machine shows, else from the last.
    pub fn resume_training(self, goal: Goal) {
        if self.train.is_busy() {
            return;
        }
        let step = self.train.shown().get_untracked().unwrap_or(u64::MAX);
        let snapshot = self.train.snapshots().with_untracked(|it| it.at(step));
        let file =
            snapshot.and_then(|it| self.core(|core| core.snapshots.get(&it.number).cloned()));
        let (Some(snapshot), Some(file)) = (snapshot, file) else {
            return self.train(goal);
        };
        let Some(set) = self.training_set() else {
            return;
        };
        self.train.train_on(trained_on(&set));
        let later = self.train.go_back(snapshot.step);
        if !later.is_empty() {
            self.begin_run(true);
        }
        self.remove_snapshots(&later);
        self.train.set_failure(None);
        self.train.set_status(Status::Preparing);
        self.run_training(set.id, Start::At(file), goal);
    }

    /// The chosen data; where there are none this is the failure that the panel shows.
    fn training_set(self) -> Option<SetInfo> {
        let set = untrack(|| self.data.chosen());
        if set.is_none() {
            let why = "There are no data to train on. Choose a data set first.";
            self.train.set_failure(Some(why.to_owned()));
        }
        set
    }

    /// Pauses the training after the step under way.
    pub fn pause_training(self) {
        let under_way = self.core(|core| core.training);
        let Some(UnderWay {
            device, request, ..
        }) = under_way
        else {
            return;
        };
        match request {
            Some(request) => self.cancel(device, request),
            None => {
                self.core(|core| core.training = None);
                self.train.set_status(Status::Paused);
            }
        }
    }

    /// The training that waits for its data begins with the images that are here; the others join
    /// with its next epochs.
    pub fn train_early(self) {
        self.core(|core| {
            if let Some(under_way) = &mut core.training {
                under_way.early = true;
            }
        });
    }

    /// Ends the training after the step under way; its weights stay.
    pub fn stop_training(self) {
        if !self.train.is_busy() {
            self.train.set_status(Status::Stopped);
            return self.record_run();
        }
        self.core(|core| {
            if let Some(under_way) = &mut core.training {
                under_way.stopping = true;
            }
        });
        self.pause_training();
    }
}
