//! The time of each step of a plan.

use web_time::Instant;

use super::{Executor, RunError};
use crate::NodeId;
use crate::session::{Repeats, milliseconds};

/// A step of the measurement ends with the step of the plan during which so many milliseconds have
/// gone.
const SLICE_MS: f64 = 20.0;

/// Times passes of a plan as a whole, then step by step; each in so many runs. A pass before them is
/// not counted.
#[derive(Debug)]
pub struct StepTimer {
    executor: Executor,
    input: Vec<f32>,
    runs: u32,
    repeats: Repeats,
    /// Passes so far.
    done: u32,
    /// The next step of the pass under way.
    at: usize,
    /// Milliseconds of whole passes.
    passes: Vec<f64>,
    /// Milliseconds of each step.
    steps: Vec<Vec<f64>>,
}

/// Medians, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTimes {
    /// Each step's nodes, and its time.
    pub steps: Vec<(Vec<NodeId>, f64)>,
    /// Of a whole pass, without waiting between the steps.
    pub total_ms: f64,
}

impl StepTimer {
    pub fn new(executor: Executor, input: Vec<f32>, runs: u32) -> Self {
        Self {
            steps: vec![Vec::new(); executor.plan().steps.len()],
            executor,
            input,
            runs: runs.max(1),
            repeats: Repeats::here(),
            done: 0,
            at: 0,
            passes: Vec::new(),
        }
    }

    /// The number of completed passes, and of all.
    pub const fn progress(&self) -> [u32; 2] {
        [self.done, self.runs.saturating_mul(2).saturating_add(1)]
    }

    /// One pass, or some steps of one; `true` when it was the last.
    ///
    /// # Errors
    /// When the input has another number of values than the network takes.
    pub fn step(&mut self) -> Result<bool, RunError> {
        if self.done == 0 {
            self.executor.run(&self.input)?;
        } else if self.done <= self.runs {
            let (started, mut count) = (Instant::now(), 0);
            loop {
                self.executor.run(&self.input)?;
                count += 1;
                let elapsed = milliseconds(started);
                if self.repeats.is_enough(elapsed, count) {
                    self.passes.push(self.repeats.each(elapsed, count));
                    break;
                }
            }
        } else if !self.some_steps()? {
            return Ok(false);
        }
        self.done += 1;
        let [done, total] = self.progress();
        Ok(done >= total)
    }

    /// `true` after the last step of a pass.
    fn some_steps(&mut self) -> Result<bool, RunError> {
        if self.at == 0 {
            self.executor.put(&self.input)?;
        }
        let began = Instant::now();
        while let Some(times) = self.steps.get_mut(self.at) {
            let (started, mut count) = (Instant::now(), 0);
            loop {
                self.executor.step(self.at);
                count += 1;
                let elapsed = milliseconds(started);
                if self.repeats.is_enough(elapsed, count) {
                    times.push(self.repeats.each(elapsed, count));
                    break;
                }
            }
            self.at += 1;
            if milliseconds(began) >= SLICE_MS && self.at < self.steps.len() {
                return Ok(false);
            }
        }
        self.at = 0;
        Ok(true)
    }

    /// The medians of the passes so far.
    pub fn times(&self) -> StepTimes {
        let steps = self.executor.plan().steps.iter().zip(&self.steps);
        StepTimes {
            steps: steps
                .map(|(step, times)| (step.nodes.clone(), median(times.clone())))
                .collect(),
            total_ms: median(self.passes.clone()),
        }
    }
}

/// The median; 0 for none.
pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    match times.len() {
        0 => 0.0,
        even if even.is_multiple_of(2) => f64::midpoint(times[middle - 1], times[middle]),
        _ => times[middle],
    }
}
