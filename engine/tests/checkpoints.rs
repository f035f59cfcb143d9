//! Checkpoints: what is written is read back bit for bit, what does not fit is listed, what is no
//! checkpoint is refused with a reason; changed weights outlive edits, undo and the worker.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use std::collections::BTreeMap;

use driven::{Driven, WEIGHTED, file, id, lenet5, loaded, picture};
use engine::checkpoint::{
    About, Different, File, FileFormat, Header, Mismatch, Progress, State, VERSION, WeightsError,
    write,
};
use engine::graph::Edit;
use engine::layer::Linear;
use engine::run::{Before, Network, Provenance, Remembered, cpu, read_weights, write_weights};
use engine::session::{Command, Event, Failure, Weights};
use engine::{Graph, GraphBuilder, NodeId, Shape};
use pollster::block_on;
use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

const NAMES: [&str; WEIGHTED] = ["C1", "C3", "F5", "F6", "output"];

/// LeNet-5 with the weights of another seed: what a training would have changed, as a checkpoint
/// that says it is trained.
fn changed(graph: &Graph) -> Vec<u8> {
    let network = Network::seeded(graph.clone(), 42, &cpu()).unwrap();
    let provenance = Provenance::all(&network, true);
    let progress = Progress {
        seed: 42,
        step: 900,
        states: &[],
        training: None,
    };
    block_on(write(&network, &provenance, progress, &BTreeMap::new())).unwrap()
}

fn with_changed_weights() -> Driven {
    let mut driven = Driven::new();
    let event = driven.load(&lenet5(), Weights::Payload, changed(&lenet5()));
    assert_eq!(event, loaded(WEIGHTED, WEIGHTED));
    driven
}

fn checkpoint(driven: &mut Driven) -> Vec<u8> {
    let message = driven.ask(Command::Checkpoint, Vec::new());
    assert_eq!(message.header, Event::Checkpoint);
    message.payload
}

fn apply(graph: &Graph, edit: Edit) -> Graph {
    graph.apply(&edit).unwrap()
}

fn renamed(graph: &Graph, node: NodeId, name: &str) -> Graph {
    let name = name.to_owned();
    apply(graph, Edit::Rename { node, name })
}

fn failure(event: Event) -> Failure {
    match event {
        Event::Failed { failure } => failure.decode(),
        event => panic!("{event:?}"),
    }
}

#[test]
fn a_killed_worker_s_session_goes_on_in_another_with_the_same_bits() {
    let graph = lenet5();
    let mut driven = with_changed_weights();
    // An edit that leaves part of the weights random, so that not all come from one source.
    let node = id(&graph, "F6");
    let layer = Linear::new(100).into();
    let graph = apply(&graph, Edit::SetLayer { node, layer });
    assert_eq!(driven.edited(&graph), loaded(3, WEIGHTED));
    let answer = driven.answer(&picture(&graph));
    let bits = NAMES.map(|name| driven.bits(&graph, name));
    let saved = checkpoint(&mut driven);
    drop(driven);

    for weights in [Weights::Payload, Weights::Kept { seed: 7 }] {
        let mut restarted = Driven::new();
        let event = restarted.load(&graph, weights, saved.clone());
        assert_eq!(event, loaded(3, WEIGHTED), "{weights:?}");
        assert_eq!(restarted.answer(&picture(&graph)), answer);
        assert_eq!(NAMES.map(|name| restarted.bits(&graph, name)), bits);
        assert_eq!(checkpoint(&mut restarted).len(), saved.len());
    }
}

#[test]
fn a_checkpoint_is_a_safetensors_file_that_says_what_it_is_of() {
    let graph = lenet5();
    let saved = checkpoint(&mut with_changed_weights());
    let tensors = SafeTensors::deserialize(&saved).unwrap();
    assert_eq!(tensors.len(), 2 * WEIGHTED);
    let header = Header::of_file(&saved).unwrap();
    let about = header.about.unwrap();
    assert_eq!(about.version, VERSION);
    assert_eq!(about.network, graph.name());
    assert_eq!(about.trained.len(), 2 * WEIGHTED);
    let nodes: Vec<(NodeId, &str)> = about
        .nodes
        .iter()
        .map(|it| (it.number, it.name.as_str()))
        .collect();
    assert_eq!(nodes, NAMES.map(|name| (id(&graph, name), name)));
}

