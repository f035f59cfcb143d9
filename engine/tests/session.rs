//! The session as the page drives it, natively: the same code that runs in the worker.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use driven::{Driven, file as trained, lenet5};
use engine::checkpoint::WeightsError;
use engine::data::{Recipe, read_images, read_labels};
use engine::graph::Edit;
use engine::run::{Network, YieldPoint, cpu, read_weights, write_weights};
use engine::session::{CancelReason, Command, Event, Failure, Input, Wanted, Weights};
use engine::{Analysis, Graph, NodeId, zoo};
use pollster::block_on;
use safetensors::SafeTensors;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(maps: Vec<NodeId>) -> Command {
    let input = Input::Drawing {
        width: 28,
        height: 28,
        recipe: Recipe::default(),
    };
    let maps = maps.into_iter().map(Wanted::all).collect();
    Command::Run { input, maps }
}

#[test]
fn the_shipped_lenet_reads_at_least_97_5_percent_of_the_gallery() {
    let folder = root().join("public/data/mnist");
    let images = read_images(&fs::read(folder.join("test-00-images.idx3.gz")).unwrap()).unwrap();
    let labels = read_labels(&fs::read(folder.join("test-00-labels.idx1.gz")).unwrap()).unwrap();
    let mut session = Driven::trained();
    let mut right = 0;
    for (index, label) in labels.iter().enumerate() {
        let ink = images.get(index).unwrap().to_vec();
        let Event::Traced { answer, .. } = session.ask(run(Vec::new()), ink).header else {
            panic!("no answer");
        };
        let sum: f32 = answer.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5, "probabilities sum to {sum}");
        let best = (0..10)
            .max_by(|&a, &b| answer[a].total_cmp(&answer[b]))
            .unwrap();
        right += usize::from(best == usize::from(*label));
    }
    assert!(
        right * 1000 >= labels.len() * 975,
        "{right} of {}",
        labels.len()
    );
}

#[test]
fn only_one_value_a_class_is_an_answer() {
    let answered = |graph: Graph| {
        let mut session = Driven::new();
        let weights = Weights::Seeded { seed: 1 };
        session.ask(Command::Load { graph, weights }, Vec::new());
        let event = session.ask(run(Vec::new()), vec![255; 784]).header;
        let Event::Traced { answer, .. } = event else {
            panic!("no answer: {event:?}");
        };
        answer.len()
    };
    assert_eq!(answered(lenet5()), 10);
    // LeNet-5 as far as S4: 16 maps of 5 × 5.
    let behind = lenet5().nodes()[6..]
        .iter()
        .map(|node| node.id)
        .collect::<Vec<_>>();
    let edits: Vec<Edit> = behind
        .into_iter()
        .map(|node| Edit::Remove { node })
        .collect();
    let maps = lenet5().apply_all(&edits).unwrap();
    let shapes = Analysis::of(&maps);
    let shape = shapes.node(maps.output()).unwrap().shape.unwrap();
    assert_eq!(shape.to_string(), "16x5x5");
    assert_eq!(answered(maps), 0);
}

#[test]
fn every_requested_map_has_its_shape_and_range() {
    let mut session = Driven::trained();
    let graph = lenet5();
    let wanted: Vec<NodeId> = [NodeId::INPUT]
        .into_iter()
        .chain(graph.nodes().iter().map(|node| node.id))
        .collect();
    let mut ink = vec![0; 784];
    ink[300..310].fill(255);
    let message = session.ask(run(wanted.clone()), ink);
    let values = message.values().unwrap();
    let Event::Traced { maps, .. } = message.header else {
        panic!("no answer")
    };
    assert_eq!(maps.iter().map(|map| map.node).collect::<Vec<_>>(), wanted);
    for map in &maps {
        let slice = &values[map.offset..map.offset + map.shape.elements() as usize];
        assert!(
            slice
                .iter()
                .all(|value| (map.min..=map.max).contains(value))
        );
    }
    assert_eq!(maps[1].shape.to_string(), "6x28x28");
}

/// A yield point that counts, and cancels at the `last` time.
fn counting(last: usize) -> (Rc<Cell<usize>>, YieldPoint) {
    let reached = Rc::new(Cell::new(0));
    let count = Rc::clone(&reached);
    let yield_point = YieldPoint::new(move || {
        count.set(count.get() + 1);
        let stop = (count.get() >= last).then_some(CancelReason::Requested);
        Box::pin(async move { stop })
    });
    (reached, yield_point)
}

