//! What carries out the commands: owns the device, the network and the jobs. The worker and the
//! native tests drive the same one.

#[cfg(feature = "run")]
use std::collections::BTreeMap;
use std::collections::VecDeque;
#[cfg(any(feature = "run", feature = "plan-gpu"))]
use std::rc::Rc;

#[cfg(feature = "run")]
use burn::tensor::Device;
use web_time::Instant;

#[cfg(feature = "run")]
use super::COORDINATOR;
#[cfg(feature = "run")]
use super::StagePass;
use super::job::{Slot, reply};
use super::maps;
use super::model::{Model, Remembered};
#[cfg(feature = "run")]
use super::peers::Peers;
#[cfg(feature = "run")]
use super::pipeline::StageOf;
use super::{
    Check, Command, DeviceKind, Ended, Event, Failure, Input, Job, Message, NO_REQUEST, Reply,
    Request, Wanted, YieldPoint, answers, milliseconds,
};
use crate::analysis::Budget;
#[cfg(feature = "run")]
use crate::data::DataSet;
use crate::data::DigitNote;
#[cfg(feature = "run")]
use crate::distribute::OneStage;
#[cfg(feature = "plan-gpu")]
use crate::plan::gpu::Gpu;
#[cfg(feature = "run")]
use crate::run::Network;
#[cfg(feature = "run")]
use crate::train::Course;
use crate::weights::Provenance;
use crate::{Graph, Shape};

/// The running side of the lab.
#[derive(Debug)]
pub struct Session {
    #[cfg(feature = "run")]
    pub(super) device: Device,
    kind: DeviceKind,
    /// Where the compiled plan runs, if not on the CPU.
    #[cfg(feature = "plan-gpu")]
    pub(super) gpu: Option<Rc<Gpu>>,
    pub(super) budget: Budget,
    pub(super) model: Option<Model>,
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
    /// The job under way waits for another session.
    pub(super) waiting: bool,
    /// The data sets by their numbers.
    #[cfg(feature = "run")]
    pub(super) sets: BTreeMap<u32, Rc<DataSet>>,
    /// The training of the current network that is under way, paused or over.
    #[cfg(feature = "run")]
    pub(super) training: Option<Course>,
    /// Other sessions.
    #[cfg(feature = "run")]
    pub(super) peers: Peers,
    /// The stage of a pipeline that this session is.
    #[cfg(feature = "run")]
    pub(super) stage: Option<OneStage>,
    /// Gradients that are summed with those of other workers.
    #[cfg(feature = "run")]
    pub(super) sum: Vec<f32>,
}

impl Session {
    /// A session on the CPU.
    pub fn on_cpu() -> Self {
        Self {
            #[cfg(feature = "run")]
            device: crate::run::cpu(),
            kind: DeviceKind::Cpu,
            #[cfg(feature = "plan-gpu")]
            gpu: None,
            budget: Budget::default(),
            model: None,
            provenance: Provenance::default(),
            file: None,
            remembered: Remembered::default(),
            seed: 0,
            input: None,
            note: None,
            checked: false,
            yield_point: YieldPoint::default(),
            jobs: VecDeque::new(),
            waiting: false,
            #[cfg(feature = "run")]
            sets: BTreeMap::new(),
            #[cfg(feature = "run")]
            training: None,
            #[cfg(feature = "run")]
            peers: Peers::default(),
            #[cfg(feature = "run")]
            stage: None,
            #[cfg(feature = "run")]
            sum: Vec::new(),
        }
    }

    /// A session on WebGPU, on an adapter that binds buffers up to `buffer_bytes`.
    ///
    /// # Errors
    /// When there is no adapter, or it refuses the device.
    #[cfg(feature = "gpu")]
    pub async fn on_webgpu(buffer_bytes: u64) -> Result<Self, crate::run::DeviceError> {
        let (device, gpu) = crate::run::webgpu().await?;
        let budget = Budget {
            buffer_bytes: Some(buffer_bytes),
            ..Budget::default()
        };
        let session = Self {
            device,
            budget,
            ..Self::on_cpu()
        };
        Ok(session.planning_on(Rc::new(gpu)))
    }

