//! Weights survive an edit where a node did not change, and a restart of the engine.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use driven::{Driven, WEIGHTED, bytes, file, id, lenet5, loaded, picture};
use engine::analysis::{Budget, BudgetError};
use engine::graph::Edit;
use engine::layer::{Conv, Layer, Linear};
use engine::session::{Command, Event, Input, Weights};
use engine::{Graph, NodeId};
use safetensors::SafeTensors;

const NAMES: [&str; WEIGHTED] = ["C1", "C3", "F5", "F6", "output"];

fn set(graph: &Graph, name: &str, layer: impl Into<Layer>) -> Graph {
    let (node, layer) = (id(graph, name), layer.into());
    graph.apply(&Edit::SetLayer { node, layer }).unwrap()
}

/// The convolution of this name with other channels.
fn with_channels(graph: &Graph, name: &str, channels: u32) -> Graph {
    let Layer::Conv(conv) = graph.named(name).unwrap().layer.clone() else {
        panic!("{name} is no convolution")
    };
    set(graph, name, Conv { channels, ..conv })
}

/// What the file has for a node, as bits.
fn stored(name: &str, role: &str) -> Vec<u32> {
    let file = file();
    let file = SafeTensors::deserialize(&file).unwrap();
    let view = file.tensor(&format!("{name}.{role}")).unwrap();
    let (chunks, _) = view.data().as_chunks::<4>();
    chunks
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .collect()
}

fn assert_as_stored(driven: &mut Driven, graph: &Graph, name: &str) {
    for (role, _, bits) in driven.bits(graph, name) {
        assert_eq!(bits, stored(name, &role), "{name}.{role}");
    }
}

#[test]
fn an_edit_changes_the_weights_of_the_nodes_that_it_reaches_and_no_others() {
    let (mut driven, before) = (Driven::trained(), lenet5());
    let after = set(&before, "F6", Linear::new(100));
    // F6 has other features, and the output other inputs: C1, C3 and F5 stay trained.
    assert_eq!(driven.edited(&after), loaded(3, WEIGHTED));
    for name in ["C1", "C3", "F5"] {
        assert_as_stored(&mut driven, &after, name);
    }
    let f6 = driven.bits(&after, "F6");
    assert_eq!(f6[0].1, [100, 120]);
    // New numbers, not a part of the old ones: Glorot's bound before tanh is √(6 / 220) = 0.165.
    let largest = f6[0].2.iter().map(|&bits| f32::from_bits(bits).abs());
    assert!((0.15..=0.1652).contains(&largest.fold(0.0, f32::max)));
    let output = driven.bits(&after, "output");
    assert_eq!(
        (&output[0].1[..], &output[1].2),
        (&[10, 100][..], &stored("output", "bias"))
    );
}

#[test]
fn other_channels_of_the_first_convolution_leave_the_end_of_the_network() {
    let (mut driven, before) = (Driven::trained(), lenet5());
    let after = with_channels(&before, "C1", 8);
    // C1 and, behind it, C3 have weights of another shape.
    assert_eq!(driven.edited(&after), loaded(3, WEIGHTED));
    for name in ["F5", "F6", "output"] {
        assert_as_stored(&mut driven, &after, name);
    }
}

#[test]
fn a_renamed_node_keeps_its_weights() {
    let (mut driven, before) = (Driven::trained(), lenet5());
    let answer = driven.answer(&picture(&before));
    let node = id(&before, "C3");
    let name = "the second one".to_owned();
    let after = before.apply(&Edit::Rename { node, name }).unwrap();
    assert_eq!(driven.edited(&after), loaded(WEIGHTED, WEIGHTED));
    assert_eq!(driven.answer(&picture(&after)), answer);
}

#[test]
fn a_restored_node_has_the_file_s_weights() {
    let (mut driven, before) = (Driven::trained(), lenet5());
    let answer = driven.answer(&picture(&before));
    let node = id(&before, "F6");
    let after = before.apply(&Edit::Remove { node }).unwrap();
    // The output takes the 120 values of F5 now.
    assert_eq!(driven.edited(&after), loaded(3, WEIGHTED - 1));
    assert_eq!(driven.edited(&before), loaded(WEIGHTED, WEIGHTED));
    for name in NAMES {
        assert_as_stored(&mut driven, &before, name);
    }
    assert_eq!(driven.answer(&picture(&before)), answer);
}

#[test]
fn a_node_in_another_one_s_place_has_weights_of_its_own() {
    let (mut driven, before) = (Driven::trained(), lenet5());
    let node = id(&before, "F6");
    let layer = before.node(node).unwrap().layer.clone();
    let piece = engine::graph::Piece::Layer(layer);
    let name = Some("another".to_owned());
    let after = before.apply(&Edit::Replace { node, piece, name }).unwrap();
    assert_eq!(driven.edited(&after), loaded(WEIGHTED - 1, WEIGHTED));
    assert_ne!(driven.bits(&after, "another")[0].2, stored("F6", "weight"));
}

