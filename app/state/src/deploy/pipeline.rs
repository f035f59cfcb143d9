//! A training step on several machines: measured stages, a schedule, and what is sent.

use ::engine::distribute::{Link, Reduction, Schedule, Stage, Step, Timeline, bubble, timeline};

/// What the person chose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    pub stages: u32,
    pub micro_batches: u32,
    pub schedule: Schedule,
    pub link: Link,
}

/// Pictures of a micro-batch.
pub const PICTURES: u32 = 8;
pub const STAGES: [u32; 4] = [1, 2, 3, 4];
pub const MICRO_BATCHES: [u32; 4] = [1, 2, 4, 8];
/// The numbers of workers that the calculator shows.
pub const WORKERS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

impl Default for Plan {
    fn default() -> Self {
        Self {
            stages: 3,
            micro_batches: 4,
            schedule: Schedule::GPipe,
            link: Link {
                gigabits: 1.0,
                latency_ms: 0.1,
            },
        }
    }
}

/// A step that ran in stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Piped {
    pub device: &'static str,
    pub micro_batches: u32,
    /// The names of each stage's nodes.
    pub nodes: Vec<Vec<String>>,
    pub stages: Vec<Stage>,
    pub sent_bytes: Vec<u64>,
    pub weight_bytes: Vec<u64>,
    pub map_bytes: Vec<u64>,
    /// Of the gradients from those of one worker.
    pub difference: f64,
}

/// A step that workers made, each with a stage of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub micro_batches: u32,
    pub schedule: Schedule,
    /// Measured by the page's clock.
    pub timeline: Timeline,
    /// Bytes that were sent between workers, in both directions.
    pub sent_bytes: u64,
    /// Of the gradients from those of one worker.
    pub difference: f64,
}

impl Ran {
    /// The idle share of equal stages that send for nothing.
    pub fn formula(&self) -> f64 {
        bubble(self.timeline.workers.len(), self.micro_batches as usize)
    }
}

/// A step as the plan's workers would make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub timeline: Timeline,
    /// The idle share of equal stages that send for nothing.
    pub formula: f64,
    /// Bytes of weights, their gradients, and the feature maps that are kept, by worker.
    pub memory: Vec<u64>,
    /// Milliseconds of one worker alone.
    pub alone_ms: f64,
}

impl Piped {
    /// Its schedule on workers of their own.
    pub fn shown(&self, plan: &Plan) -> Shown {
        let sends = |stage: usize| {
            let bytes = self.sent_bytes.get(stage)?;
            Some(plan.link.latency_ms + *bytes as f64 * 8.0 / (plan.link.gigabits * 1e6))
        };
        let stages = self.stages.iter().enumerate().map(|(at, stage)| Stage {
            send_ms: sends(at).unwrap_or(0.0),
            ..*stage
        });
        let stages: Vec<Stage> = stages.collect();
        let micro_batches = self.micro_batches as usize;
        let timeline = timeline(&stages, micro_batches, plan.schedule);
        let kept = timeline
            .kept
            .iter()
            .zip(&self.map_bytes)
            .zip(&self.weight_bytes);
        let memory = kept.map(|((kept, maps), weights)| 2 * weights + *kept as u64 * maps);
        Shown {
            formula: bubble(stages.len(), micro_batches),
            memory: memory.collect(),
            alone_ms: self.alone_ms(),
            timeline,
        }
    }

    /// Milliseconds of the step on one worker.
    pub fn alone_ms(&self) -> f64 {
        let each: f64 = self
            .stages
            .iter()
            .map(|it| it.forward_ms + it.backward_ms)
            .sum();
        each * f64::from(self.micro_batches)
    }

    /// Data-parallel steps with so many workers, by ring and by server.
    pub fn shared(&self, plan: &Plan, workers: u32) -> [(f64, f64); 2] {
        let step = Step {
            workers,
            bytes: self.weight_bytes.iter().sum(),
            compute_ms: self.alone_ms(),
            link: plan.link,
        };
        [Reduction::Ring, Reduction::Server].map(|how| (step.step_ms(how), step.efficiency(how)))
    }
}
