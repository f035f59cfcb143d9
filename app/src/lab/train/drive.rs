//! A training under way, from sending its data to its end.

use engine::session::{CancelReason, Command, DeviceKind, Snapshots};
use engine::train::{End, Task};
use leptos::prelude::*;
use state::data::SetId;
use state::engine::WeightState;
use state::train::{Goal, Status};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{Stopped, UnderWay};
use crate::client::{QueryError, Replies, sentence};
use crate::lab::Lab;
use crate::lab::shrink::Teacher;
use crate::platform::clock;

/// Where a training starts.
#[derive(Clone, Debug)]
pub(super) enum Start {
    New,
    /// At this checkpoint.
    At(Blob),
}

/// A training goes on after so many ends of its worker.
const RESTARTS: u32 = 3;
/// Of its steps, one in so many is kept for the time machine, …
const SNAPSHOTS: u64 = 100;
/// … and with this many bytes of weights one step more lies between two.
const BYTES_A_STEP: u64 = 1 << 20;

impl Lab {
    pub(super) fn run_training(self, set: SetId, start: Start, goal: Goal) {
        let device = self.answer.device();
        let number = self.core(|core| {
            core.trainings += 1;
            core.kept_at = clock::now();
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
            let result = self.train_until_end(number, device, set, start, goal).await;
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
                    start = self.back_to_last_snapshot().map_or(start, Start::At);
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
        let set = set.0;
        let learnt;
        let (command, file) = match start {
            Start::New => {
                let task = Box::new(untrack(|| self.train.with_run_task(Task::clone)));
                let teacher = task.settings.teacher;
                match teacher.and_then(|_| self.core(|core| core.teacher.clone())) {
                    Some(Teacher { graph, file }) => {
                        learnt = file;
                        let command = Command::Distil {
                            set,
                            task,
                            snapshots,
                            teacher: graph,
                        };
                        (command, Some(&learnt))
                    }
                    None => {
                        let command = Command::Train {
                            set,
                            task,
                            snapshots,
                        };
                        (command, None)
                    }
                }
            }
            Start::At(file) => (Command::Resume { set, snapshots }, Some(file)),
        };
        let (id, replies) = self.query_with(device, command, Vec::new(), file)?;
        self.core(|core| {
            if let Some(under_way) = core.training.as_mut().filter(|it| it.number == number) {
                under_way.request = Some(id);
            }
        });
        Ok(replies)
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
    pub(super) fn trained_weights(self) {
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
