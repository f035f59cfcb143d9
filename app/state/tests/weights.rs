//! Weights of the person's own: steps of the history, kept beside the record, told from other files.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::sync::{Arc, Mutex};

use common::{Page, lenet};
use engine::checkpoint::{Different, Mismatch};
use engine::format::Experiment;
use engine::graph::Edit;
use reactive_graph::traits::{GetUntracked, WithUntracked};
use serde_json::Value;
use state::document::{History, Opening, OwnWeights};
use state::library::record::{KeptWeights, Record, Step};
use state::weights_file::{self, FileKind, Foreign};

fn weights(number: u64, from: &str) -> OwnWeights {
    OwnWeights {
        number,
        from: from.into(),
        step: 0,
    }
}

impl Page {
    fn weights(&self) -> Option<u64> {
        let weights = self.state.document.weights().get_untracked();
        weights.map(|it| it.number)
    }

    fn rename(&self, name: &str) {
        let name = name.to_owned();
        assert!(self.state.apply(Edit::RenameGraph { name }));
    }

    /// As the storage has it.
    fn record(&self) -> (Record, Vec<Step>) {
        let document = self.state.document;
        let now = document.weights().get_untracked();
        let record = document.history().with_untracked(|history| Record {
            trail: history.trail(history.now()),
            weights: history.weights(now.as_ref()),
            ..Record::default()
        });
        let states = document.history().with_untracked(|history| {
            let numbers = history.unkept(|_| false).into_iter();
            let pack = |number| (number, history.pack(number).unwrap().unwrap());
            numbers.map(pack).collect()
        });
        (record, states)
    }

    /// The numbers of the checkpoints that some step of the history has.
    fn in_use(&self) -> Vec<u64> {
        let (record, _) = self.record();
        record.weights.iter().map(|it| it.weights.number).collect()
    }
}

#[test]
fn weights_are_a_step_that_undo_takes_back_and_an_edit_keeps() {
    let page = lenet();
    let told = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&told);
    page.state.document.when_opened(move |opening: Opening| {
        let number = opening.weights.map(|it| it.number);
        hear.lock().unwrap().push((opening.network, number));
    });
    let graph = page.graph();
    page.state
        .take_weights(weights(7, "a.safetensors"), "open a.safetensors");
    assert_eq!(page.weights(), Some(7));
    assert_eq!(page.graph(), graph);
    page.rename("Mine");
    assert_eq!(page.weights(), Some(7));
    page.state
        .take_weights(weights(8, "b.safetensors"), "open b.safetensors");
    // Undo across the edit; of the network the same is running.
    for wanted in [Some(7), Some(7), None] {
        assert!(page.state.undo_edit());
        assert_eq!(page.weights(), wanted);
    }
    assert!(!page.state.undo_edit());
    for wanted in [Some(7), Some(7), Some(8)] {
        assert!(page.state.redo_edit());
        assert_eq!(page.weights(), wanted);
    }
    // Told only when they change, and never as another network.
    let changes = [7, 8, 7, 0, 7, 8].map(|number| (false, (number > 0).then_some(number)));
    assert_eq!(*told.lock().unwrap(), changes);
}

#[test]
fn another_network_has_its_own_weights_and_undo_brings_the_person_s_back() {
    let page = lenet();
    page.state.take_weights(weights(7, "a"), "open a");
    let other = engine::zoo::build("resnet-18", &Default::default()).unwrap();
    assert!(page.state.open_as(other, Some("resnet-18")));
    assert_eq!(page.weights(), None);
    assert!(page.state.undo_edit());
    assert_eq!(page.weights(), Some(7));
    // A new experiment has none.
    let experiment = Experiment::of(page.graph());
    page.state
        .put_experiment(&experiment, History::default(), None);
    assert_eq!(page.weights(), None);
    assert_eq!(page.in_use(), [0; 0]);
}

#[test]
fn weights_that_no_step_of_the_history_has_are_in_use_no_longer() {
    let page = lenet();
    page.state.take_weights(weights(7, "a"), "open a");
    page.state.take_weights(weights(8, "b"), "open b");
    let mut both = page.in_use();
    both.sort_unstable();
    assert_eq!(both, [7, 8]);
    page.state.undo_edit();
    page.state.undo_edit();
    // What could be redone still has them; after another edit nothing can be redone.
    assert_eq!(page.in_use().len(), 2);
    page.rename("Mine");
    assert_eq!(page.in_use(), [0; 0]);
}

