//! Weights of the person's own: steps of the history, kept beside the record, told from other files.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::sync::{Arc, Mutex};

use common::{Page, lenet};
use engine::checkpoint::{Different, FileFormat, Mismatch, Note};
use engine::format::Experiment;
use engine::graph::Edit;
use reactive_graph::traits::{GetUntracked, WithUntracked};
use serde_json::Value;
use state::document::{History, Opening, OwnWeights};
use state::library::record::{KeptWeights, Record, Step};
use state::train::{Status, TrainedOn};
use state::weights_file::{self, FileKind};

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
fn an_imported_network_has_no_step_back_to_it_without_its_weights() {
    let page = lenet();
    let document = page.state.document;
    page.state.take_weights(weights(7, "a.onnx"), "open a.onnx");
    document.join_first();
    assert!(!page.state.undo_edit());
    assert_eq!(page.weights(), Some(7));
    page.rename("Mine");
    page.rename("Yours");
    // Steps of the person's own stay.
    document.join_first();
    assert!(page.state.undo_edit());
    assert!(page.state.undo_edit());
    assert_eq!(page.weights(), Some(7));
}

#[test]
fn weights_that_no_training_made_are_not_called_trained_here() {
    let page = lenet();
    let train = page.state.train;
    train.begin(TrainedOn::default());
    train.set_status(Status::Paused);
    let here = || {
        let on = train.trained_weights(page.state.document);
        on.is_some()
    };
    let trained = OwnWeights {
        step: 3,
        ..weights(7, "training")
    };
    page.state.take_weights(trained, "train 3 steps");
    assert!(here());
    assert!(page.state.undo_edit());
    page.state.take_weights(weights(8, "pruning"), "prune");
    assert!(!here());
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

/// How files begin: of safetensors the length of the header and its brace.
const SAFETENSORS: &[u8] = b"\x40\x02\x00\x00\x00\x00\x00\x00{\"a\"";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const ONNX: &[u8] = b"\x08\x07\x12\x07pytorch";
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

#[test]
fn a_file_is_told_by_its_content_and_where_that_does_not_tell_by_its_name() {
    let unknown: &[u8] = b"\x00\x01\x02\x03";
    for (name, media_type, start, kind) in [
        ("LeNet.SafeTensors", "", SAFETENSORS, FileKind::Weights),
        ("cat.png", "image/png", SAFETENSORS, FileKind::Weights),
        ("model.bin", "", SAFETENSORS, FileKind::Weights),
        ("LeNet.safetensors", "", unknown, FileKind::Weights),
        (
            "a.cnnlab.json",
            "",
            b"{\"cnn-lab\": 1}",
            FileKind::Experiment,
        ),
        ("a", "application/json", b"no", FileKind::Experiment),
        ("a", "", b"{\"cnn-lab\": 1}", FileKind::Experiment),
        // UTF-16, as PowerShell writes it.
        ("a.json", "", b"\xff\xfe{\x00", FileKind::Experiment),
        ("cat.png", "image/png", PNG, FileKind::Picture),
        ("weights.h5", "", PNG, FileKind::Picture),
        ("cat.png", "image/png", b"<html>", FileKind::Picture),
        ("cat.png", "image/png", b"", FileKind::Picture),
        ("cat.png", "image/png", ONNX, FileKind::Model),
        ("model.onnx", "", unknown, FileKind::Model),
        (
            "cat.png",
            "image/png",
            LFS,
            FileKind::Foreign(FileFormat::LfsPointer),
        ),
        (
            "a.safetensors",
            "",
            LFS,
            FileKind::Foreign(FileFormat::LfsPointer),
        ),
        (
            "a.safetensors",
            "",
            b"<!doctype html>",
            FileKind::Foreign(FileFormat::Html),
        ),
        (
            "a.safetensors",
            "",
            b"",
            FileKind::Foreign(FileFormat::Empty),
        ),
        ("a.h5", "", HDF5, FileKind::Model),
        ("a.keras", "", HDF5, FileKind::Model),
        (
            "a.keras",
            "",
            unknown,
            FileKind::Foreign(FileFormat::KerasArchive),
        ),
        (
            "Model.PT",
            "",
            unknown,
            FileKind::Foreign(FileFormat::TorchArchive),
        ),
        ("x.npy", "", unknown, FileKind::Foreign(FileFormat::Numpy)),
        (
            "x.tflite",
            "",
            unknown,
            FileKind::Foreign(FileFormat::TensorFlowLite),
        ),
        ("x.ckpt", "", unknown, FileKind::Foreign(FileFormat::Binary)),
        ("x.bin", "", unknown, FileKind::Foreign(FileFormat::Binary)),
        ("notes", "", unknown, FileKind::Picture),
    ] {
        assert_eq!(
            FileKind::of(name, media_type, start),
            kind,
            "{name} {start:?}"
        );
    }
    assert_eq!(weights_file::other_format("a.bin", SAFETENSORS), None);
    let format = weights_file::other_format("a.safetensors", HDF5);
    assert_eq!(format, Some(FileFormat::Hdf5));
}

#[test]
fn how_a_file_was_read_is_told_only_where_there_is_something_to_tell() {
    assert_eq!(weights_file::notes("a.safetensors", &[]), None);
    let part = "module.".to_owned();
    let notes = [
        Note::Removed { part, names: 10 },
        Note::Narrowed { tensors: 9 },
    ];
    assert_eq!(
        weights_file::notes("a.safetensors", &notes).unwrap(),
        "a.safetensors is open: “module.” was left out of the names of 10 tensors; 9 parameters of \
         64-bit floats were rounded to 32 bits."
    );
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
