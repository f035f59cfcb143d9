//! Training with several workers: sessions side by side whose messages pass between them as over the
//! channels of the page's workers.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use std::collections::BTreeMap;

use driven::Driven;
use engine::checkpoint::{File, Header};
use engine::distribute::all_reduce_bytes;
use engine::layer::{Activation, Conv, Flatten, Linear};
use engine::session::{Command, Event, Message, Reply, RequestId, Snapshots, Weights};
use engine::train::{End, Method, Settings, Worked};
use engine::{Analysis, Graph, GraphBuilder, Shape};
use training::{SET, blobs, classifier, held, points, settings, tensors, trained};

/// Sessions with the same network and data; the first one trains, the others compute shards.
struct Pool {
    graph: Graph,
    members: Vec<Option<Driven>>,
}

impl Pool {
    fn new(graph: &Graph, workers: usize) -> Self {
        let mut pool = Self {
            graph: graph.clone(),
            members: vec![Some(Driven::seeded(graph, 1))],
        };
        held(pool.first(), &blobs(240, 3));
        for _ in 1..workers {
            pool.join();
        }
        pool
    }

    fn first(&mut self) -> &mut Driven {
        self.members[0].as_mut().unwrap()
    }

    /// Another session, with other weights: it is to use those that it is sent.
    fn join(&mut self) -> u32 {
        let peer = self.members.len() as u32;
        let mut other = Driven::seeded(&self.graph, 99);
        held(&mut other, &blobs(240, 3));
        other.ask(Command::Connect { peer: 0 }, Vec::new());
        self.members.push(Some(other));
        self.first().send(Command::Connect { peer }, Vec::new());
        peer
    }

    /// One turn of every session, then its messages are delivered; `false` when none had anything
    /// to do.
    fn turn(&mut self) -> bool {
        let mut worked = false;
        for from in 0..self.members.len() {
            let Some(member) = &mut self.members[from] else {
                continue;
            };
            worked |= member.turn();
            for (to, message) in member.outgoing() {
                if let Some(to) = &self.members[to as usize] {
                    to.hear_peer(from as u32, message);
                    worked = true;
                }
            }
        }
        worked
    }

    /// A session ends; what was sent to it is lost.
    fn kill(&mut self, peer: u32) {
        self.members[peer as usize] = None;
        self.first().send(Command::Disconnect { peer }, Vec::new());
    }

    /// What the training of this number tells, to its end.
    fn train(&mut self, id: RequestId) -> Vec<Message<Event>> {
        while self.turn() {}
        training::events(self.first(), id)
    }

    fn start(&mut self, settings: &Settings, pause_after: Option<u64>) -> RequestId {
        let snapshots = Snapshots {
            pause_after,
            ..Snapshots::default()
        };
        training::send_train(self.first(), settings.clone(), snapshots)
    }
}

/// The weights of a checkpoint by name, without the optimiser's state.
fn by_name(file: &[u8]) -> BTreeMap<String, Vec<f32>> {
    let file = File::read(file).unwrap();
    let tensors = file.header.tensors.iter().enumerate();
    let weights = tensors.filter(|(_, it)| !it.name.starts_with('@'));
    weights
        .map(|(place, it)| (it.name.clone(), file.values(place).unwrap()))
        .collect()
}

fn sharded(epochs: u32) -> Settings {
    Settings {
        shards: Some(4),
        ..settings(epochs)
    }
}

/// The checkpoint and losses of a whole training with so many workers.
fn run(graph: &Graph, settings: &Settings, workers: usize) -> (Vec<Vec<f32>>, Vec<u64>) {
    let mut pool = Pool::new(graph, workers);
    let train = pool.start(settings, None);
    finished(&pool.train(train))
}

fn finished(events: &[Message<Event>]) -> (Vec<Vec<f32>>, Vec<u64>) {
    let (end, file) = trained(events);
    assert_eq!(end, End::Completed);
    let losses = points(events);
    let losses = losses.iter().map(|it| it.loss.to_bits()).collect();
    (tensors(&file), losses)
}

/// Without batch norm and dropout.
fn plain() -> Graph {
    let mut net = GraphBuilder::new("plain", Shape::new(1, 8, 8));
    net.then("conv", Conv::new(4, 3));
    net.then("relu", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(3));
    net.finish().unwrap()
}

#[test]
fn one_two_three_and_four_workers_give_the_same_weights_bit_for_bit() {
    // With batch norm, dropout and augmentation; a batch of 20 in shards of 5, and a rest of 12.
    let graph = classifier(3);
    for method in [Method::ADAM, Method::Momentum { momentum: 0.9 }] {
        let settings = Settings {
            method,
            batch: 20,
            weight_decay: 1e-3,
            clip_norm: Some(1.0),
            augmentation: Some(engine::data::Augmentation::of_drawings()),
            ..sharded(3)
        };
        let one = run(&graph, &settings, 1);
        assert_eq!(one.1.len(), 30);
        for workers in [2, 3, 4] {
            assert_eq!(run(&graph, &settings, workers), one, "{workers} workers");
        }
    }
}

