//! A race: its trainings run one after another in a worker of their own, so that the page's network
//! stays as it is.

use std::sync::Arc;

use engine::data::Part;
use engine::session::{Command, DeviceKind, Event, Snapshots, Weights};
use engine::train::{End, Length, Task};
use leptos::prelude::*;
use state::data::SetInfo;
use state::train::race::{
    Entrant, Entry, Epoch, FEWEST, Images, Measure, Meter, Outcome, Ready, Rule, Trial, UnderWay,
    ready, validate_every,
};
use wasm_bindgen_futures::spawn_local;

use crate::client::{QueryError, Replies, sentence};
use crate::lab::Lab;
use crate::lab::data::HeldPart;
use crate::lab::side_worker::SideWorker;

/// One entrant as it trains.
struct Runner {
    entry: Entry,
    ready: Ready,
}

/// All that a race needs; what the person changes meanwhile is for the next one.
struct Plan {
    race: u64,
    rule: Rule,
    seeds: u32,
    set: SetInfo,
    /// The split and how images are prepared.
    task: Task,
    /// Examples of the set's parts.
    examples: u64,
    validation: u64,
    parts: Vec<HeldPart>,
}

impl Lab {
    /// The images that a race would be about.
    pub fn race_images(self) -> Option<Images> {
        Some(images(&self.data.chosen()?))
    }

    /// The open network and the present settings take part.
    pub fn add_open_to_race(self) {
        let graph = Arc::new(self.document.graph().get_untracked());
        let settings = self.train.task().with_untracked(|it| it.settings.clone());
        let name = graph.name().to_owned();
        self.add_to_race(&name, graph, settings);
    }

    /// A network that is pinned in Compare takes part with the present settings.
    pub fn add_pin_to_race(self, slot: usize) {
        if let Some((graph, _)) = self.compare.pinned(slot) {
            let settings = self.train.task().with_untracked(|it| it.settings.clone());
            let name = graph.name().to_owned();
            self.add_to_race(&name, Arc::new(graph), settings);
        }
    }

    /// The network and the settings of a kept training take part.
    pub fn add_run_to_race(self, number: u64) {
        let runs = self.train.runs();
        let run = runs.with_untracked(|runs| runs.get(number).cloned());
        if let Some(run) = run {
            self.add_to_race(&run.name, run.of.graph, run.of.task.settings);
        }
    }

    fn add_to_race(self, name: &str, graph: Arc<engine::Graph>, settings: engine::train::Settings) {
        let on = untrack(|| self.race_images());
        self.train.race.add(name, graph, settings, on.as_ref());
    }

    /// All entrants train, from each seed.
    pub fn start_race(self) {
        let race = self.train.race;
        if race.under_way().with_untracked(Option::is_some) {
            return;
        }
        let (set, runners) = match untrack(|| self.race_runners()) {
            Ok(ready) => ready,
            Err(why) => return race.fail(Some(why)),
        };
        let rule = race.rule().get_untracked();
        let seeds = race.seeds().get_untracked();
        let number = self.core(|core| {
            core.races += 1;
            core.races
        });
        race.begin(UnderWay {
            race: number,
            what: format!("Loading {}", set.name),
            done: 0,
            of: runners.len() * seeds as usize,
            share: 0.0,
        });
        let plan = Plan {
            race: number,
            rule,
            seeds,
            set,
            task: self.train.task().get_untracked(),
            examples: 0,
            validation: 0,
            parts: Vec::new(),
        };
        spawn_local(async move {
            let failed = self.run_race(plan, runners).await.err();
            if race.is_under_way(number) {
                self.core(|core| core.race = None);
                race.end(number);
                if failed.is_some() {
                    race.fail(failed);
                }
            }
        });
    }

    /// Ends the race; the trainings that are over keep their results.
    pub fn cancel_race(self) {
        let race = self.train.race;
        let under_way = race.under_way().get_untracked();
        let Some(UnderWay { race: number, .. }) = under_way else {
            return;
        };
        if let Some(outcome) = race.outcome().get_untracked() {
            let outcome = Arc::unwrap_or_clone(outcome);
            let cancelled = true;
            race.tell(
                number,
                Outcome {
                    cancelled,
                    ..outcome
                },
            );
        }
        race.end(number);
        if let Some(worker) = self.core(|core| core.race.take()) {
            worker.stop();
        }
    }

    fn race_runners(self) -> Result<(SetInfo, Vec<Runner>), String> {
        let set = self.data.chosen();
        let set = set.ok_or("There are no data to train on. Choose a data set first.")?;
        let race = self.train.race;
        let entrants = race.entrants().get_untracked();
        if entrants.len() < FEWEST {
            return Err(format!("A race needs {FEWEST} entrants at least. Add one."));
        }
        let in_seconds = race.rule().get_untracked().measure == Measure::Seconds;
        if in_seconds && self.train.is_busy() {
            return Err(
                "A training is under way and takes time from the race's. Pause it first, or choose \
                 another rule than seconds."
                    .to_owned(),
            );
        }
        let on = images(&set);
        let runner = |entrant: &Entrant| {
            let ready = ready(&entrant.graph, &entrant.settings, &on);
            let ready = ready.map_err(|why| format!("{}: {why}", entrant.name))?;
            let entry = Entry {
                number: entrant.number,
                name: entrant.name.clone(),
                parameters: ready.parameters,
                macs: ready.macs,
                notes: ready.notes.clone(),
                trials: Vec::new(),
            };
            Ok(Runner { entry, ready })
        };
        let runners: Result<Vec<Runner>, String> = entrants.iter().map(runner).collect();
        Ok((set, runners?))
    }

    async fn run_race(self, mut plan: Plan, mut runners: Vec<Runner>) -> Result<(), String> {
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
            let sent = worker.query(self, command, Some(&file));
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
        let (_, replies) = worker.query(self, load, None)?;
        replies.result(|_, _| {}).await?;
        let set = plan.set.id.0;
        let snapshots = Snapshots {
            pause_after: plan.validate_every(runner, length),
            ..Snapshots::default()
        };
        let mut meter = Meter::new(plan.epoch(runner));
        let mut command = Command::Train {
            set,
            task: task.clone(),
            snapshots,
        };
        loop {
            let (_, replies) = worker.query(self, command, None)?;
            let end = self
                .follow_trial(plan.race, replies, &mut meter, trial)
                .await?;
            if end != End::Paused {
                return Ok(end);
            }
            let evaluate = Command::Evaluate {
                set,
                task: task.clone(),
                part: Part::Validation,
            };
            let (_, replies) = worker.query(self, evaluate, None)?;
            let message = replies.result(|_, _| {}).await?;
            let Event::Evaluated { evaluation } = message.header else {
                return Err(QueryError::Unexpected);
            };
            trial.mark(meter.mark(evaluation.accuracy));
            command = Command::Resume { set, snapshots };
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

fn images(set: &SetInfo) -> Images {
    Images {
        name: set.name.clone(),
        shape: set.shape,
        classes: set.classes.len() as u32,
    }
}
