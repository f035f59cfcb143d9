//! The job that times each pass by itself, for percentiles.

use web_time::Instant;

use super::apart::Apart;
use super::job::{Job, JobFuture, Step};
use super::{Check, Ended, Event, Failure, Message, Repeats, Session, YieldPoint, milliseconds};
use crate::Analysis;
use crate::analysis::Precision;

/// Passes at most.
const MOST_RUNS: u32 = 10_000;
/// Passes of one step of the job end after so many milliseconds: the foreground waits for a step.
const STEP_MS: f64 = 20.0;

#[derive(Debug)]
struct Latency {
    picture: Vec<f32>,
    batch: u32,
    /// A plan of its own, where the network runs by one.
    plan: Option<Apart>,
    runs: u32,
    clock_ms: f64,
    first_ms: Option<f64>,
    /// Milliseconds.
    times: Vec<f32>,
}

impl Latency {
    async fn next(&mut self, session: &mut Session) -> Result<Step, Ended> {
        let began = Instant::now();
        loop {
            if self.first_ms.is_none() {
                self.plan = session.plan_apart().await?.ok();
            }
            let ms = self.once(session).await?;
            if self.first_ms.is_none() {
                self.first_ms = Some(ms);
            } else {
                self.times.push(ms as f32);
            }
            if self.times.len() >= self.runs as usize {
                let event = Event::Latencies {
                    batch: self.batch,
                    first_ms: self.first_ms.unwrap_or_default(),
                    clock_ms: self.clock_ms,
                };
                return Ok(Step::Finish(Message::with_values(event, &self.times)));
            }
            if milliseconds(began) >= STEP_MS {
                return Ok(Step::Continue);
            }
        }
    }

    async fn once(&mut self, session: &Session) -> Result<f64, Ended> {
        if let Some(plan) = &mut self.plan {
            let began = Instant::now();
            // The plan has no batches: one picture after the other.
            for _ in 0..self.batch {
                plan.run(&self.picture).await?;
            }
            return Ok(milliseconds(began));
        }
        let network = session.network()?;
        let output = [network.graph().output()];
        let (check, unbroken) = (Check::WhatIsRead, YieldPoint::default());
        let whole = |_: usize, output| output;
        let input = self.picture.repeat(self.batch as usize);
        let began = Instant::now();
        network
            .trace_reduced(&input, &output, check, &unbroken, whole)
            .await?;
        Ok(milliseconds(began))
    }
}

impl Job for Latency {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        let done = u64::from(self.first_ms.is_some()) + self.times.len() as u64;
        [done, u64::from(self.runs) + 1]
    }
}

impl Session {
    pub(super) fn latency(&self, runs: u32, batch: u32) -> Result<Box<dyn Job>, Ended> {
        if batch == 0 {
            return Err(Failure::NoPictures.into());
        }
        let picture = self.last_input()?;
        let graph = &self.model()?.graph;
        let maps = Analysis::of(graph).inference.bytes(Precision::F32);
        let more = maps.saturating_mul(u64::from(batch) - 1);
        self.budget.check(graph, more)?;
        Ok(Box::new(Latency {
            picture,
            batch,
            plan: None,
            runs: runs.clamp(1, MOST_RUNS),
            clock_ms: Repeats::here().step_ms(),
            first_ms: None,
            times: Vec::new(),
        }))
    }
}
