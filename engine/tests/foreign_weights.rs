//! Files of weights that other programs wrote. Values: `tests/foreign/make.py`, run with PyTorch.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use std::collections::BTreeMap;
use std::path::Path;

use driven::Driven;
use engine::checkpoint::{FileFormat, Note, WeightsError};
use engine::layer::{Activation, BatchNorm, Conv, Flatten, Linear};
use engine::run::{Network, cpu, read_weights, write_weights};
use engine::session::{Event, Weights};
use engine::{Graph, GraphBuilder, Shape, zoo};
use pollster::block_on;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn bytes(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
    std::fs::read(folder.join(file)).unwrap()
}

/// The network of `make.py`.
fn small() -> Graph {
    let mut net = GraphBuilder::new("small", Shape::new(2, 6, 6));
    net.then(
        "conv1",
        Conv {
            bias: false,
            ..Conv::new(4, 3)
        },
    );
    net.then("bn1", BatchNorm::new());
    net.then("relu", Activation::Relu);
    net.then("conv2", Conv::new(3, 3));
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(5));
    net.finish().unwrap()
}

fn values(file: &str, name: &str) -> Vec<f32> {
    let file = bytes(file);
    let file = SafeTensors::deserialize(&file).unwrap();
    let (chunks, _) = file.tensor(name).unwrap().data().as_chunks::<4>();
    chunks.iter().map(|&it| f32::from_le_bytes(it)).collect()
}

fn network(graph: Graph) -> Network {
    Network::seeded(graph, 7, &cpu()).unwrap()
}

/// The file with its tensors under other names; `None` leaves one out.
fn renamed(file: &[u8], rename: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let file = SafeTensors::deserialize(file).unwrap();
    let tensors = file.tensors().into_iter();
    let tensors: Vec<(String, TensorView)> = tensors
        .filter_map(|(name, view)| Some((rename(&name)?, view)))
        .collect();
    safetensors::serialize(tensors, None).unwrap()
}

fn read(file: &[u8]) -> Result<(Network, Vec<Note>), WeightsError> {
    let mut network = network(small());
    let (_, notes) = read_weights(&mut network, file)?;
    Ok((network, notes))
}

/// The largest difference of the network's outputs from these.
fn difference(network: &Network, wanted: &[f32]) -> f32 {
    let output = [network.graph().output()];
    let trace = block_on(network.trace(&values("results.safetensors", "input"), &output)).unwrap();
    assert_eq!(trace.warning, None);
    assert_eq!(trace.values[0].len(), wanted.len());
    let pairs = trace.values[0].iter().zip(wanted);
    pairs.fold(0.0, |most: f32, (got, wanted)| {
        most.max((got - wanted).abs())
    })
}

/// Outputs are of order 1, and sums of at most 36 products.
const BUDGET: f32 = 2e-6;

#[test]
fn a_state_dict_of_pytorch_is_read_in_every_kind_of_float() {
    for kind in ["f32", "f64", "f16", "bf16"] {
        let (network, notes) = read(&bytes(&format!("{kind}.safetensors"))).unwrap();
        let wanted = values("results.safetensors", &format!("output.{kind}"));
        let difference = difference(&network, &wanted);
        assert!(difference < BUDGET, "{kind}: {difference}");
        // Weight, bias, mean, variance of the norm; three weights and two biases besides.
        let narrowed = vec![Note::Narrowed { tensors: 9 }];
        assert_eq!(notes, if kind == "f64" { narrowed } else { Vec::new() });
    }
}

#[test]
fn what_programs_put_around_a_module_is_left_out_of_its_names_and_told() {
    let file = bytes("f32.safetensors");
    let wanted = values("results.safetensors", "output.f32");
    for prefix in [
        "module.",
        "_orig_mod.",
        "model.",
        "_orig_mod.module.",
        "module._orig_mod.",
        "model.module.",
        "model._orig_mod.",
        "module.model._orig_mod.",
        "model.net.",
        "model.model.",
        "ema.student.",
    ] {
        let file = renamed(&file, |name| Some(format!("{prefix}{name}")));
        let (network, notes) = read(&file).unwrap();
        assert!(difference(&network, &wanted) < BUDGET, "{prefix}");
        // What was left out, in one note or several, is the prefix.
        let mut rest = prefix.to_owned();
        for note in notes {
            // Nine parameters and the number of batches.
            let Note::Removed { part, names: 10 } = note else {
                panic!("{prefix}: {note}");
            };
            assert!(rest.contains(&part), "{prefix}: {part}");
            rest = rest.replacen(&part, "", 1);
        }
        assert_eq!(rest, "", "{prefix}");
    }
    // As `model.features = DataParallel(model.features)` and `torch.compile` of a part have it.
    let inner = renamed(&file, |name| {
        let name = name
            .replace("conv", "conv.module.")
            .replace("bn1.", "bn1._orig_mod.");
        Some(
            name.replace("conv.module.1.", "conv1.module.")
                .replace("conv.module.2.", "conv2.module."),
        )
    });
    let (network, notes) = read(&inner).unwrap();
    assert!(difference(&network, &wanted) < BUDGET);
    assert_eq!(notes.len(), 2);
}

