//! What carries out the commands: owns the device, the network and the jobs. The worker and the
//! native tests drive the same one.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;

use burn::tensor::Device;
use web_time::Instant;

use super::job::{Slot, reply};
use super::maps;
use super::peers::Peers;
use super::{
    COORDINATOR, Command, DeviceKind, Ended, Event, Failure, Input, Message, NO_REQUEST, Reply,
    Request, Wanted, answers,
};
use crate::analysis::Budget;
use crate::data::DataSet;
use crate::data::DigitNote;
use crate::run::{Check, Network, Provenance, Remembered, YieldPoint};
use crate::train::Course;

/// The running side of the lab.
#[derive(Debug)]
pub struct Session {
    pub(super) device: Device,
    kind: DeviceKind,
    pub(super) budget: Budget,
    pub(super) network: Option<Network>,
    pub(super) provenance: Provenance,
    /// The weights file that was loaded last, for nodes that come back after an edit.
    pub(super) file: Option<Vec<u8>>,
    /// Trained weights that edits took out of the network.
    pub(super) remembered: Remembered,
    /// The seed of the weights that are random.
    pub(super) seed: u64,
    /// The last input that was run.
    pub(super) input: Option<Vec<f32>>,
    /// What was to be said of it.
    pub(super) note: Option<DigitNote>,
    /// A pass has looked at every node of this network.
    pub(super) checked: bool,
    /// Reached during a pass that takes long.
    pub(super) yield_point: YieldPoint,
    /// The job under way, then those that wait.
    pub(super) jobs: VecDeque<Slot>,
    /// The data sets by their numbers.
    pub(super) sets: BTreeMap<u32, Rc<DataSet>>,
    /// The training of the current network that is under way, paused or over.
    pub(super) training: Option<Course>,
    /// Other sessions.
    pub(super) peers: Peers,
    /// The job under way waits for another session.
    pub(super) waiting: bool,
}

impl Session {
    /// A session on the CPU.
    pub fn on_cpu() -> Self {
        Self::on(crate::run::cpu(), DeviceKind::Cpu, Budget::default())
    }

    /// A session on WebGPU, on an adapter that binds buffers up to `buffer_bytes`.
    ///
    /// # Errors
    /// When there is no adapter, or it refuses the device.
    #[cfg(feature = "gpu")]
    pub async fn on_webgpu(buffer_bytes: u64) -> Result<Self, crate::run::DeviceError> {
        let device = crate::run::webgpu().await?;
        let budget = Budget {
            buffer_bytes: Some(buffer_bytes),
            ..Budget::default()
        };
        Ok(Self::on(device, DeviceKind::WebGpu, budget))
    }

    fn on(device: Device, kind: DeviceKind, budget: Budget) -> Self {
        Self {
            device,
            kind,
            budget,
            network: None,
            provenance: Provenance::default(),
            file: None,
            remembered: Remembered::default(),
            seed: 0,
            input: None,
            note: None,
            checked: false,
            yield_point: YieldPoint::default(),
            jobs: VecDeque::new(),
            sets: BTreeMap::new(),
            training: None,
            peers: Peers::default(),
            waiting: false,
        }
    }

    /// With a yield point in passes that take long, at which they may be stopped. Timed passes do
    /// without it.
    #[must_use]
    pub fn yielding(mut self, yield_point: YieldPoint) -> Self {
        self.yield_point = yield_point;
        self
    }

