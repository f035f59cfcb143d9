//! The session answers with the compiled plan where it can, says so, and gives what burn's network of
//! the same weights gives.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::{Driven, bytes, file, id, lenet5, picture};
use engine::graph::Edit;
use engine::layer::{Layer, Linear};
use engine::run::{Network, cpu, read_weights};
use engine::session::{
    BurnReason, Command, Event, Executor, Input, LayerTime, Snapshots, Wanted, Weights,
};
use engine::zoo::{self, Options};
use engine::{Graph, NodeId};
use pollster::block_on;
use training::{blobs, classifier, held, send_train, settings};

/// The answer and what gave it.
fn answered(driven: &mut Driven, input: &[f32]) -> (Vec<f32>, Executor) {
    let run = Command::Run {
        input: Input::Values,
        maps: Vec::new(),
    };
    match driven.ask(run, bytes(input)).header {
        Event::Traced {
            answer, executor, ..
        } => (answer, executor),
        event => panic!("{event:?}"),
    }
}

/// Burn's network with the weights of the session.
fn oracle(driven: &mut Driven, graph: &Graph) -> Network {
    let file = driven.ask(Command::Checkpoint, Vec::new()).payload;
    let mut network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    read_weights(&mut network, &file).unwrap();
    network
}

/// The largest difference, as a share of the largest wanted value.
fn error(got: &[f32], wanted: &[f32]) -> f32 {
    assert_eq!(got.len(), wanted.len());
    let most = wanted.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
    let differences = got.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / most.max(1e-30)
}

fn zoo(name: &str) -> Graph {
    zoo::build(name, &Options::default()).unwrap()
}

#[test]
fn every_map_is_that_of_burn_s_network_also_cut_and_reduced() {
    for name in ["lenet-5", "resnet-mini", "mobilenet-mini", "densenet-mini"] {
        let graph = zoo(name);
        let mut driven = Driven::seeded(&graph, 3);
        let input = picture(&graph);
        // The first pass looks at every node, later ones at those that are asked for.
        for _ in 0..2 {
            assert_eq!(answered(&mut driven, &input).1, Executor::Plan, "{name}");
        }
        let network = oracle(&mut driven, &graph);
        let ids: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        let wanted = block_on(network.trace(&input, &ids)).unwrap().values;
        let got = driven.maps(&input, ids.iter().map(|&id| Wanted::all(id)).collect());
        for ((_, got), (node, wanted)) in got.iter().zip(graph.nodes().iter().zip(&wanted)) {
            // Within the bound of Winograd's convolutions a layer, a few layers behind each other.
            let error = error(got, wanted);
            assert!(error <= 1e-3, "{name} {}: {error:e}", node.name);
        }
        for (&node, whole) in ids.iter().zip(&wanted) {
            let part = Wanted {
                node,
                first: 1,
                channels: Some(2),
                side: Some(3),
            };
            let (slice, got) = driven.maps(&input, vec![part]).remove(0);
            let shape = slice.shape;
            let [height, width] = shape.size().map(|side| side as usize);
            let [rows, columns] = slice.sent.size().map(|side| side as usize);
            let mut wanted = Vec::new();
            for plane in whole.chunks(height * width).skip(1).take(2) {
                for row in 0..rows {
                    for column in 0..columns {
                        let lines = row * height / rows..((row + 1) * height).div_ceil(rows);
                        let from = column * width / columns;
                        let to = ((column + 1) * width).div_ceil(columns);
                        let area = (lines.len() * (to - from)) as f32;
                        let sum: f32 = lines
                            .map(|y| plane[y * width + from..y * width + to].iter().sum::<f32>())
                            .sum();
                        wanted.push(sum / area);
                    }
                }
            }
            let most = whole.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
            for (got, wanted) in got.iter().zip(&wanted) {
                assert!((got - wanted).abs() <= 1e-3 * most, "{name} {node:?}");
            }
            assert_eq!(got.len(), wanted.len(), "{name} {node:?}");
        }
    }
}

