//! The values of checks, found by a worker of its own: the person's network and input stay as they are.

use std::collections::BTreeMap;

use engine::attack::{Method, Order, PictureOrder, Settings, answer_of, probabilities};
use engine::data::{Means, Part, Scaling, Split};
use engine::exercise::{Check, Drawing, Exercise, Found, HandIn, Needs, pure};
use engine::session::{Command, DeviceKind, Event, Input, Message, Wanted, Weights};
use engine::train::Task;
use engine::{Analysis, zoo};
use leptos::prelude::*;
use state::data::SetInfo;
use web_sys::Blob;

use super::nothing;
use crate::client::{QueryError, sentence};
use crate::lab::Lab;
use crate::lab::side_worker::SideWorker;

/// A worker with what it has.
pub(super) struct Judge {
    lab: Lab,
    worker: SideWorker,
    /// The data sets that it has, or why it does not.
    sets: BTreeMap<String, Result<SetInfo, String>>,
    images: u64,
}

impl Lab {
    /// The values of all checks of what is in a hand-in. With `attack`, pictures that are missing are
    /// made by the attack that is set in the area Attack.
    ///
    /// # Errors
    /// When the worker does not start or ends, or the person cancels.
    pub(super) async fn values_of_checks(
        self,
        contents: &mut HandIn,
        exercise: &Exercise,
        attack: bool,
    ) -> Result<Vec<Found>, String> {
        let mut judge = None;
        self.values_with(&mut judge, contents, exercise, attack)
            .await
    }

    /// As [`Self::values_of_checks`], with a worker that is started when it is first needed.
    pub(super) async fn values_with(
        self,
        judge: &mut Option<Judge>,
        contents: &mut HandIn,
        exercise: &Exercise,
        attack: bool,
    ) -> Result<Vec<Found>, String> {
        let graph = contents.experiment.graph.clone();
        let analysis = Analysis::of(&graph);
        let mut found = Vec::with_capacity(exercise.checks.len());
        for (place, item) in exercise.checks.iter().enumerate() {
            found.push(pure(
                &item.check,
                place,
                &graph,
                &analysis,
                &contents.answers,
            ));
        }
        if found.iter().all(Option::is_some) {
            return Ok(found.into_iter().flatten().collect());
        }
        if judge.is_none() {
            let title = "The engine of the checks";
            let worker = SideWorker::start(self, DeviceKind::Cpu, title, |_| {}).await?;
            *judge = Some(Judge {
                lab: self,
                worker,
                sets: BTreeMap::new(),
                images: 0,
            });
        }
        let Some(judge) = judge else {
            return Err("The engine of the checks did not start.".to_owned());
        };
        judge.images = { exercise.checks.iter() }
            .filter_map(|item| match item.check {
                Check::Accuracy { images, .. } => Some(u64::from(images)),
                _ => None,
            })
            .max()
            .unwrap_or(0);
        let loaded = judge.load(contents).await;
        let total = exercise.checks.len() as u64;
        for (place, (item, found)) in exercise.checks.iter().zip(&mut found).enumerate() {
            self.exercise().job.tell(place as u64, total);
            if item.check.needs() != Needs::Run || found.is_some() {
                continue;
            }
            let value = match &loaded {
                Ok(()) => judge.value(contents, place, &item.check, attack).await,
                Err(why) => Err(why.clone()),
            };
            if self.exercise().job.is_cancelled() || judge.worker.is_over() {
                return Err(value
                    .err()
                    .unwrap_or_else(|| "The checks were stopped.".to_owned()));
            }
            *found = Some(value.unwrap_or_else(nothing));
        }
        let missing = || nothing("not computed");
        Ok(found
            .into_iter()
            .map(|it| it.unwrap_or_else(missing))
            .collect())
    }
}

fn means(contents: &HandIn) -> Means {
    let settings = &contents.experiment.settings;
    Means {
        drawing: settings.recipe,
        ..settings
            .origin
            .as_deref()
            .map(zoo::means)
            .unwrap_or_default()
    }
}

