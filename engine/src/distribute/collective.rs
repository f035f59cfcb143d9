//! What summing gradients over workers takes: ring all-reduce (Patarasuk and Yuan 2009) and one
//! parameter server, in the model of Hockney 1994: latency and bytes over bandwidth.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A connection of each worker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Billions of bits a second, each way.
    pub gigabits: f64,
    /// Milliseconds until the first byte arrives.
    pub latency_ms: f64,
}

/// How gradients are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Each worker sends a piece to its neighbour, 2 · (workers − 1) times.
    Ring,
    /// All send their gradients to one server and get the weights back; its line is shared.
    Server,
}

/// One message of a sum over workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Messages of one round go at the same time.
    pub round: usize,
    pub from: usize,
    pub to: usize,
    /// Which piece of the gradients; `None` for all of them.
    pub piece: Option<usize>,
    /// It is added to what is there; otherwise it takes its place.
    pub adds: bool,
}

/// Bytes that a sum moves between so many workers, for so many parameters of 4 bytes:
/// `2 · (workers − 1) · 4 · parameters`, by a ring as by one worker that sums.
pub const fn all_reduce_bytes(parameters: u64, workers: u64) -> u64 {
    2 * workers.saturating_sub(1) * 4 * parameters
}

/// The values of a piece: as many pieces as workers, which differ in length by 1 at most.
pub const fn piece(values: usize, workers: usize, piece: usize) -> Range<usize> {
    let workers = if workers == 0 { 1 } else { workers };
    piece * values / workers..(piece + 1) * values / workers
}

/// The messages that leave the sum with every worker, in the order of rounds.
pub fn transfers(how: Reduction, workers: usize) -> Vec<Transfer> {
    let mut all = Vec::new();
    if workers < 2 {
        return all;
    }
    match how {
        Reduction::Ring => {
            let last = workers - 1;
            for round in 0..2 * last {
                for from in 0..workers {
                    // First each piece goes round once and is added to; then the sums go round.
                    let piece = (from + 2 * workers - round) % workers;
                    all.push(Transfer {
                        round,
                        from,
                        to: (from + 1) % workers,
                        piece: Some(piece),
                        adds: round < last,
                    });
                }
            }
        }
        Reduction::Server => {
            for (round, adds) in [(0, true), (1, false)] {
                for worker in 1..workers {
                    let (from, to) = if adds { (worker, 0) } else { (0, worker) };
                    all.push(Transfer {
                        round,
                        from,
                        to,
                        piece: None,
                        adds,
                    });
                }
            }
        }
    }
    all
}

/// A data-parallel step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub workers: u32,
    /// Bytes of gradients.
    pub bytes: u64,
    /// Of one worker with all of the batch.
    pub compute_ms: f64,
    pub link: Link,
}

impl Link {
    fn transfer_ms(&self, bytes: f64) -> f64 {
        self.latency_ms + bytes * 8.0 / (self.gigabits * 1e6)
    }
}

impl Step {
    /// Milliseconds of the sum.
    pub fn reduce_ms(&self, how: Reduction) -> f64 {
        let (workers, bytes) = (f64::from(self.workers.max(1)), self.bytes as f64);
        if self.workers <= 1 {
            return 0.0;
        }
        match how {
            Reduction::Ring => 2.0 * (workers - 1.0) * self.link.transfer_ms(bytes / workers),
            Reduction::Server => 2.0 * self.link.transfer_ms(bytes * workers),
        }
    }

    /// Bytes that the busiest machine sends.
    pub fn most_sent(&self, how: Reduction) -> u64 {
        let workers = u64::from(self.workers.max(1));
        match how {
            Reduction::Ring => 2 * (workers - 1) * self.bytes / workers,
            Reduction::Server => (workers - 1) * self.bytes,
        }
    }

    /// Milliseconds of the step when each worker has its share of the batch.
    pub fn step_ms(&self, how: Reduction) -> f64 {
        self.compute_ms / f64::from(self.workers.max(1)) + self.reduce_ms(how)
    }