#[test]
fn what_undo_brings_back_has_its_changed_weights() {
    let before = lenet5();
    let mut driven = with_changed_weights();
    let answer = driven.answer(&picture(&before));
    let node = id(&before, "F6");
    let without = apply(&before, Edit::Remove { node });
    for _ in 0..2 {
        // The output takes F5's 120 values: its weight is new, its bias is not.
        assert_eq!(driven.edited(&without), loaded(3, WEIGHTED - 1));
        assert_eq!(driven.edited(&before), loaded(WEIGHTED, WEIGHTED));
        assert_eq!(driven.answer(&picture(&before)), answer);
    }
}

#[test]
fn a_node_that_was_renamed_before_its_removal_has_its_weights_after_undo() {
    let before = lenet5();
    let mut driven = with_changed_weights();
    let answer = driven.answer(&picture(&before));
    let node = id(&before, "F6");
    let other = renamed(&before, node, "another name");
    driven.edited(&other);
    let without = apply(&other, Edit::Remove { node });
    driven.edited(&without);
    // Undo of both at once, then redo of the name.
    assert_eq!(driven.edited(&before), loaded(WEIGHTED, WEIGHTED));
    assert_eq!(driven.answer(&picture(&before)), answer);
    driven.edited(&without);
    assert_eq!(driven.edited(&other), loaded(WEIGHTED, WEIGHTED));
    assert_eq!(driven.answer(&picture(&other)), answer);
}

/// As a training would leave them: trained, and not those of the file loaded last.
#[test]
fn weights_that_no_file_has_come_back_with_their_nodes() {
    let (whole, stored) = (lenet5(), file());
    let network = Network::seeded(whole.clone(), 42, &cpu()).unwrap();
    let bytes = |network: &Network| block_on(write_weights(network, BTreeMap::new())).unwrap();
    let wanted = bytes(&network);
    let other = renamed(&whole, id(&whole, "C3"), "second");
    let layer = Linear::new(50).into();
    let node = id(&whole, "F5");
    let states = [
        (
            apply(
                &whole,
                Edit::Remove {
                    node: id(&whole, "F6"),
                },
            ),
            3,
        ),
        (other.clone(), 5),
        (
            apply(
                &other,
                Edit::Remove {
                    node: id(&whole, "C3"),
                },
            ),
            3,
        ),
        (apply(&whole, Edit::SetLayer { node, layer }), 3),
        (whole.clone(), 5),
    ];
    let mut network = network;
    let mut provenance = Provenance::all(&network, true);
    let mut remembered = Remembered::default();
    for (graph, trained) in states {
        let before = Before {
            network: &network,
            provenance: &provenance,
            remembered: &remembered,
        };
        let (after, now) = Network::edited(before, graph, Some(&stored), 1).unwrap();
        assert_eq!(now.trained, trained);
        remembered.follow(&network, &provenance, &after);
        (network, provenance) = (after, now);
    }
    assert!(bytes(&network) == wanted, "other weights came back");
}

#[test]
fn another_shape_and_back_has_the_changed_weights() {
    let before = lenet5();
    let mut driven = with_changed_weights();
    let answer = driven.answer(&picture(&before));
    let node = id(&before, "F5");
    for features in [60, 61] {
        let layer = Linear::new(features).into();
        let after = apply(&before, Edit::SetLayer { node, layer });
        // F5 and F6 have weights of other shapes; F6's bias is as before.
        assert_eq!(driven.edited(&after), loaded(3, WEIGHTED));
    }
    assert_eq!(driven.edited(&before), loaded(WEIGHTED, WEIGHTED));
    assert_eq!(driven.answer(&picture(&before)), answer);
}

#[test]
fn another_network_s_weights_are_not_mixed_with_remembered_ones() {
    let before = lenet5();
    let mut driven = with_changed_weights();
    let without = apply(
        &before,
        Edit::Remove {
            node: id(&before, "F6"),
        },
    );
    driven.edited(&without);
    let seeded = Weights::Seeded { seed: 1 };
    assert_eq!(
        driven.load(&without, seeded, Vec::new()),
        loaded(0, WEIGHTED - 1)
    );
    // Nothing trained is left to bring back.
    assert_eq!(driven.edited(&before), loaded(0, WEIGHTED));
    let mut fresh = Driven::seeded(&before, 1);
    for name in NAMES {
        assert_eq!(
            driven.bits(&before, name),
            fresh.bits(&before, name),
            "{name}"
        );
    }
}

