//! Pipeline schedules: GPipe (Huang et al. 2019), all forward passes and then all backward ones, and
//! 1F1B (PipeDream-flush, Narayanan et al. 2021), which takes as long but keeps fewer activations.

use serde::{Deserialize, Serialize};

/// What one stage takes for one micro-batch, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub forward_ms: f64,
    pub backward_ms: f64,
    /// Sending the activations to the next stage; the gradients come back in the same time.
    pub send_ms: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    #[default]
    GPipe,
    OneForwardOneBackward,
}

/// What a worker does during a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Forward,
    Backward,
    Send,
}

/// A worker's occupation with one micro-batch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub kind: Kind,
    pub micro_batch: usize,
    pub start_ms: f64,
    pub end_ms: f64,
}

/// One step of a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// By worker, in time.
    pub workers: Vec<Vec<Span>>,
    pub total_ms: f64,
    /// The share of all workers' time without forward or backward passes.
    pub idle: f64,
    /// The most micro-batches whose activations each worker keeps at once.
    pub kept: Vec<usize>,
}

/// The share of time that is lost with equal stages and sending for nothing, (p − 1) / (m + p − 1).
pub fn bubble(stages: usize, micro_batches: usize) -> f64 {
    let (stages, micro_batches) = (stages as f64, micro_batches as f64);
    (stages - 1.0) / (micro_batches + stages - 1.0)
}

/// A worker's passes in the order in which it makes them: whether backward, and of which micro-batch.
pub fn order(
    schedule: Schedule,
    stage: usize,
    stages: usize,
    micro_batches: usize,
) -> Vec<(bool, usize)> {
    let ahead = match schedule {
        Schedule::GPipe => micro_batches,
        Schedule::OneForwardOneBackward => (stages - stage).min(micro_batches),
    };
    let mut order: Vec<_> = (0..ahead).map(|it| (false, it)).collect();
    for back in 0..micro_batches {
        order.push((true, back));
        if ahead + back < micro_batches {
            order.push((false, ahead + back));
        }
    }
    order
}

