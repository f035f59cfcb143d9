//! The workers of `cnnlab train`: threads that compute shards.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use pollster::block_on;
use web_time::Instant;

use super::CliError;
use super::train::running;
use crate::Graph;
use crate::data::DataSet;
use crate::run::{Network, cpu};
use crate::train::{Course, Happened, Order, Share, Team, Worker};

/// What a thread computed, and its number; or why it could not.
type Answer = Result<(u32, Share, Vec<f32>), String>;

/// See the module. Dropping it ends the threads.
#[derive(Debug)]
pub(super) struct Workers {
    team: Team,
    orders: Vec<Sender<Order>>,
    answers: Receiver<Answer>,
}

impl Workers {
    /// So many, this thread among them.
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        count: u32,
        graph: &Graph,
        data: &'scope DataSet,
    ) -> Self {
        let (sender, answers) = channel();
        let (mut team, mut orders) = (Team::default(), Vec::new());
        for number in 1..count {
            let (to, own) = channel();
            let (graph, answers) = (graph.clone(), sender.clone());
            scope.spawn(move || serve(graph, data, &own, &answers));
            team.join(number);
            orders.push(to);
        }
        Self {
            team,
            orders,
            answers,
        }
    }

    /// The next turn of the training.
    pub fn advance(
        &mut self,
        course: &mut Course,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Happened, CliError> {
        loop {
            let turn = course.advance_with(network, data, &mut self.team);
            let happened = block_on(turn).map_err(running)?;
            // Nobody looks at them here.
            self.team.take_worked();
            match happened {
                Happened::Shared => {
                    for order in self.team.take_orders() {
                        let thread = self.orders.get(order.worker as usize - 1);
                        let sent = thread.is_some_and(|thread| thread.send(order).is_ok());
                        if !sent {
                            return Err(running("a thread of the training has ended"));
                        }
                    }
                }
                Happened::Waiting => {
                    let answer = self.answers.recv().map_err(running)?;
                    let (worker, share, values) = answer.map_err(running)?;
                    self.team.arrive(worker, share, values);
                }
                other => return Ok(other),
            }
        }
    }
}

/// Computes what comes until nothing more will.
fn serve(graph: Graph, data: &DataSet, orders: &Receiver<Order>, answers: &Sender<Answer>) {
    let mut network = Network::seeded(graph, 0, &cpu()).map_err(|error| error.to_string());
    let mut worker = None;
    for order in orders {
        let answer = match &mut network {
            Ok(network) => compute(network, &mut worker, data, order),
            Err(why) => Err(why.clone()),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn compute(
    network: &mut Network,
    worker: &mut Option<Worker>,
    data: &DataSet,
    order: Order,
) -> Answer {
    let started = Instant::now();
    let Order {
        worker: number,
        work,
        weights,
    } = order;
    network
        .set_values(&Arc::unwrap_or_clone(weights))
        .map_err(|wanted| format!("the network has {wanted} parameters"))?;
    let worker = worker.get_or_insert_with(|| Worker::new(network, &work.task));
    let sum = block_on(worker.compute(network, data, &work)).map_err(|error| error.to_string())?;
    let share = Share {
        ticket: work.ticket,
        first: work.first,
        shards: work.shards.len() as u32,
        loss: sum.loss,
        right: sum.right,
        compute_ms: started.elapsed().as_secs_f64() * 1e3,
    };
    Ok((number, share, sum.values))
}
