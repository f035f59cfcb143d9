//! The other workers of a training: each is an engine of its own with the same network and data, and
//! a channel to the engine that trains. A worker that ends is replaced; its part of the step under
//! way is computed by the engine that trains.

mod start;

use engine::session::{Command, DeviceKind, Message, Request};
use engine::train::{SHARDS, Worked};
use futures_channel::oneshot;
use leptos::prelude::*;
use state::data::SetId;
use state::train::workers::{Advice, Choice, most};

use crate::client::{Client, sentence};
use crate::lab::Lab;
use crate::platform::cores::cores;

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

/// The most workers on this machine.
pub fn most_workers() -> u32 {
    most(cores())
}

impl Lab {
    /// The training of this number runs: starts as many workers as are wanted.
    pub(super) fn begin_pool(self, number: u64, set: SetId) {
        self.end_pool();
        self.train.change_workers(|workers| workers.begin());
        let is_cut = || {
            let train = self.train;
            train.with_run_task(|task| task.settings.shards.is_some())
        };
        if self.answer.device() != DeviceKind::Cpu || !untrack(is_cut) {
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
}
