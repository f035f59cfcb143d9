//! The measurement of latencies.

use engine::deploy::Latencies;
use engine::session::{Command, Event};
use engine::zoo;
use leptos::prelude::*;
use state::answer::Standing;
use state::deploy::Measured;
use state::deploy::pipeline::{PICTURES, Piped};
use wasm_bindgen_futures::spawn_local;

use super::Lab;

/// The batch sizes that are measured, and how many passes of each.
const BATCHES: [(u32, u32); 4] = [(1, 500), (8, 100), (32, 40), (64, 20)];

impl Lab {
    /// Times single passes of the network that runs, batch size by batch size.
    pub fn measure_latency(self) {
        let job = self.latency_job;
        if !job.begin() {
            return;
        }
        self.deploy.forget();
        spawn_local(async move {
            let device = self.answer.device();
            let graph = self.document.running().get_untracked();
            let same = || self.document.running().with_untracked(|now| *now == graph);
            for (batch, runs) in BATCHES {
                let command = Command::Latency { runs, batch };
                let answer = self.run_job(job, device, command, Vec::new()).await;
                if !same() || job.is_cancelled() {
                    break;
                }
                let message = match answer {
                    Ok(message) => message,
                    Err(error) => {
                        self.deploy.fail(error.sentence());
                        break;
                    }
                };
                let times = message.values().unwrap_or_default();
                let times: Vec<f64> = times.into_iter().map(f64::from).collect();
                let Event::Latencies {
                    batch,
                    first_ms,
                    clock_ms,
                } = message.header
                else {
                    break;
                };
                if let Some(latencies) = Latencies::of(&times) {
                    self.deploy.keep(Measured {
                        device: device.title(),
                        batch,
                        first_ms,
                        clock_ms,
                        times,
                        latencies,
                    });
                }
            }
            job.end();
        });
    }
}

impl Lab {
    /// Computes a step's gradients in the stages of the plan.
    pub fn run_pipeline(self) {
        let job = self.latency_job;
        if !job.begin() {
            return;
        }
        let plan = self.deploy.plan().get_untracked();
        spawn_local(async move {
            let device = self.answer.device();
            let graph = self.document.running().get_untracked();
            let command = Command::Pipeline {
                stages: plan.stages,
                batch: plan.micro_batches * PICTURES,
                micro_batches: plan.micro_batches,
            };
            let answer = self.run_job(job, device, command, Vec::new()).await;
            let same = self.document.running().with_untracked(|now| *now == graph);
            job.end();
            if !same || job.is_cancelled() {
                return;
            }
            match answer.map(|message| message.header) {
                Ok(Event::Piped {
                    nodes,
                    stages,
                    sent_bytes,
                    weight_bytes,
                    map_bytes,
                    difference,
                }) => {
                    let name = |id| graph.node(id).map(|node| node.name.clone());
                    let names = |ids: Vec<_>| ids.into_iter().filter_map(name).collect();
                    self.deploy.pipe(Piped {
                        device: device.title(),
                        micro_batches: plan.micro_batches,
                        nodes: nodes.into_iter().map(names).collect(),
                        stages,
                        sent_bytes,
                        weight_bytes,
                        map_bytes,
                        difference,
                    });
                }
                Ok(_) => {}
                Err(error) => self.deploy.fail(error.sentence()),
            }
        });
    }

    /// The accuracy of the weights that run, from 0 to 1: what the training last measured, else what is
    /// known of the shipped weights; `None` where neither is.
    pub fn known_accuracy(self) -> Option<f64> {
        if self.train.trained_weights(self.document).is_some() {
            let validation = self.train.validation();
            return validation.with(|it| it.as_ref().map(|it| it.evaluation.accuracy));
        }
        match self.answer.standing.get() {
            Standing::Known(_) | Standing::Perhaps(..) | Standing::Foreign(..) => {
                let shipped = self.document.origin().get().and_then(zoo::pretrained)?;
                Some(shipped.accuracy? / 100.0)
            }
            Standing::Untrained { .. } | Standing::Unknown | Standing::Last => None,
        }
    }
}
