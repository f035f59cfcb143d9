//! A step whose shards several workers compute. The one that has the optimiser sums.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use web_time::Instant;

use super::step::Next;
use super::{Course, Happened};
use crate::data::DataSet;
use crate::run::{Network, read};
use crate::train::batch::{Of, is_summed, sum_of};
use crate::train::measure::Measured;
use crate::train::step::apply;
use crate::train::sum::{Gathered, Sum};
use crate::train::team::{Order, Team};
use crate::train::{TrainError, Work, Worked, WorkerTime, cut};

/// A step of which not all shards are there.
#[derive(Debug)]
pub(super) struct Open {
    next: Next,
    gathered: Gathered,
    /// What is to be computed here.
    own: Vec<Work>,
    /// What others compute, and when it was sent.
    away: Vec<(u32, Work, Instant)>,
    times: Vec<WorkerTime>,
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

impl Course {
    /// Distributes the shards of the next step.
    pub(super) async fn open(
        &mut self,
        next: Next,
        shards: u32,
        network: &Network,
        team: &mut Team,
    ) -> Result<Open, TrainError> {
        let ticket = team.begin();
        let ranges = cut(next.images.len(), shards);
        let images: Vec<Vec<u32>> = ranges
            .iter()
            .map(|it| next.images[it.clone()].to_vec())
            .collect();
        // As many shards for each as a power of two allows.
        let workers = team.workers().len() as u32 + 1;
        let each = (shards / workers.next_power_of_two()).max(1);
        let mut open = Open {
            gathered: Gathered::new(shards),
            own: Vec::new(),
            away: Vec::new(),
            times: Vec::new(),
            next,
        };
        let weights = match workers {
            1 => Arc::default(),
            _ => Arc::new(network.values().await?),
        };
        for (block, images) in images.chunks(each as usize).enumerate() {
            let block = block as u32;
            let work = Work {
                ticket,
                task: self.task.clone(),
                step: self.position.step,
                epoch: self.position.epoch,
                examples: open.next.images.len(),
                first: block * each,
                shards: images.to_vec(),
            };
            let place = (block % workers).checked_sub(1);
            let worker = place.and_then(|it| team.workers().get(it as usize).copied());
            let Some(worker) = worker else {
                open.own.push(work);
                continue;
            };
            open.away.push((worker, work.clone(), Instant::now()));
            let weights = Arc::clone(&weights);
            team.order(Order {
                worker,
                work,
                weights,
            });
        }
        Ok(open)
    }

    /// Computes the own shards, takes those that have come, and makes the step once all are there.
    pub(super) async fn gather(
        &mut self,
        mut open: Open,
        network: &mut Network,
        data: &DataSet,
        team: &mut Team,
    ) -> Result<Happened, TrainError> {
        for (worker, share, sum) in team.take_arrived() {
            let place = open.away.iter().position(|(by, work, _)| {
                (*by, work.ticket, work.first) == (worker, share.ticket, share.first)
            });
            let Some(place) = place else { continue };
            let (_, work, sent) = open.away.swap_remove(place);
            let empty = work.shards.iter().all(Vec::is_empty);
            let wanted = if empty { 0 } else { self.summed(network) };
            if sum.values.len() != wanted {
                open.own.push(work);
                continue;
            }
            let shards = work.shards.len() as u32;
            open.spent(WorkerTime {
                worker,
                shards,
                compute_ms: share.compute_ms,
                send_ms: (ms(sent) - share.compute_ms).max(0.0),
            });
            open.gathered.insert(work.first, shards, sum);
        }
        // What a worker that has gone did not finish is computed here.
        let (lost, away) = open
            .away
            .into_iter()
            .partition(|(worker, ..)| !team.has(*worker));
        open.away = away;
        let lost: Vec<(u32, Work, Instant)> = lost;
        open.own.extend(lost.into_iter().map(|(_, work, _)| work));
        for work in std::mem::take(&mut open.own) {
            let started = Instant::now();
            let task = &self.task;
            let of = Of {
                network,
                data,
                task,
            };
            let sum = sum_of(of, &self.still, &mut self.inputs, &work).await?;
            let shards = work.shards.len() as u32;
            open.spent(WorkerTime {
                worker: 0,
                shards,
                compute_ms: ms(started),
                send_ms: 0.0,
            });
            open.gathered.insert(work.first, shards, sum);
        }
        match open.gathered.take() {
            Some(sum) => self.close(open, sum, network, data, team).await,
            None => {
                self.shared = Some(open);
                Ok(Happened::Waiting)
            }
        }
    }