#[test]
fn a_batch_that_is_too_small_for_all_workers_gives_the_same_bits_too() {
    let settings = Settings {
        batch: 5,
        ..sharded(1)
    };
    let one = run(&classifier(3), &settings, 1);
    assert_eq!(run(&classifier(3), &settings, 4), one);
}

#[test]
fn frozen_nodes_keep_their_weights_with_several_workers() {
    let graph = classifier(3);
    let frozen = ["conv", "norm"].map(|name| driven::id(&graph, name));
    let settings = Settings {
        frozen: frozen.to_vec(),
        ..sharded(2)
    };
    let one = run(&graph, &settings, 1);
    assert_eq!(run(&graph, &settings, 4), one);
    let mut pool = Pool::new(&graph, 4);
    let start = pool.first().ask(Command::Checkpoint, Vec::new());
    let train = pool.start(&settings, None);
    let end = trained(&pool.train(train)).1;
    let (start, end) = (by_name(&start.payload), by_name(&end));
    for (name, values) in &start {
        let moved = name.starts_with("head.");
        assert_eq!(&end[name] != values, moved, "{name}");
    }
}

#[test]
fn other_weights_of_frozen_nodes_are_noticed() {
    let graph = classifier(3);
    let frozen = ["conv", "norm"].map(|name| driven::id(&graph, name));
    let settings = Settings {
        frozen: frozen.to_vec(),
        ..sharded(1)
    };
    let second = |workers| {
        let mut pool = Pool::new(&graph, workers);
        let train = pool.start(&settings, None);
        pool.train(train);
        let weights = Weights::Seeded { seed: 2 };
        pool.first().load(&graph, weights, Vec::new());
        let train = pool.start(&settings, None);
        finished(&pool.train(train))
    };
    assert_eq!(second(2), second(1));
}

#[test]
fn shards_change_a_training_without_batch_norm_by_rounding_only() {
    let graph = plain();
    let first = |shards| {
        let settings = Settings {
            shards,
            method: Method::Sgd,
            ..settings(1)
        };
        let mut pool = Pool::new(&graph, 1);
        let train = pool.start(&settings, Some(1));
        let events = pool.train(train);
        (by_name(&trained(&events).1), points(&events))
    };
    let (whole, whole_points) = first(None);
    let (cut, cut_points) = first(Some(4));
    let (whole_loss, cut_loss) = (whole_points[0].loss, cut_points[0].loss);
    assert!((whole_loss - cut_loss).abs() <= 1e-6 * whole_loss.abs());
    assert_eq!(whole_points[0].accuracy, cut_points[0].accuracy);
    let start = Driven::seeded(&graph, 1)
        .ask(Command::Checkpoint, Vec::new())
        .payload;
    for (name, start) in by_name(&start) {
        for (at, start) in start.iter().enumerate() {
            let (whole, cut) = (whole[&name][at], cut[&name][at]);
            // A step is the gradient times 5e-3; weights are rounded to 2⁻²⁴ of their size.
            let allowed = 1e-5 * (whole - start).abs() + 2e-7 * start.abs().max(1e-2);
            assert!((whole - cut).abs() <= allowed, "{whole} and {cut}");
        }
    }
}

#[test]
fn the_running_mean_moves_by_the_mean_of_the_whole_batch() {
    let graph = classifier(3);
    let mean = |shards| {
        let settings = Settings {
            shards,
            batch: 18,
            ..settings(1)
        };
        let mut pool = Pool::new(&graph, 2);
        let train = pool.start(&settings, Some(1));
        by_name(&trained(&pool.train(train)).1)["norm.running_mean"].clone()
    };
    // Shards of 4, 5, 4 and 5 examples.
    let (whole, cut) = (mean(None), mean(Some(4)));
    for (whole, cut) in whole.iter().zip(&cut) {
        assert!(whole.abs() > 1e-3 && (whole - cut).abs() <= 1e-6 * whole.abs());
    }
}

#[test]
fn a_training_in_parts_with_other_numbers_of_workers_equals_an_uninterrupted_one() {
    let graph = classifier(3);
    let settings = sharded(3);
    let whole = run(&graph, &settings, 1);
    let mut losses = Vec::new();
    let mut file = Vec::new();
    for (workers, pause_after) in [(2, Some(7)), (4, Some(9)), (1, Some(4)), (3, None)] {
        let mut pool = Pool::new(&graph, workers);
        let train = if file.is_empty() {
            pool.start(&settings, pause_after)
        } else {
            let snapshots = Snapshots {
                pause_after,
                ..Snapshots::default()
            };
            let resume = Command::Resume {
                set: SET,
                snapshots,
            };
            pool.first().load(&graph, Weights::Payload, file.clone());
            pool.first().send(resume, file)
        };
        let events = pool.train(train);
        losses.extend(points(&events).iter().map(|it| it.loss.to_bits()));
        file = trained(&events).1;
    }
    assert_eq!((tensors(&file), losses), whole);
}