/// Places every pass of a step: a worker makes one at a time, in its schedule's order, as soon as
/// what it needs has come; while it sends it does nothing else.
pub fn timeline(stages: &[Stage], micro_batches: usize, schedule: Schedule) -> Timeline {
    let count = stages.len();
    let orders: Vec<_> = (0..count)
        .map(|stage| order(schedule, stage, count, micro_batches))
        .collect();
    // When the activations and the gradients of each stage's micro-batches have come.
    let mut forward = vec![vec![f64::INFINITY; micro_batches]; count];
    let mut backward = forward.clone();
    if let Some(first) = forward.first_mut() {
        first.fill(0.0);
    }
    let mut workers = vec![Vec::new(); count];
    let (mut free, mut next) = (vec![0.0_f64; count], vec![0; count]);
    loop {
        let mut moved = false;
        for stage in 0..count {
            while let Some(&(back, micro_batch)) = orders[stage].get(next[stage]) {
                let ready = if back {
                    backward[stage][micro_batch]
                } else {
                    forward[stage][micro_batch]
                };
                if !ready.is_finite() {
                    break;
                }
                let start = free[stage].max(ready);
                let of = &stages[stage];
                let (kind, ms) = if back {
                    (Kind::Backward, of.backward_ms)
                } else {
                    (Kind::Forward, of.forward_ms)
                };
                let mut end = start + ms;
                let span = |kind, start_ms, end_ms| Span {
                    kind,
                    micro_batch,
                    start_ms,
                    end_ms,
                };
                workers[stage].push(span(kind, start, end));
                // The connection that is used, none at the ends of the pipeline.
                let sends = match (back, stage) {
                    (false, _) => (stage + 1 < count).then_some(of.send_ms),
                    (true, 0) => None,
                    (true, _) => Some(stages[stage - 1].send_ms),
                };
                if let Some(ms) = sends.filter(|&ms| ms > 0.0) {
                    workers[stage].push(span(Kind::Send, end, end + ms));
                    end += ms;
                }
                free[stage] = end;
                match (back, stage) {
                    (false, _) if stage + 1 < count => forward[stage + 1][micro_batch] = end,
                    (false, _) => backward[stage][micro_batch] = end,
                    (true, 0) => {}
                    (true, _) => backward[stage - 1][micro_batch] = end,
                }
                next[stage] += 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    Timeline::of(workers)
}

impl Timeline {
    /// What workers did, by worker in time, from 0 on.
    pub fn of(workers: Vec<Vec<Span>>) -> Self {
        let spans = workers.iter().flatten();
        let total_ms = spans.map(|it| it.end_ms).fold(0.0, f64::max);
        let spans = workers.iter().flatten();
        let passes = spans.filter(|it| it.kind != Kind::Send);
        let busy: f64 = passes.map(|it| it.end_ms - it.start_ms).sum();
        let all = total_ms * workers.len() as f64;
        Self {
            kept: workers.iter().map(|spans| kept(spans)).collect(),
            workers,
            total_ms,
            idle: if all > 0.0 { 1.0 - busy / all } else { 0.0 },
        }
    }
}

/// The most micro-batches whose activations a worker with these passes keeps at once.
fn kept(spans: &[Span]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for span in spans {
        match span.kind {
            Kind::Forward => now += 1,
            Kind::Backward => now = now.saturating_sub(1),
            Kind::Send => {}
        }
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    const EQUAL: Stage = Stage {
        forward_ms: 1.0,
        backward_ms: 2.0,
        send_ms: 0.0,
    };

    #[test]
    fn equal_stages_idle_as_the_formula_says_in_either_schedule() {
        for stages in 1..=8 {
            for micro_batches in [1, 2, 4, 8, 16] {
                for schedule in [Schedule::GPipe, Schedule::OneForwardOneBackward] {
                    let found = timeline(&vec![EQUAL; stages], micro_batches, schedule);
                    let wanted = bubble(stages, micro_batches);
                    assert!(
                        (found.idle - wanted).abs() < 1e-12,
                        "{stages} {micro_batches}"
                    );
                    // m + p − 1 forward and backward passes one after another.
                    let passes = (micro_batches + stages - 1) as f64;
                    assert!((found.total_ms - 3.0 * passes).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn one_forward_one_backward_keeps_no_more_micro_batches_than_stages_follow() {
        let (stages, micro_batches) = (4, 12);
        let gpipe = timeline(&[EQUAL; 4], micro_batches, Schedule::GPipe);
        assert_eq!(gpipe.kept, [micro_batches; 4]);
        let other = timeline(&[EQUAL; 4], micro_batches, Schedule::OneForwardOneBackward);
        let wanted: Vec<usize> = (0..stages).map(|stage| stages - stage).collect();
        assert_eq!(other.kept, wanted);
    }

    #[test]
    fn every_pass_is_made_once_after_what_it_needs() {
        let stages = [(3.0, 5.0, 0.5), (1.0, 2.0, 0.25), (2.0, 2.5, 0.0)];
        let stages = stages.map(|(forward_ms, backward_ms, send_ms)| Stage {
            forward_ms,
            backward_ms,
            send_ms,
        });
        for schedule in [Schedule::GPipe, Schedule::OneForwardOneBackward] {
            let found = timeline(&stages, 5, schedule);
            let find = |worker: usize, kind: Kind, micro_batch: usize| {
                let spans = found.workers[worker].iter();
                let mut spans = spans.filter(|it| it.kind == kind && it.micro_batch == micro_batch);
                let span = *spans.next().unwrap();
                assert!(kind == Kind::Send || spans.next().is_none());
                span
            };
            for micro_batch in 0..5 {
                for worker in 0..3 {
                    let ahead = find(worker, Kind::Forward, micro_batch);
                    let back = find(worker, Kind::Backward, micro_batch);
                    assert!(back.start_ms >= ahead.end_ms);
                    if worker > 0 {
                        let before = find(worker - 1, Kind::Forward, micro_batch);
                        let sent = before.end_ms + stages[worker - 1].send_ms;
                        assert!(ahead.start_ms >= sent - 1e-9);
                        let earlier = find(worker - 1, Kind::Backward, micro_batch);
                        assert!(earlier.start_ms >= back.end_ms);
                    }
                }
            }
            for spans in &found.workers {
                let apart = spans
                    .windows(2)
                    .all(|pair| pair[1].start_ms >= pair[0].end_ms - 1e-9);
                assert!(apart);
            }
        }
    }
}
