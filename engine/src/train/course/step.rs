//! One step of a training.

use burn::tensor::Tensor;
use web_time::Instant;

use super::{Course, Epoch, Good, Happened, planned};
use crate::NodeId;
use crate::compress::Distillation;
use crate::data::DataSet;
use crate::run::{Mode, Network, Params, read};
use crate::train::batch::{Batch, Of, training};
use crate::train::measure::Measured;
use crate::train::task::Point;
use crate::train::team::Team;
use crate::train::{TaskError, TrainError, logits, step, teacher, zeros};

/// The step that comes next.
#[derive(Debug)]
pub(super) struct Next {
    pub images: Vec<u32>,
    pub started: Instant,
    rate: f64,
    steps: u64,
    epoch_steps: u64,
}

/// What a step gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub loss: f64,
    pub right: u64,
    pub norm: f64,
    /// The sum of the weights after it, finite only if all are: the loss is of those before it.
    pub weights: f64,
}

impl Course {
    pub(super) async fn step(
        &mut self,
        network: &mut Network,
        data: &DataSet,
        team: &mut Team,
    ) -> Result<Happened, TrainError> {
        if let Some(open) = self.shared.take() {
            return self.gather(open, network, data, team).await;
        }
        let next = self.next()?;
        if let Some(shards) = self.task.settings.shards {
            let open = self.open(next, shards, network, team).await?;
            if team.workers().is_empty() {
                return self.gather(open, network, data, team).await;
            }
            self.shared = Some(open);
            return Ok(Happened::Shared);
        }
        let position = self.position;
        let task = &self.task;
        let of = Of {
            network,
            data,
            task,
        };
        let mut batch = Batch::new(of, &mut self.inputs, &next.images, position.epoch)?;
        batch.harden(of, &next.images, position.epoch).await?;
        let mut training = training(task, &self.still, position.step, None);
        let watched = std::mem::take(&mut self.watched);
        if watched {
            training.watch_dead();
        }
        let before = self.good(network);
        let (given, targets, loss) = (batch.given.clone(), batch.targets.clone(), batch.loss);
        let soft = self.soft(data, &next.images)?;
        let mut dead = Vec::new();
        let (optimiser, plan) = (&mut self.optimiser, &self.plan);
        let mut taken = None;
        if let Ok(trainer) = &mut self.trainer {
            if watched
                && !trainer.finds_dead()
                && let Some(input) = given.get(&NodeId::INPUT)
            {
                // Dead units are counted where burn has the maps; nothing else comes of it.
                let mut watching = training.clone();
                let mode = Mode::Training(&mut watching);
                let from = logits(network.graph());
                network.forward_in(mode, input.clone(), &[from])?;
                dead = watching.take_dead();
            }
            let step = planned::step(trainer, network, &batch, optimiser, plan, watched);
            match step.await? {
                Ok((stepped, found)) => {
                    dead.extend(found);
                    taken = Some(stepped);
                }
                Err(reason) => self.trainer = Err(reason),
            }
        }
        let stepped = match taken {
            Some(stepped) => stepped,
            None => {
                let of = |logits| match soft {
                    Some((distillation, soft)) => {
                        teacher::loss(distillation, loss, logits, targets, soft)
                    }
                    None => loss.of(logits, targets),
                };
                let mode = Mode::Training(&mut training);
                let stepped = step(network, given, mode, of, optimiser, plan)?;
                network.update_running(&mut training);
                dead = training.take_dead();
                stepped
            }
        };
        let (params, squares) = (&before.params, &stepped.squares);
        let measured = watched.then(|| Measured::of(network, params, squares, dead));
        let measured = measured.and_then(|it| Some((it.tensor()?, it)));
        let dims = stepped.logits.dims();
        let mut wanted = vec![
            stepped.loss.reshape([1, 1, 1, 1]),
            stepped.norm.reshape([1, 1, 1, 1]),
            sum(network.params()).reshape([1, 1, 1, 1]),
            stepped.logits.reshape([dims[0], dims[1], 1, 1]),
        ];
        wanted.extend(measured.iter().map(|it| it.0.clone()));
        let mut values = read(wanted).await?;
        if let Some((_, measured)) = measured
            && let Some(values) = values.pop()
        {
            self.health = measured.health(&values);
        }
        let [loss, norm, weights, logits] = values.try_into().unwrap_or_default();
        let single = |values: Vec<f32>| values.first().map_or(f64::NAN, |&value| f64::from(value));
        let figures = Figures {
            loss: single(loss),
            right: batch.right(&logits),
            norm: single(norm),
            weights: single(weights),
        };
        self.made(next, before, figures, network, data).await
    }

