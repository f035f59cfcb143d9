//! How many machines a load needs: the queue M/M/c (Erlang 1917; Kleinrock 1975, volume 1, section
//! 3.5), and the same queue simulated, also with measured service times.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::latency::{Latencies, percentile};
use crate::data::Random;

/// More machines are not tried.
pub const MOST_MACHINES: u32 = 10_000;

/// Why a load has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QueueError {
    #[error("{what} must be a number above 0, not {value}")]
    NotPositive { what: &'static str, value: f64 },
    #[error("the percentile must be between 0 and 100, not {0}")]
    Percentile(f64),
    #[error(
        "a request alone, without any waiting, takes {alone:.3} ms at p{percent}; no number of \
         machines brings it to {wanted:.3} ms, a faster network does"
    )]
    TooSlow {
        alone: f64,
        wanted: f64,
        percent: f64,
    },
    #[error("{MOST_MACHINES} machines are not enough for {0} requests a second")]
    TooMany(f64),
}

/// Requests that come at random times (Poisson) at one queue, before machines of which each serves
/// one at a time, in times that are distributed exponentially.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Requests a second.
    pub rate: f64,
    /// Milliseconds that a machine takes for one, on average.
    pub service_ms: f64,
}

/// What so many machines do under the load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    pub machines: u32,
    /// The share of time in which a machine is busy.
    pub utilisation: f64,
    /// The probability that a request waits (Erlang C).
    pub waits: f64,
    /// The mean wait, in milliseconds.
    pub wait_ms: f64,
    /// The percentile of wait and service together, in milliseconds.
    pub response_ms: f64,
}

impl Queue {
    /// # Errors
    /// When a number is not above 0.
    pub fn new(rate: f64, service_ms: f64) -> Result<Self, QueueError> {
        positive("the number of requests a second", rate)?;
        positive("the time of a request", service_ms)?;
        Ok(Self { rate, service_ms })
    }

    /// Erlangs: how many machines are busy on average.
    pub fn load(&self) -> f64 {
        self.rate * self.service_ms / 1e3
    }

    /// The fewest machines at which the percentile of the response time is within `within_ms`.
    ///
    /// # Errors
    /// When there is no such number of machines.
    pub fn machines_for(&self, within_ms: f64, percent: f64) -> Result<Capacity, QueueError> {
        positive("the longest response time", within_ms)?;
        if !(percent > 0.0 && percent < 100.0) {
            return Err(QueueError::Percentile(percent));
        }
        let alone = -self.service_ms * (1.0 - percent / 100.0).ln();
        if alone >= within_ms {
            return Err(QueueError::TooSlow {
                alone,
                wanted: within_ms,
                percent,
            });
        }
        if self.load() >= f64::from(MOST_MACHINES) {
            return Err(QueueError::TooMany(self.rate));
        }
        let fewest = self.load().floor() as u32 + 1;
        let mut capacities =
            (fewest..=MOST_MACHINES).filter_map(|machines| self.capacity(machines, percent));
        capacities
            .find(|it| it.response_ms <= within_ms)
            .ok_or(QueueError::TooMany(self.rate))
    }

    /// What so many machines do; `None` when requests come faster than they are served, so that the
    /// queue grows without end.
    pub fn capacity(&self, machines: u32, percent: f64) -> Option<Capacity> {
        let (load, count) = (self.load(), f64::from(machines));
        if load >= count {
            return None;
        }
        // Erlang B by its recurrence, then Erlang C.
        let blocked = (1..=machines).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
        let utilisation = load / count;
        let waits = blocked / (1.0 - utilisation * (1.0 - blocked));
        let spare = (count - load) / self.service_ms;
        Some(Capacity {
            machines,
            utilisation,
            waits,
            wait_ms: waits / spare,
            response_ms: self.response(waits, spare, 1.0 - percent / 100.0),
        })
    }

    /// The time that a response exceeds with this probability, by bisection.
    fn response(&self, waits: f64, spare: f64, share: f64) -> f64 {
        let exceeds = |ms: f64| self.exceeds(waits, spare, ms);
        let mut upper = self.service_ms;
        while exceeds(upper) > share && upper.is_finite() {
            upper *= 2.0;
        }
        let mut lower = 0.0;
        for _ in 0..100 {
            let middle = f64::midpoint(lower, upper);
            if exceeds(middle) > share {
                lower = middle;
            } else {
                upper = middle;
            }
        }
        upper
    }

    /// The probability that wait and service together take longer: the wait is 0 with probability
    /// 1 − `waits`, else exponential with the rate `spare` a millisecond.
    fn exceeds(&self, waits: f64, spare: f64, ms: f64) -> f64 {
        let serve = 1.0 / self.service_ms;
        let (served, waited) = ((-serve * ms).exp(), (-spare * ms).exp());
        let apart = spare - serve;
        let both = if apart.abs() < 1e-9 * serve {
            (1.0 + serve * ms) * served
        } else {
            (spare * served - serve * waited) / apart
        };
        (1.0 - waits) * served + waits * both
    }

