//! Starting the workers of a training, and hearing of their end.

use engine::session::{COORDINATOR, Command, DeviceKind, Message, Pushed, Request, Weights};
use futures_channel::oneshot;
use leptos::prelude::*;
use state::data::SetId;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageChannel};

use super::PoolWorker;
use crate::client::{Client, QueryError, Received, Replies, WorkerMessage, sentence};
use crate::lab::{Lab, SetError};
use crate::platform::fetch::reason;

/// Replacements of workers that end, in one training.
const RESTARTS: u32 = 6;

/// Why a worker does not compute.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Engine(#[from] QueryError),
    #[error(transparent)]
    Data(#[from] SetError),
    #[error("the browser gives no channel between workers: {0}")]
    Channel(String),
}

impl Lab {
    /// Starts workers until there are so many, the engine that trains among them.
    pub(super) fn start_workers(self, wanted: u32) {
        let there = self.core(|core| core.pool.workers.len()) as u32 + 1;
        for _ in there..wanted {
            let (number, set) = self.core(|core| {
                core.pool.numbers += 1;
                (core.pool.numbers, core.pool.set)
            });
            let Some(set) = set else { return };
            spawn_local(async move {
                if let Err(error) = self.start_worker(number, set).await {
                    self.worker_ended(number, Some(sentence(&error)));
                }
            });
        }
    }

    async fn start_worker(self, number: u32, set: SetId) -> Result<(), Failed> {
        let start = self.next_start();
        let on_message = move |message| self.on_pool_message(number, message);
        let client = Client::start(DeviceKind::Cpu, start, on_message);
        let client = client.map_err(QueryError::from)?;
        let (sender, ready) = oneshot::channel();
        self.core(|core| {
            core.pool.workers.push(PoolWorker {
                number,
                client,
                ready: Some(sender),
                connected: false,
            });
        });
        ready.await.map_err(|_| QueryError::Gone)?;
        self.with_worker(number, |worker| {
            // Without locks its end is not noticed; the training then waits for it, and can be
            // paused and resumed.
            let _watched = worker.client.watch(on_message, || {});
        });
        let load = Command::Load {
            graph: self.document.running().get_untracked(),
            weights: Weights::Seeded { seed: 0 },
        };
        let replies = self.query_worker(number, load, None)?;
        replies.result(|_, _| {}).await?;
        let info = self.data.info(set);
        let info = info.ok_or_else(|| SetError("the data set is gone; choose another".into()))?;
        let classes = info.classes.len() as u32;
        let mut next = 0;
        while let Some(part) = self.part_of_set(set, next).await? {
            let (command, file) = part.command(set, classes)?;
            let replies = self.query_worker(number, command, Some(&file))?;
            replies.result(|_, _| {}).await?;
            next += 1;
        }
        self.connect(number).await
    }

    /// Gives the worker and the engine that trains the two ends of a channel.
    async fn connect(self, number: u32) -> Result<(), Failed> {
        let channel = MessageChannel::new();
        let channel = channel.map_err(|error| Failed::Channel(reason(&error)))?;
        let command = Command::Connect { peer: COORDINATOR };
        let id = self.core(|core| core.next_request());
        let request = Message::new(Request { id, command });
        let replies = self.with_worker(number, |worker| {
            worker.client.query_with_port(&request, &channel.port1())
        });
        let replies = replies.ok_or(QueryError::Gone)?;
        replies.map_err(QueryError::from)?.result(|_, _| {}).await?;
        let sent = self.core(|core| {
            let id = core.next_request();
            let command = Command::Connect { peer: number };
            let request = Message::new(Request { id, command });
            let engine = core.engine(DeviceKind::Cpu).as_mut();
            let engine = engine.ok_or(QueryError::NotReady)?;
            let replies = engine.client.query_with_port(&request, &channel.port2());
            replies.map_err(QueryError::from)
        });
        sent?.result(|_, _| {}).await?;
        self.with_worker(number, |worker| worker.connected = true);
        self.count_workers();
        Ok(())
    }

    fn on_pool_message(self, number: u32, message: WorkerMessage) {
        let why = match message {
            WorkerMessage::Reply(Ok(received)) => return self.route_worker(number, received),
            WorkerMessage::Reply(Err(error)) => Some(sentence(&error)),
            WorkerMessage::Failed(why) | WorkerMessage::Error(why) => Some(why),
            WorkerMessage::Gone => None,
        };
        self.worker_ended(number, why);
    }

    fn route_worker(self, number: u32, received: Received) {
        let pushed = self.with_worker(number, |worker| {
            let received = worker.client.route(received);
            let pushed = received.map_or(Ok(None), Received::pushed);
            pushed.map(|message| message.map(|it| it.header.event))
        });
        match pushed {
            Some(Ok(Some(Pushed::Ready { .. }))) => {
                let ready = self.with_worker(number, |worker| worker.ready.take());
                if let Some(ready) = ready.flatten() {
                    // The training may have ended meanwhile.
                    let _unwanted = ready.send(()).is_err();
                }
            }
            Some(Ok(Some(Pushed::Failed { failure }))) => {
                let why = sentence(&failure.decode());
                self.worker_ended(number, Some(why));
            }
            Some(Err(error)) => self.worker_ended(number, Some(sentence(&error))),
            Some(Ok(_)) | None => {}
        }
    }

    /// A worker has ended, or was not started: another takes its place, unless that happens too
    /// often.
    fn worker_ended(self, number: u32, why: Option<String>) {
        let again = self.core(|core| {
            let before = core.pool.workers.len();
            core.pool.workers.retain(|it| it.number != number);
            if core.pool.workers.len() == before {
                return None;
            }
            core.pool.restarts += 1;
            let there = core.pool.workers.len() as u32 + 1;
            let training = core
                .training
                .is_some_and(|it| it.number == core.pool.training);
            Some((training && core.pool.restarts <= RESTARTS).then_some(there + 1))
        });
        // It was ended by the page.
        let Some(again) = again else { return };
        self.disconnect(number);
        match again {
            Some(wanted) => self.start_workers(wanted),
            None => {
                let why = why.unwrap_or_else(|| "It ended.".to_owned());
                let text = format!("A worker does not compute, so the others do: {why}");
                self.train
                    .change_workers(|workers| workers.failure = Some(text));
            }
        }
    }

    fn query_worker(
        self,
        number: u32,
        command: Command,
        file: Option<&Blob>,
    ) -> Result<Replies, QueryError> {
        let id = self.core(|core| core.next_request());
        let request = Message::new(Request { id, command });
        let replies = self.with_worker(number, |worker| worker.client.query(&request, file));
        Ok(replies.ok_or(QueryError::Gone)??)
    }

    fn with_worker<T>(self, number: u32, act: impl FnOnce(&mut PoolWorker) -> T) -> Option<T> {
        self.core(|core| {
            let mut workers = core.pool.workers.iter_mut();
            workers.find(|it| it.number == number).map(act)
        })
    }
}
