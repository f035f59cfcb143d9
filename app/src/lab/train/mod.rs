//! A training in an engine: starting, following and pausing it, and going back to its checkpoints.

mod examine;
mod export;
mod follow;
mod keep;
mod machine;
mod picture;
mod pool;
mod race;
mod rate;
mod runs;

use std::sync::Arc;

use engine::session::{CancelReason, Command, DeviceKind, Message, Request, RequestId, Snapshots};
use engine::train::End;
use leptos::prelude::*;
use state::data::SetId;
use state::engine::WeightState;
use state::train::{Goal, Status, TrainedOn};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{Lab, SetError};
use crate::client::{QueryError, Replies, sentence};

pub use self::machine::Machine;
pub use self::pool::{Pool, most_workers};

/// The training under way.
#[derive(Clone, Copy, Debug)]
pub struct UnderWay {
    /// Its number, so that what an earlier one tells is not taken for this one's.
    pub number: u64,
    pub device: DeviceKind,
    /// The request that trains; `None` while the data are sent.
    pub request: Option<RequestId>,
    /// It begins with the images that are here.
    pub early: bool,
    /// The person ends it.
    pub stopping: bool,
}

/// Where a training starts.
#[derive(Clone, Debug)]
enum Start {
    New,
    /// At this checkpoint.
    At(Blob),
}

/// Why a training did not start, or ended without a result.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Data(#[from] SetError),
    #[error(transparent)]
    Engine(#[from] QueryError),
}

/// A training goes on after so many ends of its worker.
const RESTARTS: u32 = 3;
/// Of its steps, one in so many is kept for the time machine, …
const SNAPSHOTS: u64 = 100;
/// … and with this many bytes of weights one step more lies between two.
const BYTES_A_STEP: u64 = 1 << 20;