    /// The queue simulated: `requests` of them, after a tenth that is not counted. Service times are
    /// drawn from `measured` milliseconds, or without any from the exponential distribution.
    pub fn simulate(
        &self,
        machines: u32,
        requests: usize,
        measured: &[f64],
        seed: u64,
    ) -> Simulation {
        let mut random = Random::of(&[seed, 0x51_7e]);
        let exponential = |mean: f64, random: &mut Random| {
            // From 0, below 1, with 53 bits.
            let unit = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
            -mean * (1.0 - unit).ln()
        };
        let warm = requests / 10;
        // When each machine is free, in whole picoseconds, so that they can be ordered.
        let mut free: BinaryHeap<Reverse<u64>> = (0..machines.max(1)).map(|_| Reverse(0)).collect();
        let (mut now, mut responses, mut waited) = (0.0_f64, Vec::with_capacity(requests), 0_usize);
        for request in 0..requests + warm {
            now += exponential(1e3 / self.rate, &mut random);
            let service = if measured.is_empty() {
                exponential(self.service_ms, &mut random)
            } else {
                measured[random.below(measured.len())]
            };
            let at = free
                .pop()
                .map_or(0.0, |Reverse(at)| at as f64 / PICOSECONDS);
            let start = now.max(at);
            free.push(Reverse(((start + service) * PICOSECONDS) as u64));
            if request >= warm {
                responses.push(start + service - now);
                waited += usize::from(at > now);
            }
        }
        responses.sort_by(f64::total_cmp);
        Simulation {
            machines,
            waits: waited as f64 / requests.max(1) as f64,
            responses: Latencies::of(&responses),
            sorted: responses,
        }
    }
}

/// In a millisecond.
const PICOSECONDS: f64 = 1e9;

/// What a simulated queue did.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    pub machines: u32,
    /// The share of requests that waited.
    pub waits: f64,
    /// Response times in milliseconds; `None` without requests.
    pub responses: Option<Latencies>,
    sorted: Vec<f64>,
}

impl Simulation {
    /// The percentile of the response times, in milliseconds.
    pub fn response_ms(&self, percent: f64) -> f64 {
        percentile(&self.sorted, percent)
    }
}

fn positive(what: &'static str, value: f64) -> Result<(), QueueError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(QueueError::NotPositive { what, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!(
            (found - wanted).abs() < 1e-6 * wanted,
            "{found}, not {wanted}"
        );
    }

    #[test]
    fn one_machine_is_the_queue_of_one_server() {
        // M/M/1: the response is exponential with the rate μ − λ, so p99 is ln 100 / (μ − λ).
        let found = Queue::new(500.0, 1.0).unwrap().capacity(1, 99.0).unwrap();
        near(found.utilisation, 0.5);
        near(found.waits, 0.5);
        near(found.wait_ms, 1.0);
        near(found.response_ms, 100.0_f64.ln() / 0.5);
    }

    #[test]
    fn erlang_c_of_two_erlangs_and_three_machines_is_four_ninths() {
        // By hand: (2³/3! · 3) / (1 + 2 + 2 + 4/3 · 3) = 4 / 9.
        let queue = Queue::new(2000.0, 1.0).unwrap();
        let found = queue.capacity(3, 99.0).unwrap();
        near(found.waits, 4.0 / 9.0);
        // Mean wait C / (cμ − λ) = 4/9 ms.
        near(found.wait_ms, 4.0 / 9.0);
        assert_eq!(queue.capacity(2, 99.0), None);
    }

    #[test]
    fn fewer_machines_than_the_answer_miss_the_target() {
        let queue = Queue::new(1000.0, 8.0).unwrap();
        let found = queue.machines_for(50.0, 99.0).unwrap();
        assert!(found.response_ms <= 50.0);
        let fewer = queue.capacity(found.machines - 1, 99.0);
        assert!(fewer.is_none_or(|it| it.response_ms > 50.0));
    }

    #[test]
    fn a_simulated_queue_agrees_with_the_formula() {
        for (rate, machines) in [(500.0, 1), (2000.0, 3), (7000.0, 8)] {
            let queue = Queue::new(rate, 1.0).unwrap();
            let formula = queue.capacity(machines, 99.0).unwrap();
            let found = queue.simulate(machines, 400_000, &[], 7);
            let off = |found: f64, wanted: f64| (found / wanted - 1.0).abs();
            assert!(off(found.waits, formula.waits) < 0.05, "{rate}");
            assert!(
                off(found.response_ms(99.0), formula.response_ms) < 0.06,
                "{rate}"
            );
        }
    }

    #[test]
    fn constant_service_halves_the_wait_of_one_machine() {
        // Pollaczek and Khinchine: M/D/1 waits half as long as M/M/1, at λ = 0.5 half a service time.
        let queue = Queue::new(500.0, 1.0).unwrap();
        let found = queue.simulate(1, 400_000, &[1.0], 3);
        let mean = found.responses.unwrap().mean;
        assert!((mean - 1.5).abs() < 0.02, "{mean}");
    }

    #[test]
    fn what_cannot_be_reached_is_said() {
        let queue = Queue::new(10.0, 20.0).unwrap();
        let error = queue.machines_for(50.0, 99.0).unwrap_err();
        assert!(matches!(error, QueueError::TooSlow { .. }));
        assert!(Queue::new(0.0, 1.0).is_err() && Queue::new(1.0, f64::NAN).is_err());
        assert!(matches!(
            Queue::new(1e9, 20.0).unwrap().machines_for(200.0, 99.0),
            Err(QueueError::TooMany(_))
        ));
        assert!(queue.machines_for(500.0, 100.0).is_err());
    }
}
