//! How long each step of a plan takes on a device.
//!
//! A device has no clock that a page may read, and a submission by itself takes longer than a small step.
//! So a step is repeated within one submission: what more repetitions take longer is the step's time.

use web_time::Instant;

use super::device::GpuError;
use super::executor::GpuExecutor;
use crate::plan::StepTimes;
use crate::plan::timer::median;
use crate::session::{Repeats, milliseconds};

/// Measurements of each step.
const SAMPLES: usize = 3;
/// Beside so many milliseconds a submission takes nothing.
const LONG_MS: f64 = 100.0;
/// Repetitions of a step in one submission, at most.
const MOST_REPEATS: u32 = 1 << 10;

/// Times whole passes, then the steps.
#[derive(Debug)]
pub struct DeviceTimer {
    executor: GpuExecutor,
    input: Vec<f32>,
    runs: u32,
    repeats: Repeats,
    /// Passes and steps so far; the first pass is not counted, it makes what is made on first use.
    done: u32,
    /// Milliseconds of whole passes.
    passes: Vec<f64>,
    /// Milliseconds of each step.
    steps: Vec<f64>,
}

impl DeviceTimer {
    pub fn new(executor: GpuExecutor, input: Vec<f32>, runs: u32) -> Self {
        Self {
            executor,
            input,
            runs: runs.max(1),
            repeats: Repeats::here(),
            done: 0,
            passes: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// What is done, passes and steps, and of how many.
    pub const fn progress(&self) -> [u32; 2] {
        let steps = self.executor.plan().steps.len() as u32;
        [self.done, 1 + self.runs + steps]
    }

    /// One pass, or one step with all its repetitions; `true` when it was the last.
    ///
    /// # Errors
    /// When the input has another number of values than the network takes, or the device fails.
    pub async fn step(&mut self) -> Result<bool, GpuError> {
        if self.done <= self.runs {
            let started = Instant::now();
            self.executor.run(&self.input, &[]).await?;
            if self.done > 0 {
                self.passes.push(milliseconds(started));
            }
        } else {
            let ms = self.of_step(self.steps.len()).await?;
            self.steps.push(ms);
        }
        self.done += 1;
        let [done, all] = self.progress();
        Ok(done >= all)
    }

    async fn of_step(&mut self, step: usize) -> Result<f64, GpuError> {
        let mut once = self.repeated(step, 1).await?;
        if once >= LONG_MS {
            return Ok(once);
        }
        for _ in 1..SAMPLES {
            once = once.min(self.repeated(step, 1).await?);
        }
        let mut times = 1;
        let mut samples = Vec::with_capacity(SAMPLES);
        while samples.len() < SAMPLES {
            let more = (self.repeated(step, 1 + times).await? - once).max(0.0);
            if samples.is_empty() && times < MOST_REPEATS && !self.repeats.is_enough(more, times) {
                times *= 2;
                continue;
            }
            samples.push(self.repeats.each(more, times));
        }
        Ok(median(samples))
    }

    async fn repeated(&mut self, step: usize, times: u32) -> Result<f64, GpuError> {
        let started = Instant::now();
        self.executor.repeat(step, times).await?;
        Ok(milliseconds(started))
    }

    /// The medians.
    pub fn times(&self) -> StepTimes {
        let steps = self.executor.plan().steps.iter().zip(&self.steps);
        StepTimes {
            steps: steps.map(|(step, &ms)| (step.nodes.clone(), ms)).collect(),
            total_ms: median(self.passes.clone()),
        }
    }
}
