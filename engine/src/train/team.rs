//! Workers that compute shards for a training, as the training sees them: what is to be sent to
//! them, and what has come.

use std::sync::Arc;

use super::sum::Sum;
use super::{Share, Work, Worked};

/// What is to be sent to one worker.
#[derive(Clone, Debug)]
pub struct Order {
    pub worker: u32,
    pub work: Work,
    /// All parameters, as [`crate::run::Network::values`] gives them.
    pub weights: Arc<Vec<f32>>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Team {
    /// The numbers of the workers; none is 0.
    workers: Vec<u32>,
    tickets: u64,
    orders: Vec<Order>,
    arrived: Vec<(u32, Share, Sum)>,
    bytes: u64,
    worked: Vec<Worked>,
}

impl Team {
    /// With another worker, from the next step on.
    pub fn join(&mut self, worker: u32) {
        self.leave(worker);
        self.workers.push(worker);
    }

    /// Without this worker: what it has not computed yet is computed here.
    pub fn leave(&mut self, worker: u32) {
        self.workers.retain(|&it| it != worker);
        self.orders.retain(|order| order.worker != worker);
    }

    /// Whether this worker is one of them.
    pub fn has(&self, worker: u32) -> bool {
        self.workers.contains(&worker)
    }

    /// The workers beside the one that sums.
    pub fn workers(&self) -> &[u32] {
        &self.workers
    }

    /// Takes what is to be sent.
    pub fn take_orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// A worker has sent this.
    pub fn arrive(&mut self, worker: u32, share: Share, values: Vec<f32>) {
        let sum = Sum {
            loss: share.loss,
            right: share.right,
            values,
        };
        self.arrived.push((worker, share, sum));
    }

    /// A message of so many bytes was sent or has come.
    pub const fn count(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Takes the times of the steps since the last call.
    pub fn take_worked(&mut self) -> Vec<Worked> {
        std::mem::take(&mut self.worked)
    }

    pub(super) fn begin(&mut self) -> u64 {
        self.arrived.clear();
        self.orders.clear();
        self.bytes = 0;
        self.tickets += 1;
        self.tickets
    }

    pub(super) fn order(&mut self, order: Order) {
        self.orders.push(order);
    }

    pub(super) fn take_arrived(&mut self) -> Vec<(u32, Share, Sum)> {
        std::mem::take(&mut self.arrived)
    }

    pub(super) fn finish(&mut self, mut worked: Worked) {
        worked.bytes = std::mem::take(&mut self.bytes);
        self.worked.push(worked);
    }
}
