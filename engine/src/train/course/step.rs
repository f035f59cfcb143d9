//! One step of a training.

use burn::tensor::Tensor;
use web_time::Instant;

use super::{Course, DROPOUT, Epoch, Good, Happened};
use crate::data::{DataSet, Random};
use crate::run::{Mode, Network, Params, Training, read};
use crate::train::evaluate::judged;
use crate::train::measure::Measured;
use crate::train::task::Point;
use crate::train::{CrossEntropy, TaskError, TrainError, one_hot, step};

impl Course {
    pub(super) async fn step(
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
        let watched = std::mem::take(&mut self.watched);
        if watched {
            training.watch_dead();
        }
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
        let dead = training.take_dead();
        let measured = watched.then(|| Measured::of(network, &params, &stepped.squares, dead));
        let measured = measured.and_then(|it| Some((it.tensor()?, it)));
        let mut wanted = vec![
            stepped.loss.reshape([1, 1, 1, 1]),
            stepped.norm.reshape([1, 1, 1, 1]),
            // Finite only if all weights are: the loss is of those before the step.
            sum(network.params()).reshape([1, 1, 1, 1]),
            stepped.logits.reshape([count, classes, 1, 1]),
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
        let (loss, norm) = (single(loss), single(norm));
        let good = Good {
            params,
            optimiser,
            position: before,
        };
        if !loss.is_finite() || !single(weights).is_finite() {
            return self.diverged(good, loss, images, network, data).await;
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
        }
        let seconds = started.elapsed().as_secs_f64();
        self.position.seconds += seconds;
        Ok(Happened::Stepped(Point {
            examples_per_second: count as f64 / seconds.max(1e-9),
            ..point
        }))
    }
}

/// Of all values.
fn sum(params: &Params) -> Tensor<1> {
    let sums = params
        .iter()
        .map(|param| param.values.clone().inner().sum());
    Tensor::cat(sums.collect(), 0).sum()
}