#[test]
fn a_checkpoint_fits_the_network_whose_nodes_were_renamed_since() {
    let before = lenet5();
    let mut driven = with_changed_weights();
    let answer = driven.answer(&picture(&before));
    let saved = checkpoint(&mut driven);
    // Both are found by their numbers.
    let after = renamed(&before, id(&before, "C3"), "second");
    let after = renamed(&after, id(&before, "F6"), "C5");
    let mut restarted = Driven::new();
    let event = restarted.load(&after, Weights::Payload, saved);
    assert_eq!(event, loaded(WEIGHTED, WEIGHTED));
    assert_eq!(restarted.answer(&picture(&after)), answer);
}

#[test]
fn a_plain_file_of_weights_still_loads() {
    let header = Header::of_file(&file()).unwrap();
    assert_eq!(header.about, None);
    assert!(header.notes["cnn-lab"].starts_with("lenet-5 on mnist"));
    let mut driven = Driven::trained();
    let answer = driven.answer(&picture(&lenet5()));
    let saved = checkpoint(&mut driven);
    let mut again = Driven::new();
    again.load(&lenet5(), Weights::Payload, saved);
    assert_eq!(again.answer(&picture(&lenet5())), answer);
}

#[test]
fn optimiser_state_travels_and_is_no_weight() {
    let mut network = Network::seeded(lenet5(), 1, &cpu()).unwrap();
    let states = [State {
        name: "C1.weight/first_moment".to_owned(),
        dims: vec![2, 2],
        values: vec![1.0, -0.5, f32::MIN_POSITIVE, 3.0e38],
    }];
    let progress = Progress {
        seed: 1,
        step: u64::MAX,
        states: &states,
        training: None,
    };
    let provenance = Provenance::all(&network, false);
    let notes = BTreeMap::from([("by".to_owned(), "“quotes” and \\".to_owned())]);
    let saved = block_on(write(&network, &provenance, progress, &notes)).unwrap();
    let read = File::read(&saved).unwrap();
    assert_eq!(read.states().unwrap(), states);
    assert_eq!(read.header.notes, notes);
    assert_eq!(read.header.about.as_ref().unwrap().step, u64::MAX);
    let (provenance, _) = read_weights(&mut network, &saved).unwrap();
    assert_eq!((provenance.trained, provenance.weighted), (0, WEIGHTED));
}

#[test]
fn a_mismatch_lists_everything_that_is_missing_extra_or_of_another_shape() {
    let graph = lenet5();
    let graph = apply(
        &graph,
        Edit::Remove {
            node: id(&graph, "C3"),
        },
    );
    let mut network = Network::seeded(graph.clone(), 1, &cpu()).unwrap();
    let error = read_weights(&mut network, &file()).unwrap_err();
    // S2 gives 6 maps of 14 × 14 to S4, which gives 6 of 7 × 7 to F5: 294 values instead of 400.
    let wanted = Mismatch {
        missing: Vec::new(),
        extra: vec!["C3.bias".to_owned(), "C3.weight".to_owned()],
        different: vec![Different {
            name: "F5.weight".to_owned(),
            stored: vec![120, 400],
            wanted: vec![120, 294],
        }],
    };
    assert_eq!(error, WeightsError::Mismatch(wanted));
    let mut driven = Driven::new();
    let event = driven.load(&graph, Weights::Payload, file());
    assert_eq!(failure(event), Failure::Weights(error));

    let mut other = GraphBuilder::new("other", Shape::vector(4));
    other.then("fc", Linear::new(3));
    let other = other.finish().unwrap();
    let Failure::Weights(WeightsError::Mismatch(mismatch)) =
        failure(Driven::new().load(&other, Weights::Payload, file()))
    else {
        panic!("another network's weights fitted")
    };
    assert_eq!(mismatch.missing, ["fc.weight", "fc.bias"]);
    assert_eq!(mismatch.extra.len(), 2 * WEIGHTED);
}

/// A file of this header and so many bytes of data.
fn raw(header: &str, data: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + data, 0);
    file
}

fn refused(file: &[u8]) -> WeightsError {
    let mut network = Network::seeded(lenet5(), 1, &cpu()).unwrap();
    read_weights(&mut network, file).unwrap_err()
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let whole = changed(&lenet5());
    let header = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let ends = [
        0,
        1,
        7,
        8,
        9,
        header / 2,
        8 + header - 1,
        8 + header,
        whole.len() - 1,
    ];
    for end in ends {
        let error = refused(&whole[..end]);
        let got = end as u64;
        match error {
            WeightsError::Other(FileFormat::Empty) if end == 0 => {}
            WeightsError::Format { why } if end <= 8 => assert!(why.contains("bytes"), "{why}"),
            // The whole file from where its header is known, else its header.
            WeightsError::Truncated { got: bytes, wanted } => {
                let known = if end < 8 + header {
                    8 + header
                } else {
                    whole.len()
                };
                assert_eq!((bytes, wanted), (got, known as u64));
            }
            error => panic!("{end}: {error}"),
        }
    }
    let mut longer = whole;
    longer.push(0);
    assert!(matches!(refused(&longer), WeightsError::Format { .. }));
}