#[test]
fn names_that_fit_are_left_alone() {
    // A network whose own nodes are called so.
    let mut net = GraphBuilder::new("own", Shape::vector(4));
    net.then("module.fc", Linear::new(3));
    let graph = net.finish().unwrap();
    let file = block_on(write_weights(&network(graph.clone()), BTreeMap::new())).unwrap();
    let (_, notes) = read_weights(&mut network(graph), &file).unwrap();
    assert_eq!(notes, []);
}

#[test]
fn a_prefix_does_not_hide_what_is_wrong() {
    let file = bytes("f32.safetensors");
    // Without one parameter, and with one too many.
    let wrong = renamed(&file, |name| match name {
        "fc.bias" => None,
        "conv2.bias" => Some("module.conv9.bias".to_owned()),
        name => Some(format!("module.{name}")),
    });
    let Err(WeightsError::Mismatch(mismatch)) = read(&wrong).map(|_| ()) else {
        panic!("it fitted");
    };
    assert_eq!(mismatch.missing, ["conv2.bias", "fc.bias"]);
    assert_eq!(mismatch.extra, ["module.conv9.bias"]);
    // Two tensors would have one name.
    let both = renamed(&file, |name| {
        Some(if name == "fc.bias" {
            "module.conv2.bias".to_owned()
        } else {
            name.to_owned()
        })
    });
    let Err(WeightsError::Mismatch(mismatch)) = read(&both).map(|_| ()) else {
        panic!("it fitted");
    };
    assert_eq!(mismatch.missing, ["fc.bias"]);
    // A prefix that is not known is taken only if then everything fits.
    let part = renamed(&file, |name| {
        (name != "fc.bias").then(|| format!("ema.{name}"))
    });
    let Err(WeightsError::Mismatch(mismatch)) = read(&part).map(|_| ()) else {
        panic!("it fitted");
    };
    assert_eq!(mismatch.missing.len(), 9);
}

/// The file with one tensor replaced.
fn replaced(name: &str, dtype: Dtype, dims: &[usize], data: &[u8]) -> Vec<u8> {
    let file = bytes("f32.safetensors");
    let file = SafeTensors::deserialize(&file).unwrap();
    let other = TensorView::new(dtype, dims.to_vec(), data).unwrap();
    let tensors = file.tensors().into_iter();
    let tensors = tensors.map(|(it, view)| {
        if it == name {
            (it, other.clone())
        } else {
            (it, view)
        }
    });
    safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap()
}

#[test]
fn values_that_are_no_finite_32_bit_floats_are_named_with_their_place() {
    let mut wide = [0.5_f64; 15 * 4];
    wide[14] = -1e39;
    wide[31] = 3.5e38;
    let data: Vec<u8> = wide.iter().flat_map(|it| it.to_le_bytes()).collect();
    let error = read(&replaced("fc.weight", Dtype::F64, &[5, 12], &data)).map(|_| ());
    let error = error.unwrap_err().to_string();
    // 14 is row 1, column 2.
    for part in ["fc.weight", "-1e39", "[1, 2]", "2 such values", "32-bit"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let mut values = [0.5_f32; 60];
    values[59] = f32::NEG_INFINITY;
    let data: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    let error = read(&replaced("fc.weight", Dtype::F32, &[5, 12], &data)).map(|_| ());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("-inf at [4, 11] (1 such value)"), "{error}");
    let whole = replaced("fc.bias", Dtype::I64, &[5], &[0; 40]);
    let error = read(&whole).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("“fc.bias” is stored as I64"), "{error}");
}

#[test]
fn torchvision_s_older_names_of_densenet_are_taken() {
    let graph = zoo::build("densenet-mini", &Default::default()).unwrap();
    let of = |network: &Network| block_on(write_weights(network, BTreeMap::new())).unwrap();
    let file = of(&Network::seeded(graph.clone(), 3, &cpu()).unwrap());
    // torchvision, densenet.py: `denselayer1.norm.1.weight` was what is now `denselayer1.norm1.weight`.
    let old = renamed(&file, |name| {
        let mut name = name.to_owned();
        for part in ["norm", "conv"] {
            for number in ["1", "2"] {
                let new = format!(".{part}{number}.");
                if name.contains("denselayer") {
                    name = name.replace(&new, &format!(".{part}.{number}."));
                }
            }
        }
        Some(format!("module.{name}"))
    });
    let mut network = network(graph);
    let (_, notes) = read_weights(&mut network, &old).unwrap();
    assert!(of(&network) == file, "other weights");
    // Twelve layers of two norms of four and two convolutions.
    assert!(
        notes.contains(&Note::OldDenseNet { names: 12 * 10 }),
        "{notes:?}"
    );
}

