//! Training as a job: at most one batch between two requests, so that drawings are answered with the
//! weights of the moment. A training that is cancelled ends with its checkpoint and stays in the
//! session, paused, until another network is loaded; its checkpoint has the optimiser's state.

use std::collections::BTreeMap;
use std::time::Duration;

use web_time::Instant;

use super::job::{Job, JobFuture, Step};
use super::{Ended, Event, Message, Session, Snapshots};
use crate::Graph;
use crate::checkpoint::{self, File, Progress};
use crate::run::{Initialisation, Network, Provenance, read_weights};
use crate::train::{Course, End, Happened, LayerHealth, Point, Task, TaskError, check};

/// Steps are told at most this often.
const TOLD_EVERY: Duration = Duration::from_millis(100);

/// Where a training starts.
#[derive(Debug)]
enum Start {
    New(Box<Task>, Option<Network>),
    /// The one that is paused in the session.
    Paused,
    /// That of a checkpoint.
    Checkpoint(Vec<u8>),
    /// It is under way.
    Started,
}

#[derive(Debug)]
struct Train {
    set: u32,
    start: Start,
    snapshots: Snapshots,
    /// Steps of this job.
    done: u64,
    of: [u64; 2],
    told: Option<Instant>,
    /// The last turn's time.
    took: Duration,
    /// As measured last; told with the next steps.
    health: Vec<LayerHealth>,
    points: Vec<Point>,
    last_snapshot: u64,
    /// The next step ends the job.
    pausing: bool,
}

impl Train {
    async fn next(&mut self, session: &mut Session) -> Result<Step, Ended> {
        let data = session.set(self.set)?;
        if let Some((peer, failure)) = session.peers.refused.pop() {
            let event = Event::WorkerRefused { peer, failure };
            return Ok(Step::Report(Message::new(event)));
        }
        match std::mem::replace(&mut self.start, Start::Started) {
            Start::Started if self.pausing => return self.pause(session).await,
            Start::Started => {}
            start => {
                session.begin(start, self.set).await?;
                // The time machine's first.
                if self.snapshots.every.is_some() {
                    let course = session.training.as_ref();
                    self.last_snapshot = course.map_or(0, |it| it.position().step);
                    return session.snapshot(Vec::new()).await;
                }
                return Ok(Step::Continue);
            }
        }
        let mut course = session.training.take().ok_or(TaskError::NoTraining)?;
        let mut network = session.take_network(course.device())?;
        // It will be told, if it takes as long as the one before.
        let started = Instant::now();
        let at_its_end = |told: Instant| told.elapsed() + self.took >= TOLD_EVERY;
        if self.told.is_none_or(at_its_end) {
            course.watch();
        }
        let team = &mut session.peers.team;
        let happened = course.advance_with(&mut network, &data, team).await;
        self.took = started.elapsed();
        let health = course.take_health();
        if !health.is_empty() {
            self.health = health;
        }
        self.of = [course.position().step, course.steps()];
        session.put_network(network);
        session.training = Some(course);
        match happened? {
            Happened::Stepped(point) => {
                self.done += 1;
                self.points.push(point);
                let pause_after = self.snapshots.pause_after;
                if pause_after.is_some_and(|steps| self.done >= steps) {
                    return self.pause(session).await;
                }
                let every = self.snapshots.every.filter(|&every| every > 0);
                if every.is_some_and(|every| point.step >= self.last_snapshot + every) {
                    self.last_snapshot = point.step;
                    return session.snapshot(std::mem::take(&mut self.points)).await;
                }
                let due = |told: Instant| told.elapsed() >= TOLD_EVERY;
                if self.told.is_none_or(due) {
                    self.told = Some(Instant::now());
                    let points = std::mem::take(&mut self.points);
                    let health = std::mem::take(&mut self.health);
                    let worked = session.peers.team.take_worked();
                    let course = session.training.as_ref();
                    let executor = course.map(|it| it.executor()).unwrap_or_default();
                    return Ok(Step::Report(Message::new(Event::Stepped {
                        points,
                        health,
                        worked,
                        executor,
                    })));
                }
                Ok(Step::Continue)
            }
            Happened::Shared => {
                session.post_orders(self.set);
                Ok(Step::Continue)
            }
            Happened::Waiting => Ok(Step::Wait),
            Happened::Evaluating => {
                let course = session.training.as_ref();
                let over = course.is_some_and(|it| it.epoch_without_validation().is_some());
                self.pausing |= over && self.snapshots.pause_after_epoch;
                Ok(Step::Continue)
            }
            Happened::Evaluated(evaluation, answers) => {
                self.pausing |= self.snapshots.pause_after_epoch;
                let points = std::mem::take(&mut self.points);
                let event = Event::Validated { evaluation, points };
                Ok(Step::Report(Message::with_values(event, &answers)))
            }
            Happened::Ended(end) => session.trained(end, std::mem::take(&mut self.points)).await,
        }
    }

    /// Ends the job; the training can go on.
    async fn pause(&mut self, session: &mut Session) -> Result<Step, Ended> {
        if let Some(course) = &mut session.training {
            // A step of which not all shards are there is made anew.
            course.abandon();
        }
        let points = std::mem::take(&mut self.points);
        session.trained(End::Paused, points).await
    }
}