#[test]
fn a_kept_history_has_its_weights_again() {
    let page = lenet();
    page.rename("A");
    page.state.take_weights(weights(7, "a"), "open a");
    page.rename("B");
    page.state.take_weights(weights(8, "b"), "open b");
    page.state.undo_edit();
    let (record, states) = page.record();
    let experiment = Experiment::of(page.graph());

    let record = Record::read(&record.write()).unwrap();
    assert_eq!(record.own_weights(), Some(&weights(7, "a")));
    let again = lenet();
    again.state.put_experiment(
        &experiment,
        History::of(&record.trail, states, &record.weights),
        record.own_weights().cloned(),
    );
    assert_eq!(again.weights(), Some(7));
    assert_eq!(again.record().0.trail, page.record().0.trail);
    assert!(again.state.redo_edit());
    assert_eq!(again.weights(), Some(8));
    for wanted in [Some(7), Some(7), None, None] {
        assert!(again.state.undo_edit());
        assert_eq!(again.weights(), wanted);
    }
}

#[test]
fn a_record_of_before_has_no_weights_and_lost_ones_are_forgotten() {
    let page = lenet();
    page.state.take_weights(weights(7, "a"), "open a");
    page.rename("Mine");
    page.state.take_weights(weights(8, "b"), "open b");
    let (mut record, _) = page.record();
    let mut old: Value = serde_json::from_str(&record.write()).unwrap();
    assert!(old.as_object_mut().unwrap().remove("weights").is_some());
    let old = Record::read(&old.to_string()).unwrap();
    assert_eq!(old.weights, [] as [KeptWeights; 0]);
    assert_eq!(old.trail, record.trail);

    assert_eq!(record.forget_weights(|number| number == 7), ["b"]);
    assert_eq!(record.own_weights(), None);
    assert_eq!(record.weights.len(), 1);
    assert_eq!(record.forget_weights(|number| number == 7), [""; 0]);
}

#[test]
fn a_file_is_told_by_its_name_or_its_start() {
    for (name, media_type, kind) in [
        ("LeNet.SafeTensors", "", FileKind::Weights),
        ("a.cnnlab.json", "", FileKind::Experiment),
        ("a", "application/json", FileKind::Experiment),
        ("cat.png", "image/png", FileKind::Other),
        ("Model.PT", "", FileKind::Foreign(Foreign::PyTorch)),
        ("x.npy", "", FileKind::Foreign(Foreign::Numpy)),
        ("x.h5", "", FileKind::Foreign(Foreign::Keras)),
        ("x.onnx", "", FileKind::Foreign(Foreign::Onnx)),
    ] {
        assert_eq!(FileKind::of(name, media_type), kind, "{name}");
    }
    let named_otherwise = "weights.safetensors";
    for (start, kind) in [
        (&b"\x93NUMPY\x01\x00"[..], Some(Foreign::Numpy)),
        (b"\x89HDF\r\n\x1a\n", Some(Foreign::Keras)),
        (b"PK\x03\x04\x00\x00\x08\x08", Some(Foreign::PyTorch)),
        // The length of a header.
        (b"\x40\x02\x00\x00\x00\x00\x00\x00", None),
        (b"", None),
    ] {
        assert_eq!(Foreign::of(named_otherwise, start), kind, "{start:?}");
    }
}

#[test]
fn a_mismatch_counts_each_list_and_names_the_first_few() {
    let names = |stem: &str, count: usize| -> Vec<String> {
        (0..count).map(|at| format!("{stem}{at}")).collect()
    };
    let mismatch = Mismatch {
        missing: names("m", 5),
        extra: names("e", 1),
        different: vec![Different {
            name: "C1.weight".into(),
            stored: vec![6, 1, 3, 3],
            wanted: vec![6, 1, 5, 5],
        }],
    };
    assert_eq!(
        weights_file::mismatch("LeNet-5", &mismatch),
        "its weights do not fit LeNet-5 (5 missing: m0, m1, m2 and 2 more; 1 not wanted: e0; \
         1 of another shape: C1.weight ([6, 1, 3, 3] in the file, [6, 1, 5, 5] wanted))"
    );
    let lists = weights_file::mismatch_lists(&mismatch);
    let titles: Vec<_> = lists.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, ["5 missing", "1 not wanted", "1 of another shape"]);
    assert_eq!(lists[0].1, names("m", 5));
    let missing = Mismatch {
        missing: names("m", 2),
        ..Mismatch::default()
    };
    assert_eq!(weights_file::mismatch_lists(&missing).len(), 1);
}
