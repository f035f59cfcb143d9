//! Gradients summed over workers by real messages: by a ring, or by one worker that serves the others.

use ::engine::distribute::{Link, Reduction, Transfer};

/// The numbers of workers that are offered.
pub const WORKERS: [u32; 4] = [2, 3, 4, 6];
/// Parameters of networks whose gradients are summed at most: each worker has all of them.
pub const MOST_PARAMETERS: u64 = 10_000_000;

/// A message with what the page's clock measured of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    pub transfer: Transfer,
    pub bytes: u64,
    /// From the start of the sum.
    pub start_ms: f64,
    pub end_ms: f64,
    /// Of that, what the two workers computed.
    pub compute_ms: f64,
}

impl Message {
    /// Milliseconds of the way alone.
    pub fn way_ms(&self) -> f64 {
        (self.end_ms - self.start_ms - self.compute_ms).max(0.0)
    }
}

/// A sum that workers made.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduced {
    pub how: Reduction,
    pub workers: usize,
    /// Of one worker's gradients.
    pub bytes: u64,
    /// In the order of rounds.
    pub messages: Vec<Message>,
    /// Milliseconds of each worker's forward and backward pass.
    pub compute_ms: Vec<f64>,
    /// The largest difference of a worker's sum from that of one machine, as a share of the largest value.
    pub difference: f64,
}

impl Reduced {
    pub fn rounds(&self) -> usize {
        self.messages.last().map_or(0, |it| it.transfer.round + 1)
    }

    pub fn of_round(&self, round: usize) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(move |it| it.transfer.round == round)
    }

    /// When a round begins and ends.
    pub fn span(&self, round: usize) -> [f64; 2] {
        let begin = self.of_round(round).map(|it| it.start_ms);
        let end = self.of_round(round).map(|it| it.end_ms);
        let begin = begin.fold(f64::INFINITY, f64::min);
        let end = end.fold(0.0, f64::max);
        if begin <= end {
            [begin, end]
        } else {
            [0.0, 0.0]
        }
    }

    /// Milliseconds of the whole sum.
    pub fn total_ms(&self) -> f64 {
        self.messages.iter().map(|it| it.end_ms).fold(0.0, f64::max)
    }

    /// Bytes that a worker has sent.
    pub fn sent(&self, worker: usize) -> u64 {
        let own = self.messages.iter().filter(|it| it.transfer.from == worker);
        own.map(|it| it.bytes).sum()
    }

    /// Bytes from one worker to another, before the round `before`.
    pub fn on_link(&self, from: usize, to: usize, before: usize) -> u64 {
        let own = self.messages.iter().filter(|it| {
            let of = it.transfer;
            (of.from, of.to) == (from, to) && of.round < before
        });
        own.map(|it| it.bytes).sum()
    }

    /// All bytes that were sent.
    pub fn sent_in_all(&self) -> u64 {
        self.messages.iter().map(|it| it.bytes).sum()
    }

    /// What a worker of a ring sends by the formula: 2 (p − 1) / p of the gradients.
    pub fn formula(&self) -> f64 {
        let workers = self.workers.max(1) as f64;
        2.0 * (workers - 1.0) / workers * self.bytes as f64
    }

    /// Of each worker and piece, how many workers' gradients are in it before a round.
    pub fn summed(&self, before: usize) -> Vec<Vec<usize>> {
        let mut held = vec![vec![1; self.workers]; self.workers];
        for round in 0..before {
            let sent = held.clone();
            for Message { transfer, .. } in self.of_round(round) {
                let pieces = match transfer.piece {
                    Some(piece) => piece..piece + 1,
                    None => 0..self.workers,
                };
                for piece in pieces {
                    if transfer.adds {
                        held[transfer.to][piece] += sent[transfer.from][piece];
                    } else {
                        held[transfer.to][piece] = sent[transfer.from][piece];
                    }
                }
            }
        }
        held
    }

    /// How far a message is, at this share of its round.
    pub fn way(&self, message: &Message, share: f64) -> f64 {
        let [begin, end] = self.span(message.transfer.round);
        let now = begin + share.clamp(0.0, 1.0) * (end - begin);
        let length = message.end_ms - message.start_ms;
        if length <= 0.0 {
            return share.clamp(0.0, 1.0);
        }
        ((now - message.start_ms) / length).clamp(0.0, 1.0)
    }
}

