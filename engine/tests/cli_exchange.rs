//! `cnnlab import` and `cnnlab export`.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;
mod common;

use command::{printed, refused, temporary, written};
use engine::checkpoint::{Header, Weights};
use engine::export::{Facts, Table, report};
use engine::format::json;
use engine::onnx::{self, Options};
use engine::{Analysis, zoo};

fn reference(file: &str) -> String {
    common::folder()
        .join("models")
        .join(file)
        .to_str()
        .unwrap()
        .to_owned()
}

fn path(name: &str) -> String {
    temporary(name).to_str().unwrap().to_owned()
}

#[test]
fn an_onnx_file_becomes_a_document_and_weights() {
    let [document, weights] = ["resnet.json", "resnet.safetensors"].map(path);
    let file = reference("resnet_mini.unfused.onnx");
    let text = printed(&[
        "import",
        &file,
        "--out",
        &document,
        "--weights-out",
        &weights,
    ]);
    // 19,626 parameters and 392 running statistics: models.json.
    assert!(text.contains("20018 parameters"), "{text}");
    let graph = json::read(std::fs::read(document).unwrap()).unwrap();
    let stored = std::fs::read(&weights).unwrap();
    let (read, notes) = Weights::read(&graph, &stored).unwrap();
    assert_eq!((read.count(), notes.len()), (20_018, 0));
    let original = std::fs::read(reference("resnet_mini.safetensors")).unwrap();
    let (wanted, _) = Weights::read(&graph, &original).unwrap();
    assert_eq!(read, wanted);
}

fn of_keras(file: &str) -> String {
    let folder = common::folder().join("keras");
    folder.join(file).to_str().unwrap().to_owned()
}

