//! The stages of a pipeline in sessions of their own: what one gives goes to the next.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use std::collections::VecDeque;

use driven::{Driven, bytes};
use engine::distribute::{Reduction, Schedule, order, piece, transfers};
use engine::session::{Command, Event, Input, StagePass, Weights};
use engine::{Graph, data, zoo};

const BATCH: u32 = 12;

fn graph(name: &str) -> Graph {
    zoo::build(name, &zoo::Options::default()).unwrap()
}

/// Sessions with one network and its weights.
fn sessions(graph: &Graph, count: usize) -> Vec<Driven> {
    let one = |_| Driven::seeded(graph, 5);
    let mut all: Vec<Driven> = (0..count).map(one).collect();
    let input = data::made_up(graph.input().elements() as usize);
    let run = Command::Run {
        input: Input::Values,
        maps: Vec::new(),
    };
    let event = all[0].ask(run, bytes(&input)).header;
    assert!(matches!(event, Event::Traced { .. }), "{event:?}");
    all
}

fn pass(stages: usize, stage: usize, pass: StagePass, at: usize, micro_batches: usize) -> Command {
    Command::Stage {
        stages: stages as u32,
        stage: stage as u32,
        batch: BATCH,
        micro_batches: micro_batches as u32,
        pass,
        micro_batch: at as u32,
    }
}

/// Runs a step and gives the difference of its gradients from those of one session.
fn step(all: &mut [Driven], micro_batches: usize, schedule: Schedule) -> f64 {
    let count = all.len();
    let mut orders: Vec<VecDeque<_>> = (0..count)
        .map(|stage| order(schedule, stage, count, micro_batches).into())
        .collect();
    // What has come to each stage, forward and backward, in the order of the micro-batches.
    let mut coming = vec![[VecDeque::new(), VecDeque::new()]; count];
    coming[0][0] = VecDeque::from(vec![Vec::new(); micro_batches]);
    while orders.iter().any(|it| !it.is_empty()) {
        let mut moved = false;
        for stage in 0..count {
            let Some(&(back, at)) = orders[stage].front() else {
                continue;
            };
            let Some(given) = coming[stage][usize::from(back)].pop_front() else {
                continue;
            };
            orders[stage].pop_front();
            let what = if back {
                StagePass::Backward
            } else {
                StagePass::Forward
            };
            let answer = all[stage].ask(pass(count, stage, what, at, micro_batches), given);
            assert!(
                matches!(answer.header, Event::StagePassed { .. }),
                "{:?}",
                answer.header
            );
            match (back, stage) {
                (false, _) if stage + 1 < count => coming[stage + 1][0].push_back(answer.payload),
                (false, _) => coming[stage][1].push_back(Vec::new()),
                (true, 0) => {}
                (true, _) => coming[stage - 1][1].push_back(answer.payload),
            }
            moved = true;
        }
        assert!(moved, "the stages wait for each other");
    }
    let mut gradients = Vec::new();
    for (stage, session) in all.iter_mut().enumerate().skip(1) {
        let ask = pass(count, stage, StagePass::Gradients, 0, micro_batches);
        gradients.extend(session.ask(ask, Vec::new()).payload);
    }
    let compare = pass(count, 0, StagePass::Compare, 0, micro_batches);
    let answer = all[0].ask(compare, gradients);
    let Event::StagePassed { difference, .. } = answer.header else {
        panic!("{:?}", answer.header);
    };
    difference
}

#[test]
fn stages_in_sessions_of_their_own_give_the_gradients_of_one() {
    for (name, stages) in [("lenet-5", 3), ("googlenet-mini", 2)] {
        let graph = graph(name);
        let mut all = sessions(&graph, stages);
        for schedule in [Schedule::GPipe, Schedule::OneForwardOneBackward] {
            for micro_batches in [1, 4] {
                let found = step(&mut all, micro_batches, schedule);
                assert!(found < 2e-5, "{name} {schedule:?} {micro_batches}: {found}");
            }
        }
    }
}

#[test]
fn wrong_gradients_of_a_stage_are_found() {
    let mut all = sessions(&graph("lenet-5"), 1);
    let forward = pass(1, 0, StagePass::Forward, 0, 1);
    all[0].ask(forward, Vec::new());
    // Without its backward pass the stage has no gradients, and none are sent.
    let compare = pass(1, 0, StagePass::Compare, 0, 1);
    let why = all[0].refused(compare.clone(), Vec::new());
    assert!(why.contains("missing"), "{why}");
    let zeros = vec![0.0; 100_000];
    let Event::StagePassed { difference, .. } = all[0].ask(compare, bytes(&zeros)).header else {
        panic!("no comparison");
    };
    assert!((difference - 1.0).abs() < 1e-6, "{difference}");
}

