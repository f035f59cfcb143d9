//! Damaged and hostile files of Keras: each a clear error, none a crash or a large allocation.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::io::Write as _;

use engine::hdf5::{self, Hdf5Error};
use engine::keras_file::{self, KerasError, Options};
use proptest::prelude::*;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(common::folder().join("keras").join(name)).unwrap()
}

fn error(file: &[u8]) -> String {
    keras_file::read(file, &Options::default())
        .unwrap_err()
        .to_string()
}

/// A `.keras` file of these parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// With this configuration and the weights of another model.
fn of_config(config: &Value) -> Vec<u8> {
    let weights = file("chunks.h5");
    zipped(&[
        ("config.json", config.to_string().as_bytes()),
        ("model.weights.h5", &weights),
    ])
}

fn input() -> Value {
    json!({"class_name": "InputLayer", "config": {"batch_shape": [null, 8, 8, 3], "name": "in"}, "name": "in",
        "inbound_nodes": []})
}

fn functional(mut layers: Vec<Value>, output: &str) -> Value {
    layers.insert(0, input());
    json!({"class_name": "Functional", "config": {"name": "f", "layers": layers, "input_layers": ["in", 0, 0],
        "output_layers": [output, 0, 0]}})
}

fn relu(name: &str, from: &str) -> Value {
    json!({"class_name": "ReLU", "config": {"name": name}, "name": name, "inbound_nodes": [[[from, 0, 0, {}]]]})
}

/// The file of arrays of 5 × 7 × 3 values, whose first sides are another number.
fn with_sides(side: u64) -> Vec<u8> {
    let mut bytes = file("chunks.h5");
    let sides = |first: u64| [first, 7, 3].map(u64::to_le_bytes).concat();
    let (before, after) = (sides(5), sides(side));
    let mut count = 0;
    for at in 0..bytes.len() - before.len() {
        if bytes[at..].starts_with(&before) {
            bytes[at..at + after.len()].copy_from_slice(&after);
            count += 1;
        }
    }
    assert!(count >= 5, "{count} arrays");
    bytes
}

#[test]
fn a_small_configuration_is_read() {
    let config = functional(vec![relu("a", "in"), relu("b", "a")], "b");
    let import = keras_file::read(&of_config(&config), &Options::default()).unwrap();
    assert!(import.is_complete());
    assert_eq!(import.graph.nodes().len(), 2);
}

#[test]
fn what_is_no_keras_file_is_told() {
    assert!(error(b"").contains("no Keras file"));
    assert!(error(b"PK\x03\x04 and nothing else").contains("zip is damaged"));
    let other = zipped(&[("data.pkl", b"x")]);
    assert!(error(&other).contains("config.json"), "{}", error(&other));
    let alone = zipped(&[("config.json", b"{}")]);
    assert!(
        error(&alone).contains("model.weights.h5"),
        "{}",
        error(&alone)
    );
    let no_json = zipped(&[("config.json", b"<html>"), ("model.weights.h5", b"")]);
    assert!(error(&no_json).contains("no JSON"), "{}", error(&no_json));
    let no_weights = zipped(&[("config.json", b"{}"), ("model.weights.h5", b"12345678")]);
    assert!(
        error(&no_weights).contains("HDF5"),
        "{}",
        error(&no_weights)
    );
}

#[test]
fn a_truncated_file_is_told() {
    let weights = file("sequential.weights.h5");
    let half = &weights[..weights.len() / 2];
    assert!(error(half).contains("not whole"), "{}", error(half));
    let whole = file("trained.keras");
    assert!(error(&whole[..whole.len() / 2]).contains("zip is damaged"));
}

#[test]
fn a_length_of_2_to_63_is_told() {
    let error = hdf5::read(&with_sides(1 << 63), |_| true).unwrap_err();
    assert!(matches!(error, Hdf5Error::TooLarge { .. }), "{error}");
}

/// Fewer than the most values, and far more than a file of this length holds, packed or not.
#[test]
fn an_array_that_the_file_cannot_hold_is_told() {
    let error = hdf5::read(&with_sides(1 << 23), |_| true).unwrap_err();
    assert!(matches!(error, Hdf5Error::Missing { .. }), "{error}");
}

