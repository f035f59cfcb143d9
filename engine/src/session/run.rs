//! What carries out the commands: owns the device, the network and the jobs. The worker and the
//! native tests drive the same one.

use std::collections::{BTreeMap, VecDeque};

use burn::tensor::Device;
use web_time::Instant;

use super::job::{Slot, reply};
use super::maps;
use super::{
    Command, DeviceKind, Ended, Event, Failure, Input, InputStep, Message, NO_REQUEST, Reply,
    Request, RequestId, StepPicture, Wanted, Weights, answers,
};
use crate::analysis::Budget;
use crate::checkpoint::{self, Progress};
use crate::data::{prepare, prepare_photo};
use crate::run::{
    Before, Check, Initialisation, Network, NetworkError, Provenance, Remembered, YieldPoint,
    read_weights,
};
use crate::{Analysis, Graph};

/// The running side of the lab.
#[derive(Debug)]
pub struct Session {
    pub(super) device: Device,
    kind: DeviceKind,
    pub(super) budget: Budget,
    pub(super) network: Option<Network>,
    provenance: Provenance,
    /// The weights file that was loaded last, for nodes that come back after an edit.
    file: Option<Vec<u8>>,
    /// Trained weights that edits took out of the network.
    remembered: Remembered,
    /// The seed of the weights that are random.
    seed: u64,
    /// The last input that was run.
    input: Option<Vec<f32>>,
    /// A pass has looked at every node of this network.
    checked: bool,
    /// Reached during a pass that takes long.
    pub(super) yield_point: YieldPoint,
    /// The job under way, then those that wait.
    pub(super) jobs: VecDeque<Slot>,
}

