//! The other workers of a training: each is an engine of its own with the same network and data, and
//! a channel to the engine that trains. A worker that ends is replaced; its part of the step under
//! way is computed by the engine that trains.

use engine::session::{COORDINATOR, Command, DeviceKind, Message, Pushed, Request, Weights};
use engine::train::{SHARDS, Worked};
use futures_channel::oneshot;
use leptos::prelude::*;
use state::data::SetId;
use state::train::workers::{Advice, Choice, most};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageChannel};

use crate::client::{Client, QueryError, Received, Replies, WorkerMessage, sentence};
use crate::lab::{Lab, SetError};
use crate::platform::cores::cores;
use crate::platform::fetch::reason;

/// Replacements of workers that end, in one training.
const RESTARTS: u32 = 6;

/// One of the workers; dropping it ends it.
pub struct PoolWorker {
    number: u32,
    client: Client,
    /// Resolves when it is ready.
    ready: Option<oneshot::Sender<()>>,
    connected: bool,
}

/// The workers of the training under way.
#[derive(Default)]
pub struct Pool {
    workers: Vec<PoolWorker>,
    /// The number of workers so far; 0 is the engine that trains.
    numbers: u32,
    restarts: u32,
    training: u64,
    set: Option<SetId>,
}

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

/// The most workers on this machine.
pub fn most_workers() -> u32 {
    most(cores())
}

impl Lab {
    /// The training of this number runs: starts as many workers as are wanted.
    pub(super) fn begin_pool(self, number: u64, set: SetId) {
        self.end_pool();
        self.train.change_workers(|workers| workers.begin());
        let is_cut = self
            .train
            .task()
            .with_untracked(|task| task.settings.shards.is_some());
        if self.answer.device() != DeviceKind::Cpu || !is_cut {
            return;
        }
        self.core(|core| {
            core.pool.restarts = 0;
            core.pool.training = number;
            core.pool.set = Some(set);
        });
        let workers = self.train.workers();
        let wanted = workers.with_untracked(|workers| workers.wanted(most_workers()));
        self.start_workers(wanted);
    }

    /// Takes the times of steps; where it is to be measured what is faster, starts or ends workers.
    pub(super) fn pool_worked(self, steps: Vec<Worked>) {
        if steps.is_empty() {
            return;
        }
        let mut advice = None;
        let most = most_workers();
        self.train
            .change_workers(|workers| advice = workers.worked(steps, most));
        match advice {
            Some(Advice::Try) => self.start_workers(most),
            Some(Advice::End) => {
                let numbers = self.core(|core| {
                    let workers = core.pool.workers.drain(..);
                    workers.map(|it| it.number).collect::<Vec<_>>()
                });
                for number in numbers {
                    self.disconnect(number);
                }
            }
            None => {}
        }
    }

    /// The engine that trains cannot use this worker.
    pub(super) fn pool_refused(self, number: u32, why: String) {
        self.core(|core| core.pool.workers.retain(|it| it.number != number));
        self.disconnect(number);
        self.train
            .change_workers(|workers| workers.failure = Some(why));
    }

    /// Ends all workers.
    pub(super) fn end_pool(self) {
        let numbers = self.core(|core| {
            core.pool.set = None;
            let workers = core.pool.workers.drain(..);
            workers.map(|it| it.number).collect::<Vec<_>>()
        });
        for number in numbers {
            self.disconnect(number);
        }
    }

    /// Chooses how many workers train. A training under way that is cut into shards takes it up at
    /// once, with the same weights; whether the batch is cut holds for the next one.
    pub fn choose_workers(self, choice: Choice) {
        self.train.change_workers(|workers| workers.choose(choice));
        self.train.edit(|task| {
            let shards = &mut task.settings.shards;
            *shards = match choice {
                Choice::Off => None,
                Choice::Auto | Choice::Count(_) => shards.or(Some(SHARDS)),
            };
        });
        if choice == Choice::Off || self.core(|core| core.pool.set.is_none()) {
            return;
        }
        let workers = self.train.workers();
        let wanted = workers.with_untracked(|workers| workers.wanted(most_workers()));
        let numbers = self.core(|core| {
            let kept = core.pool.workers.len().min(wanted as usize - 1);
            let extra = core.pool.workers.drain(kept..);
            extra.map(|it| it.number).collect::<Vec<_>>()
        });
        for number in numbers {
            self.disconnect(number);
        }
        self.start_workers(wanted);
    }

    /// Starts workers until there are so many, the engine that trains among them.
    fn start_workers(self, wanted: u32) {
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

    fn count_workers(self) {
        let connected = self.core(|core| {
            let workers = core.pool.workers.iter();
            workers.filter(|it| it.connected).count()
        });
        self.train
            .change_workers(|workers| workers.count = 1 + connected as u32);
    }

    /// Tells the engine that trains that a worker has ended.
    fn disconnect(self, number: u32) {
        let sent = self.core(|core| {
            let id = core.next_request();
            let command = Command::Disconnect { peer: number };
            let request = Message::new(Request { id, command });
            let engine = core.engine(DeviceKind::Cpu).as_mut()?;
            Some(engine.client.send(&request, None))
        });
        if let Some(Err(error)) = sent {
            let why = sentence(&error);
            self.train
                .change_workers(|workers| workers.failure = Some(why));
        }
        self.count_workers();
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