    /// With other limits, for tests of what happens at them.
    #[must_use]
    pub const fn within(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// The greeting.
    pub const fn ready(&self) -> Message<Reply> {
        Message::new(Reply {
            id: NO_REQUEST,
            event: Event::Ready { device: self.kind },
        })
    }

    /// Carries out one request and gives the replies: the last one to it, and to those that it
    /// ended. A request for a job gets its replies from [`Self::step`].
    pub async fn answer(&mut self, request: Message<Request>) -> Vec<Message<Reply>> {
        let Message { header, payload } = request;
        let Request { id, command } = header;
        self.waiting = false;
        let now = |result: Result<Message<Event>, Ended>| {
            vec![reply(id, result.unwrap_or_else(Ended::event))]
        };
        let job = match command {
            Command::Load { graph, weights } => {
                return self.answer_load(id, graph, weights, payload);
            }
            Command::Cancel { request } => {
                let ended = self.cancel(request);
                let done = reply(id, Message::new(Event::Done));
                return ended.into_iter().chain([done]).collect();
            }
            Command::Checkpoint => return now(self.checkpoint().await),
            Command::Run { input, maps } => return now(self.run(input, &maps, &payload).await),
            Command::Params { node } => return now(self.params(node).await),
            Command::Partials { node, channel } => return now(self.partials(node, channel).await),
            Command::InputGradient { unit } => return now(self.input_gradient(unit).await),
            Command::Differentiate { of, batch, wrt } => {
                return now(self.differentiate(of, batch, &wrt, &payload).await);
            }
            Command::Measure { runs, pass } => self.measure(runs, pass),
            Command::Time { runs } => self.time(runs),
            Command::Maps { input, maps } => self.maps(input, maps, &payload),
            Command::Compare {
                input,
                input_bytes,
                maps,
            } => self.compare(input, input_bytes, maps, &payload),
            Command::Data {
                set,
                classes,
                held_out,
                part,
            } => return now(self.hold(set, classes, held_out, &part, &payload)),
            Command::DropData { set } => {
                self.sets.remove(&set);
                self.forget_work();
                return now(Ok(Message::new(Event::Done)));
            }
            Command::Train {
                set,
                task,
                snapshots,
            } => self.train(set, task, snapshots),
            Command::Resume { set, snapshots } => self.resume(set, snapshots, payload),
            Command::Connect { peer } => {
                // A worker does not ask the one that sums.
                if peer != COORDINATOR {
                    self.peers.team.join(peer);
                }
                return now(Ok(Message::new(Event::Done)));
            }
            Command::Disconnect { peer } => {
                self.peers.team.leave(peer);
                return now(Ok(Message::new(Event::Done)));
            }
            Command::Evaluate { set, task, part } => self.evaluate(set, *task, part),
            Command::FindRate { set, task, range } => self.find_rate(set, *task, range),
        };
        match job {
            Ok(job) => {
                self.enqueue(id, job);
                Vec::new()
            }
            Err(ended) => now(Err(ended)),
        }
    }

    pub(super) fn network(&self) -> Result<&Network, Ended> {
        Ok(self.network.as_ref().ok_or(Failure::NoNetwork)?)
    }

    async fn run(
        &mut self,
        input: Input,
        maps: &[Wanted],
        payload: &[u8],
    ) -> Result<Message<Event>, Ended> {
        let started = Instant::now();
        let prepared = self.prepare(input, payload)?;
        let network = self.network()?;
        let mut nodes: Vec<_> = maps.iter().map(|wanted| wanted.node).collect();
        nodes.push(network.graph().output());
        let forward = Instant::now();
        // All of a network is looked at once; from then on what is read anyway tells.
        let check = if self.checked {
            Check::WhatIsRead
        } else {
            Check::EveryNode
        };
        let reduce = |place: usize, map| match maps.get(place) {
            Some(wanted) => maps::reduce(wanted, map),
            None => map,
        };
        let traced = network
            .trace_reduced(&prepared.input, &nodes, check, &self.yield_point, reduce)
            .await?;
        let forward_ms = milliseconds(forward);

        let warning = traced.warning;
        let mut traced = traced.values;
        // Read all the same: a device computes what is read, and its values are looked at.
        let last = traced.pop().unwrap_or_default();
        let output = network.shape(network.graph().output());
        let nothing = prepared.note == Some(DigitNote::NoDigit);
        let answer = if output.is_some_and(answers) && !nothing {
            last
        } else {
            Vec::new()
        };
        let mut values = prepared.pictures;
        let slices = maps::append(network, maps, &traced, &mut values);
        self.input = Some(prepared.input);
        self.note = prepared.note;
        self.checked = true;
        let event = Event::Traced {
            forward_ms,
            total_ms: milliseconds(started),
            steps: prepared.steps,
            maps: slices,
            answer,
            warning,
            note: prepared.note,
        };
        Ok(Message::with_values(event, &values))
    }
}

pub(super) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