impl Judge {
    async fn ask(
        &self,
        command: Command,
        payload: Vec<u8>,
        file: Option<&Blob>,
    ) -> Result<Message<Event>, String> {
        if self.lab.exercise().job.is_cancelled() {
            return Err("it was cancelled".to_owned());
        }
        let query = self.worker.query(self.lab, command, payload, file);
        let (_, replies) = query.map_err(|error| self.worker.sentence(&error))?;
        let result = replies.result(|_, _| {}).await;
        result.map_err(|error| self.worker.sentence(&error))
    }

    async fn load(&self, contents: &HandIn) -> Result<(), String> {
        let weights = match contents.weights {
            Some(_) => Weights::Payload,
            None => Weights::Seeded {
                seed: contents.experiment.settings.seed,
            },
        };
        let graph = contents.experiment.graph.clone();
        let load = Command::Load { graph, weights };
        let payload = contents.weights.clone().unwrap_or_default();
        self.ask(load, payload, None).await.map(|_| ())
    }

    async fn value(
        &mut self,
        contents: &mut HandIn,
        place: usize,
        check: &Check,
        attack: bool,
    ) -> Result<Found, String> {
        let means = means(contents);
        match check {
            Check::Accuracy {
                data, images, seed, ..
            } => self.accuracy(data, *images, *seed, means).await,
            Check::Reads { drawing, .. } => {
                let logits = self.logits_of(contents, drawing).await?;
                let class = answer_of(&logits).unwrap_or_default();
                let probability = probabilities(&logits).get(class).copied();
                Ok(Found::Class {
                    class: class as u32,
                    probability: probability.unwrap_or_default(),
                })
            }
            Check::Flips { drawing, epsilon } => {
                if attack {
                    let before = self.logits_of(contents, drawing).await?;
                    drop(before);
                    let picture = self.attacked(means, *epsilon).await?;
                    contents.pictures.insert(place, picture);
                }
                self.flip(contents, place, drawing, means).await
            }
            _ => Err("it needs no run".to_owned()),
        }
    }

    async fn accuracy(
        &mut self,
        data: &str,
        images: u32,
        seed: u64,
        means: Means,
    ) -> Result<Found, String> {
        if !self.sets.contains_key(data) {
            let sent = self.send(data).await;
            self.sets.insert(data.to_owned(), sent);
        }
        let set = match self.sets.get(data) {
            Some(Ok(set)) => set.id.0,
            Some(Err(why)) => return Err(why.clone()),
            None => return Err("the data set is missing".to_owned()),
        };
        let task = Task {
            split: Split {
                seed,
                ..Split::default()
            },
            means,
            ..Task::default()
        };
        let command = Command::Evaluate {
            set,
            task: Box::new(task),
            part: Part::Test,
            images: Some(images),
        };
        match self.ask(command, Vec::new(), None).await?.header {
            Event::Evaluated { evaluation } => {
                let right = evaluation.accuracy * evaluation.examples as f64;
                Ok(Found::Share {
                    right: right.round() as u64,
                    images: evaluation.examples,
                })
            }
            _ => Err(QueryError::Unexpected.sentence()),
        }
    }

    /// Gives the worker the test images of a set, as many as are asked for; all images of one without
    /// test images of its own.
    async fn send(&self, name: &str) -> Result<SetInfo, String> {
        let named = |set: &&SetInfo| set.origin.name().as_deref() == Some(name);
        let sets = self.lab.data.sets().get_untracked();
        let set = sets.iter().find(named).cloned();
        let set = set.ok_or_else(|| format!("there is no data set “{name}” here"))?;
        let (mut part, mut sent) = (0, 0);
        while set.held_out == 0 || sent < self.images {
            let next = self.lab.part_of_set(set.id, part).await;
            let Some(images) = next.map_err(|error| sentence(&error))? else {
                break;
            };
            part += 1;
            if set.held_out > 0 && !images.held_out {
                continue;
            }
            let command = images.command(set.id, set.classes.len() as u32);
            let (command, file) = command.map_err(|error| sentence(&error))?;
            self.ask(command, Vec::new(), Some(&file)).await?;
            sent += images.images() as u64;
        }
        Ok(set)
    }