#[test]
fn burn_answers_while_a_training_moves_the_weights_and_the_plan_after_it() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let input = picture(&graph);
    let (before, executor) = answered(&mut driven, &input);
    assert_eq!(executor, Executor::Plan);
    let train = send_train(&mut driven, settings(50), Snapshots::default());
    for _ in 0..20 {
        driven.turn();
    }
    let (moving, executor) = answered(&mut driven, &input);
    assert_eq!(executor, Executor::Burn(BurnReason::Training));
    assert_ne!(moving, before);
    driven.send(Command::Cancel { request: train }, Vec::new());
    driven.finish();
    let (after, executor) = answered(&mut driven, &input);
    assert_eq!(executor, Executor::Plan);
    let network = oracle(&mut driven, &graph);
    let wanted = block_on(network.trace(&input, &[graph.output()])).unwrap();
    assert!(error(&after, &wanted.values[0]) <= 1e-5);
    // The edit keeps what was trained.
    let first = graph
        .nodes()
        .iter()
        .find(|node| matches!(node.layer, Layer::Conv(_)));
    let first = first.map(|node| node.name.clone()).unwrap();
    let bits = driven.bits(&graph, &first);
    let mut last = graph.nodes().iter().rev();
    let last = last.find(|node| matches!(node.layer, Layer::Linear(_)));
    let edit = Edit::SetLayer {
        node: last.unwrap().id,
        layer: Linear::new(4).into(),
    };
    let edited = graph.apply(&edit).unwrap();
    driven.edited(&edited);
    assert_eq!(driven.bits(&edited, &first), bits);
}

#[test]
fn what_is_timed_is_the_plan_and_fused_layers_say_with_which() {
    let graph = zoo("resnet-mini");
    let mut driven = Driven::seeded(&graph, 1);
    answered(&mut driven, &picture(&graph));
    let timed = driven
        .ask_last(Command::Time { runs: 1 }, Vec::new())
        .header;
    let Event::Timed {
        layers,
        executor,
        total_ms,
        peak_live_bytes,
        ..
    } = timed
    else {
        panic!("{timed:?}")
    };
    assert_eq!(executor, Executor::Plan);
    assert!(total_ms > 0.0);
    let nodes = layers.iter().map(|layer| layer.node);
    assert!(nodes.eq(graph.nodes().iter().map(|node| node.id)));
    let analysis = engine::Analysis::of(&graph);
    let predicted = analysis.inference.bytes(engine::analysis::Precision::F32);
    assert_eq!(peak_live_bytes, predicted);
    // A batch norm is folded into the convolution before it.
    let norm = |layer: &&LayerTime| {
        let node = graph.node(layer.node).unwrap();
        matches!(node.layer, Layer::BatchNorm(_))
    };
    let norms: Vec<&LayerTime> = layers.iter().filter(norm).collect();
    assert!(!norms.is_empty());
    for layer in norms {
        let inputs = &graph.node(layer.node).unwrap().inputs;
        assert_eq!(layer.within, inputs.first().copied());
    }
}

#[test]
fn an_engine_goes_on_where_another_hands_over() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let node = id(&graph, "F6");
    let layer = Linear::new(100).into();
    let edited = graph.apply(&Edit::SetLayer { node, layer }).unwrap();
    driven.edited(&edited);
    let input = picture(&edited);
    let (answer, _) = answered(&mut driven, &input);
    let bits = ["C1", "F6", "output"].map(|name| driven.bits(&edited, name));
    let mut other = driven.handed_over();
    assert_eq!(
        ["C1", "F6", "output"].map(|name| other.bits(&edited, name)),
        bits
    );
    let last = Command::Run {
        input: Input::Last,
        maps: Vec::new(),
    };
    let Event::Traced { answer: again, .. } = other.ask(last, Vec::new()).header else {
        panic!("no answer")
    };
    assert_eq!(again, answer);
    // Undo finds the file's weights.
    assert_eq!(other.edited(&graph), driven::loaded(5, 5));
    let mut fresh = Driven::new();
    fresh.load(&graph, Weights::Payload, file());
    assert_eq!(other.bits(&graph, "F6"), fresh.bits(&graph, "F6"));

    // Before a network was loaded there is nothing to hand over but the engine's place.
    let mut empty = Driven::new().handed_over();
    let why = empty.refused(Command::Checkpoint, Vec::new());
    assert!(why.contains("no network"), "{why}");
}