    /// With the compiled plan on this device.
    #[cfg(feature = "plan-gpu")]
    #[must_use]
    pub fn planning_on(mut self, gpu: Rc<Gpu>) -> Self {
        self.kind = DeviceKind::WebGpu;
        self.gpu = Some(gpu);
        self
    }

    /// Whether it computes on the CPU.
    #[cfg(feature = "run")]
    pub(super) const fn is_on_cpu(&self) -> bool {
        matches!(self.kind, DeviceKind::Cpu)
    }

    /// Whether a network that is loaded is made on the device at once.
    #[cfg(all(feature = "run", not(feature = "plan-gpu")))]
    pub(super) const fn makes_network(&self, _: Option<&Model>) -> bool {
        !self.is_on_cpu()
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
        let job: Result<Box<dyn Job>, Ended> = match command {
            Command::Load { graph, weights } => {
                return self.answer_load(id, graph, weights, payload).await;
            }
            Command::Cancel { request } => {
                let ended = self.cancel(request);
                let done = reply(id, Message::new(Event::Done));
                return ended.into_iter().chain([done]).collect();
            }
            Command::Checkpoint => return now(self.checkpoint().await),
            Command::Run { input, maps } => return now(self.run(input, &maps, &payload).await),
            Command::Params { node } => return now(self.params(node).await),
            #[cfg(feature = "run")]
            Command::Partials { node, channel } => return now(self.partials(node, channel).await),
            #[cfg(feature = "run")]
            Command::InputGradient { unit } => return now(self.input_gradient(unit).await),
            #[cfg(feature = "run")]
            Command::Differentiate { of, batch, wrt } => {
                return now(self.differentiate(of, batch, &wrt, &payload).await);
            }
            #[cfg(feature = "run")]
            Command::Measure { runs, pass } => self.measure(runs, pass),
            #[cfg(feature = "run")]
            Command::Time { runs } => self.time(runs),
            #[cfg(feature = "run")]
            Command::Latency { runs, batch } => self.latency(runs, batch),
            #[cfg(feature = "run")]
            Command::Pipeline {
                stages,
                batch,
                micro_batches,
            } => self.pipeline(stages, batch, micro_batches),
            #[cfg(feature = "run")]
            Command::Stage {
                stages,
                stage,
                batch,
                micro_batches,
                pass,
                micro_batch,
            } => {
                let of = StageOf {
                    stages,
                    stage,
                    batch,
                    micro_batches,
                };
                if pass != StagePass::Compare {
                    return now(self.pass_stage(of, pass, micro_batch, &payload).await);
                }
                self.compare_stages(of, &payload)
            }
            #[cfg(feature = "run")]
            Command::Maps { input, maps } => self.maps(input, maps, &payload),
            #[cfg(feature = "run")]
            Command::Compare {
                input,
                input_bytes,
                maps,
            } => self.compare(input, input_bytes, maps, &payload),
            #[cfg(feature = "run")]
            Command::Data {
                set,
                classes,
                held_out,
                part,
            } => return now(self.hold(set, classes, held_out, &part, &payload)),
            #[cfg(feature = "run")]
            Command::DropData { set } => {
                self.sets.remove(&set);
                self.forget_work();
                return now(Ok(Message::new(Event::Done)));
            }
            #[cfg(feature = "run")]
            Command::Train {
                set,
                task,
                snapshots,
            } => self.train(set, task, snapshots, None),
            #[cfg(feature = "run")]
            Command::Distil {
                set,
                task,
                snapshots,
                teacher,
            } => self.train(set, task, snapshots, Some((teacher, payload))),
            #[cfg(feature = "run")]
            Command::Resume { set, snapshots } => self.resume(set, snapshots, payload),
            #[cfg(feature = "run")]
            Command::Connect { peer } => {
                // A worker does not ask the one that sums.
                if peer != COORDINATOR {
                    self.peers.team.join(peer);
                }
                return now(Ok(Message::new(Event::Done)));
            }
            #[cfg(feature = "run")]
            Command::Disconnect { peer } => {
                self.peers.team.leave(peer);
                return now(Ok(Message::new(Event::Done)));
            }
            #[cfg(feature = "run")]
            Command::Evaluate {
                set,
                task,
                part,
                images,
            } => self.evaluate(set, *task, part, images),
            #[cfg(feature = "run")]
            Command::FindRate { set, task, range } => self.find_rate(set, *task, range).await,
            #[cfg(feature = "run")]
            Command::Shrink { set, job } => self.shrink(set, &job),
            #[cfg(feature = "run")]
            Command::Attack { order } => self.attack(&order, &payload),
            #[cfg(feature = "run")]
            Command::Explain { ask } => {
                if let Some(told) = self.explain_at_once(&ask).await {
                    return now(told);
                }
                self.explain(&ask)
            }
            #[cfg(not(feature = "run"))]
            _ => Err(Failure::WholeEngine { reason: None }.into()),
        };
        match job {
            Ok(job) => {
                self.enqueue(id, job);
                Vec::new()
            }
            Err(ended) => now(Err(ended)),
        }
    }