    async fn logits_of(&self, contents: &HandIn, drawing: &Drawing) -> Result<Vec<f32>, String> {
        let input = Input::Drawing {
            width: drawing.width,
            height: drawing.height,
            recipe: contents.experiment.settings.recipe,
        };
        self.logits(contents, input, drawing.ink.clone()).await
    }

    async fn logits(
        &self,
        contents: &HandIn,
        input: Input,
        payload: Vec<u8>,
    ) -> Result<Vec<f32>, String> {
        let maps = vec![Wanted::all(contents.experiment.graph.logits())];
        let message = self
            .ask(Command::Run { input, maps }, payload, None)
            .await?;
        let values = message.values();
        let (Event::Traced { maps, .. }, Ok(values)) = (message.header, values) else {
            return Err(QueryError::Unexpected.sentence());
        };
        let unexpected = || QueryError::Unexpected.sentence();
        let map = maps.first().ok_or_else(unexpected)?;
        let end = map.offset + map.sent.elements() as usize;
        let logits = values.get(map.offset..end).ok_or_else(unexpected)?;
        match logits.iter().all(|it| it.is_finite()) {
            true => Ok(logits.to_vec()),
            false => Err("the answers are not finite numbers".to_owned()),
        }
    }

    /// The last input attacked as it is set in the area Attack; by PGD with this ε where the area was not
    /// opened.
    async fn attacked(&self, means: Means, epsilon: f32) -> Result<Vec<f32>, String> {
        let set = self.lab.core(|core| core.attack);
        let settings = match set {
            Some(part) => part.attack.settings(),
            None => Settings {
                epsilon,
                ..Settings::of(Method::Pgd)
            },
        };
        let order = Order::Picture(Box::new(PictureOrder {
            means,
            settings,
            ..PictureOrder::default()
        }));
        let order = serde_json::to_string(&order);
        let order = order.map_err(|error| format!("the attack cannot be sent: {error}"))?;
        let message = self
            .ask(Command::Attack { order }, Vec::new(), None)
            .await?;
        match (message.values(), message.header) {
            (Ok(values), Event::Attacked { .. }) => Ok(values[values.len() / 2..].to_vec()),
            _ => Err(QueryError::Unexpected.sentence()),
        }
    }

    async fn flip(
        &self,
        contents: &HandIn,
        place: usize,
        drawing: &Drawing,
        means: Means,
    ) -> Result<Found, String> {
        let after = contents.pictures.get(&place);
        let after = after.ok_or("no picture was made")?;
        let target = contents.experiment.graph.input();
        let scaling = Scaling::of(&means, target);
        let input = drawing.input(means.drawing, target);
        let input = input.map_err(|error| error.to_string())?;
        let before = scaling.picture(&input, target);
        if before.len() != after.len() {
            return Err("the picture does not have the size of the network's input".to_owned());
        }
        if !after.iter().all(|it| (0.0..=1.0).contains(it)) {
            return Err("the picture has values outside of 0 to 1".to_owned());
        }
        let far = before
            .iter()
            .zip(after)
            .map(|(one, other)| (one - other).abs());
        let distance = far.fold(0.0, f32::max);
        let mut classes = [0; 2];
        for (class, picture) in classes.iter_mut().zip([&before, after]) {
            let input = scaling.input(picture, target);
            let bytes = input.iter().flat_map(|it| it.to_le_bytes()).collect();
            let logits = self.logits(contents, Input::Values, bytes).await?;
            *class = answer_of(&logits).unwrap_or_default() as u32;
        }
        let [before, after] = classes;
        Ok(Found::Flip {
            before,
            after,
            distance,
        })
    }
}
