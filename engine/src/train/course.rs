//! A training from its start to its end, one step at a time. Order, changes and dropout of a step
//! depend only on the seed and the step's number, so that a training that goes on from a checkpoint
//! has the same bits as one that was not interrupted.

use std::collections::HashSet;

use burn::tensor::Tensor;
use web_time::Instant;

use super::evaluate::{Evaluator, Turn, judged};
use super::inputs::{Inputs, still};
use super::task::{Best, Divergence, End, Evaluation, Point, Position, Run, Task};
use super::{
    CrossEntropy, EarlyStopping, Length, Optimiser, Plan, TaskError, TrainError, Update, check,
    one_hot, step,
};
use crate::NodeId;
use crate::checkpoint::State;
use crate::data::{DataSet, Part, Parts, Random};
use crate::run::{Mode, Network, Params, Training, read};

/// What a turn came to.
#[derive(Debug)]
pub enum Happened {
    Stepped(Point),
    /// Some of the validation examples were run.
    Evaluating,
    /// All of them, and for each its number, its answer and its loss.
    Evaluated(Evaluation, Vec<f32>),
    Ended(End),
}

/// A training under way.
#[derive(Debug)]
pub struct Course {
    task: Task,
    position: Position,
    optimiser: Optimiser,
    plan: Plan,
    /// Nodes that behave as in inference.
    still: HashSet<NodeId>,
    inputs: Inputs,
    epoch: Option<Epoch>,
    evaluator: Option<Evaluator>,
    /// As of the last step whose weights had a finite loss.
    good: Option<Good>,
    /// The values of the best epoch's weights, if they are to be restored.
    best: Option<Vec<Tensor<1>>>,
    end: Option<End>,
}

/// The examples of the epoch under way, in its order.
#[derive(Debug)]
struct Epoch {
    order: Vec<u32>,
    validation: Vec<u32>,
}

#[derive(Debug)]
struct Good {
    params: Params,
    optimiser: Optimiser,
    position: Position,
}

/// Starts the names of the best epoch's weights in the optimiser's state.
const BEST: &str = "best/";
/// Streams of random numbers of their own.
const ORDER: u64 = 0x6f72_6465;
const DROPOUT: u64 = 0x6472_6f70;

impl Course {
    /// A new training of this network, whose weights are initialised if the task says so.
    ///
    /// # Errors
    /// When task, network and data do not fit each other.
    pub fn start(task: Task, network: &mut Network, data: &DataSet) -> Result<Self, TrainError> {
        let parts = data.split(&task.split);
        check(&task.settings, network.graph(), data, &parts)?;
        if let Some(rule) = &task.settings.initialisation {
            let graph = network.graph().clone();
            let fresh = Network::initialised(graph, rule, task.settings.seed, network.device())?;
            let frozen: HashSet<NodeId> = task.settings.frozen.iter().copied().collect();
            let params = network.params_mut().iter_mut().zip(fresh.params());
            for (param, fresh) in params.filter(|(param, _)| !frozen.contains(&param.node)) {
                param.values = fresh.values.clone();
            }
        }
        let optimiser = Optimiser::new(task.settings.method);
        Ok(Self::of(task, Position::default(), optimiser, network))
    }

    /// A training goes on: with the run and the states of a checkpoint whose weights the network
    /// has.
    ///
    /// # Errors
    /// When they do not fit each other.
    pub fn resume(
        run: Run,
        states: &[State],
        network: &Network,
        data: &DataSet,
    ) -> Result<Self, TrainError> {
        let Run { task, position } = run;
        let parts = data.split(&task.split);
        check(&task.settings, network.graph(), data, &parts)?;
        let (params, device) = (network.params(), network.device());
        let method = task.settings.method;
        let optimiser = Optimiser::restored(method, params, states, device)?;
        let mut course = Self::of(task, position, optimiser, network);
        let best = params.iter().map(|param| {
            let name = format!("{BEST}{}", param.name);
            let state = states.iter().find(|state| state.name == name)?;
            let data = (state.dims == param.dims).then(|| state.values.clone())?;
            Some(Tensor::from_data(data.as_slice(), device))
        });
        course.best = best.collect();
        Ok(course)
    }