impl Job for Train {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.of
    }

    fn finish_early(&mut self) -> bool {
        self.pausing = true;
        true
    }

    fn moves_weights(&self) -> bool {
        true
    }
}

impl Session {
    /// A new training of the current network.
    pub(super) fn train(
        &self,
        set: u32,
        task: Box<Task>,
        snapshots: Snapshots,
        teacher: Option<(Graph, Vec<u8>)>,
    ) -> Result<Box<dyn Job>, Ended> {
        self.check_task(set, &task)?;
        let mut network = None;
        if let Some((graph, file)) = teacher {
            self.budget.check(&graph, file.len() as u64)?;
            let blank = Initialisation::Constant { value: 0.0 };
            let mut teacher = Network::initialised(graph, &blank, 0, &self.device)?;
            read_weights(&mut teacher, &file)?;
            network = Some(teacher);
        } else if task.settings.teacher.is_some() {
            return Err(TaskError::NoTeacher.into());
        }
        Ok(Self::job_of(set, Start::New(task, network), snapshots))
    }

    /// A training goes on: that of the checkpoint in the payload, or without one the paused one.
    pub(super) fn resume(
        &self,
        set: u32,
        snapshots: Snapshots,
        payload: Vec<u8>,
    ) -> Result<Box<dyn Job>, Ended> {
        if payload.is_empty() {
            let training = self.training.as_ref().ok_or(TaskError::NoTraining)?;
            self.check_task(set, training.task())?;
            return Ok(Self::job_of(set, Start::Paused, snapshots));
        }
        let file = File::read(&payload)?;
        let about = file.header.about.as_ref();
        let run = about.and_then(|about| about.training.as_ref());
        self.check_task(set, &run.ok_or(TaskError::NoTraining)?.task)?;
        Ok(Self::job_of(set, Start::Checkpoint(payload), snapshots))
    }

    fn job_of(set: u32, start: Start, snapshots: Snapshots) -> Box<dyn Job> {
        Box::new(Train {
            set,
            start,
            snapshots,
            done: 0,
            of: [0, 1],
            told: None,
            took: Duration::ZERO,
            health: Vec::new(),
            points: Vec::new(),
            last_snapshot: 0,
            pausing: false,
        })
    }

    fn check_task(&self, set: u32, task: &Task) -> Result<(), Ended> {
        let (network, data) = (self.network()?, self.set(set)?);
        let graph = network.graph();
        check(&task.settings, graph, &data, &data.split(&task.split))?;
        Ok(self
            .budget
            .check_gradients(graph, task.settings.batch as u64)?)
    }

    async fn begin(&mut self, start: Start, set: u32) -> Result<(), Ended> {
        let data = self.set(set)?;
        self.settle().await?;
        let (network, course) = match start {
            Start::New(task, teacher) => {
                let place = self.place(&task)?;
                let mut network = self.model()?.copied_to(&place.home)?;
                let mut course = Course::start(*task, &mut network, &data)?;
                if let Some(teacher) = teacher {
                    course.learn_from(teacher)?;
                }
                place.equip(&mut course);
                (network, course)
            }
            Start::Checkpoint(bytes) => {
                let file = File::read(&bytes)?;
                let states = file.states()?;
                let about = file.header.about;
                let run = about.and_then(|about| about.training);
                let run = run.ok_or(TaskError::NoTraining)?;
                let place = self.place(&run.task)?;
                let mut network = self.model()?.copied_to(&place.home)?;
                read_weights(&mut network, &bytes)?;
                let mut course = Course::resume(run, &states, &network, &data)?;
                course.inherit(self.training.take());
                place.equip(&mut course);
                (network, course)
            }
            Start::Paused | Start::Started => {
                let paused = self.training.take();
                let course = paused.ok_or(TaskError::NoTraining)?;
                (self.model()?.copied_to(course.device())?, course)
            }
        };
        // The times of an earlier training.
        self.peers.team.take_worked();
        self.provenance = Provenance::all(&network, true);
        self.put_network(network);
        self.training = Some(course);
        Ok(())
    }

    async fn trained(&self, end: End, points: Vec<Point>) -> Result<Step, Ended> {
        let (network, course) = (self.network()?, self.training.as_ref());
        let course = course.ok_or(TaskError::NoTraining)?;
        let payload = self.training_file(network, course).await?;
        let position = *course.position();
        let header = Event::Trained {
            end,
            position,
            points,
        };
        Ok(Step::Finish(Message { header, payload }))
    }

    async fn snapshot(&self, points: Vec<Point>) -> Result<Step, Ended> {
        let (network, course) = (self.network()?, self.training.as_ref());
        let course = course.ok_or(TaskError::NoTraining)?;
        let payload = self.training_file(network, course).await?;
        let position = *course.position();
        let header = Event::Snapshot { position, points };
        Ok(Step::Report(Message { header, payload }))
    }

    /// The network with its training as a checkpoint.
    pub(super) async fn training_file(
        &self,
        network: &Network,
        course: &Course,
    ) -> Result<Vec<u8>, Ended> {
        let states = course.states(network).await?;
        let run = course.run();
        let progress = Progress {
            seed: self.seed,
            step: run.position.step,
            states: &states,
            training: Some(&run),
        };
        let notes = BTreeMap::new();
        Ok(checkpoint::write(network, &self.provenance, progress, &notes).await?)
    }
}