/// The root's first entry is the root.
#[test]
fn a_loop_of_links_is_told() {
    let bytes = file("chunks.h5");
    let root = u64::from_le_bytes(bytes[64..72].try_into().unwrap());
    // The first entry of the root's symbol table: `group`.
    let table = bytes.windows(4).position(|it| it == b"SNOD").unwrap();
    let at = table + 16;
    let mut bytes = bytes;
    bytes[at..at + 8].copy_from_slice(&root.to_le_bytes());
    let error = hdf5::read(&bytes, |_| true).unwrap_err();
    assert!(matches!(error, Hdf5Error::Loop { .. }), "{error}");
}

#[test]
fn a_tree_that_is_its_own_branch_is_told() {
    let mut bytes = file("chunks.h5");
    let tree = bytes.windows(4).position(|it| it == b"TREE").unwrap();
    // Behind the siblings and the first key.
    bytes[tree + 32..tree + 40].copy_from_slice(&(tree as u64).to_le_bytes());
    let error = hdf5::read(&bytes, |_| true).unwrap_err();
    assert!(matches!(error, Hdf5Error::Damaged { .. }), "{error}");
}

#[test]
fn layers_that_need_each_other_are_told() {
    let config = functional(vec![relu("a", "b"), relu("b", "a")], "b");
    let error = error(&of_config(&config));
    assert!(error.contains("each other's outputs"), "{error}");
}

#[test]
fn models_deep_within_each_other_are_told() {
    let mut inner = functional(vec![relu("a", "in")], "a");
    for _ in 0..12 {
        inner["name"] = json!("m");
        inner["inbound_nodes"] = json!([[["in", 0, 0, {}]]]);
        inner = functional(vec![inner], "m");
    }
    let error = error(&of_config(&inner));
    assert!(error.contains("deep within each other"), "{error}");
}

/// Eight models within each other, each of which calls the next 100 times.
#[test]
fn models_that_are_called_too_often_are_told() {
    let mut inner = functional(vec![relu("a", "in")], "a");
    for _ in 0..7 {
        inner["name"] = json!("m");
        let call = json!([["in", 0, 0, {}]]);
        inner["inbound_nodes"] = Value::Array(vec![call; 100]);
        inner = functional(vec![inner], "m");
    }
    let error = error(&of_config(&inner));
    assert!(error.contains("called more than"), "{error}");
}

#[test]
fn text_that_is_nested_too_deeply_is_told() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let weights = file("chunks.h5");
    let file = zipped(&[
        ("config.json", deep.as_bytes()),
        ("model.weights.h5", &weights),
    ]);
    assert!(error(&file).contains("no JSON"), "{}", error(&file));
}

#[test]
fn a_class_of_one_s_own_and_several_inputs_are_told() {
    let own = json!({"class_name": "MyNet", "config": {"name": "x"}});
    assert!(error(&of_config(&own)).contains("MyNet"));
    let mut two = functional(vec![relu("a", "in")], "a");
    two["config"]["input_layers"] = json!([["in", 0, 0], ["other", 0, 0]]);
    assert!(error(&of_config(&two)).contains("2 inputs"));
}

#[test]
fn an_open_input_is_asked_for() {
    let mut open = functional(vec![relu("a", "in")], "a");
    open["config"]["layers"][0]["config"]["batch_shape"] = json!([null, null, null, 3]);
    let file = of_config(&open);
    let error = keras_file::read(&file, &Options::default()).unwrap_err();
    assert!(matches!(error, KerasError::OpenInput { .. }), "{error}");
    let options = Options {
        input: Some(engine::Shape::new(3, 8, 8)),
        name: None,
    };
    assert!(keras_file::read(&file, &options).is_ok());
}

#[test]
fn weights_of_another_shape_and_missing_ones_are_told() {
    let dense = json!({"class_name": "Dense", "config": {"name": "d", "units": 4}, "name": "d",
        "inbound_nodes": [[["in", 0, 0, {}]]]});
    let error = error(&of_config(&functional(vec![dense], "d")));
    assert!(error.contains("“d”") && error.contains("weight"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Bytes of a sound file, changed anywhere.
    #[test]
    fn any_changed_byte_is_read_or_told(at in 0_usize..60_000, to: u8, name in 0_usize..3) {
        let name = ["chunks.h5", "latest.h5", "sequential.weights.h5"][name];
        let mut bytes = file(name);
        let length = bytes.len();
        bytes[at % length] = to;
        let _ = hdf5::read(&bytes, |_| true);
    }

    #[test]
    fn any_bytes_behind_the_signature_are_read_or_told(rest: Vec<u8>) {
        let mut bytes = hdf5::SIGNATURE.to_vec();
        bytes.extend(rest);
        let _ = keras_file::read(&bytes, &Options::default());
    }
}