#[test]
fn a_header_that_cannot_be_is_refused_before_it_is_allocated() {
    for length in [100_000_001, u64::MAX / 2, u64::MAX] {
        let mut file = length.to_le_bytes().to_vec();
        file.extend(b"{}");
        let error = refused(&file);
        assert!(error.to_string().contains(&length.to_string()), "{error}");
    }
}

#[test]
fn names_that_come_twice_are_refused() {
    let tensor = r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
    let second = r#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#;
    let file = raw(&format!(r#"{{"C1.bias":{tensor},"C1.bias":{second}}}"#), 8);
    let name = "C1.bias".to_owned();
    assert_eq!(refused(&file), WeightsError::Duplicate { name });
    let twice = r#"{"__metadata__":{"a":"b"},"__metadata__":{}}"#;
    let error = refused(&raw(twice, 0));
    assert!(error.to_string().contains("twice"), "{error}");
}

#[test]
fn headers_that_say_nonsense_are_refused() {
    for header in [
        "",
        "[]",
        "{",
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        r#"{"__metadata__":{"a":1}}"#,
    ] {
        let error = refused(&raw(header, 4));
        assert!(
            matches!(error, WeightsError::Format { .. }),
            "{header}: {error}"
        );
    }
}

#[test]
fn metadata_of_another_kind_or_version_are_refused_with_the_version() {
    let with = |about: &str| {
        let text = serde_json::to_string(about).unwrap();
        refused(&raw(
            &format!(r#"{{"__metadata__":{{"cnn-lab.checkpoint":{text}}}}}"#),
            0,
        ))
    };
    let got = VERSION + 1;
    let newer = with(&format!(r#"{{"version":{got},"nodes":"else"}}"#));
    assert_eq!(newer, WeightsError::Version { got });
    for about in ["", "{}", "7", r#"{"version":1}"#, r#"{"version":-1}"#] {
        assert!(
            matches!(with(about), WeightsError::Metadata { .. }),
            "{about}"
        );
    }
}

#[test]
fn tensors_that_are_no_floats_or_not_finite_are_named() {
    let network = Network::seeded(lenet5(), 1, &cpu()).unwrap();
    let replaced = |dtype: Dtype, value: &[u8]| {
        let whole = changed(&lenet5());
        let tensors = SafeTensors::deserialize(&whole).unwrap();
        let bytes = value.repeat(6);
        let views = tensors.tensors().into_iter().map(|(name, view)| {
            let other = TensorView::new(dtype, vec![6], &bytes).unwrap();
            let view = if name == "C1.bias" { other } else { view };
            (name, view)
        });
        safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap()
    };
    let name = "C1.bias".to_owned();
    let got = "I64".to_owned();
    let error = refused(&replaced(Dtype::I64, &[0; 8]));
    assert_eq!(error, WeightsError::Dtype { name, got });
    for value in [f32::NAN, f32::INFINITY] {
        let name = "C1.bias".to_owned();
        let error = refused(&replaced(Dtype::F32, &value.to_le_bytes()));
        let (index, value, count) = (vec![0], value.to_string(), 6);
        let wanted = WeightsError::NotFinite {
            name,
            index,
            value,
            count,
        };
        assert_eq!(error, wanted);
    }
    // As it was, in half of the bits: the bias is 0.
    let mut network = network;
    read_weights(&mut network, &replaced(Dtype::F16, &[0; 2])).unwrap();
}

#[test]
fn there_is_no_checkpoint_before_a_network() {
    let message = Driven::new().refused(Command::Checkpoint, Vec::new());
    assert!(message.contains("no network is loaded"), "{message}");
}

proptest! {
    #[test]
    fn any_bytes_are_a_header_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in "[\\[\\]{}\":,a-c0-9_]{0,80}",
    ) {
        let _ = Header::of_file(&bytes);
        let _ = Header::of_file(&raw(&text, 8));
        let _ = serde_json::from_str::<About>(&text);
    }
}