#[test]
fn a_cancelled_run_ends_between_two_nodes_and_leaves_no_trace() {
    let ink: Vec<u8> = (0..784).map(|pixel| (pixel % 251) as u8).collect();
    let maps: Vec<NodeId> = lenet5().nodes().iter().map(|node| node.id).collect();
    let wanted = Driven::trained().ask(run(maps.clone()), ink.clone());

    let (reached, yield_point) = counting(3);
    let mut session = Driven::trained().yielding(yield_point);
    let ended = session.ask(run(maps.clone()), ink.clone()).header;
    let reason = CancelReason::Requested;
    assert_eq!(ended, Event::Cancelled { reason });
    assert_eq!(reached.get(), 3);

    let (reached, yield_point) = counting(usize::MAX);
    let mut session = session.yielding(yield_point);
    let traced = session.ask(run(maps.clone()), ink);
    assert_eq!(traced.payload, wanted.payload);
    assert_eq!(reached.get(), maps.len(), "a yield point behind each node");
}

#[test]
fn weights_of_another_network_are_refused_and_the_session_continues() {
    let mut session = Driven::trained();
    let graph = zoo::build("lenet-1", &zoo::Options::default()).unwrap();
    let load = Command::Load {
        graph,
        weights: Weights::Payload,
    };
    let Event::Failed { failure } = session.ask(load, trained()).header else {
        panic!("weights of LeNet-5 went into LeNet-1");
    };
    assert!(failure.of_weights);
    let failure = failure.decode();
    assert!(
        matches!(&failure, Failure::Weights(WeightsError::Mismatch(it))
            if !it.missing.is_empty() && !it.extra.is_empty()),
        "{failure}"
    );
    let after = session.ask(run(Vec::new()), vec![0; 784]).header;
    assert!(matches!(after, Event::Traced { .. }), "{after:?}");
}

#[test]
fn a_run_without_a_network_or_with_a_wrong_drawing_is_an_answer_not_a_crash() {
    let mut session = Driven::new();
    let event = session.ask(run(Vec::new()), vec![0; 784]).header;
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");
    let event = Driven::trained().ask(run(Vec::new()), vec![0; 3]).header;
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");
    let event = Driven::trained()
        .ask(run(vec![NodeId(99)]), vec![0; 784])
        .header;
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");
}

#[test]
fn seeded_weights_repeat_and_say_that_they_are_not_trained() {
    let bits = |seed| {
        let network = Network::seeded(lenet5(), seed, &cpu()).unwrap();
        block_on(write_weights(&network, Default::default())).unwrap()
    };
    assert_eq!(bits(3), bits(3));
    assert_ne!(bits(3), bits(4));
    let load = Command::Load {
        graph: lenet5(),
        weights: Weights::Seeded { seed: 3 },
    };
    let event = Driven::new().ask(load, Vec::new()).header;
    let random = Event::Loaded {
        trained: 0,
        weighted: 5,
        notes: Vec::new(),
    };
    assert_eq!(event, random);
}

/// The names that torch's reference run has for the article's nodes.
const TORCH: [(&str, &str); 12] = [
    ("C1", "conv1"),
    ("tanh1", "tanh1"),
    ("S2", "pool1"),
    ("C3", "conv2"),
    ("tanh3", "tanh2"),
    ("S4", "pool2"),
    ("flatten", "flatten"),
    ("F5", "fc1"),
    ("tanh5", "tanh3"),
    ("F6", "fc2"),
    ("tanh6", "tanh4"),
    ("output", "fc3"),
];

#[test]
fn every_map_equals_torch_s() {
    let folder = root().join("tests/reference/models");
    let weights = fs::read(folder.join("lenet5_article.safetensors")).unwrap();
    let io = fs::read(folder.join("lenet5_article.io.safetensors")).unwrap();
    let io = SafeTensors::deserialize(&io).unwrap();
    let floats = |name: &str| -> Vec<f32> {
        let (chunks, _) = io.tensor(name).unwrap().data().as_chunks::<4>().to_owned();
        chunks
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    };
    let mut network = Network::seeded(lenet5(), 0, &cpu()).unwrap();
    read_weights(&mut network, &renamed(&weights)).unwrap();
    let graph = network.graph();
    let ids: Vec<NodeId> = TORCH
        .iter()
        .map(|(ours, _)| graph.named(ours).unwrap().id)
        .collect();
    let traced = block_on(network.trace(&floats("input"), &ids)).unwrap();
    for ((ours, torch), values) in TORCH.iter().zip(traced.values) {
        let wanted = floats(&format!("act.{torch}"));
        assert_eq!(values.len(), wanted.len(), "{ours}");
        for (got, wanted) in values.iter().zip(&wanted) {
            // Sums of up to 400 products of values of order 1 in float32.
            assert!(
                (got - wanted).abs() <= 1e-5,
                "{ours}: {got}, torch has {wanted}"
            );
        }
    }
}

/// The reference file with our nodes' names.
fn renamed(file: &[u8]) -> Vec<u8> {
    let ours: HashMap<&str, &str> = TORCH.iter().map(|(ours, torch)| (*torch, *ours)).collect();
    let file = SafeTensors::deserialize(file).unwrap();
    let views = file.tensors().into_iter().map(|(name, view)| {
        let (node, role) = name.split_once('.').unwrap();
        (format!("{}.{role}", ours[node]), view)
    });
    safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap()
}