    /// What the teacher answers, where there is one.
    fn soft(
        &self,
        data: &DataSet,
        images: &[u32],
    ) -> Result<Option<(Distillation, Tensor<2>)>, TrainError> {
        let Some(distillation) = self.task.settings.teacher else {
            return Ok(None);
        };
        let teacher = self.teacher.as_ref().ok_or(TaskError::NoTeacher)?;
        let (epoch, temperature) = (self.position.epoch, distillation.temperature);
        let soft = teacher.soft(data, &self.task, images, epoch, temperature)?;
        Ok(Some((distillation, soft)))
    }

    /// What to come back to, should the next step leave the finite numbers.
    pub(super) fn good(&self, network: &Network) -> Good {
        Good {
            params: network.params().clone(),
            optimiser: self.optimiser.clone(),
            position: self.position,
        }
    }

    /// Chooses the images and the rate of the next step.
    fn next(&mut self) -> Result<Next, TrainError> {
        let started = Instant::now();
        let Some(Epoch { order, .. }) = &self.epoch else {
            return Err(TaskError::NoImages.into());
        };
        let (settings, position) = (&self.task.settings, self.position);
        let from = position.in_epoch as usize * settings.batch;
        let images = order[from..(from + settings.batch).min(order.len())].to_vec();
        let epoch_steps = self.steps_of(order.len());
        let steps = self.steps();
        let schedule = &settings.schedule;
        let rate = schedule.rate(position.step, steps);
        self.plan.update.rate = rate;
        self.plan.update.momentum = schedule.momentum(position.step, steps);
        Ok(Next {
            images,
            started,
            rate,
            steps,
            epoch_steps,
        })
    }

    /// The weights have been moved: counts the step, unless something is not finite.
    pub(super) async fn made(
        &mut self,
        next: Next,
        before: Good,
        figures: Figures,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Happened, TrainError> {
        let Figures {
            loss, right, norm, ..
        } = figures;
        if !loss.is_finite() || !figures.weights.is_finite() {
            return self
                .diverged(before, loss, next.images, network, data)
                .await;
        }
        self.good = Some(before);
        let count = next.images.len();
        let position = &mut self.position;
        if position.in_epoch == 0 {
            (position.loss, position.right, position.seen) = (0.0, 0, 0);
        }
        position.loss += loss * count as f64;
        position.right += right;
        position.seen += count as u64;
        position.step += 1;
        position.in_epoch += 1;
        let step = position.step;
        let pruning = self.task.settings.pruning;
        if let Some((pruning, share)) = pruning.and_then(|it| Some((it, it.share(step)?))) {
            let frozen = &self.plan.frozen;
            self.plan.masks = zeros::prune(network, frozen, pruning.scope, share).await?;
        }
        let position = &mut self.position;
        let point = Point {
            step: position.step,
            steps: next.steps,
            epoch: position.epoch + 1,
            loss,
            accuracy: right as f64 / count as f64,
            rate: next.rate,
            gradient_norm: if norm.is_finite() { norm } else { f64::MAX },
            examples_per_second: 0.0,
        };
        if position.in_epoch >= next.epoch_steps {
            position.in_epoch = 0;
            position.epoch += 1;
            // The next one is drawn anew.
            self.begin_epoch(data)?;
        }
        let seconds = next.started.elapsed().as_secs_f64();
        self.position.seconds += seconds;
        Ok(Happened::Stepped(Point {
            examples_per_second: count as f64 / seconds.max(1e-9),
            ..point
        }))
    }
}

/// Of all values.
pub(super) fn sum(params: &Params) -> Tensor<1> {
    let sums = params
        .iter()
        .map(|param| param.values.clone().inner().sum());
    Tensor::cat(sums.collect(), 0).sum()
}
