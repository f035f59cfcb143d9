//! What a training tells.

use std::time::Duration;

use engine::session::{DeviceKind, Event};
use engine::train::{End, Position};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use state::data::SetId;
use state::train::{Snapshot, Validation};
use web_sys::Blob;

use crate::client::{QueryError, Replies, sentence};
use crate::lab::Lab;
use crate::lab::weights::random_number;

/// How often it is asked whether the engine that was started again has its network …
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// … and how many times.
const LOOKS: u32 = 600;

impl Lab {
    /// Takes what the training tells, to its end.
    pub(super) async fn follow_training(
        self,
        number: u64,
        set: SetId,
        mut replies: Replies,
    ) -> Result<End, QueryError> {
        loop {
            let (message, file) = replies.next().await?;
            // Another network was opened, or another training started.
            if !self.is_training(number) {
                return Err(QueryError::Gone);
            }
            let values = message.values();
            match message.header {
                Event::Started | Event::Progress { .. } => {}
                Event::Stepped {
                    points,
                    worked,
                    health,
                    executor,
                } => {
                    self.train.stepped(&points);
                    self.train.fared(health);
                    self.train.computed_by(executor);
                    self.pool_worked(worked);
                    self.trained_weights();
                    self.drawing_changed();
                }
                Event::Validated { evaluation, points } => {
                    self.train.stepped(&points);
                    let values = values.map_err(|_| QueryError::Unexpected)?;
                    let validation = Validation::read(set, evaluation, &values);
                    self.train.validated(validation);
                }
                Event::WorkerRefused { peer, failure } => {
                    self.pool_refused(peer, sentence(&failure.decode()));
                }
                Event::Snapshot { position, points } => {
                    self.train.stepped(&points);
                    self.keep_snapshot(&position, file);
                    self.keep_training_if_due(number);
                }
                Event::Trained {
                    end,
                    position,
                    points,
                } => {
                    self.train.stepped(&points);
                    self.keep_snapshot(&position, file);
                    return Ok(end);
                }
                _ => return Err(QueryError::Unexpected),
            }
        }
    }

    fn keep_snapshot(self, position: &Position, file: Option<Blob>) {
        self.core(|core| core.run_seconds = position.seconds);
        let Some(file) = file else { return };
        let step = position.step;
        let number = random_number();
        let bytes = file.size() as u64;
        self.core(|core| core.snapshots.insert(number, file));
        let snapshot = Snapshot {
            step,
            number,
            bytes,
        };
        self.remove_snapshots(&self.train.keep(snapshot));
    }

    pub(super) fn remove_snapshots(self, numbers: &[u64]) {
        self.core(|core| core.snapshots.retain(|number, _| !numbers.contains(number)));
    }

    /// What came after the newest checkpoint is cleared: it is told again. Its file.
    pub(super) fn back_to_last_snapshot(self) -> Option<Blob> {
        let last = self.train.snapshots().with_untracked(|it| it.at(u64::MAX));
        self.train.go_back(last.map_or(0, |it| it.step));
        self.last_snapshot()
    }

    /// The file of the newest checkpoint.
    pub(super) fn last_snapshot(self) -> Option<Blob> {
        let last = self
            .train
            .snapshots()
            .with_untracked(|it| it.at(u64::MAX))?;
        self.core(|core| core.snapshots.get(&last.number).cloned())
    }

    /// Waits for all images of the set, so that the training is the same each time, or until the
    /// person wants to begin.
    pub(super) async fn wait_for_set(self, number: u64, device: DeviceKind, set: SetId) {
        let waits = || {
            let under_way = self.core(|core| core.training);
            under_way.is_some_and(|it| it.number == number && !it.early)
        };
        while waits() && self.is_sending(device, set) {
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until this device's engine has the network that is to run.
    pub(super) async fn wait_for_network(self, device: DeviceKind) -> Result<(), QueryError> {
        for _ in 0..LOOKS {
            let has = self.core(|core| {
                let version = core.version;
                let engine = core.engine(device).as_ref();
                engine.is_some_and(|it| it.loaded == Some(version))
            });
            if has {
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
        Err(QueryError::NotReady)
    }
}
