//! The time machine: the network with the weights of an earlier step of its training.

use engine::session::{Command, DeviceKind, Message, Request, Weights};
use leptos::prelude::*;
use state::train::Status;
use wasm_bindgen_futures::spawn_local;

use crate::client::QueryError;
use crate::lab::Lab;

impl Lab {
    /// Gives the network the weights of the last checkpoint up to this step; `None` for the newest.
    /// A training under way pauses first.
    pub fn show_step(self, step: Option<u64>) {
        if self.train.is_busy() {
            return self.pause_training();
        }
        let snapshots = self.train.snapshots();
        let newest = snapshots.with_untracked(|it| it.at(u64::MAX));
        let wanted = snapshots.with_untracked(|it| it.at(step.unwrap_or(u64::MAX)));
        let Some(snapshot) = wanted else { return };
        let is_newest = newest.is_some_and(|it| it.number == snapshot.number);
        self.train.show((!is_newest).then_some(snapshot.step));
        let device = self.answer.device();
        spawn_local(async move {
            if let Err(error) = self.load_snapshot(device, snapshot.number).await {
                self.train.set_failure(Some(error.sentence()));
            }
        });
    }

    async fn load_snapshot(self, device: DeviceKind, number: u64) -> Result<(), QueryError> {
        let graph = self.document.running().get_untracked();
        let (version, replies) = self.core(|core| {
            let version = core.version;
            let file = core.snapshots.get(&number).cloned();
            let file = file.ok_or(QueryError::Gone)?;
            let id = core.next_request();
            let command = Command::Load {
                graph,
                weights: Weights::Payload,
            };
            let engine = core.engine(device).as_mut();
            let engine = engine.filter(|it| it.loaded == Some(version));
            let engine = engine.ok_or(QueryError::NotReady)?;
            let request = Message::new(Request { id, command });
            let replies = engine.client.query(&request, Some(&file))?;
            Ok::<_, QueryError>((version, replies))
        })?;
        replies.result(|_, _| {}).await?;
        if self.core(|core| core.version == version) {
            self.trained_weights();
            self.drawing_changed();
        }
        Ok(())
    }

    /// Whether the time machine can be used now.
    pub fn can_show_steps(self) -> bool {
        let many = self.train.snapshots().with(|it| it.all().len() > 1);
        many && !self.train.status().with(Status::is_busy)
    }
}
