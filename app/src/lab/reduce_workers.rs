//! Gradients of workers summed by messages between them, which travel through the page: by a ring, and by
//! one worker that serves the others.

use engine::compress::{Job, Outcome};
use engine::distribute::{Reduction, Transfer, piece, transfers};
use engine::session::{Command, DeviceKind, Event, Input, Message as Reply, StagePass, Weights};
use futures_channel::oneshot;
use leptos::prelude::*;
use state::deploy::pipeline::PICTURES;
use state::deploy::reduce::{MOST_PARAMETERS, Message, Reduced};
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use super::side_worker::SideWorker;
use crate::client::{QueryError, sentence};
use crate::platform::clock::now;

const TITLE: &str = "A worker of the sum";

impl Lab {
    /// Lets so many workers compute gradients and sum them, by a ring and by a server.
    pub fn run_reduction(self, workers: u32) {
        let job = self.latency_job;
        if !job.begin() {
            return;
        }
        spawn_local(async move {
            let graph = self.document.running().get_untracked();
            let reduced = self.reductions(workers as usize).await;
            let same = self.document.running().with_untracked(|now| *now == graph);
            let cancelled = job.is_cancelled();
            job.end();
            match reduced {
                _ if !same || cancelled => {}
                Ok(reduced) => self.deploy.reduce(reduced),
                Err(why) => self.deploy.fail(why),
            }
        });
    }

    async fn reductions(self, count: usize) -> Result<Vec<Reduced>, String> {
        let parameters = self
            .document
            .analysis
            .with_untracked(|it| it.total.params());
        if parameters > MOST_PARAMETERS {
            return Err(format!(
                "This network has {parameters} parameters, and each worker would hold the gradients of \
                 all of them. Choose one of {MOST_PARAMETERS} at most."
            ));
        }
        let steps = 2 * count as u64 + 2;
        let mut done = 0;
        let mut tell = || {
            done += 1;
            self.latency_job.tell(done, steps);
        };
        let input = self.last_values().await?;
        let device = self.answer.device();
        let asked = self.query(device, Command::Checkpoint, Vec::new());
        let weights = match asked {
            Ok((_, replies)) => replies.file().await,
            Err(error) => Err(error),
        };
        let weights = weights.map_err(|error| error.sentence())?;
        let graph = self.document.running().get_untracked();
        let mut workers = Vec::new();
        for number in 0..count {
            let worker = SideWorker::start(self, DeviceKind::Cpu, TITLE, |_| {}).await?;
            let load = Command::Load {
                graph: graph.clone(),
                weights: Weights::Payload,
            };
            let query = worker.query(self, load, Vec::new(), Some(&weights));
            let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
            let loaded = replies.result(|_, _| {}).await;
            loaded.map_err(|error| worker.sentence(&error))?;
            // Each has a picture of its own: the drawing, moved on by one value more.
            let mut own = input.clone();
            own.rotate_right(number % input.len().max(1));
            let bytes = own.iter().flat_map(|it| it.to_le_bytes()).collect();
            let run = Command::Run {
                input: Input::Values,
                maps: Vec::new(),
            };
            self.ask_reducer(&worker, run, bytes).await?;
            workers.push(worker);
            tell();
        }
        let mut reduced = Vec::new();
        for how in [Reduction::Ring, Reduction::Server] {
            reduced.push(self.reduction(&workers, how).await?);
            tell();
        }
        Ok(reduced)
    }

    /// The values that the network last ran on.
    async fn last_values(self) -> Result<Vec<f32>, String> {
        let job = Job::Maps {
            activations: None,
            nodes: Vec::new(),
        };
        let json = serde_json::to_string(&job).map_err(|error| sentence(&error))?;
        let command = Command::Shrink {
            set: None,
            job: json,
        };
        let answer = self
            .request(self.answer.device(), command, Vec::new())
            .await;
        let answer = answer.map_err(|error| error.sentence())?;
        let mut values = answer.values().map_err(|error| sentence(&error))?;
        let Event::Shrunk { json } = answer.header else {
            return Err(QueryError::Unexpected.sentence());
        };
        match serde_json::from_str(&json).map_err(|error| sentence(&error))? {
            Outcome::Maps { input, .. } => {
                values.truncate(input);
                Ok(values)
            }
            _ => Err(QueryError::Unexpected.sentence()),
        }
    }

