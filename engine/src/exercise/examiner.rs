//! The values of checks that need a run, on the CPU.

use std::collections::HashMap;

use super::{Check, Exercise, Found, HandIn, pure};
use crate::attack::{Victim, probabilities};
use crate::data::{DataSet, Means, Part, Scaling, Split};
use crate::run::{Network, cpu, read_weights};
use crate::train::{Examination, Task, Turn};
use crate::{Analysis, Shape, zoo};

/// Why there is no value.
pub type ExaminerError = String;

type Load<'a> = dyn Fn(&str, Shape) -> Result<DataSet, String> + 'a;

/// Data sets, each loaded once.
pub struct Data<'a> {
    load: Box<Load<'a>>,
    loaded: HashMap<String, Result<DataSet, String>>,
}

impl<'a> Data<'a> {
    /// Loads a set of this name for a network of this input.
    pub fn new(load: impl Fn(&str, Shape) -> Result<DataSet, String> + 'a) -> Self {
        Self {
            load: Box::new(load),
            loaded: HashMap::new(),
        }
    }

    /// # Errors
    /// Why it cannot be loaded.
    pub fn get(&mut self, name: &str, target: Shape) -> Result<&DataSet, ExaminerError> {
        let load = &self.load;
        let loaded = self.loaded.entry(name.to_owned());
        let set = loaded.or_insert_with(|| load(name, target));
        set.as_ref().map_err(Clone::clone)
    }
}

/// A hand-in's network.
pub struct Examiner<'a> {
    hand_in: &'a HandIn,
    network: Result<Network, String>,
    means: Means,
}

impl<'a> Examiner<'a> {
    /// With the weights of the file; without any, those of its seed.
    pub fn new(hand_in: &'a HandIn) -> Self {
        let settings = &hand_in.experiment.settings;
        let graph = hand_in.experiment.graph.clone();
        let origin = settings.origin.as_deref();
        let means = Means {
            drawing: settings.recipe,
            ..origin.map(zoo::means).unwrap_or_default()
        };
        let network = Network::seeded(graph, settings.seed, &cpu());
        let network = network.map_err(|error| error.to_string());
        let network = network.and_then(|mut network| match &hand_in.weights {
            None => Ok(network),
            Some(weights) => match read_weights(&mut network, weights) {
                Ok(_) => Ok(network),
                Err(error) => Err(error.to_string()),
            },
        });
        Self {
            hand_in,
            network,
            means,
        }
    }

    /// The value of each check.
    pub async fn found(&self, exercise: &Exercise, data: &mut Data<'_>) -> Vec<Found> {
        let graph = &self.hand_in.experiment.graph;
        let analysis = Analysis::of(graph);
        let mut all = Vec::with_capacity(exercise.checks.len());
        for (place, item) in exercise.checks.iter().enumerate() {
            let answers = &self.hand_in.answers;
            let found = match pure(&item.check, place, graph, &analysis, answers) {
                Some(found) => Ok(found),
                None => self.run(&item.check, place, data).await,
            };
            all.push(found.unwrap_or_else(|why| Found::Nothing { why }));
        }
        all
    }

    async fn run(
        &self,
        check: &Check,
        place: usize,
        data: &mut Data<'_>,
    ) -> Result<Found, ExaminerError> {
        let network = self.network.as_ref().map_err(Clone::clone)?;
        let target = network.graph().input();
        let recipe = self.means.drawing;
        match check {
            Check::Accuracy {
                data: name,
                images,
                seed,
                ..
            } => {
                let data = data.get(name, target)?;
                let task = Task {
                    split: Split {
                        seed: *seed,
                        ..Split::default()
                    },
                    means: self.means,
                    ..Task::default()
                };
                accuracy(network, data, task, *images).await
            }
            Check::Reads { drawing, .. } => {
                let input = drawing.input(recipe, target).map_err(told)?;
                let victim = self.victim(network)?;
                let pictures = victim.picture(&input).map_err(told)?;
                let logits = victim.logits(network, &pictures).await.map_err(told)?;
                let class = victim.answers(&logits).first().copied().unwrap_or_default();
                let probability = probabilities(&logits).get(class).copied();
                Ok(Found::Class {
                    class: class as u32,
                    probability: probability.unwrap_or_default(),
                })
            }
            Check::Flips { drawing, .. } => {
                let after = self.hand_in.pictures.get(&place);
                let after = after.ok_or("no picture was made")?;
                let input = drawing.input(recipe, target).map_err(told)?;
                let victim = self.victim(network)?;
                let before = victim.picture(&input).map_err(told)?;
                flip(network, &victim, &before, after).await
            }
            _ => Err("it needs no run".to_owned()),
        }
    }

    fn victim(&self, network: &Network) -> Result<Victim, ExaminerError> {
        let scaling = Scaling::of(&self.means, network.graph().input());
        Victim::new(network, scaling).map_err(told)
    }
}

async fn accuracy(
    network: &Network,
    data: &DataSet,
    task: Task,
    images: u32,
) -> Result<Found, ExaminerError> {
    let examination = Examination::new(network, data, task, Part::Test).map_err(told)?;
    let mut examination = examination.limited(images as usize);
    loop {
        match examination.advance(network, data).await.map_err(told)? {
            Turn::More => {}
            Turn::Finished(evaluation, _) => {
                let right = evaluation.accuracy * evaluation.examples as f64;
                return Ok(Found::Share {
                    right: right.round() as u64,
                    images: evaluation.examples,
                });
            }
            Turn::NotFinite(found) => return Err(told(found)),
        }
    }
}

async fn flip(
    network: &Network,
    victim: &Victim,
    before: &[f32],
    after: &[f32],
) -> Result<Found, ExaminerError> {
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
    for (class, picture) in classes.iter_mut().zip([before, after]) {
        let logits = victim.logits(network, picture).await.map_err(told)?;
        *class = victim.answers(&logits).first().copied().unwrap_or_default() as u32;
    }
    let [before, after] = classes;
    Ok(Found::Flip {
        before,
        after,
        distance,
    })
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
