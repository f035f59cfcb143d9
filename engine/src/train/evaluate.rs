//! A network run on one part of a data set, some images at a time.

use super::fits::check_head;
use super::inputs::Inputs;
use super::task::{Evaluation, Mistake, Task};
use super::{TaskError, TrainError, logits};
use crate::data::{DataSet, Part};
use crate::run::{Cause, Network, NonFinite, read};
use crate::{Analysis, Shape};

/// Mistakes that are listed at most.
const WORST: usize = 64;
/// Multiply-adds of one turn, about.
const TURN: u64 = 1_000_000_000;
/// Images of one turn at most.
const MOST_IMAGES: u64 = 250;

/// An evaluation under way.
#[derive(Debug)]
pub(super) struct Evaluator {
    part: Part,
    epoch: u32,
    images: Vec<u32>,
    at: usize,
    turn: usize,
    loss: f64,
    right: u64,
    classes: usize,
    confusion: Vec<u32>,
    worst: Vec<Mistake>,
    answers: Vec<f32>,
    /// A copy of the network on another device.
    elsewhere: Option<Network>,
}

/// An evaluation by itself, beside no training.
#[derive(Debug)]
pub struct Examination {
    evaluator: Evaluator,
    task: Task,
    inputs: Inputs,
    /// Of the data set that it began with.
    images_of: (Shape, u32, usize),
}

impl Examination {
    /// Of one part of the data set.
    ///
    /// # Errors
    /// When the network and the data do not fit each other.
    pub fn new(
        network: &Network,
        data: &DataSet,
        task: Task,
        part: Part,
    ) -> Result<Self, TrainError> {
        check_head(network.graph(), data.classes())?;
        let images = data.split(&task.split).of(part).to_vec();
        if images.is_empty() {
            return Err(TaskError::NoImages.into());
        }
        Ok(Self {
            evaluator: Evaluator::new(network, data, part, images, 0),
            images_of: (data.shape(), data.classes(), data.len()),
            inputs: Inputs::new(network, &task),
            task,
        })
    }

    /// Of so many of the images at most, the first ones.
    #[must_use]
    pub fn limited(mut self, images: usize) -> Self {
        self.evaluator.images.truncate(images);
        self
    }

    /// Runs the next images.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance(&mut self, network: &Network, data: &DataSet) -> Result<Turn, TrainError> {
        let (shape, classes, count) = self.images_of;
        if (shape, classes) != (data.shape(), data.classes()) || data.len() < count {
            return Err(TaskError::OtherData.into());
        }
        let inputs = &mut self.inputs;
        self.evaluator
            .advance(network, data, &self.task, inputs)
            .await
    }

    /// How many images are done, and of how many.
    pub const fn progress(&self) -> [u64; 2] {
        let Evaluator { at, images, .. } = &self.evaluator;
        [*at as u64, images.len() as u64]
    }
}

/// What a turn came to.
#[derive(Debug)]
pub enum Turn {
    More,
    /// The result, and for each image its number, its answer and its loss.
    Finished(Evaluation, Vec<f32>),
    /// The outputs for an image are not finite, first at this node.
    NotFinite(NonFinite),
}

impl Evaluator {
    /// Of these images.
    pub fn new(
        network: &Network,
        data: &DataSet,
        part: Part,
        images: Vec<u32>,
        epoch: u32,
    ) -> Self {
        let macs = Analysis::of(network.graph()).total.macs.max(1);
        let classes = data.classes() as usize;
        Self {
            part,
            epoch,
            images,
            at: 0,
            turn: (TURN / macs).clamp(1, MOST_IMAGES) as usize,
            loss: 0.0,
            right: 0,
            classes,
            confusion: vec![0; classes * classes],
            worst: Vec::new(),
            answers: Vec::new(),
            elsewhere: None,
        }
    }

    /// Runs this copy of the network from now on.
    pub(super) fn run_on(&mut self, copy: Network) {
        self.elsewhere = Some(copy);
    }

    /// Runs the next images.
    ///
    /// # Errors
    /// When the device fails.
    pub(super) async fn advance(
        &mut self,
        network: &Network,
        data: &DataSet,
        task: &Task,
        inputs: &mut Inputs,
    ) -> Result<Turn, TrainError> {
        let copy = self.elsewhere.take();
        let network = copy.as_ref().unwrap_or(network);
        let turn = self.advance_with(network, data, task, inputs).await;
        self.elsewhere = copy;
        turn
    }

    async fn advance_with(
        &mut self,
        network: &Network,
        data: &DataSet,
        task: &Task,
        inputs: &mut Inputs,
    ) -> Result<Turn, TrainError> {
        let end = (self.at + self.turn).min(self.images.len());
        let images = self.images[self.at..end].to_vec();
        if !images.is_empty() {
            let given = inputs.of(network, data, task, &images, None)?;
            let outputs = network.forward_from(given, &[logits(network.graph())])?;
            let values = read(outputs).await?.concat();
            for (&image, logits) in images.iter().zip(values.chunks_exact(self.classes)) {
                if !self.count(image, data, logits) {
                    let target = network.graph().input();
                    let input = data.input(image as usize, None, task.means, target);
                    let found = network.find_non_finite(input.unwrap_or_default()).await?;
                    return Ok(Turn::NotFinite(found.unwrap_or_else(|| NonFinite {
                        node: network.graph().output(),
                        name: "output".to_owned(),
                        nan: true,
                        cause: Cause::Arithmetic,
                    })));
                }
            }
        }
        self.at = end;
        if end < self.images.len() {
            return Ok(Turn::More);
        }
        let examples = self.images.len() as u64;
        let share = |sum: f64| sum / examples.max(1) as f64;
        let evaluation = Evaluation {
            part: self.part,
            epoch: self.epoch,
            examples,
            loss: share(self.loss),
            accuracy: share(self.right as f64),
            confusion: std::mem::take(&mut self.confusion),
            worst: std::mem::take(&mut self.worst),
            training: None,
        };
        Ok(Turn::Finished(
            evaluation,
            std::mem::take(&mut self.answers),
        ))
    }

    /// `false` when a value is not finite.
    fn count(&mut self, image: u32, data: &DataSet, logits: &[f32]) -> bool {
        let label = data
            .labels()
            .get(image as usize)
            .copied()
            .unwrap_or_default();
        let Some((loss, answer)) = judged(logits, usize::from(label)) else {
            return false;
        };
        self.loss += loss;
        self.right += u64::from(answer == usize::from(label));
        self.confusion[usize::from(label) * self.classes + answer] += 1;
        self.answers
            .extend([image as f32, answer as f32, loss as f32]);
        if answer != usize::from(label) {
            let place = self.worst.partition_point(|other| other.loss >= loss);
            let mistake = Mistake {
                image,
                label,
                answer: answer as u16,
                loss,
            };
            self.worst.insert(place, mistake);
            self.worst.truncate(WORST);
        }
        true
    }
}

/// Cross-entropy in nats, and the class of the largest logit; `None` when one is not finite.
pub(crate) fn judged(logits: &[f32], label: usize) -> Option<(f64, usize)> {
    if logits.iter().any(|logit| !logit.is_finite()) {
        return None;
    }
    let (answer, &largest) = logits
        .iter()
        .enumerate()
        .rev()
        .max_by(|a, b| a.1.total_cmp(b.1))?;
    let exponentials = logits
        .iter()
        .map(|&it| libm::exp(f64::from(it) - f64::from(largest)));
    let sum = libm::log(exponentials.sum());
    Some((
        sum + f64::from(largest) - f64::from(*logits.get(label)?),
        answer,
    ))
}