/// torchvision's names, `squeezenet.py`: features.3, 4, 5, 7, 8, 9, 10 and 12 of 1.0 are the fires,
/// 3, 4, 6, 7, 9, 10, 11 and 12 of 1.1.
#[test]
fn torchvision_s_names_of_squeezenet_are_taken() {
    for (name, fires) in [
        ("squeezenet-1.0", [3, 4, 5, 7, 8, 9, 10, 12]),
        ("squeezenet-1.1", [3, 4, 6, 7, 9, 10, 11, 12]),
    ] {
        let graph = zoo::build(name, &Default::default()).unwrap();
        let of = |network: &Network| block_on(write_weights(network, BTreeMap::new())).unwrap();
        let file = of(&Network::seeded(graph.clone(), 3, &cpu()).unwrap());
        let theirs = renamed(&file, |name| {
            let mut name = name.replace("squeeze1x1", "squeeze").replace('/', ".");
            for (ours, theirs) in (2..).zip(fires) {
                name = name.replace(&format!("fire{ours}."), &format!("features.{theirs}."));
            }
            let name = name.replace("conv10.", "classifier.1.");
            Some(name.replace("conv1.", "features.0."))
        });
        let mut network = network(graph);
        let (_, notes) = read_weights(&mut network, &theirs).unwrap();
        assert!(of(&network) == file, "{name}: other weights");
        // squeezenet.py has `ceil_mode=True` in all three; this zoo's 1.1 is the authors'.
        let told = match name {
            "squeezenet-1.1" => vec![Note::SqueezeNet, Note::FloorPools { pools: 3 }],
            _ => vec![Note::SqueezeNet],
        };
        assert_eq!(notes, told);
    }
}

#[test]
fn heads_that_only_training_uses_are_left_out_and_told() {
    let file = bytes("f32.safetensors");
    let source = SafeTensors::deserialize(&file).unwrap();
    let mut tensors = source.tensors();
    let extra = source.tensor("fc.bias").unwrap();
    tensors.push(("aux1.fc2.bias".to_owned(), extra.clone()));
    let with = safetensors::serialize(tensors.clone(), None).unwrap();
    let (_, notes) = read(&with).unwrap();
    let heads = vec!["aux1".to_owned()];
    assert_eq!(notes, [Note::Auxiliary { heads, tensors: 1 }]);
    tensors.push(("other.bias".to_owned(), extra));
    let error = read(&safetensors::serialize(tensors, None).unwrap()).map(|_| ());
    assert!(matches!(error, Err(WeightsError::Mismatch(_))));
}

#[test]
fn a_session_tells_the_notes_and_keeps_the_weights_through_an_edit() {
    let file = renamed(&bytes("f32.safetensors"), |name| {
        Some(format!("module.{name}"))
    });
    let mut driven = Driven::new();
    let event = driven.load(&small(), Weights::Payload, file);
    let Event::Loaded {
        trained: 4,
        weighted: 4,
        notes,
    } = event
    else {
        panic!("{event:?}");
    };
    assert_eq!(
        notes[0].to_string(),
        "“module.” was left out of the names of 10 tensors"
    );
}

#[test]
fn what_is_no_safetensors_file_is_named() {
    for (file, wanted) in [
        ("lfs.safetensors", FileFormat::LfsPointer),
        ("html.safetensors", FileFormat::Html),
    ] {
        let error = read(&bytes(file)).map(|_| ()).unwrap_err();
        assert_eq!(error, WeightsError::Other(wanted));
    }
    let error = read(&bytes("dup.safetensors"))
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("two tensors named “fc.bias”"), "{error}");
}

#[test]
fn other_programs_files_are_told_by_how_they_begin() {
    let starts: BTreeMap<String, String> = serde_json::from_slice(&bytes("starts.json")).unwrap();
    assert!(starts.len() > 20);
    for (name, hex) in starts {
        let start: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let wanted = name.split(' ').next().unwrap();
        // Whatever the name says.
        for called in ["weights.safetensors", "weights.bin", "cat.png"] {
            let format = FileFormat::told(called, &start);
            let format = serde_json::to_value(format).unwrap();
            assert_eq!(format, wanted, "{name}");
        }
        let error = read(&start).map(|_| ()).unwrap_err().to_string();
        assert!(
            error.starts_with("this is not a safetensors file: it is "),
            "{error}"
        );
    }
    let real = bytes("f32.safetensors");
    assert_eq!(
        FileFormat::told("a.pt", &real),
        Some(FileFormat::Safetensors)
    );
    // Content that does not tell: the name.
    let bytes = [0x0a, 0x83, 0x00, 0xff];
    for (name, wanted) in [
        ("Frozen.PB", Some(FileFormat::TensorFlow)),
        (
            "model.ckpt-10.data-00000-of-00001",
            Some(FileFormat::TensorFlow),
        ),
        ("model.ckpt", Some(FileFormat::Binary)),
        ("yolo.weights", Some(FileFormat::Darknet)),
        ("cat", None),
    ] {
        assert_eq!(FileFormat::told(name, &bytes), wanted, "{name}");
    }
}
