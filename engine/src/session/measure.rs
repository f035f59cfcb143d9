//! Jobs that time passes of the current network on the last input.

use web_time::Instant;

use super::job::{Job, JobFuture, Step};
use super::run::milliseconds;
use super::{Ended, Event, LayerTime, Message, Pass, Session};
use crate::run::{Check, LayerTimer, Repeats, YieldPoint};

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
    /// Milliseconds.
    times: Vec<f64>,
}

impl Measure {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
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
            self.once(session).await?;
        }
        if self.times.len() < self.runs as usize {
            return Ok(Step::Continue);
        }
        self.times.sort_by(f64::total_cmp);
        let ms = self.times[self.times.len() / 2];
        Ok(Step::Finish(Message::new(Event::Measured { ms })))
    }
}

impl Measure {
    async fn once(&self, session: &Session) -> Result<(), Ended> {
        match self.pass {
            Pass::Forward => {
                let network = session.network()?;
                let output = [network.graph().output()];
                let (check, unbroken) = (Check::WhatIsRead, YieldPoint::default());
                let whole = |_: usize, output| output;
                network
                    .trace_reduced(&self.input, &output, check, &unbroken, whole)
                    .await?;
            }
            Pass::Training { batch } => session.training_step(&self.input, batch).await?,
        }
        Ok(())
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
struct Time(LayerTimer);

impl Time {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let network = session.network()?;
        if !self.0.step(network).await? {
            return Ok(Step::Continue);
        }
        let times = self.0.times(network);
        let layers = times.layers.iter().map(|layer| LayerTime {
            node: layer.node,
            ms: layer.ms,
            live_bytes: layer.live_bytes,
        });
        Ok(Step::Finish(Message::new(Event::Timed {
            layers: layers.collect(),
            total_ms: times.total_ms,
            peak_live_bytes: times.peak_live_bytes,
            memory_bytes: memory_bytes(),
        })))
    }
}

impl Job for Time {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.0.progress().map(u64::from)
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
            times: Vec::new(),
        }))
    }

    pub(super) fn time(&self, runs: u32) -> Result<Box<dyn Job>, Ended> {
        let (network, runs) = (self.network()?, runs.clamp(1, MOST_RUNS));
        let timer = LayerTimer::new(network, self.last_input()?, runs)?;
        Ok(Box::new(Time(timer)))
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
