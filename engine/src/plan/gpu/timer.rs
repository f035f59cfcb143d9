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

/// Measurements of each number of repetitions, of which the least counts.
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
        let once = self.repeated(step, 1).await?;
        if once >= LONG_MS {
            return Ok(once);
        }
        let mut times = 1;
        loop {
            let more = self.repeated(step, 1 + times).await? - once;
            if times >= MOST_REPEATS || self.repeats.is_enough(more, times) {
                return Ok(self.repeats.each(more.max(0.0), times));
            }
            times *= 2;
        }
    }

    /// Milliseconds of a submission with so many repetitions, the least of some: another program may
    /// have the device at any time.
    async fn repeated(&mut self, step: usize, times: u32) -> Result<f64, GpuError> {
        let mut least = f64::INFINITY;
        for _ in 0..SAMPLES {
            let started = Instant::now();
            self.executor.repeat(step, times).await?;
            least = least.min(milliseconds(started));
            if least >= LONG_MS {
                break;
            }
        }
        Ok(least)
    }

    /// The median of whole passes, and the time of each step.
    pub fn times(&self) -> StepTimes {
        let steps = self.executor.plan().steps.iter().zip(&self.steps);
        StepTimes {
            steps: steps.map(|(step, &ms)| (step.nodes.clone(), ms)).collect(),
            total_ms: median(self.passes.clone()),
        }
    }
}