/// Latency and bandwidth of the measured messages, by least squares; where they do not tell the two
/// apart, without latency.
pub fn link<'a>(messages: impl Iterator<Item = &'a Message>) -> Option<Link> {
    let points: Vec<[f64; 2]> = messages.map(|it| [it.bytes as f64, it.way_ms()]).collect();
    let count = points.len() as f64;
    if points.is_empty() {
        return None;
    }
    let mean = |of: usize| points.iter().map(|it| it[of]).sum::<f64>() / count;
    let [bytes, ms] = [mean(0), mean(1)];
    let spread: f64 = points.iter().map(|it| (it[0] - bytes).powi(2)).sum();
    let joint: f64 = points.iter().map(|it| (it[0] - bytes) * (it[1] - ms)).sum();
    let slope = if spread > 0.0 { joint / spread } else { 0.0 };
    let latency = ms - slope * bytes;
    // A byte takes 8e-6 / gigabits milliseconds.
    let gigabits = |slope: f64| 8e-6 / slope;
    if slope > 0.0 && latency >= 0.0 {
        return Some(Link {
            gigabits: gigabits(slope),
            latency_ms: latency,
        });
    }
    let slope = ms / bytes.max(1.0);
    (slope > 0.0).then(|| Link {
        gigabits: gigabits(slope),
        latency_ms: 0.0,
    })
}

#[cfg(test)]
mod tests {
    use ::engine::distribute::{all_reduce_bytes, piece, transfers};

    use super::*;

    const VALUES: usize = 61_706;

    /// Messages over a line of 1 MB a millisecond with a latency of 0.5 ms, round by round.
    fn reduced(how: Reduction, workers: usize) -> Reduced {
        let message = |transfer: Transfer| {
            let values = match transfer.piece {
                Some(number) => piece(VALUES, workers, number).len(),
                None => VALUES,
            };
            let bytes = 4 * values as u64;
            let start_ms = 10.0 * transfer.round as f64;
            Message {
                transfer,
                bytes,
                start_ms,
                end_ms: start_ms + 0.75 + bytes as f64 / 1e6,
                compute_ms: 0.25,
            }
        };
        Reduced {
            how,
            workers,
            bytes: 4 * VALUES as u64,
            messages: transfers(how, workers).into_iter().map(message).collect(),
            compute_ms: vec![1.0; workers],
            difference: 0.0,
        }
    }

    #[test]
    fn the_line_that_was_measured_is_found() {
        let [ring, server] = [Reduction::Ring, Reduction::Server].map(|how| reduced(how, 4));
        let all = ring.messages.iter().chain(&server.messages);
        let found = link(all).unwrap();
        assert!((found.latency_ms - 0.5).abs() < 1e-9, "{found:?}");
        // 1e6 bytes a millisecond are 8 gigabits a second.
        assert!((found.gigabits - 8.0).abs() < 1e-9, "{found:?}");
        // Messages of one size alone do not tell latency and bandwidth apart.
        let found = link(server.messages.iter()).unwrap();
        assert_eq!(found.latency_ms, 0.0);
        assert!(link([].iter()).is_none());
    }

    #[test]
    fn counts_are_those_of_the_formula() {
        for workers in 2..=8 {
            let ring = reduced(Reduction::Ring, workers);
            assert_eq!(ring.rounds(), 2 * (workers - 1));
            let wanted = all_reduce_bytes(VALUES as u64, workers as u64);
            assert_eq!(ring.sent_in_all(), wanted);
            for worker in 0..workers {
                let apart = (ring.sent(worker) as f64 - ring.formula()).abs();
                assert!(apart <= 8.0 * workers as f64, "{apart}");
                assert_eq!(
                    ring.on_link(worker, (worker + 1) % workers, 99),
                    ring.sent(worker)
                );
            }
            let server = reduced(Reduction::Server, workers);
            assert_eq!((server.rounds(), server.sent_in_all()), (2, wanted));
            for one in [&ring, &server] {
                let end = one.summed(one.rounds());
                assert!(end.iter().flatten().all(|it| *it == workers));
                assert!(one.summed(0).iter().flatten().all(|it| *it == 1));
            }
        }
    }

    #[test]
    fn a_message_moves_from_its_start_to_its_end() {
        let ring = reduced(Reduction::Ring, 3);
        let first = ring.messages[0];
        assert_eq!(ring.span(0)[0], 0.0);
        assert_eq!(ring.way(&first, 0.0), 0.0);
        assert_eq!(ring.way(&first, 1.0), 1.0);
        let [half, most] = [0.5, 0.9].map(|it| ring.way(&first, it));
        assert!(half > 0.0 && half < most);
    }
}