impl Lab {
    /// Trains the open network from the weights it has.
    pub fn train(self, goal: Goal) {
        if self.train.is_busy() {
            return;
        }
        let Some(set) = untrack(|| self.data.chosen()) else {
            let why = "There are no data to train on. Choose a data set first.";
            return self.train.set_failure(Some(why.to_owned()));
        };
        self.core(|core| {
            core.snapshots.clear();
            core.kept_training = None;
        });
        self.train.begin(TrainedOn {
            name: set.name,
            classes: Arc::new(set.classes),
        });
        self.screen.open_dock(true);
        self.begin_run(false);
        self.run_training(Start::New, goal);
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
        let later = self.train.go_back(snapshot.step);
        if !later.is_empty() {
            self.begin_run(true);
        }
        self.remove_snapshots(&later);
        self.train.set_failure(None);
        self.train.set_status(Status::Preparing);
        self.run_training(Start::At(file), goal);
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

    /// The area Train is shown: from now on, trainings end when another network is opened.
    pub fn open_training(self) {
        self.core(|core| core.leave_training = Some(Self::forget_training));
    }

    /// Another network is open.
    fn forget_training(self) {
        self.record_run();
        self.end_pool();
        self.core(|core| {
            core.run = None;
            core.training = None;
            core.snapshots.clear();
        });
        // They are nodes of the network before.
        self.train.edit(|task| task.settings.frozen.clear());
        self.train.forget();
    }

    fn run_training(self, start: Start, goal: Goal) {
        let Some(set) = untrack(|| self.data.chosen()) else {
            return self.end_training(
                "There are no data to train on. Choose a data set first.".to_owned(),
            );
        };
        let device = self.answer.device();
        let number = self.core(|core| {
            core.trainings += 1;
            core.training = Some(UnderWay {
                number: core.trainings,
                device,
                request: None,
                early: false,
                stopping: false,
            });
            core.trainings
        });
        spawn_local(async move {
            let result = self
                .train_until_end(number, device, set.id, start, goal)
                .await;
            let current = self.core(|core| core.training.take_if(|it| it.number == number));
            if current.is_some() {
                self.end_pool();
            }
            let Some(UnderWay { stopping, .. }) = current else {
                return;
            };
            match result {
                Ok(End::Paused) if stopping => {
                    self.trained(device, End::Paused);
                    self.train.set_status(Status::Stopped);
                }
                Ok(end) => self.trained(device, end),
                Err(Stopped::Engine(QueryError::Cancelled(CancelReason::NetworkReplaced))) => {
                    self.end_training(
                        "The network was changed, so the training stopped. Train again to train \
                         the network as it is now."
                            .to_owned(),
                    );
                }
                Err(error) => self.end_training(sentence(&error)),
            }
            self.record_run();
        });
    }

    async fn train_until_end(
        self,
        number: u64,
        device: DeviceKind,
        set: SetId,
        mut start: Start,
        goal: Goal,
    ) -> Result<End, Stopped> {
        let mut restarts = 0;
        loop {
            self.send_set(device, set).await?;
            self.wait_for_set(number, device, set).await;
            if !self.is_training(number) {
                return Err(QueryError::Cancelled(CancelReason::Requested).into());
            }
            let replies = self.ask_to_train(number, device, set, &start, goal)?;
            self.train.set_status(Status::Running);
            // One step is over before another worker is started.
            if goal != Goal::Step {
                self.begin_pool(number, set);
            }
            match self.follow_training(number, set, replies).await {
                // The worker has ended and another takes its place: it goes on at the last
                // checkpoint, with the same steps.
                Err(QueryError::Gone) if restarts < RESTARTS => {
                    restarts += 1;
                    self.train.set_status(Status::Preparing);
                    start = self.last_snapshot().map_or(start, Start::At);
                    self.wait_for_network(device).await?;
                }
                other => return Ok(other?),
            }
        }
    }

    fn ask_to_train(
        self,
        number: u64,
        device: DeviceKind,
        set: SetId,
        start: &Start,
        goal: Goal,
    ) -> Result<Replies, QueryError> {
        let snapshots = self.snapshots_of(goal);
        let (command, file) = match start {
            Start::New => {
                let task = Box::new(self.train.task().get_untracked());
                let set = set.0;
                let command = Command::Train {
                    set,
                    task,
                    snapshots,
                };
                (command, None)
            }
            Start::At(file) => {
                let set = set.0;
                (Command::Resume { set, snapshots }, Some(file))
            }
        };
        self.core(|core| {
            let id = core.next_request();
            let header = Request { id, command };
            let engine = core.engine(device).as_mut();
            let engine = engine.filter(|it| it.loaded.is_some());
            let engine = engine.ok_or(QueryError::NotReady)?;
            let replies = engine.client.query(&Message::new(header), file)?;
            if let Some(under_way) = core.training.as_mut().filter(|it| it.number == number) {
                under_way.request = Some(id);
            }
            Ok(replies)
        })
    }

    /// When the engine tells checkpoints, and when it pauses.
    fn snapshots_of(self, goal: Goal) -> Snapshots {
        let steps = self.train.curve().with_untracked(|curve| curve.steps());
        let params = self
            .document
            .analysis
            .with_untracked(|analysis| analysis.total.params());
        let every = (steps / SNAPSHOTS).max(10) + params * 4 / BYTES_A_STEP;
        Snapshots {
            every: Some(every),
            pause_after: (goal == Goal::Step).then_some(1),
            pause_after_epoch: goal == Goal::Epoch,
        }
    }

    /// Whether this training is the one under way.
    fn is_training(self, number: u64) -> bool {
        self.core(|core| core.training.is_some_and(|it| it.number == number))
    }

    /// A training has ended or paused: its weights become the network's as one step of the history.
    fn trained(self, device: DeviceKind, end: End) {
        if let End::Diverged(divergence) = &end {
            let text = sentence(divergence);
            self.train.set_failure(Some(text));
        }
        self.keep_training(device);
        self.train.set_status(match end {
            End::Paused => Status::Paused,
            end => Status::Ended(end),
        });
        self.trained_weights();
        self.drawing_changed();
    }

    /// All weights of the engine are trained ones.
    fn trained_weights(self) {
        let weights = self.engine.weights().get_untracked();
        if let Some(WeightState { weighted, .. }) = weights {
            let trained = weighted;
            self.engine.set_weights(WeightState { trained, weighted });
        }
    }

    /// A training did not start or ended without a result.
    fn end_training(self, why: String) {
        let has_steps = self
            .train
            .snapshots()
            .with_untracked(|it| !it.all().is_empty());
        self.train.set_failure(Some(why));
        self.train.set_status(if has_steps {
            Status::Paused
        } else {
            Status::Idle
        });
    }
}
