//! A step of a pipeline by workers: each has the network and computes one stage; what goes from stage to
//! stage travels through the page.

use engine::distribute::{Kind, Span, Timeline, order};
use engine::session::{Command, DeviceKind, Event, Message, StagePass, Weights};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_channel::oneshot;
use futures_util::StreamExt;
use leptos::prelude::*;
use state::deploy::pipeline::{PICTURES, Plan, Ran};
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use super::side_worker::SideWorker;
use crate::client::QueryError;
use crate::platform::clock::now;

const TITLE: &str = "A stage's worker";

/// Who computes a stage: the first one the page's engine, which has the picture.
#[derive(Clone)]
enum Worker {
    Engine(DeviceKind),
    Side(SideWorker),
}

/// What comes to a stage and goes out of it: activations forward, gradients back.
struct Line {
    activations: UnboundedReceiver<Vec<u8>>,
    gradients: UnboundedReceiver<Vec<u8>>,
    next: Option<UnboundedSender<Vec<u8>>>,
    before: Option<UnboundedSender<Vec<u8>>>,
    /// Where the last stage gets its own gradients' turn from.
    own: Option<UnboundedSender<Vec<u8>>>,
}

/// The spans of a stage's passes, and the bytes that it sent.
type Passed = Result<(Vec<Span>, u64), String>;

impl Lab {
    /// Runs a step with a worker for each stage, twice: the first time warms the workers up.
    pub fn run_stage_workers(self) {
        let job = self.latency_job;
        if !job.begin() {
            return;
        }
        let plan = self.deploy.plan().get_untracked();
        spawn_local(async move {
            let graph = self.document.running().get_untracked();
            let ran = self.staged_step(plan).await;
            let same = self.document.running().with_untracked(|now| *now == graph);
            let cancelled = job.is_cancelled();
            job.end();
            match ran {
                _ if !same || cancelled => {}
                Ok(ran) => self.deploy.run(ran),
                Err(why) => self.deploy.fail(why),
            }
        });
    }

    async fn staged_step(self, plan: Plan) -> Result<Ran, String> {
        let stages = plan.stages as usize;
        let steps = 2 + 2 * u64::from(plan.stages);
        let mut done = 0;
        let mut tell = || {
            done += 1;
            self.latency_job.tell(done, steps);
        };
        let device = self.answer.device();
        let mut workers = vec![Worker::Engine(device)];
        if stages > 1 {
            let asked = self.query(device, Command::Checkpoint, Vec::new());
            let weights = match asked {
                Ok((_, replies)) => replies.file().await,
                Err(error) => Err(error),
            };
            let weights = weights.map_err(|error| error.sentence())?;
            let graph = self.document.running().get_untracked();
            for _ in 1..stages {
                let worker = SideWorker::start(self, DeviceKind::Cpu, TITLE, |_| {}).await?;
                tell();
                let load = Command::Load {
                    graph: graph.clone(),
                    weights: Weights::Payload,
                };
                let query = worker.query(self, load, Vec::new(), Some(&weights));
                let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
                let loaded = replies.result(|_, _| {}).await;
                loaded.map_err(|error| worker.sentence(&error))?;
                workers.push(Worker::Side(worker));
                tell();
            }
        }
        self.whole_step(&workers, plan).await?;
        tell();
        let (spans, sent_bytes) = self.whole_step(&workers, plan).await?;
        tell();
        let mut gradients = Vec::new();
        for (stage, worker) in workers.iter().enumerate().skip(1) {
            let ask = command(plan, stage, StagePass::Gradients, 0);
            let answer = self.ask_stage(worker, ask, Vec::new()).await?;
            gradients.extend(answer.payload);
        }
        let compare = command(plan, 0, StagePass::Compare, 0);
        let job = self.latency_job;
        let compared = self.run_job(job, device, compare, gradients).await;
        match compared.map_err(|error| error.sentence())?.header {
            Event::StagePassed { difference, .. } => Ok(Ran {
                micro_batches: plan.micro_batches,
                schedule: plan.schedule,
                timeline: Timeline::of(spans),
                sent_bytes,
                difference,
            }),
            _ => Err(QueryError::Unexpected.sentence()),
        }
    }