#[test]
fn a_restarted_engine_gives_the_same_answer_whatever_the_edits_were() {
    let (mut driven, graph) = (Driven::trained(), lenet5());
    // The later node first: a restart sees only the last graph.
    let graph = set(&graph, "F6", Linear::new(100));
    assert_eq!(driven.edited(&graph), loaded(3, WEIGHTED));
    let graph = with_channels(&graph, "C1", 8);
    assert_eq!(driven.edited(&graph), loaded(1, WEIGHTED));
    let answer = driven.answer(&picture(&graph));

    let mut restarted = Driven::new();
    let event = restarted.load(&graph, Weights::Kept { seed: 1 }, file());
    assert_eq!(event, loaded(1, WEIGHTED));
    for name in NAMES {
        let (before, after) = (driven.bits(&graph, name), restarted.bits(&graph, name));
        assert_eq!(before, after, "{name}");
    }
    assert_eq!(restarted.answer(&picture(&graph)), answer);
}

#[test]
fn a_file_that_comes_along_is_not_mixed_with_another_network_s_weights() {
    // The same numbers and shapes, but another network's.
    let mut driven = Driven::seeded(&lenet5(), 9);
    let graph = set(&lenet5(), "F6", Linear::new(100));
    let event = driven.load(&graph, Weights::Kept { seed: 1 }, file());
    assert_eq!(event, loaded(3, WEIGHTED));
    let mut fresh = Driven::new();
    fresh.load(&graph, Weights::Kept { seed: 1 }, file());
    for name in NAMES {
        let (got, wanted) = (driven.bits(&graph, name), fresh.bits(&graph, name));
        assert_eq!(got, wanted, "{name}");
    }
}

#[test]
fn seeded_weights_do_not_depend_on_the_other_nodes() {
    let before = lenet5();
    let mut driven = Driven::seeded(&before, 1);
    let kept = NAMES.map(|name| driven.bits(&before, name));
    let after = with_channels(&before, "C3", 12);
    assert_eq!(driven.edited(&after), loaded(0, WEIGHTED));
    // Straight from the seed, as another device's engine makes them.
    let mut restarted = Driven::seeded(&after, 1);
    for (name, kept) in NAMES.into_iter().zip(kept) {
        let edited = driven.bits(&after, name);
        assert_eq!(edited, restarted.bits(&after, name), "{name}");
        // F5 sees the channels of C3.
        if !["C3", "F5"].contains(&name) {
            assert_eq!(edited, kept, "{name}");
        }
    }
}

#[test]
fn a_file_that_is_none_leaves_the_network_that_was_there() {
    let (mut driven, graph) = (Driven::trained(), lenet5());
    let answer = driven.answer(&picture(&graph));
    for payload in [vec![1], vec![255; 64], file()[..1000].to_vec()] {
        for weights in [Weights::Payload, Weights::Kept { seed: 1 }] {
            let event = driven.load(&graph, weights, payload.clone());
            assert!(matches!(event, Event::Failed { .. }), "{event:?}");
        }
    }
    assert_eq!(driven.answer(&picture(&graph)), answer);
    assert_eq!(driven.edited(&graph), loaded(WEIGHTED, WEIGHTED));
}

#[test]
fn an_edit_that_leaves_no_room_for_both_networks_still_finds_the_file() {
    let before = lenet5();
    let after = set(&before, "F5", Linear::new(400));
    let none = Budget {
        memory_bytes: Some(0),
        buffer_bytes: None,
    };
    let Err(BudgetError::Memory { needed, .. }) = none.check(&after, 0) else {
        panic!("no memory was enough")
    };
    // Room for the edited network, but not for the file beside it and what the edit leaves behind.
    let mut driven = Driven::within(needed);
    let event = driven.load(&before, Weights::Payload, file());
    assert_eq!(event, loaded(WEIGHTED, WEIGHTED));
    // F5 has other features, and F6 other inputs.
    assert_eq!(driven.edited(&after), loaded(3, WEIGHTED));
    for name in ["C1", "C3", "output"] {
        assert_as_stored(&mut driven, &after, name);
    }
}

#[test]
fn timing_training_steps_leaves_the_weights_even_when_nothing_is_a_number() {
    let (mut driven, graph) = (Driven::trained(), lenet5());
    let run = Command::Run {
        input: Input::Values,
        maps: Vec::new(),
    };
    let count = graph.input().elements() as usize;
    driven.ask(run, bytes(&vec![f32::NAN; count]));
    let pass = engine::session::Pass::Training { batch: 2 };
    let event = driven
        .ask(Command::Measure { runs: 1, pass }, Vec::new())
        .header;
    assert!(matches!(event, Event::Measured { .. }), "{event:?}");
    for name in NAMES {
        assert_as_stored(&mut driven, &graph, name);
    }
}

#[test]
fn a_network_of_no_weights_is_loaded_and_answers() {
    let empty = |shape| engine::GraphBuilder::new("empty", shape).finish().unwrap();
    let graph = empty(engine::Shape::vector(4));
    let mut driven = Driven::seeded(&graph, 1);
    let values = [0.5f32, 1.0, -1.0, 2.0];
    assert_eq!(driven.answer(&values), values.map(f32::to_bits));
    assert_eq!(graph.output(), NodeId::INPUT);
    // A picture is no answer.
    let graph = empty(engine::Shape::new(1, 2, 2));
    assert!(Driven::seeded(&graph, 1).answer(&values).is_empty());
}