    pub(super) fn model(&self) -> Result<&Model, Ended> {
        Ok(self.model.as_ref().ok_or(Failure::NoNetwork)?)
    }

    pub(super) fn graph(&self) -> Result<&Graph, Ended> {
        Ok(&self.model()?.graph)
    }

    /// The network on its device, for what the compiled plan lacks; made of the weights when it is
    /// first needed.
    #[cfg(feature = "run")]
    pub(super) fn network(&self) -> Result<&Network, Ended> {
        self.model()?.network(&self.device)
    }

    /// Takes the network out, on this device, to be changed and put back with [`Self::put_network`].
    #[cfg(feature = "run")]
    pub(super) fn take_network(&mut self, device: &Device) -> Result<Network, Ended> {
        let model = self.model.as_mut().ok_or(Failure::NoNetwork)?;
        model.take_network(device)
    }

    /// The network with other weights of the same graph, which are the current ones from now on.
    #[cfg(feature = "run")]
    pub(super) fn put_network(&mut self, network: Network) {
        if let Some(model) = &mut self.model {
            model.put_network(network);
        }
        self.checked = false;
    }

    async fn run(
        &mut self,
        input: Input,
        maps: &[Wanted],
        payload: &[u8],
    ) -> Result<Message<Event>, Ended> {
        let started = Instant::now();
        let prepared = self.prepare(input, payload)?;
        let forward = Instant::now();
        // All of a network is looked at once; from then on what is read anyway tells.
        let check = if self.checked {
            Check::WhatIsRead
        } else {
            Check::EveryNode
        };
        let traced = self.trace(&prepared.input, maps, check).await?;
        let forward_ms = milliseconds(forward);

        let model = self.model()?;
        let output: Option<Shape> = model.shape(model.graph.output());
        let nothing = prepared.note == Some(DigitNote::NoDigit);
        let answer = if output.is_some_and(answers) && !nothing {
            traced.output
        } else {
            Vec::new()
        };
        let mut values = prepared.pictures;
        let slices = maps::append(model, maps, &traced.maps, &mut values);
        self.input = Some(prepared.input);
        self.note = prepared.note;
        self.checked = true;
        let event = Event::Traced {
            forward_ms,
            total_ms: milliseconds(started),
            steps: prepared.steps,
            maps: slices,
            answer,
            warning: traced.warning,
            note: prepared.note,
            executor: traced.executor,
        };
        Ok(Message::with_values(event, &values))
    }
}