#[test]
fn what_a_worker_did_not_finish_is_computed_again_and_another_takes_its_place() {
    let graph = classifier(3);
    let settings = sharded(3);
    let one = run(&graph, &settings, 1);
    for turns in 4..12 {
        let mut pool = Pool::new(&graph, 4);
        let train = pool.start(&settings, None);
        for _ in 0..turns {
            pool.turn();
        }
        pool.kill(2);
        pool.kill(3);
        for _ in 0..7 {
            pool.turn();
        }
        pool.join();
        assert_eq!(finished(&pool.train(train)), one, "after {turns} turns");
    }
}

#[test]
fn a_worker_without_the_data_is_named_and_the_training_goes_on_without_it() {
    let graph = classifier(3);
    let settings = sharded(1);
    let one = run(&graph, &settings, 1);
    let mut pool = Pool::new(&graph, 2);
    pool.members[1] = Some(Driven::seeded(&graph, 1));
    let train = pool.start(&settings, None);
    let events = pool.train(train);
    let refused = events.iter().filter_map(|it| match &it.header {
        Event::WorkerRefused { peer, failure } => Some((*peer, failure.decode().to_string())),
        _ => None,
    });
    let refused: Vec<_> = refused.collect();
    let [(peer, why)] = refused.as_slice() else {
        panic!("{refused:?}")
    };
    assert!(*peer == 1 && why.contains("data set number 1"), "{why}");
    assert_eq!(finished(&events), one);
}

#[test]
fn a_training_that_waits_for_a_worker_answers_drawings_and_can_be_paused() {
    let graph = classifier(3);
    let mut pool = Pool::new(&graph, 2);
    let train = pool.start(&sharded(3), None);
    // The worker never answers: what it is sent is lost.
    while pool.first().turn() {}
    pool.first().outgoing();
    let answer = pool.first().answer(&driven::picture(&graph));
    assert_eq!(answer.len(), 3);
    // It waits, and does not spin.
    let turns = (0..10).filter(|_| pool.first().turn()).count();
    assert!(turns <= 1, "{turns} turns");
    let cancel = pool
        .first()
        .send(Command::Cancel { request: train }, Vec::new());
    while pool.first().turn() {}
    let replies = std::mem::take(&mut pool.first().replies);
    let done = |it: &Message<Reply>| it.header.id == cancel && it.header.event == Event::Done;
    assert!(replies.iter().any(done));
    let paused = replies.iter().find_map(|it| match &it.header.event {
        Event::Trained { end, position, .. } => Some((end.clone(), position.step, &it.payload)),
        _ => None,
    });
    let (end, step, file) = paused.expect("a cancelled training tells where it stands");
    assert_eq!((end, step), (End::Paused, 0));
    let about = Header::of_file(file).unwrap().about.unwrap();
    assert_eq!(about.training.unwrap().position.step, 0);
}

#[test]
fn the_times_say_who_computed_what_and_how_many_bytes_were_moved() {
    let graph = plain();
    let params = Analysis::of(&graph).total.params();
    for (workers, shards) in [(1, vec![4]), (2, vec![2, 2]), (4, vec![1; 4])] {
        let mut pool = Pool::new(&graph, workers);
        let train = pool.start(&sharded(2), None);
        let events = pool.train(train);
        let worked = events.iter().flat_map(|it| match &it.header {
            Event::Stepped { worked, .. } => worked.clone(),
            _ => Vec::new(),
        });
        let worked: Vec<Worked> = worked.collect();
        assert!(!worked.is_empty());
        for step in &worked {
            let computed: Vec<u32> = step.workers.iter().map(|it| it.shards).collect();
            assert_eq!(computed, shards);
            let numbers: Vec<u32> = step.workers.iter().map(|it| it.worker).collect();
            assert_eq!(numbers, (0..workers as u32).collect::<Vec<_>>());
            assert!(step.workers.iter().all(|it| it.compute_ms > 0.0));
            // The formula, and headers of at most 4 kB for each message.
            let formula = all_reduce_bytes(params, workers as u64);
            let headers = step.bytes.checked_sub(formula).unwrap();
            let messages = 2 * (workers as u64 - 1);
            assert!(headers <= 4096 * messages, "{headers} bytes of headers");
            assert!(workers == 1 || headers > 0);
        }
    }
}

#[test]
fn a_number_of_shards_that_cannot_be_summed_in_pairs_is_refused() {
    let graph = classifier(3);
    for shards in [0, 3, 32] {
        let settings = Settings {
            shards: Some(shards),
            ..settings(1)
        };
        let mut driven = Driven::seeded(&graph, 1);
        held(&mut driven, &blobs(240, 3));
        let why = driven.refused(training::train(settings, Snapshots::default()), Vec::new());
        assert!(
            why.contains("number of shards") && why.contains("power of two"),
            "{why}"
        );
    }
}