/// tests/reference/keras_files.py
#[test]
fn a_keras_file_becomes_a_document_and_weights() {
    let [document, weights, alone] =
        ["keras.json", "keras.safetensors", "keras-alone.safetensors"].map(path);
    let file = of_keras("sequential.keras");
    let text = printed(&[
        "import",
        &file,
        "--out",
        &document,
        "--weights-out",
        &weights,
    ]);
    assert!(text.contains("layers"), "{text}");
    let graph = json::read(std::fs::read(document).unwrap()).unwrap();
    let (read, _) = Weights::read(&graph, &std::fs::read(weights).unwrap()).unwrap();
    // Of a file that has weights only these are written.
    let text = printed(&[
        "import",
        &of_keras("sequential.weights.h5"),
        "--out",
        &alone,
    ]);
    assert!(text.contains("--weights"), "{text}");
    let (again, notes) = Weights::read(&graph, &std::fs::read(alone).unwrap()).unwrap();
    assert_eq!(read, again);
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[test]
fn layers_of_keras_that_are_not_read_are_listed() {
    let [document] = ["unread.json"].map(path);
    let file = of_keras("unread.keras");
    let error = refused(&["import", &file, "--out", &document]);
    assert!(error.contains("--part"), "{error}");
    let text = printed(&["import", &file, "--out", &document, "--part"]);
    assert!(
        text.contains("Permute") && text.contains("behind these: 2"),
        "{text}"
    );
}

#[test]
fn a_network_goes_out_as_onnx_and_comes_back() {
    let file = path("lenet.onnx");
    let weights = command::public("models/lenet-5.safetensors");
    printed(&[
        "export",
        "lenet-5",
        "--to",
        "onnx",
        "--weights",
        &weights,
        "--out",
        &file,
    ]);
    let import = onnx::read(&std::fs::read(&file).unwrap(), &Options::default()).unwrap();
    assert!(import.is_complete());
    let graph = zoo::build("lenet-5", &zoo::Options::default()).unwrap();
    let total = |graph| Analysis::of(graph).total;
    assert_eq!(total(&import.graph), total(&graph));
    let document = path("lenet-back.json");
    let told = printed(&["import", &file, "--out", &document]);
    assert!(told.contains("LeNet-5"), "{told}");
}

#[test]
fn squeeze_net_s_weights_have_torchvision_s_keys() {
    let file = path("squeeze.safetensors");
    let weights = command::public("models/squeezenet-1.1.safetensors");
    printed(&[
        "export",
        "squeezenet-1.1",
        "--to",
        "safetensors",
        "--weights",
        &weights,
        "--out",
        &file,
    ]);
    let header = Header::of_file(&std::fs::read(&file).unwrap()).unwrap();
    let names: Vec<&str> = header.tensors.iter().map(|it| it.name.as_str()).collect();
    // torchvision's `squeezenet1_1`: a conv, its ReLU, a pool, then fire modules.
    for name in [
        "features.0.weight",
        "features.3.squeeze.weight",
        "features.4.expand3x3.bias",
        "classifier.1.weight",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn code_comes_with_weights_and_a_sample() {
    let weights = command::public("models/lenet-5.safetensors");
    for (library, file, count) in [
        ("pytorch", "network.py", "61706"),
        ("keras", "network.py", "61706"),
        ("burn", "main.rs", "61706"),
    ] {
        let folder = path(&format!("lenet-{library}"));
        printed(&[
            "export",
            "lenet-5",
            "--to",
            library,
            "--weights",
            &weights,
            "--out",
            &folder,
        ]);
        let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        assert!(text.contains(count), "{text}");
        for file in ["weights.safetensors", "sample.safetensors"] {
            let header =
                Header::of_file(&std::fs::read(format!("{folder}/{file}")).unwrap()).unwrap();
            assert!(!header.tensors.is_empty());
        }
    }
}

#[test]
fn a_report_stands_alone() {
    let file = path("report.html");
    let site = "https://lab.example/";
    printed(&[
        "export", "lenet-5", "--to", "report", "--out", &file, "--site", site,
    ]);
    let html = std::fs::read_to_string(&file).unwrap();
    assert!(
        html.contains("61,706")
            && html.contains("<svg")
            && html.contains("https://lab.example/#lab=1")
    );
    for outside in ["<script", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn tables_stand_in_a_report_with_their_texts_escaped() {
    let graph = zoo::build("lenet-5", &zoo::Options::default()).unwrap();
    let text = |it: &str| it.to_owned();
    let facts = Facts {
        tables: vec![Table {
            title: text("Variants"),
            caption: String::new(),
            head: vec![text("Name"), text("Bytes")],
            rows: vec![vec![text("<a>"), text("12")]],
        }],
        ..Facts::default()
    };
    let html = report(&graph, &facts);
    let row = "<tr><th scope=\"row\">&lt;a&gt;</th><td>12</td></tr>";
    assert!(
        html.contains("<h2>Variants</h2>") && html.contains(row),
        "{html}"
    );
}

#[test]
fn what_cannot_be_opened_is_told() {
    let out = path("nothing.json");
    let file = written("picture.onnx", b"\x89PNG\r\n\x1a\n");
    let error = refused(&["import", &file, "--out", &out]);
    assert!(error.contains("not an ONNX file"), "{error}");
    let weights = reference("resnet_mini.safetensors");
    let error = refused(&[
        "export",
        "lenet-5",
        "--to",
        "onnx",
        "--weights",
        &weights,
        "--out",
        &out,
    ]);
    assert!(
        error.contains("do not fit") || error.contains("conv1"),
        "{error}"
    );
}

#[test]
fn pytorchs_checkpoint_becomes_safetensors() {
    // Its values are known by their places: engine/tests/foreign/make.py.
    let out = path("from-pth.safetensors");
    let file = command::of_tests("foreign/checkpoint.pth");
    printed(&["import", &file, "--out", &out]);
    let stored = std::fs::read(&out).unwrap();
    let header = Header::of_file(&stored).unwrap();
    let names: Vec<&str> = header.tensors.iter().map(|it| it.name.as_str()).collect();
    let wanted = [
        "0.bias",
        "0.weight",
        "1.bias",
        "1.running_mean",
        "1.running_var",
        "1.weight",
    ];
    assert_eq!(names, wanted);
    let start = 8 + Header::length(&stored).unwrap();
    let values = |name: &str| -> Vec<f32> {
        let tensor = header.tensors.iter().find(|it| it.name == name).unwrap();
        let [from, to] = tensor.offsets.map(|it| start + it as usize);
        tensor.floats(&stored[from..to]).unwrap()
    };
    let counted: Vec<f32> = (0..18).map(|it| it as f32 / 8.0).collect();
    assert_eq!(values("0.weight"), counted);
    assert_eq!(values("1.running_var"), [5.0 / 8.0, 6.0 / 8.0]);
    let broken = written("broken.pth", b"PK\x03\x04 nothing");
    assert!(refused(&["import", &broken, "--out", &out]).contains("broken.pth"));
}

#[test]
fn code_becomes_a_document() {
    let text = b"nn.Sequential(\n    nn.Conv2d(1, 6, 5),\n    nn.Fold(2),\n    nn.Flatten(), nn.Linear(3456, 10))";
    let (file, out) = (written("net.py", text), path("net.json"));
    let refused = refused(&["import", &file, "--out", &out]);
    assert!(refused.contains("--part"), "{refused}");
    let told = printed(&["import", &file, "--out", &out, "--part"]);
    assert!(
        told.contains("line 3") && told.contains("34726 parameters"),
        "{told}"
    );
    let graph = json::read(std::fs::read(out).unwrap()).unwrap();
    assert_eq!((graph.name(), graph.input().height), ("net", 28));
}
