//! The time machine: the network with the weights of an earlier step of its training.

use engine::session::{Command, DeviceKind, Message, Request, Weights};
use leptos::prelude::*;
use state::train::Status;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use crate::client::QueryError;
use crate::lab::Lab;

/// Which checkpoint is loaded now, and which next: only the latest that was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine {
    loading: bool,
    next: Option<u64>,
}

impl Lab {
    /// Gives the network the weights of the last checkpoint up to this step; `None` for the newest.
    /// Does nothing while a training is under way.
    pub fn show_step(self, step: Option<u64>) {
        if self.train.is_busy() {
            return;
        }
        let snapshots = self.train.snapshots();
        let newest = snapshots.with_untracked(|it| it.at(u64::MAX));
        let wanted = snapshots.with_untracked(|it| it.at(step.unwrap_or(u64::MAX)));
        let Some(snapshot) = wanted else { return };
        let is_newest = newest.is_some_and(|it| it.number == snapshot.number);
        self.train.show((!is_newest).then_some(snapshot.step));
        self.core(|core| core.machine.next = Some(snapshot.number));
        self.load_next_step();
    }

    /// Loads the checkpoint that was asked for last, once the one before is loaded.
    fn load_next_step(self) {
        let next = self.core(|core| {
            let machine = &mut core.machine;
            if machine.loading {
                return None;
            }
            let next = machine.next.take();
            machine.loading = next.is_some();
            next
        });
        let Some(number) = next else { return };
        let device = self.answer.device();
        spawn_local(async move {
            let file = self.core(|core| core.snapshots.get(&number).cloned());
            let loaded = match file {
                Some(file) => self.load_checkpoint(device, &file).await,
                // Another network was opened meanwhile.
                None => Ok(()),
            };
            self.core(|core| core.machine.loading = false);
            if let Err(error) = loaded {
                self.train.set_failure(Some(format!(
                    "The weights of this step were not loaded: {}",
                    error.sentence()
                )));
            }
            self.load_next_step();
        });
    }

    /// Gives this device's engine the weights of a checkpoint of the network that runs.
    pub(super) async fn load_checkpoint(
        self,
        device: DeviceKind,
        file: &Blob,
    ) -> Result<(), QueryError> {
        let graph = self.document.running().get_untracked();
        let (version, replies) = self.core(|core| {
            let version = core.version;
            let id = core.next_request();
            let command = Command::Load {
                graph,
                weights: Weights::Payload,
            };
            let engine = core.engine(device).as_mut();
            let engine = engine.filter(|it| it.loaded == Some(version));
            let engine = engine.ok_or(QueryError::NotReady)?;
            let request = Message::new(Request { id, command });
            let replies = engine.client.query(&request, Some(file))?;
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
