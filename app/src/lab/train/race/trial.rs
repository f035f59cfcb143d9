//! The trainings of a race.

use engine::data::Part;
use engine::session::{Command, DeviceKind, Event, Snapshots, Weights};
use engine::train::{End, Length, Task};
use state::data::SetInfo;
use state::train::race::{Entry, Epoch, Meter, Outcome, Ready, Rule, Trial, validate_every};

use crate::client::{QueryError, Replies, sentence};
use crate::lab::Lab;
use crate::lab::data::HeldPart;
use crate::lab::shrink::Teacher;
use crate::lab::side_worker::SideWorker;

/// One entrant as it trains.
pub struct Runner {
    pub entry: Entry,
    pub ready: Ready,
}

/// All that a race needs; what the person changes meanwhile is for the next one.
pub struct Plan {
    pub race: u64,
    pub rule: Rule,
    pub seeds: u32,
    pub set: SetInfo,
    /// The split and how images are prepared.
    pub task: Task,
    /// Examples of the set's parts.
    pub examples: u64,
    pub validation: u64,
    pub parts: Vec<HeldPart>,
}

impl Lab {
    pub(super) async fn run_race(
        self,
        mut plan: Plan,
        mut runners: Vec<Runner>,
    ) -> Result<(), String> {
        let race = self.train.race;
        let id = plan.set.id;
        let parts = self.whole_set(id).await;
        plan.parts = parts.map_err(|error| {
            format!(
                "{} is not loaded: {error}. Start the race again to try once more.",
                plan.set.name
            )
        })?;
        let divided = self.data.divided(id, &plan.task.split);
        let divided = divided.unwrap_or_default();
        (plan.examples, plan.validation) = (divided.training, divided.validation);
        if plan.validation == 0 {
            return Err(format!(
                "{} has no validation images, by which a race is judged. Give the validation a larger \
                 share of the data.",
                plan.set.name
            ));
        }
        let lengths: Result<Vec<Length>, String> =
            runners.iter().map(|it| plan.length(it)).collect();
        let lengths = lengths?;
        let mut worker = None;
        // Seed by seed, so that a race that is ended early has as many trainings of each.
        for seed in 1..=u64::from(plan.seeds) {
            for at in 0..runners.len() {
                let (runner, length) = (&runners[at], lengths[at]);
                if !race.is_under_way(plan.race) {
                    return Ok(());
                }
                race.progress(plan.race, |it| {
                    it.what = format!("{}, seed {seed}", runner.entry.name);
                    it.share = 0.0;
                });
                let trial = self.trial(&plan, runner, seed, length, &mut worker).await;
                runners[at].entry.trials.push(trial);
                race.progress(plan.race, |it| it.done += 1);
                race.tell(plan.race, plan.outcome(&runners));
            }
        }
        Ok(())
    }

    /// One training. A worker that ends fails this one, and the next has another.
    async fn trial(
        self,
        plan: &Plan,
        runner: &Runner,
        seed: u64,
        length: Length,
        worker: &mut Option<SideWorker>,
    ) -> Trial {
        let mut trial = Trial {
            seed,
            ..Trial::default()
        };
        let current = match worker.take().filter(|it| !it.is_over()) {
            Some(worker) => Ok(worker),
            None => self.race_worker(plan).await,
        };
        let failed = match current {
            Err(why) => Some(why),
            Ok(current) => {
                let ended = self
                    .train_once(plan, runner, (seed, length), &current, &mut trial)
                    .await;
                let failed = match ended {
                    Ok(End::Diverged(divergence)) => Some(sentence(&divergence)),
                    Ok(_) => None,
                    Err(error) => Some(current.sentence(&error)),
                };
                *worker = Some(current);
                failed
            }
        };
        trial.failure = failed;
        trial
    }

    /// A worker that has the data.
    async fn race_worker(self, plan: &Plan) -> Result<SideWorker, String> {
        let race = self.train.race;
        let keep = |worker| self.core(|core| core.race = Some(worker));
        let worker = SideWorker::start(self, DeviceKind::Cpu, "The race's engine", keep).await?;
        let classes = plan.set.classes.len() as u32;
        for part in &plan.parts {
            let command = part.command(plan.set.id, classes);
            let (command, file) = command.map_err(|error| sentence(&error))?;
            let sent = worker.query(self, command, Vec::new(), Some(&file));
            let (_, replies) = sent.map_err(|error| worker.sentence(&error))?;
            let taken = replies.result(|_, _| {}).await;
            taken.map_err(|error| worker.sentence(&error))?;
            if !race.is_under_way(plan.race) {
                break;
            }
        }
        Ok(worker)
    }