    async fn reduction(self, workers: &[SideWorker], how: Reduction) -> Result<Reduced, String> {
        let passes = workers.iter().cloned();
        let passes = passes.map(|worker| async move { self.gradients(&worker).await });
        let mut compute_ms = Vec::new();
        let mut wanted: Vec<f32> = Vec::new();
        for (ms, gradients) in together(passes).await? {
            compute_ms.push(ms);
            if wanted.is_empty() {
                wanted = gradients;
            } else {
                wanted
                    .iter_mut()
                    .zip(gradients)
                    .for_each(|(sum, it)| *sum += it);
            }
        }
        let values = wanted.len();
        let began = now();
        let all = transfers(how, workers.len());
        let rounds = all.last().map_or(0, |it| it.round + 1);
        let mut messages = Vec::new();
        for round in 0..rounds {
            let of_round = all.iter().filter(|it| it.round == round);
            let sent = of_round.map(|&it| {
                let workers = workers.to_vec();
                async move { self.pass_on(&workers, it, values, began).await }
            });
            messages.extend(together(sent).await?);
        }
        let largest = wanted.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        let mut difference = 0.0_f32;
        for worker in workers {
            let give = StagePass::Give {
                first: 0,
                count: values,
            };
            let held = self.ask_reducer(worker, command(give), Vec::new()).await?;
            let held = held.values().map_err(|error| sentence(&error))?;
            for (a, b) in held.iter().zip(&wanted) {
                difference = difference.max((a - b).abs());
            }
        }
        Ok(Reduced {
            how,
            workers: workers.len(),
            bytes: 4 * values as u64,
            messages,
            compute_ms,
            difference: f64::from(difference / largest.max(f32::MIN_POSITIVE)),
        })
    }

    /// A worker's forward and backward pass: milliseconds and gradients.
    async fn gradients(self, worker: &SideWorker) -> Result<(f64, Vec<f32>), String> {
        let mut all = 0.0;
        for pass in [StagePass::Forward, StagePass::Backward] {
            let answer = self.ask_reducer(worker, command(pass), Vec::new()).await?;
            all += passed_ms(&answer)?;
        }
        let held = self
            .ask_reducer(worker, command(StagePass::Hold), Vec::new())
            .await?;
        let values = held.values().map_err(|error| sentence(&error))?;
        Ok((all, values))
    }

    /// One message from worker to worker.
    async fn pass_on(
        self,
        workers: &[SideWorker],
        transfer: Transfer,
        values: usize,
        began: f64,
    ) -> Result<Message, String> {
        let (Some(from), Some(to)) = (workers.get(transfer.from), workers.get(transfer.to)) else {
            return Err("A worker of the sum is not there.".to_owned());
        };
        let range = match transfer.piece {
            Some(number) => piece(values, workers.len(), number),
            None => 0..values,
        };
        let give = StagePass::Give {
            first: range.start,
            count: range.len(),
        };
        let start_ms = now() - began;
        let given = self.ask_reducer(from, command(give), Vec::new()).await?;
        let mut compute_ms = passed_ms(&given)?;
        let bytes = given.payload.len() as u64;
        let put = StagePass::Put {
            first: range.start,
            adds: transfer.adds,
        };
        let taken = self.ask_reducer(to, command(put), given.payload).await?;
        compute_ms += passed_ms(&taken)?;
        Ok(Message {
            transfer,
            bytes,
            start_ms,
            end_ms: now() - began,
            compute_ms,
        })
    }

    async fn ask_reducer(
        self,
        worker: &SideWorker,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Reply<Event>, String> {
        if self.latency_job.is_cancelled() {
            return Err("The sum was cancelled.".to_owned());
        }
        let query = worker.query(self, command, payload, None);
        let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
        let result = replies.result(|_, _| {}).await;
        result.map_err(|error| worker.sentence(&error))
    }
}

/// The results of all, which are under way at the same time; the first error where one has none.
async fn together<T: 'static, F>(all: impl Iterator<Item = F>) -> Result<Vec<T>, String>
where
    F: Future<Output = Result<T, String>> + 'static,
{
    let running: Vec<_> = all
        .map(|one| {
            let (tell, told) = oneshot::channel();
            spawn_local(async move {
                // Who waited may have given up.
                drop(tell.send(one.await));
            });
            told
        })
        .collect();
    let mut results = Vec::new();
    for told in running {
        let unknown = || Err("A worker of the sum stopped before it answered.".to_owned());
        results.push(told.await.unwrap_or_else(|_| unknown()));
    }
    results.into_iter().collect()
}

fn passed_ms(answer: &Reply<Event>) -> Result<f64, String> {
    match answer.header {
        Event::StagePassed { ms, .. } => Ok(ms),
        _ => Err(QueryError::Unexpected.sentence()),
    }
}

const fn command(pass: StagePass) -> Command {
    Command::Stage {
        stages: 1,
        stage: 0,
        batch: PICTURES,
        micro_batches: 1,
        pass,
        micro_batch: 0,
    }
}