    fn of(task: Task, position: Position, optimiser: Optimiser, network: &Network) -> Self {
        let settings = &task.settings;
        let plan = Plan {
            update: Update {
                decay: settings.weight_decay,
                ..Update::default()
            },
            decay_matrices_only: !settings.decay_norms_and_biases,
            clip_norm: settings.clip_norm,
            frozen: settings.frozen.iter().copied().collect(),
        };
        Self {
            plan,
            still: still(network, &task),
            inputs: Inputs::new(network, &task),
            task,
            position,
            optimiser,
            epoch: None,
            evaluator: None,
            good: None,
            best: None,
            end: None,
        }
    }

    /// What it is, and where it stands.
    pub fn run(&self) -> Run {
        Run {
            task: self.task.clone(),
            position: self.position,
        }
    }

    /// Where it stands.
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// What is trained on, and how.
    pub const fn task(&self) -> &Task {
        &self.task
    }

    /// Steps in all, as far as is known.
    pub fn steps(&self) -> u64 {
        let Position {
            step,
            in_epoch,
            seconds,
            ..
        } = self.position;
        match self.task.settings.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => {
                let examples = self.epoch.as_ref().map_or(0, |epoch| epoch.order.len());
                let each = self.steps_of(examples);
                let left = u64::from(epochs.saturating_sub(self.position.epoch)) * each;
                step + left.saturating_sub(in_epoch)
            }
            Length::Seconds(most) if seconds > 0.0 => {
                ((step as f64 * most / seconds) as u64).max(step + 1)
            }
            Length::Seconds(_) => step + 1,
        }
    }

    /// The optimiser's state, and the best epoch's weights.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn states(&self, network: &Network) -> Result<Vec<State>, TrainError> {
        let mut states = self.optimiser.states(network.params()).await?;
        for (param, values) in network.params().iter().zip(self.best.iter().flatten()) {
            let count = values.dims()[0];
            let values = read(vec![values.clone().reshape([1, 1, 1, count])]).await?;
            states.push(State {
                name: format!("{BEST}{}", param.name),
                dims: param.dims.clone(),
                values: values.concat(),
            });
        }
        Ok(states)
    }

    /// The next step, or the next of the validation examples after an epoch.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance(
        &mut self,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Happened, TrainError> {
        if let Some(evaluator) = &mut self.evaluator {
            let turn = evaluator
                .advance(network, data, &self.task, &mut self.inputs)
                .await?;
            return self.evaluated(turn, network);
        }
        if let Some(end) = self.end.take() {
            return Ok(Happened::Ended(end));
        }
        if self.epoch.is_none() {
            self.begin_epoch(data)?;
        }
        let Some(epoch) = &self.epoch else {
            return Err(TaskError::NoImages.into());
        };
        let over = self.is_over();
        if (over || self.is_between_epochs()) && self.position.evaluated != self.position.step {
            self.position.evaluated = self.position.step;
            let images = epoch.validation.clone();
            if images.is_empty() {
                self.improve(self.training_loss().0, network);
            } else {
                let epoch = self.position.epoch;
                let evaluator = Evaluator::new(network, data, Part::Validation, images, epoch);
                self.evaluator = Some(evaluator);
            }
            return Ok(Happened::Evaluating);
        }
        if over {
            self.restore_best(network);
            return Ok(Happened::Ended(End::Completed));
        }
        self.step(network, data).await
    }

    fn is_over(&self) -> bool {
        let Position {
            step,
            epoch,
            seconds,
            ..
        } = self.position;
        match self.task.settings.length {
            Length::Epochs(epochs) => epoch >= epochs,
            Length::Steps(steps) => step >= steps,
            Length::Seconds(most) => seconds >= most,
        }
    }

    const fn is_between_epochs(&self) -> bool {
        self.position.in_epoch == 0 && self.position.step > 0
    }

    fn begin_epoch(&mut self, data: &DataSet) -> Result<(), TrainError> {
        let position = &mut self.position;
        // A training that goes on in the middle of an epoch has the images that this began with.
        if position.in_epoch == 0 || position.images > data.len() as u64 {
            position.images = data.len() as u64;
        }
        let Parts {
            training: mut order,
            validation,
            ..
        } = data.split(&self.task.split);
        order.retain(|&image| u64::from(image) < position.images);
        if order.is_empty() {
            return Err(TaskError::NoImages.into());
        }
        let settings = &self.task.settings;
        if settings.shuffle {
            let numbers = [settings.seed, ORDER, position.epoch.into()];
            Random::of(&numbers).shuffle(&mut order);
        }
        self.epoch = Some(Epoch { order, validation });
        Ok(())
    }

    /// Steps of an epoch of so many examples. What is left over is a smaller batch, unless it is a
    /// single example, which batch norm cannot normalise.
    fn steps_of(&self, examples: usize) -> u64 {
        let batch = self.task.settings.batch;
        let (whole, rest) = (examples / batch, examples % batch);
        (whole + usize::from(rest > 1 || whole == 0 || (rest == 1 && batch == 1))) as u64
    }

    async fn step(
        &mut self,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Happened, TrainError> {
        let started = Instant::now();
        let Some(Epoch { order, .. }) = &self.epoch else {
            return Err(TaskError::NoImages.into());
        };
        let (settings, before) = (&self.task.settings, self.position);
        let from = before.in_epoch as usize * settings.batch;
        let images = order[from..(from + settings.batch).min(order.len())].to_vec();
        let (examples, epoch_steps) = (order.len(), self.steps_of(order.len()));
        let steps = self.steps();
        let schedule = &settings.schedule;
        let rate = schedule.rate(before.step, steps);
        self.plan.update.rate = rate;
        self.plan.update.momentum = schedule.momentum(before.step, steps);

        let change = settings.augmentation.map(|augmentation| {
            let (seed, epoch, shape) = (settings.seed, before.epoch, data.shape());
            move |image: u32| augmentation.drawn(seed, epoch.into(), image.into(), shape)
        });
        let change = change.as_ref().map(|it| it as &dyn Fn(u32) -> _);
        let given = self.inputs.of(network, data, &self.task, &images, change)?;
        let labels = images
            .iter()
            .map(|&image| usize::from(data.labels()[image as usize]));
        let labels: Vec<usize> = labels.collect();
        let classes = data.classes() as usize;
        let targets = one_hot(&labels, classes, network.device()).ok_or(TaskError::NoImages)?;
        let loss = CrossEntropy {
            label_smoothing: settings.label_smoothing,
            ..CrossEntropy::default()
        };
        let mut random = Random::of(&[settings.seed, DROPOUT, before.step]);
        let mut training = Training::seeded(random.next());
        training.frozen = self.still.clone();
        let (params, optimiser) = (network.params().clone(), self.optimiser.clone());
        let stepped = step(
            network,
            given,
            Mode::Training(&mut training),
            |logits| loss.of(logits, targets),
            &mut self.optimiser,
            &self.plan,
        )?;
        network.update_running(&mut training);
        let count = images.len();
        let values = read(vec![
            stepped.loss.reshape([1, 1, 1, 1]),
            stepped.norm.reshape([1, 1, 1, 1]),
            stepped.logits.reshape([count, classes, 1, 1]),
        ]);
        let [loss, norm, logits] = values.await?.try_into().unwrap_or_default();
        let single = |values: Vec<f32>| values.first().map_or(f64::NAN, |&value| f64::from(value));
        let (loss, norm) = (single(loss), single(norm));
        let good = Good {
            params,
            optimiser,
            position: before,
        };
        if !loss.is_finite() {
            return self.diverged(good, images, network, data).await;
        }
        self.good = Some(good);
        let of_batch = logits.chunks_exact(classes).zip(&labels);
        let right = of_batch.filter(|(logits, label)| {
            judged(logits, **label).is_some_and(|(_, answer)| answer == **label)
        });
        let right = right.count() as u64;
        let position = &mut self.position;
        if position.in_epoch == 0 {
            (position.loss, position.right, position.seen) = (0.0, 0, 0);
        }
        position.loss += loss * count as f64;
        position.right += right;
        position.seen += count as u64;
        position.step += 1;
        position.in_epoch += 1;
        let point = Point {
            step: position.step,
            steps,
            epoch: position.epoch + 1,
            loss,
            accuracy: right as f64 / count as f64,
            rate,
            gradient_norm: if norm.is_finite() { norm } else { f64::MAX },
            examples_per_second: 0.0,
        };
        debug_assert!(examples >= count);
        if position.in_epoch >= epoch_steps {
            position.in_epoch = 0;
            position.epoch += 1;
            // The next one is drawn anew.
            self.begin_epoch(data)?;
            // A loss is of the weights before its step: of the last step only they can tell.
            if let Some(place) = network.non_finite_param().await?.map(str::to_owned) {
                let step = self.position.step;
                return Ok(self.back_to_good(network, step, Some(place)));
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        self.position.seconds += seconds;
        Ok(Happened::Stepped(Point {
            examples_per_second: count as f64 / seconds.max(1e-9),
            ..point
        }))
    }

    /// The weights before this step give no finite loss.
    async fn diverged(
        &mut self,
        before: Good,
        images: Vec<u32>,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Happened, TrainError> {
        *network.params_mut() = before.params.clone();
        let mut place = network.non_finite_param().await?.map(str::to_owned);
        if place.is_none() {
            let target = network.graph().input();
            for image in images {
                let input = data.input(image as usize, None, self.task.means, target);
                let found = network.find_non_finite(input.unwrap_or_default()).await?;
                if let Some(found) = found {
                    place = Some(found.name);
                    break;
                }
            }
        }
        let step = before.position.step + 1;
        self.good.get_or_insert(before);
        Ok(self.back_to_good(network, step, place))
    }

    /// Ends because of this step.
    fn back_to_good(
        &mut self,
        network: &mut Network,
        step: u64,
        place: Option<String>,
    ) -> Happened {
        if let Some(good) = self.good.take() {
            *network.params_mut() = good.params;
            self.optimiser = good.optimiser;
            self.position = good.position;
            self.epoch = None;
        }
        Happened::Ended(End::Diverged(Divergence {
            step,
            good: self.position.step,
            place,
        }))
    }

    fn evaluated(&mut self, turn: Turn, network: &mut Network) -> Result<Happened, TrainError> {
        match turn {
            Turn::More => Ok(Happened::Evaluating),
            Turn::NotFinite(found) => {
                self.evaluator = None;
                let place = Some(found.name);
                let step = self.position.step;
                Ok(self.back_to_good(network, step, place))
            }
            Turn::Finished(mut evaluation, answers) => {
                self.evaluator = None;
                let (loss, accuracy) = self.training_loss();
                evaluation.training = Some([loss, accuracy]);
                self.improve(evaluation.loss, network);
                Ok(Happened::Evaluated(evaluation, answers))
            }
        }
    }

    /// Mean loss and accuracy of the steps of the last epoch.
    fn training_loss(&self) -> (f64, f64) {
        let Position {
            loss, right, seen, ..
        } = self.position;
        let seen = seen.max(1) as f64;
        (loss / seen, right as f64 / seen)
    }

    /// Whether the loss has fallen; ends the training that does not improve.
    fn improve(&mut self, loss: f64, network: &mut Network) {
        let epoch = self.position.epoch;
        let stopping = self.task.settings.early_stopping;
        let least = stopping.map_or(0.0, |stopping| stopping.least);
        let better = |best: Best| loss < best.loss - least;
        match self.position.best {
            Some(best) if !better(best) => {
                let waits = |it: EarlyStopping| epoch.saturating_sub(best.epoch) >= it.patience;
                if stopping.is_some_and(waits) {
                    self.restore_best(network);
                    let best_epoch = best.epoch;
                    self.end = Some(End::NoImprovement { best_epoch });
                }
            }
            _ => {
                self.position.best = Some(Best { epoch, loss });
                let kept = stopping.is_some_and(|stopping| stopping.restore_best);
                self.best = kept.then(|| {
                    let params = network.params().iter();
                    params.map(|param| param.values.clone().inner()).collect()
                });
            }
        }
    }

    fn restore_best(&mut self, network: &mut Network) {
        let on_autodiff = network.device().is_autodiff();
        let Some(best) = self.best.take() else { return };
        for (param, values) in network.params_mut().iter_mut().zip(best) {
            param.values = if on_autodiff {
                values.autodiff()
            } else {
                values
            };
        }
    }
}
