//! The rate finder: steps of a copy of the network, each with a higher rate.

use super::{Course, Decay, Happened, Length, RateRange, Schedule, Task, TrainError, propose};
use crate::data::DataSet;
use crate::run::Network;

/// A search under way.
#[derive(Debug)]
pub struct RateFinder {
    network: Network,
    course: Course,
    range: RateRange,
    rates: Vec<f64>,
    losses: Vec<f64>,
}

/// Rates with the losses of the steps before them, and the proposed rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub rates: Vec<f64>,
    pub losses: Vec<f64>,
    pub proposed: Option<f64>,
}

impl RateFinder {
    /// For this task, its schedule and length apart; the network is a copy.
    ///
    /// # Errors
    /// When task, network and data do not fit each other.
    pub fn new(
        mut task: Task,
        range: RateRange,
        mut network: Network,
        data: &DataSet,
    ) -> Result<Self, TrainError> {
        let factor = range.factor();
        task.settings.schedule = Schedule {
            rate: range.from,
            decay: Decay::Exponential { factor },
            warm_up: None,
        };
        task.settings.length = Length::Steps(range.steps.into());
        task.settings.early_stopping = None;
        // No epoch ends: so nothing is evaluated.
        let course = Course::start(task, &mut network, data)?;
        Ok(Self {
            network,
            course,
            range,
            rates: Vec::new(),
            losses: Vec::new(),
        })
    }

    /// The training that its steps are of.
    pub(crate) const fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    /// How many steps are done, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        [self.rates.len() as u64, self.range.steps.into()]
    }

    /// The next step; the result after the last one, or when the loss explodes.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance(&mut self, data: &DataSet) -> Result<Option<Found>, TrainError> {
        let happened = self.course.advance(&mut self.network, data).await?;
        let exploded = match happened {
            Happened::Stepped(point) => {
                self.rates.push(point.rate);
                self.losses.push(point.loss);
                let least = self.losses.iter().copied().fold(f64::INFINITY, f64::min);
                point.loss > 4.0 * least && self.losses.len() > 10
            }
            Happened::Shared
            | Happened::Waiting
            | Happened::Evaluating
            | Happened::Evaluated(..) => false,
            Happened::Ended(_) => true,
        };
        if !exploded && self.rates.len() < self.range.steps as usize {
            return Ok(None);
        }
        let (rates, losses) = (self.rates.clone(), self.losses.clone());
        let proposed = propose(&rates, &losses);
        Ok(Some(Found {
            rates,
            losses,
            proposed,
        }))
    }
}