    /// How many times faster than one worker.
    pub fn speed_up(&self, how: Reduction) -> f64 {
        self.compute_ms / self.step_ms(how)
    }

    /// The speed-up as a share of the number of workers.
    pub fn efficiency(&self, how: Reduction) -> f64 {
        self.speed_up(how) / f64::from(self.workers.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Step = Step {
        workers: 4,
        bytes: 100_000_000,
        compute_ms: 400.0,
        link: Link {
            gigabits: 8.0,
            latency_ms: 0.0,
        },
    };

    /// What each worker has of each piece after all messages: whose gradients are in it.
    fn summed(how: Reduction, workers: usize) -> Vec<Vec<Vec<usize>>> {
        let mut held: Vec<Vec<Vec<usize>>> = { 0..workers }
            .map(|worker| vec![vec![worker]; workers])
            .collect();
        let all = transfers(how, workers);
        let rounds = all.last().map_or(0, |it| it.round + 1);
        for round in 0..rounds {
            let before = held.clone();
            for it in all.iter().filter(|it| it.round == round) {
                let pieces = it.piece.map_or(0..workers, |piece| piece..piece + 1);
                for piece in pieces {
                    let sent = before[it.from][piece].clone();
                    let place = &mut held[it.to][piece];
                    if !it.adds {
                        place.clear();
                    }
                    place.extend(sent);
                }
            }
        }
        held
    }

    #[test]
    fn after_all_messages_each_worker_has_each_gradient_once() {
        for how in [Reduction::Ring, Reduction::Server] {
            for workers in 1..=9 {
                for pieces in summed(how, workers) {
                    for mut of in pieces {
                        of.sort_unstable();
                        assert_eq!(of, (0..workers).collect::<Vec<_>>(), "{how:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn pieces_cover_all_values_and_messages_the_bytes_of_the_formula() {
        for workers in 2..=8 {
            let values = 61_706;
            let length = |it: &Transfer| match it.piece {
                Some(number) => piece(values, workers, number).len(),
                None => values,
            };
            let all: usize = (0..workers)
                .map(|it| piece(values, workers, it).len())
                .sum();
            assert_eq!(all, values);
            for how in [Reduction::Ring, Reduction::Server] {
                let sent: usize = transfers(how, workers).iter().map(length).sum();
                let wanted = all_reduce_bytes(values as u64, workers as u64);
                assert_eq!(4 * sent as u64, wanted, "{how:?}");
            }
            // Of a ring each worker sends 2 (p − 1) / p of the gradients.
            let ring = transfers(Reduction::Ring, workers);
            for worker in 0..workers {
                let sent: usize = ring.iter().filter(|it| it.from == worker).map(length).sum();
                let share = 2.0 * (workers - 1) as f64 / workers as f64 * values as f64;
                assert!((sent as f64 - share).abs() <= 2.0 * workers as f64);
            }
        }
        assert_eq!(all_reduce_bytes(61_706, 1), 0);
    }

    #[test]
    fn a_ring_sends_each_byte_less_than_twice() {
        // 2 · 3/4 · 100 MB at 1 GB/s is 150 ms, whatever the number of workers tends to 200 ms.
        assert!((STEP.reduce_ms(Reduction::Ring) - 150.0).abs() < 1e-9);
        assert_eq!(STEP.most_sent(Reduction::Ring), 150_000_000);
        let many = Step {
            workers: 10_000,
            ..STEP
        };
        assert!((many.reduce_ms(Reduction::Ring) - 200.0).abs() < 0.1);
        assert!((STEP.step_ms(Reduction::Ring) - 250.0).abs() < 1e-9);
        assert!((STEP.efficiency(Reduction::Ring) - 0.4).abs() < 1e-9);
    }

    #[test]
    fn the_line_of_a_server_carries_all_workers() {
        assert!((STEP.reduce_ms(Reduction::Server) - 800.0).abs() < 1e-9);
        let one = Step { workers: 1, ..STEP };
        assert!((one.step_ms(Reduction::Server) - 400.0).abs() < 1e-9);
        assert!((one.speed_up(Reduction::Ring) - 1.0).abs() < 1e-9);
    }
}
