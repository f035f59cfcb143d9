//! A training from its start to its end, one step at a time. Order, changes and dropout of a step
//! depend only on the seed and the step's number, so that a training that goes on from a checkpoint
//! has the same bits as one that was not interrupted.

#[cfg(feature = "plan-gpu")]
mod device;
mod end;
mod planned;
mod shared;
mod step;

use std::collections::HashSet;

use burn::tensor::{Device, Tensor};

#[cfg(feature = "plan-gpu")]
pub use device::DeviceSteps;
pub use planned::MOST_MAPS;

use super::evaluate::{Evaluator, Turn};
use super::inputs::Inputs;
use super::still::still;
use super::task::{End, Evaluation, Point, Position, Run, Task};
use super::team::Team;
use super::zeros;
use super::{
    LayerHealth, Length, Optimiser, Plan, Settings, TaskError, Teacher, TrainError, Update, check,
};
use crate::checkpoint::State;
use crate::data::{DataSet, Part, Parts};
use crate::run::{Network, Params, read};
use crate::session::{BurnReason, Executor};
use crate::{NodeId, Shape};

/// What a turn came to.
#[derive(Debug)]
pub enum Happened {
    Stepped(Point),
    /// The team's workers are to be sent what they compute of the next step; the own part comes
    /// with the next turn.
    Shared,
    /// The own part is done; the next turn is to come when the team has something new.
    Waiting,
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
    /// Of the data set that it began with.
    images_of: (Shape, u32),
    epoch: Option<Epoch>,
    evaluator: Option<Evaluator>,
    /// As of the last step whose weights had a finite loss.
    good: Option<Good>,
    /// The step whose shards are under way.
    shared: Option<shared::Open>,
    /// The values of the best epoch's weights, if they are to be restored.
    best: Option<Vec<Tensor<1>>>,
    end: Option<End>,
    /// The next step measures the layers.
    watched: bool,
    health: Vec<LayerHealth>,
    teacher: Option<Teacher>,
    /// The compiled plan's step, or why it is burn's.
    trainer: Result<planned::Steps, BurnReason>,
    /// Where its tensors are; its network must be there as well.
    device: Device,
    /// Where validation examples are run, if not there.
    evaluates_on: Option<Device>,
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

impl Course {
    /// A new training of this network, whose weights are initialised if the task says so.
    ///
    /// # Errors
    /// When task, network and data do not fit each other.
    pub fn start(
        mut task: Task,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Self, TrainError> {
        task.settings.freeze_uses(network.graph());
        let parts = data.split(&task.split);
        check(&task.settings, network.graph(), data, &parts)?;
        let masks = masks(&task.settings, network);
        if let Some(rule) = &task.settings.initialisation {
            let graph = network.graph().clone();
            let fresh = Network::initialised(graph, rule, task.settings.seed, network.device())?;
            let frozen: HashSet<NodeId> = task.settings.frozen.iter().copied().collect();
            let params = network.params_mut().iter_mut().zip(fresh.params());
            for (param, fresh) in params.filter(|(param, _)| !frozen.contains(&param.node)) {
                param.values = fresh.values.clone();
            }
        }
        zeros::apply(network, &masks);
        let optimiser = Optimiser::new(task.settings.method);
        let position = Position::default();
        let mut course = Self::of(task, position, optimiser, network, data);
        course.plan.masks = masks;
        Ok(course)
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
        let Run { mut task, position } = run;
        task.settings.freeze_uses(network.graph());
        let parts = data.split(&task.split);
        check(&task.settings, network.graph(), data, &parts)?;
        let (params, device) = (network.params(), network.device());
        let method = task.settings.method;
        let optimiser = Optimiser::restored(method, params, states, device)?;
        let mut course = Self::of(task, position, optimiser, network, data);
        let best = params.iter().map(|param| {
            let name = format!("{BEST}{}", param.name);
            let state = states.iter().find(|state| state.name == name)?;
            let data = (state.dims == param.dims).then(|| state.values.clone())?;
            Some(Tensor::from_data(data.as_slice(), device))
        });
        course.best = best.collect();
        Ok(course)
    }

    fn of(
        task: Task,
        position: Position,
        optimiser: Optimiser,
        network: &Network,
        data: &DataSet,
    ) -> Self {
        let trainer = planned::trainer(network, &task);
        let settings = &task.settings;
        let plan = Plan {
            update: Update {
                decay: settings.weight_decay,
                ..Update::default()
            },
            decay_matrices_only: !settings.decay_norms_and_biases,
            clip_norm: settings.clip_norm,
            frozen: settings.frozen.iter().copied().collect(),
            quantised: settings.quantised,
            masks: masks(settings, network),
        };
        Self {
            plan,
            still: still(network.graph(), &task.settings.frozen),
            inputs: Inputs::new(network, &task),
            trainer,
            task,
            position,
            optimiser,
            images_of: (data.shape(), data.classes()),
            epoch: None,
            evaluator: None,
            good: None,
            shared: None,
            best: None,
            end: None,
            watched: false,
            health: Vec::new(),
            teacher: None,
            device: network.device().clone(),
            evaluates_on: None,
        }
    }

    /// Where its network must be.
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Learns from this teacher, if its settings say that it learns from one.
    ///
    /// # Errors
    /// When the teacher tells other classes apart.
    pub fn learn_from(&mut self, teacher: Network) -> Result<(), TrainError> {
        self.teacher = Some(Teacher::new(teacher, self.images_of.1)?);
        Ok(())
    }

    /// Goes on with the teacher of a training that it takes the place of.
    pub fn inherit(&mut self, before: Option<Self>) {
        if self.task.settings.teacher.is_some() {
            self.teacher = before.and_then(|it| it.teacher);
        }
    }

    /// The next step measures how each layer fares. It computes the same.
    pub const fn watch(&mut self) {
        self.watched = true;
    }

    /// Takes what was measured last.
    pub fn take_health(&mut self) -> Vec<LayerHealth> {
        std::mem::take(&mut self.health)
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

    /// What computes its gradients, and why.
    pub fn executor(&self) -> Executor {
        match &self.trainer {
            Ok(_) => Executor::Plan,
            Err(reason) => Executor::Burn(reason.clone()),
        }
    }

    /// What is trained on, and how.
    pub const fn task(&self) -> &Task {
        &self.task
    }

    /// After an epoch without validation examples: its number, and mean loss and accuracy of its
    /// steps.
    pub fn epoch_without_validation(&self) -> Option<(u32, [f64; 2])> {
        let over = self.position.in_epoch == 0 && self.evaluator.is_none();
        let (loss, accuracy) = self.training_loss();
        over.then_some((self.position.epoch, [loss, accuracy]))
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
        self.advance_with(network, data, &mut Team::default()).await
    }

    /// As [`Self::advance`], with others that compute shards.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance_with(
        &mut self,
        network: &mut Network,
        data: &DataSet,
        team: &mut Team,
    ) -> Result<Happened, TrainError> {
        let shrunk = self.position.images > data.len() as u64 && self.epoch.is_some();
        if shrunk || self.images_of != (data.shape(), data.classes()) {
            return Err(TaskError::OtherData.into());
        }
        if let Some(evaluator) = &mut self.evaluator {
            let turn = evaluator
                .advance(network, data, &self.task, &mut self.inputs)
                .await?;
            return self.evaluated(turn, network);
        }
        if let Some(end) = self.end.take() {
            return Ok(Happened::Ended(end));
        }
        if self.shared.is_some() {
            return self.step(network, data, team).await;
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
                let mut evaluator = Evaluator::new(network, data, Part::Validation, images, epoch);
                if let Some(device) = self.evaluates_on.as_ref().filter(|it| **it != self.device) {
                    evaluator.run_on(network.copied_to(device).await?);
                }
                self.evaluator = Some(evaluator);
            }
            return Ok(Happened::Evaluating);
        }
        if over {
            self.restore_best(network);
            return Ok(Happened::Ended(End::Completed));
        }
        self.step(network, data, team).await
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
        self.task.settings.order(&mut order, position.epoch);
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
}

/// Which weights stay 0; none where none are to.
fn masks(settings: &Settings, network: &Network) -> Vec<Option<Tensor<1>>> {
    match settings.keep_zeros || settings.pruning.is_some() {
        true => zeros::masks(network),
        false => Vec::new(),
    }
}