    async fn train_once(
        self,
        plan: &Plan,
        runner: &Runner,
        (seed, length): (u64, Length),
        worker: &SideWorker,
        trial: &mut Trial,
    ) -> Result<End, QueryError> {
        let mut task = plan.task.clone();
        task.settings = runner.ready.settings.clone();
        (task.settings.seed, task.settings.length) = (seed, length);
        let task = Box::new(task);
        let load = Command::Load {
            graph: runner.ready.graph.as_ref().clone(),
            weights: Weights::Seeded { seed },
        };
        let (_, replies) = worker.query(self, load, Vec::new(), None)?;
        replies.result(|_, _| {}).await?;
        let set = plan.set.id.0;
        let snapshots = Snapshots {
            pause_after: plan.validate_every(runner, length),
            ..Snapshots::default()
        };
        let mut meter = Meter::new(plan.epoch(runner));
        let taught = task.settings.teacher.is_some();
        let teacher = self.core(|core| core.teacher.clone().filter(|_| taught));
        let mut learnt = None;
        let mut command = match teacher {
            Some(Teacher { graph, file }) => {
                learnt = Some(file);
                Command::Distil {
                    set,
                    task: task.clone(),
                    snapshots,
                    teacher: graph,
                }
            }
            None => Command::Train {
                set,
                task: task.clone(),
                snapshots,
            },
        };
        loop {
            let (_, replies) = worker.query(self, command, Vec::new(), learnt.take().as_ref())?;
            let end = self
                .follow_trial(plan.race, replies, &mut meter, trial)
                .await?;
            if end != End::Paused {
                return Ok(end);
            }
            command = Command::Resume { set, snapshots };
            // After the last step the training itself validates.
            if length == Length::Steps(meter.steps()) {
                continue;
            }
            let evaluate = Command::Evaluate {
                set,
                task: task.clone(),
                part: Part::Validation,
                images: None,
            };
            let (_, replies) = worker.query(self, evaluate, Vec::new(), None)?;
            let message = replies.result(|_, _| {}).await?;
            let Event::Evaluated { evaluation } = message.header else {
                return Err(QueryError::Unexpected);
            };
            trial.mark(meter.mark(evaluation.accuracy));
        }
    }

    /// To the training's end, or to where it pauses.
    async fn follow_trial(
        self,
        race: u64,
        mut replies: Replies,
        meter: &mut Meter,
        trial: &mut Trial,
    ) -> Result<End, QueryError> {
        loop {
            let (message, _) = replies.next().await?;
            let points = match &message.header {
                Event::Stepped { points, .. }
                | Event::Validated { points, .. }
                | Event::Snapshot { points, .. }
                | Event::Trained { points, .. } => points.as_slice(),
                _ => &[],
            };
            meter.stepped(points);
            if let Some(point) = points.last() {
                let share = point.step as f64 / point.steps.max(1) as f64;
                self.train.race.progress(race, |it| it.share = share);
            }
            match message.header {
                Event::Validated { evaluation, .. } => {
                    trial.mark(meter.mark(evaluation.accuracy));
                }
                Event::Trained { end, position, .. } => {
                    meter.stopped(&position);
                    // The last validation is of these weights; now its seconds are known.
                    if let (End::Completed, Some(last)) = (&end, trial.end()) {
                        trial.mark(meter.mark(last.accuracy));
                    }
                    return Ok(end);
                }
                Event::Started
                | Event::Progress { .. }
                | Event::Stepped { .. }
                | Event::Snapshot { .. } => {}
                _ => return Err(QueryError::Unexpected),
            }
        }
    }
}

impl Plan {
    fn epoch(&self, runner: &Runner) -> Epoch {
        Epoch {
            examples: self.examples,
            batch: (runner.ready.settings.batch as u64).max(1),
        }
    }

    fn validate_every(&self, runner: &Runner, length: Length) -> Option<u64> {
        match length {
            Length::Steps(steps) => {
                let (epoch, parameters) = (self.epoch(runner), runner.ready.parameters);
                validate_every(steps, epoch, self.validation, parameters)
            }
            Length::Epochs(_) | Length::Seconds(_) => None,
        }
    }

    fn length(&self, runner: &Runner) -> Result<Length, String> {
        let length = self.rule.length(self.epoch(runner), runner.ready.macs);
        length.map_err(|error| format!("{}: {error}", runner.entry.name))
    }

    fn outcome(&self, runners: &[Runner]) -> Outcome {
        Outcome {
            rule: self.rule,
            on: self.set.name.clone(),
            examples: self.examples,
            entries: runners.iter().map(|it| it.entry.clone()).collect(),
            cancelled: false,
        }
    }
}