    /// One step; the spans of each stage's passes, and the bytes that were sent.
    async fn whole_step(
        self,
        workers: &[Worker],
        plan: Plan,
    ) -> Result<(Vec<Vec<Span>>, u64), String> {
        let stages = workers.len();
        let (first, activations) = unbounded();
        for _ in 0..plan.micro_batches {
            // Its receiver is held below.
            let _sent = first.unbounded_send(Vec::new());
        }
        let mut activations = Some(activations);
        let mut before = None;
        let began = now();
        let mut running = Vec::new();
        for (stage, worker) in workers.iter().enumerate() {
            let (to_here, gradients) = unbounded();
            let (next, following) = match stage + 1 < stages {
                true => {
                    let (next, following) = unbounded();
                    (Some(next), Some(following))
                }
                false => (None, None),
            };
            let line = Line {
                activations: activations.take().unwrap_or_else(|| unbounded().1),
                gradients,
                own: next.is_none().then(|| to_here.clone()),
                next,
                before: before.replace(to_here),
            };
            activations = following;
            let (tell, told) = oneshot::channel();
            let worker = worker.clone();
            spawn_local(async move {
                let passed = self.stage_passes(&worker, stage, plan, line, began).await;
                // Who waited may have given up.
                drop(tell.send(passed));
            });
            running.push(told);
        }
        // The last stage's successor does not exist, so nobody else may hold its sender.
        drop(before);
        let mut all: Vec<Passed> = Vec::new();
        for told in running {
            let unknown = || Err("A stage stopped before it answered.".to_owned());
            all.push(told.await.unwrap_or_else(|_| unknown()));
        }
        // A stage that ends takes the others with it, which say less.
        let failed = all.iter().filter_map(|it| it.as_ref().err());
        if let Some(why) = failed.min_by_key(|why| why.is_empty()) {
            return Err(why.clone());
        }
        let (mut spans, mut bytes) = (Vec::new(), 0);
        for (of_stage, sent) in all.into_iter().flatten() {
            spans.push(of_stage);
            bytes += sent;
        }
        Ok((spans, bytes))
    }

    /// All passes of one stage, in its schedule's order, as soon as what each needs has come.
    async fn stage_passes(
        self,
        worker: &Worker,
        stage: usize,
        plan: Plan,
        mut line: Line,
        began: f64,
    ) -> Passed {
        let stages = plan.stages as usize;
        let micro_batches = plan.micro_batches as usize;
        let (mut spans, mut bytes) = (Vec::new(), 0);
        for (back, micro_batch) in order(plan.schedule, stage, stages, micro_batches) {
            let given = if back {
                line.gradients.next().await
            } else {
                line.activations.next().await
            };
            // The stage that it comes from has stopped and said why.
            let given = given.ok_or_else(String::new)?;
            let pass = if back {
                StagePass::Backward
            } else {
                StagePass::Forward
            };
            let sent = now();
            let ask = command(plan, stage, pass, micro_batch);
            let answer = self.ask_stage(worker, ask, given).await?;
            let Event::StagePassed { ms, .. } = answer.header else {
                return Err(QueryError::Unexpected.sentence());
            };
            let end = now();
            let start = (end - ms).max(sent);
            let mut span = |kind, from: f64, to: f64| {
                spans.push(Span {
                    kind,
                    micro_batch,
                    start_ms: from - began,
                    end_ms: to - began,
                });
            };
            span(Kind::Send, sent, start);
            span(
                if back { Kind::Backward } else { Kind::Forward },
                start,
                end,
            );
            bytes += answer.payload.len() as u64;
            let to = match (back, &line.own) {
                (true, _) => &line.before,
                (false, None) => &line.next,
                (false, own) => own,
            };
            if let Some(to) = to {
                // Where the other stage has stopped, its own error is told.
                drop(to.unbounded_send(answer.payload));
            }
        }
        Ok((spans, bytes))
    }

    async fn ask_stage(
        self,
        worker: &Worker,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, String> {
        if self.latency_job.is_cancelled() {
            return Err("The step was cancelled.".to_owned());
        }
        match worker {
            Worker::Engine(device) => {
                let answer = self.request(*device, command, payload).await;
                answer.map_err(|error| error.sentence())
            }
            Worker::Side(worker) => {
                let query = worker.query(self, command, payload, None);
                let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
                let result = replies.result(|_, _| {}).await;
                result.map_err(|error| worker.sentence(&error))
            }
        }
    }
}

fn command(plan: Plan, stage: usize, pass: StagePass, micro_batch: usize) -> Command {
    Command::Stage {
        stages: plan.stages,
        stage: stage as u32,
        batch: plan.micro_batches * PICTURES,
        micro_batches: plan.micro_batches,
        pass,
        micro_batch: micro_batch as u32,
    }
}