/// An input as the network takes it.
struct Prepared {
    input: Vec<f32>,
    steps: Vec<StepPicture>,
    /// The steps' pictures, one after the other.
    pictures: Vec<f32>,
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
            checked: false,
            yield_point: YieldPoint::default(),
            jobs: VecDeque::new(),
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
            Command::Reach { unit } => return now(self.reach(unit).await),
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
        };
        match job {
            Ok(job) => {
                self.enqueue(id, job);
                Vec::new()
            }
            Err(ended) => now(Err(ended)),
        }
    }

    fn answer_load(
        &mut self,
        id: RequestId,
        graph: Graph,
        weights: Weights,
        payload: Vec<u8>,
    ) -> Vec<Message<Reply>> {
        let loaded = self.load(graph, weights, payload);
        // Without a network the one before gave its memory back, and its jobs end as well.
        let mut replies = if loaded.is_ok() || self.network.is_none() {
            self.cancel_network_jobs()
        } else {
            Vec::new()
        };
        replies.push(reply(id, loaded.unwrap_or_else(Ended::event)));
        replies
    }

    fn load(
        &mut self,
        graph: Graph,
        weights: Weights,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, Ended> {
        // Before anything is allocated: a wasm instance that runs out of memory is lost.
        let sent = payload.len() as u64;
        self.budget.check(&graph, sent)?;
        self.make_room(&graph, weights, sent);
        let file = if payload.is_empty() {
            self.file.as_deref()
        } else {
            Some(&*payload)
        };
        let edited = matches!(weights, Weights::Kept { .. }) && payload.is_empty();
        let (network, provenance) = match (weights, &self.network, file) {
            (Weights::Payload, _, _) => {
                // All of them come from the file or the load fails.
                let blank = Initialisation::Constant { value: 0.0 };
                let mut network = Network::initialised(graph, &blank, 0, &self.device)?;
                let provenance = read_weights(&mut network, &payload)?;
                (network, provenance)
            }
            (Weights::Kept { seed }, Some(network), _) if edited => {
                let before = Before {
                    network,
                    provenance: &self.provenance,
                    remembered: &self.remembered,
                };
                Network::edited(before, graph, file, seed)?
            }
            (Weights::Kept { seed }, _, Some(file)) => {
                Network::fitting(graph, file, seed, &self.device)?
            }
            (Weights::Seeded { seed } | Weights::Kept { seed }, _, _) => {
                let rule = Initialisation::default();
                let network = Network::initialised(graph, &rule, seed, &self.device)?;
                let provenance = Provenance::all(&network, false);
                (network, provenance)
            }
        };
        match (&self.network, edited) {
            (Some(before), true) => self.remembered.follow(before, &self.provenance, &network),
            (None, true) => {}
            (_, false) => self.remembered = Remembered::default(),
        }
        match weights {
            Weights::Kept { seed } => {
                self.seed = seed;
                if !edited {
                    self.file = Some(payload);
                }
            }
            Weights::Payload => self.file = Some(payload),
            Weights::Seeded { seed } => {
                self.seed = seed;
                self.file = None;
            }
        }
        if self.network.as_ref().map(|old| old.graph().input()) != Some(network.graph().input()) {
            self.input = None;
        }
        let event = Event::Loaded {
            trained: provenance.trained,
            weighted: provenance.weighted,
        };
        self.network = Some(network);
        self.checked = false;
        self.provenance = provenance;
        Ok(Message::new(event))
    }

    /// Gives memory back until this network fits beside what is kept: first the remembered
    /// weights, then the current network, which is not there any more should the load fail.
    fn make_room(&mut self, graph: &Graph, weights: Weights, sent: u64) {
        if !Analysis::of(graph).is_valid() {
            return;
        }
        let stored = self.file.as_ref().map_or(0, Vec::len) as u64;
        let before = self.network.as_ref().map_or(0, |before| match weights {
            Weights::Kept { .. } if sent == 0 => before.bytes_left_behind(graph),
            Weights::Kept { .. } | Weights::Payload | Weights::Seeded { .. } => {
                weight_bytes(before)
            }
        });
        let kept = sent + stored + before;
        if self
            .budget
            .check(graph, kept + self.remembered.bytes())
            .is_ok()
        {
            return;
        }
        self.remembered = Remembered::default();
        if self.budget.check(graph, kept).is_err() {
            self.network = None;
            if sent > 0 {
                self.file = None;
            }
        }
    }

    async fn checkpoint(&self) -> Result<Message<Event>, Ended> {
        let network = self.network()?;
        let stored = self.file.as_ref().map_or(0, Vec::len) as u64;
        let taken = weight_bytes(network) + stored + self.remembered.bytes();
        self.budget.check(network.graph(), taken)?;
        let progress = Progress {
            seed: self.seed,
            ..Progress::default()
        };
        let notes = BTreeMap::new();
        let payload = checkpoint::write(network, &self.provenance, progress, &notes).await?;
        let header = Event::Checkpoint;
        Ok(Message { header, payload })
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
        let answer = if output.is_some_and(answers) {
            last
        } else {
            Vec::new()
        };
        let mut values = prepared.pictures;
        let slices = maps::append(network, maps, &traced, &mut values);
        self.input = Some(prepared.input);
        self.checked = true;
        let event = Event::Traced {
            forward_ms,
            total_ms: milliseconds(started),
            steps: prepared.steps,
            maps: slices,
            answer,
            warning,
        };
        Ok(Message::with_values(event, &values))
    }

    fn prepare(&self, input: Input, payload: &[u8]) -> Result<Prepared, Ended> {
        let target = self.network()?.graph().input();
        let (mut steps, mut pictures) = (Vec::new(), Vec::new());
        let mut append = |step, channels: u32, [width, height]: [usize; 2], values: &[f32]| {
            let offset = pictures.len();
            pictures.extend_from_slice(values);
            steps.push(StepPicture {
                step,
                channels,
                width: width as u32,
                height: height as u32,
                offset,
            });
        };
        let input = match input {
            Input::Drawing {
                width,
                height,
                recipe,
            } => {
                let prepared = prepare(payload, width as usize, height as usize, recipe, target)?;
                for (step, picture) in &prepared.steps {
                    let size = [picture.width, picture.height];
                    append(InputStep::Drawing(*step), 1, size, &picture.values);
                }
                prepared.input
            }
            Input::Photo {
                width,
                height,
                preparation,
            } => {
                let size = [width as usize, height as usize];
                let prepared = prepare_photo(payload, size[0], size[1], preparation, target)?;
                for (step, picture) in &prepared.steps {
                    let size = [picture.width, picture.height];
                    let levels: Vec<f32> = picture.levels.iter().map(|&it| f32::from(it)).collect();
                    append(InputStep::Photo(*step), 3, size, &levels);
                }
                prepared.input
            }
            Input::Values => {
                let values = values(payload)?;
                let (got, wanted) = (values.len(), target.elements() as usize);
                // The network would take several pictures at once, but its answer is of one.
                if got != wanted {
                    return Err(NetworkError::Input {
                        got,
                        wanted,
                        shape: target,
                    }
                    .into());
                }
                values
            }
            Input::Last => self.last_input()?,
        };
        Ok(Prepared {
            input,
            steps,
            pictures,
        })
    }

    /// The last input that was run, or a blank one.
    pub(super) fn last_input(&self) -> Result<Vec<f32>, Ended> {
        let length = self.network()?.graph().input().elements() as usize;
        let last = self.input.clone().filter(|last| last.len() == length);
        Ok(last.unwrap_or_else(|| vec![0.0; length]))
    }

    pub(super) fn input_of(&self, input: Input, payload: &[u8]) -> Result<Vec<f32>, Ended> {
        Ok(self.prepare(input, payload)?.input)
    }
}

/// Bytes of a network's parameters.
fn weight_bytes(network: &Network) -> u64 {
    let values = network
        .params()
        .iter()
        .map(|param| param.dims.iter().product::<usize>());
    values.sum::<usize>() as u64 * 4
}

/// A payload's values.
pub(super) fn values(payload: &[u8]) -> Result<Vec<f32>, Ended> {
    let (chunks, rest) = payload.as_chunks::<4>();
    if !rest.is_empty() {
        let bytes = payload.len();
        return Err(Failure::NotValues { bytes }.into());
    }
    let values = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Ok(values.collect())
}

pub(super) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