    /// Makes the step with the sum of all shards.
    async fn close(
        &mut self,
        open: Open,
        sum: Sum,
        network: &mut Network,
        data: &DataSet,
        team: &mut Team,
    ) -> Result<Happened, TrainError> {
        let started = Instant::now();
        let before = self.good(network);
        let (gradients, running) = self.split(&sum, network);
        let (norm, squares) = apply(network, gradients, &mut self.optimiser, &self.plan);
        for (place, new) in running {
            network.set_running(place, new);
        }
        // Whether a unit is dead only the whole batch can tell, which nobody has.
        let watched = std::mem::take(&mut self.watched);
        let measured = watched.then(|| Measured::of(network, &before.params, &squares, Vec::new()));
        let measured = measured.and_then(|it| Some((it.tensor()?, it)));
        let mut wanted = vec![
            norm.reshape([1, 1, 1, 1]),
            super::step::sum(network.params()).reshape([1, 1, 1, 1]),
        ];
        wanted.extend(measured.iter().map(|it| it.0.clone()));
        let mut values = read(wanted).await?;
        if let Some((_, measured)) = measured
            && let Some(values) = values.pop()
        {
            self.health = measured.health(&values);
        }
        let values = values.concat();
        let value = |place: usize| values.get(place).map_or(f64::NAN, |&it| f64::from(it));
        let mut workers = open.times;
        workers.sort_by_key(|it| it.worker);
        let worked = Worked {
            step: before.position.step + 1,
            ms: ms(open.next.started),
            update_ms: ms(started),
            bytes: 0,
            workers,
        };
        let figures = super::step::Figures {
            loss: sum.loss,
            right: sum.right,
            norm: value(0),
            weights: value(1),
        };
        let happened = self.made(open.next, before, figures, network, data).await?;
        team.finish(worked);
        Ok(happened)
    }

    /// The gradients, and the new running statistics with their parameters' places.
    #[allow(clippy::type_complexity, reason = "as they are taken on")]
    fn split(
        &self,
        sum: &Sum,
        network: &Network,
    ) -> (Vec<Option<Tensor<1>>>, Vec<(usize, Tensor<1>)>) {
        let mut rest = sum.values.as_slice();
        let (mut gradients, mut running) = (Vec::new(), Vec::new());
        for (place, param) in network.params().iter().enumerate() {
            let mut gradient = None;
            if is_summed(param, &self.task, &self.still) {
                let count: usize = param.dims.iter().product();
                let (own, after) = rest.split_at_checked(count).unwrap_or_default();
                rest = after;
                let data = TensorData::new(own.to_vec(), [own.len()]);
                let values = Tensor::<1>::from_data(data, network.device()).inner();
                if param.role.trainable() {
                    gradient = Some(values);
                } else {
                    running.push((place, values));
                }
            }
            gradients.push(gradient);
        }
        (gradients, running)
    }

    /// How many values the sum of a shard has.
    fn summed(&self, network: &Network) -> usize {
        let params = network.params().iter();
        let summed = params.filter(|param| is_summed(param, &self.task, &self.still));
        let counts = summed.map(|param| param.dims.iter().product::<usize>());
        counts.sum()
    }

    /// Leaves the step under way, which then is made anew.
    pub fn abandon(&mut self) {
        self.shared = None;
    }
}

impl Open {
    /// A worker with several works is one in the times.
    fn spent(&mut self, time: WorkerTime) {
        let known = self.times.iter_mut().find(|it| it.worker == time.worker);
        match known {
            Some(known) => {
                known.shards += time.shards;
                known.compute_ms += time.compute_ms;
                known.send_ms = known.send_ms.max(time.send_ms);
            }
            None => self.times.push(time),
        }
    }
}
