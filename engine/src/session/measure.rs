//! Jobs that time passes of the current network on the last input.

use std::collections::HashMap;

use web_time::Instant;

use super::apart::{Apart, TrainerApart};
use super::job::{Job, JobFuture, Step};
use super::{
    BurnReason, Check, Ended, Event, Executor, Failure, LayerTime, Message, Pass, Repeats, Session,
    YieldPoint, milliseconds,
};
#[cfg(feature = "plan-gpu")]
use crate::plan::gpu::DeviceTimer;
use crate::plan::{RunError, StepTimer, StepTimes};
use crate::run::LayerTimer;
use crate::{Graph, NodeId, Shape};

/// Passes of one measurement at most.
const MOST_RUNS: u32 = 100;

/// Times whole passes, one a step, or as many as the clock needs for a time. The first is not
/// counted: it makes what is made on first use only, such as shaders and buffers.
#[derive(Debug)]
struct Measure {
    pass: Pass,
    input: Vec<f32>,
    runs: u32,
    repeats: Repeats,
    warm: bool,
    /// A plan of its own, whose maps nobody else watches.
    plan: Option<Apart>,
    /// The plan's training step, as in a training, and its pictures.
    trainer: Option<TrainerApart>,
    labels: Vec<usize>,
    pictures: Vec<f32>,
    /// Milliseconds.
    times: Vec<f64>,
}

impl Measure {
    async fn next(&mut self, session: &mut Session) -> Result<Step, Ended> {
        if std::mem::replace(&mut self.warm, true) {
            let (started, mut count) = (Instant::now(), 0);
            loop {
                self.once(session).await?;
                count += 1;
                let elapsed = milliseconds(started);
                if self.repeats.is_enough(elapsed, count) {
                    self.times.push(self.repeats.each(elapsed, count));
                    break;
                }
            }
        } else {
            if self.pass == Pass::Forward {
                self.plan = session.plan_apart().await?.ok();
            }
            if let Pass::Training { batch } = self.pass {
                self.labels = session.labels_of_a_step(batch)?;
                self.trainer = session.trainer_apart(self.labels.len());
                self.pictures = self.input.repeat(self.labels.len());
            }
            self.once(session).await?;
        }
        if self.times.len() < self.runs as usize {
            return Ok(Step::Continue);
        }
        self.times.sort_by(f64::total_cmp);
        let ms = self.times[self.times.len() / 2];
        Ok(Step::Finish(Message::new(Event::Measured { ms })))
    }

    async fn once(&mut self, session: &Session) -> Result<(), Ended> {
        if let Some(plan) = &mut self.plan {
            plan.run(&self.input).await?;
            return Ok(());
        }
        match self.pass {
            Pass::Forward => {
                let network = session.network()?;
                let output = [network.graph().output()];
                let (check, unbroken) = (Check::WhatIsRead, YieldPoint::default());
                let whole = |_: usize, output| output;
                network
                    .trace_reduced(&self.input, &output, check, &unbroken, whole)
                    .await?;
                Ok(())
            }
            Pass::Training { .. } => {
                if let Some(trainer) = &mut self.trainer {
                    if trainer.step(&self.pictures, &self.labels).await? {
                        return Ok(());
                    }
                    self.trainer = None;
                }
                let pictures = self.pictures.clone();
                session.training_step(pictures, &self.labels).await
            }
        }
    }
}

impl Job for Measure {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        let done = u64::from(self.warm) + self.times.len() as u64;
        [done, u64::from(self.runs) + 1]
    }
}

/// Times each layer, one pass or some layers a step.
#[derive(Debug)]
struct Time {
    input: Vec<f32>,
    runs: u32,
    timer: Option<Timer>,
}

#[derive(Debug)]
enum Timer {
    Plan(Box<StepTimer>),
    #[cfg(feature = "plan-gpu")]
    Device(Box<DeviceTimer>),
    Burn(Box<LayerTimer>, BurnReason),
}

impl Time {
    async fn next(&mut self, session: &mut Session) -> Result<Step, Ended> {
        let mut timer = match self.timer.take() {
            Some(timer) => timer,
            None => self.begin(session).await?,
        };
        let over = match &mut timer {
            Timer::Plan(timer) => timer.step()?,
            #[cfg(feature = "plan-gpu")]
            Timer::Device(timer) => timer.step().await?,
            Timer::Burn(timer, _) => timer.step(session.network()?).await?,
        };
        let timer = self.timer.insert(timer);
        if !over {
            return Ok(Step::Continue);
        }
        let by_plan = |times: &StepTimes| {
            let model = session.model()?;
            let shape = |node| model.shape(node);
            let (layers, peak) = of_layers(&model.graph, shape, &times.steps);
            Ok::<_, Ended>((layers, times.total_ms, peak, Executor::Plan))
        };
        let (layers, total_ms, peak_live_bytes, executor) = match timer {
            Timer::Plan(timer) => by_plan(&timer.times())?,
            #[cfg(feature = "plan-gpu")]
            Timer::Device(timer) => by_plan(&timer.times())?,
            Timer::Burn(timer, reason) => {
                let times = timer.times(session.network()?);
                let layers = times.layers.iter().map(|layer| LayerTime {
                    node: layer.node,
                    ms: layer.ms,
                    live_bytes: layer.live_bytes,
                    within: None,
                });
                let (total, peak) = (times.total_ms, times.peak_live_bytes);
                (
                    layers.collect(),
                    total,
                    peak,
                    Executor::Burn(reason.clone()),
                )
            }
        };
        Ok(Step::Finish(Message::new(Event::Timed {
            layers,
            total_ms,
            peak_live_bytes,
            memory_bytes: memory_bytes(),
            executor,
        })))
    }