#[test]
fn a_pass_that_cannot_be_made_is_refused_and_the_session_goes_on() {
    let graph = graph("lenet-5");
    let mut all = sessions(&graph, 2);
    let stages = &mut all;
    let back = pass(2, 1, StagePass::Backward, 0, 2);
    let why = stages[1].refused(back.clone(), Vec::new());
    assert!(why.contains("forward pass"), "{why}");
    let why = stages[1].refused(pass(2, 1, StagePass::Forward, 0, 2), bytes(&[0.0; 3]));
    assert!(why.contains("3 values instead of"), "{why}");
    let why = stages[1].refused(pass(2, 2, StagePass::Forward, 0, 2), Vec::new());
    assert!(why.contains("no stage 2"), "{why}");
    let why = stages[1].refused(pass(2, 1, StagePass::Forward, 0, 5), Vec::new());
    assert!(why.contains("micro-batches"), "{why}");
    stages[1].refused(pass(2, 1, StagePass::Forward, 0, 0), Vec::new());
    stages[1].refused(pass(0, 0, StagePass::Forward, 0, 1), Vec::new());
    stages[0].ask(pass(2, 0, StagePass::Forward, 0, 2), Vec::new());
    stages[0].refused(pass(2, 0, StagePass::Forward, 7, 2), Vec::new());
    stages[0].refused(pass(2, 0, StagePass::Backward, 0, 2), vec![1, 2, 3]);
    // Another network has no stage.
    stages[0].load(&graph, Weights::Seeded { seed: 1 }, Vec::new());
    stages[0].refused(pass(2, 0, StagePass::Backward, 0, 2), Vec::new());
    let found = step(&mut sessions(&graph, 2), 2, Schedule::GPipe);
    assert!(found < 2e-5, "{found}");
}

/// Sessions whose gradients are of different pictures, summed by real messages: each ends with the sum.
#[test]
fn a_ring_and_a_server_leave_the_sum_of_all_gradients_with_every_session() {
    let graph = graph("lenet-5");
    for (how, workers) in [
        (Reduction::Ring, 3),
        (Reduction::Server, 3),
        (Reduction::Ring, 2),
    ] {
        let mut all: Vec<Driven> = (0..workers).map(|_| Driven::seeded(&graph, 5)).collect();
        let mut wanted: Vec<f32> = Vec::new();
        for (number, session) in all.iter_mut().enumerate() {
            let mut input = data::made_up(graph.input().elements() as usize);
            input.rotate_right(number);
            let run = Command::Run {
                input: Input::Values,
                maps: Vec::new(),
            };
            session.ask(run, bytes(&input));
            session.ask(pass(1, 0, StagePass::Forward, 0, 1), Vec::new());
            session.ask(pass(1, 0, StagePass::Backward, 0, 1), Vec::new());
            let held = session.ask(pass(1, 0, StagePass::Hold, 0, 1), Vec::new());
            let held = held.values().unwrap();
            if wanted.is_empty() {
                wanted = held;
            } else {
                assert_ne!(wanted, held);
                wanted.iter_mut().zip(held).for_each(|(sum, it)| *sum += it);
            }
        }
        assert_eq!(wanted.len(), 61_706);
        let messages = transfers(how, workers);
        let rounds = messages.last().unwrap().round + 1;
        for round in 0..rounds {
            let now = messages.iter().filter(|it| it.round == round);
            let given: Vec<_> = { now }
                .map(|it| {
                    let range = match it.piece {
                        Some(number) => piece(wanted.len(), workers, number),
                        None => 0..wanted.len(),
                    };
                    let give = StagePass::Give {
                        first: range.start,
                        count: range.len(),
                    };
                    let payload = all[it.from].ask(pass(1, 0, give, 0, 1), Vec::new()).payload;
                    assert_eq!(payload.len(), 4 * range.len());
                    (it, range.start, payload)
                })
                .collect();
            for (it, first, payload) in given {
                let adds = it.adds;
                all[it.to].ask(pass(1, 0, StagePass::Put { first, adds }, 0, 1), payload);
            }
        }
        let largest = wanted.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        for session in &mut all {
            let give = StagePass::Give {
                first: 0,
                count: wanted.len(),
            };
            let sum = session
                .ask(pass(1, 0, give, 0, 1), Vec::new())
                .values()
                .unwrap();
            for (a, b) in sum.iter().zip(&wanted) {
                assert!((a - b).abs() <= 1e-5 * largest, "{a} {b}");
            }
        }
    }
    // What is not held is not given.
    let mut one = Driven::seeded(&graph, 5);
    let give = StagePass::Give { first: 0, count: 1 };
    let event = one.ask(pass(1, 0, give, 0, 1), Vec::new()).header;
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");
    let first = usize::MAX;
    let put = StagePass::Put { first, adds: true };
    let event = one.ask(pass(1, 0, put, 0, 1), bytes(&[1.0])).header;
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");
}
