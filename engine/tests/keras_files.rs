//! Files of Keras 3 (tests/reference/keras_files.py): networks that give what Keras gives, and arrays as h5py
//! writes them.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::io::Read as _;

use engine::checkpoint::{Header, Weights};
use engine::keras_file::{self, KerasError, Options};
use engine::onnx::Import;
use engine::run::{Network, cpu, read_weights};
use engine::{Analysis, Graph, NodeId, Shape, hdf5};
use pollster::block_on;
use safetensors::SafeTensors;

fn file(name: &str) -> Vec<u8> {
    let folder = common::folder().join("keras");
    if let Ok(bytes) = std::fs::read(folder.join(name)) {
        return bytes;
    }
    let packed = std::fs::read(folder.join(format!("{name}.gz"))).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn import(name: &str) -> Import {
    let import = keras_file::read(&file(name), &Options::default()).unwrap();
    assert_eq!(import.unsupported, [], "{name}");
    import
}

/// The two pictures, what Keras gives for them, and how many parameters it counts.
fn reference(name: &str) -> (Vec<f32>, Vec<f32>, u64) {
    let bytes = file(&format!("{name}.io.safetensors"));
    let read = SafeTensors::deserialize(&bytes).unwrap();
    let values = |name: &str| {
        let view = read.tensor(name).unwrap();
        let bytes = view.data().as_chunks().0.iter();
        bytes.map(|it| f32::from_le_bytes(*it)).collect()
    };
    let header = Header::of_file(&bytes).unwrap();
    let count = header.notes["params"].parse().unwrap();
    (values("input"), values("output"), count)
}

fn output(graph: &Graph, weights: &[u8], pictures: &[f32]) -> Vec<f32> {
    let mut network = Network::seeded(graph.clone(), 1, &cpu()).unwrap();
    read_weights(&mut network, weights).unwrap();
    let given = vec![(NodeId::INPUT, pictures.to_vec())];
    block_on(network.outputs_from(given, &[graph.output()]))
        .unwrap()
        .remove(0)
}

fn own(weights: &Weights) -> Vec<u8> {
    weights
        .write(|it| it.name.clone(), &Default::default())
        .unwrap()
}

#[track_caller]
fn assert_close(got: &[f32], wanted: &[f32]) {
    assert_eq!(got.len(), wanted.len());
    for (place, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!(
            (got - wanted).abs() <= 1e-4,
            "value {place}: {got}, Keras {wanted}"
        );
    }
}

#[test]
fn networks_give_what_keras_gives() {
    for (name, of) in [
        ("sequential.keras", "sequential"),
        ("sequential.h5", "sequential"),
        ("trained.keras", "trained"),
        ("functional.keras", "functional"),
    ] {
        let import = import(name);
        let (pictures, wanted, count) = reference(of);
        assert_eq!(Analysis::of(&import.graph).total.params(), count, "{name}");
        assert!(
            import.producer.starts_with("Keras 3."),
            "{}",
            import.producer
        );
        assert_close(
            &output(&import.graph, &own(&import.weights), &pictures),
            &wanted,
        );
    }
}

/// A model in a model in a model, a layer that is used twice, and what prepares the pictures.
#[test]
fn a_model_within_a_model_gives_what_keras_gives() {
    let import = import("nested.keras");
    let (pictures, wanted, count) = reference("nested");
    // The lab has the shared layer twice: 3·3·4·4 weights and 4 biases more.
    assert_eq!(Analysis::of(&import.graph).total.params(), count + 148);
    assert_close(
        &output(&import.graph, &own(&import.weights), &pictures),
        &wanted,
    );
    let notes = import.notes.join("\n");
    for told in ["Rescaling", "-1 to 1", "RandomFlip", "used more than once"] {
        assert!(notes.contains(told), "{notes}");
    }
}

/// The same weights, as a file of their own, for a network that the lab has already.
#[test]
fn weights_alone_fit_the_network() {
    let graph = import("sequential.keras").graph;
    let alone = file("sequential.weights.h5");
    assert_eq!(
        keras_file::read(&alone, &Options::default()).unwrap_err(),
        KerasError::WeightsOnly
    );
    let (pictures, wanted, _) = reference("sequential");
    for name in ["sequential.weights.h5", "sequential.keras", "sequential.h5"] {
        let weights = keras_file::weights(&file(name)).unwrap();
        assert_close(&output(&graph, &weights, &pictures), &wanted);
    }
}

#[test]
fn what_is_not_read_is_listed_and_the_part_before_it_opens() {
    let import = keras_file::read(&file("unread.keras"), &Options::default()).unwrap();
    let unread = import
        .unsupported
        .iter()
        .map(|it| (&*it.node, &*it.operator));
    assert_eq!(unread.collect::<Vec<_>>(), [("turned", "Permute")]);
    // The convolution and the pool behind it.
    assert_eq!(import.behind, 2);
    let names = import.graph.nodes().iter().map(|it| it.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["known", "known_act"]);
    assert_eq!(import.weights.count(), 3 * 3 * 3 * 4 + 4);
}

#[test]
fn another_size_of_picture_is_taken() {
    let options = Options {
        input: Some(Shape::new(2, 17, 20)),
        name: None,
    };
    let import = keras_file::read(&file("functional.keras"), &options).unwrap();
    assert_eq!(import.graph.input(), Shape::new(2, 17, 20));
    assert!(Analysis::of(&import.graph).is_valid());
}

/// `(k − 50) / 8` at the k-th place.
fn values() -> Vec<f32> {
    (0..105).map(|k| (k as f32 - 50.0) / 8.0).collect()
}

#[test]
fn arrays_are_read_as_h5py_writes_them() {
    for name in ["chunks.h5", "latest.h5"] {
        let contents = hdf5::read(&file(name), |_| true).unwrap();
        let paths: Vec<&str> = contents.arrays.iter().map(|it| it.path.as_str()).collect();
        let mut sorted = paths.clone();
        sorted.sort_unstable();
        // The one of whole numbers is none.
        let wanted =
            ["double", "half", "packed", "plain", "summed"].map(|it| format!("group/{it}"));
        assert_eq!(sorted[..5], wanted);
        assert_eq!(sorted[5..], ["scalar"]);
        for array in &contents.arrays {
            if array.path == "scalar" {
                assert_eq!(
                    (array.dims.as_slice(), array.values.as_slice()),
                    (&[][..], &[2.5][..])
                );
            } else {
                assert_eq!(array.dims, [5, 7, 3]);
                assert_eq!(array.values, values(), "{name}: {}", array.path);
            }
        }
    }
}

#[test]
fn a_group_of_many_arrays_is_read_whole() {
    let contents = hdf5::read(&file("many.h5"), |_| true).unwrap();
    assert_eq!(contents.arrays.len(), 300);
    for array in contents.arrays {
        let number: f32 = array.path[1..].parse().unwrap();
        assert_eq!(array.values, [number]);
    }
}

#[test]
fn big_endian_floats_are_refused_by_name() {
    let error = hdf5::read(&file("big_endian.h5"), |_| true).unwrap_err();
    assert!(error.to_string().contains("values"), "{error}");
}