    async fn begin(&self, session: &mut Session) -> Result<Timer, Ended> {
        let input = self.input.clone();
        let reason = match session.plan_apart().await? {
            Ok(Apart::OnCpu(plan)) => {
                let timer = StepTimer::new(*plan, input, self.runs);
                return Ok(Timer::Plan(Box::new(timer)));
            }
            #[cfg(feature = "plan-gpu")]
            Ok(Apart::OnDevice(plan)) => {
                let timer = DeviceTimer::new(*plan, input, self.runs);
                return Ok(Timer::Device(Box::new(timer)));
            }
            Err(reason) => reason,
        };
        let timer = LayerTimer::new(session.network()?, input, self.runs)?;
        Ok(Timer::Burn(Box::new(timer), reason))
    }
}

/// The time of each layer: a step's is that of its first node, with which the others are computed;
/// and the most bytes of maps alive at once.
pub(crate) fn of_layers(
    graph: &Graph,
    shape: impl Fn(NodeId) -> Option<Shape>,
    steps: &[(Vec<NodeId>, f64)],
) -> (Vec<LayerTime>, u64) {
    let mut times: HashMap<NodeId, (f64, Option<NodeId>)> = HashMap::new();
    for (nodes, ms) in steps {
        let Some((&head, others)) = nodes.split_first() else {
            continue;
        };
        times.entry(head).or_default().0 += ms;
        for &node in others {
            times.entry(node).or_default().1 = Some(head);
        }
    }
    let bytes = |id: NodeId| shape(id).map_or(0, |shape| 4 * shape.elements());
    let mut uses: HashMap<NodeId, usize> = HashMap::from([(graph.output(), 1)]);
    for &id in graph.nodes().iter().flat_map(|node| &node.inputs) {
        *uses.entry(id).or_default() += 1;
    }
    let mut alive = bytes(NodeId::INPUT);
    let mut peak = alive;
    let layer = |node: &crate::Node| {
        alive += bytes(node.id);
        let live_bytes = alive;
        peak = peak.max(alive);
        for id in &node.inputs {
            if let Some(left) = uses.get_mut(id) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    alive -= bytes(*id);
                }
            }
        }
        if uses.get(&node.id).is_none_or(|&left| left == 0) {
            alive -= bytes(node.id);
        }
        let (ms, within) = times.get(&node.id).copied().unwrap_or_default();
        LayerTime {
            node: node.id,
            ms,
            live_bytes,
            within,
        }
    };
    let layers = graph.nodes().iter().map(layer).collect();
    (layers, peak)
}

impl Job for Time {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        let progress = match &self.timer {
            Some(Timer::Plan(timer)) => timer.progress(),
            #[cfg(feature = "plan-gpu")]
            Some(Timer::Device(timer)) => timer.progress(),
            Some(Timer::Burn(timer, _)) => timer.progress(),
            None => [0, self.runs.saturating_mul(2).saturating_add(1)],
        };
        progress.map(u64::from)
    }
}

impl Session {
    pub(super) fn measure(&self, runs: u32, pass: Pass) -> Result<Box<dyn Job>, Ended> {
        let input = self.last_input()?;
        if let Pass::Training { batch } = pass {
            self.check_training_step(batch)?;
        }
        Ok(Box::new(Measure {
            pass,
            input,
            runs: runs.clamp(1, MOST_RUNS),
            repeats: Repeats::here(),
            warm: false,
            plan: None,
            trainer: None,
            labels: Vec::new(),
            pictures: Vec::new(),
            times: Vec::new(),
        }))
    }

    pub(super) fn time(&self, runs: u32) -> Result<Box<dyn Job>, Ended> {
        let (input, runs) = (self.last_input()?, runs.clamp(1, MOST_RUNS));
        let timer = None;
        Ok(Box::new(Time { input, runs, timer }))
    }
}

impl From<RunError> for Ended {
    fn from(error: RunError) -> Self {
        // What was kept as the last input fits the network.
        Failure::Device {
            why: error.to_string(),
        }
        .into()
    }
}

/// All memory that the instance has; it only grows.
#[cfg(target_arch = "wasm32")]
#[allow(clippy::unnecessary_wraps, reason = "natively it is not known")]
fn memory_bytes() -> Option<u64> {
    Some(core::arch::wasm32::memory_size(0) as u64 * 65_536)
}

#[cfg(not(target_arch = "wasm32"))]
const fn memory_bytes() -> Option<u64> {
    None
}
