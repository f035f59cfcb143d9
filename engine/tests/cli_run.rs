//! `cnnlab run` and `cnnlab time` as a person or a script meets them.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use engine::zoo::{self, Options};
use engine::{Analysis, analysis::Precision};
use image::{GrayImage, Luma};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;

fn cnnlab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cnnlab"))
        .args(args)
        .output()
        .unwrap()
}

fn printed(args: &[&str]) -> String {
    let output = cnnlab(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = cnnlab(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn public(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../public")
        .join(file);
    path.to_str().unwrap().to_owned()
}

/// A found picture of a digit.
fn digit(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join(format!("tests/data/digits/{name}.jpg"));
    path.to_str().unwrap().to_owned()
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A file of these bytes.
fn file(name: &str, bytes: &[u8]) -> String {
    let path = temporary(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A safetensors file with one array of zeros.
fn array(file_name: &str, name: &str, dtype: Dtype, dims: &[usize]) -> String {
    let bytes = vec![0; dims.iter().product::<usize>() * dtype.bitsize() / 8];
    let view = TensorView::new(dtype, dims.to_vec(), &bytes).unwrap();
    file(
        file_name,
        &safetensors::serialize([(name, view)], None).unwrap(),
    )
}

fn run(network: &str, weights: &str, input: &str) -> Vec<String> {
    let weights = public(weights);
    let args = ["run", network, "--weights", &weights, "--input", input];
    args.map(str::to_owned).to_vec()
}

fn answered(network: &str, weights: &str, input: &str) -> String {
    let args = run(network, weights, input);
    printed(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The class that the second line, the likeliest, names.
fn likeliest(text: &str) -> &str {
    let line = text.lines().nth(1).unwrap();
    line.split_once("%  ")
        .unwrap()
        .1
        .trim_start()
        .split_once("  ")
        .unwrap()
        .1
}

#[test]
fn a_photo_of_a_cat_is_answered_by_name() {
    let cats = ["tabby", "tiger cat", "Egyptian cat"];
    for network in ["squeezenet-1.1", "efficientnet-lite0"] {
        let weights = format!("models/{network}.safetensors");
        let text = answered(network, &weights, &public("photos/chelsea.png"));
        assert!(cats.contains(&likeliest(&text)), "{network}: {text}");
        assert_eq!(text.lines().count(), 6, "one line and five classes: {text}");
    }
}

#[test]
fn a_jpeg_is_a_photo_too() {
    let photo = public("photos/hubble_deep_field.jpg");
    let text = answered(
        "squeezenet-1.1",
        "models/squeezenet-1.1.safetensors",
        &photo,
    );
    assert!(text.starts_with("picture 0: output "), "{text}");
}

#[test]
fn a_stroke_is_a_one_in_pen_on_paper_and_in_chalk_on_a_board() {
    for (name, paper, pen) in [("pen.png", 255, 0), ("chalk.png", 0, 255)] {
        let bar = |x: u32, y: u32| (130..150).contains(&x) && (40..240).contains(&y);
        let picture =
            GrayImage::from_fn(280, 280, |x, y| Luma([if bar(x, y) { pen } else { paper }]));
        let path = temporary(name);
        picture.save(&path).unwrap();
        let text = answered(
            "lenet-5",
            "models/lenet-5.safetensors",
            path.to_str().unwrap(),
        );
        assert_eq!(likeliest(&text), "1", "{name}: {text}");
    }
}

#[test]
fn random_weights_are_given_no_classes() {
    let text = printed(&["run", "lenet-5", "--input", &digit("d2_scan")]);
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_file_that_is_not_a_picture_is_refused_with_its_type() {
    let svg = file("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    let html = file("page.png", b"\n<!doctype html><title>404</title>");
    for path in [&svg, &html] {
        let error = refused(&["run", "lenet-5", "--input", path]);
        assert!(
            error.contains("PNG or JPEG") && error.contains(path),
            "{error}"
        );
    }
    let text = file("text.png", b"a cat");
    let error = refused(&["run", "lenet-5", "--input", &text]);
    assert!(
        error.contains("neither PNG nor JPEG nor safetensors"),
        "{error}"
    );
    let whole = std::fs::read(public("photos/chelsea.png")).unwrap();
    let broken = file("broken.png", &whole[..5_000]);
    let error = refused(&["run", "lenet-5", "--input", &broken]);
    assert!(error.contains("broken"), "{error}");
}

#[test]
fn an_array_of_another_shape_name_or_kind_is_refused() {
    let wide = array("wide.safetensors", "input", Dtype::F32, &[1, 32, 32, 1]);
    let error = refused(&["run", "lenet-5", "--input", &wide]);
    assert!(
        error.contains("[1, 32, 32, 1]") && error.contains("[1, 32, 32]"),
        "{error}"
    );
    let other = array("other.safetensors", "x", Dtype::F32, &[1, 1, 32, 32]);
    let error = refused(&["run", "lenet-5", "--input", &other]);
    assert!(error.contains("“input”") && error.contains('x'), "{error}");
    let whole = array("whole.safetensors", "input", Dtype::I32, &[1, 1, 32, 32]);
    let error = refused(&["run", "lenet-5", "--input", &whole]);
    assert!(error.contains("I32"), "{error}");
}

#[test]
fn weights_that_do_not_fit_are_listed_in_full() {
    let weights = array("c1.safetensors", "C1.weight", Dtype::F32, &[6, 1, 3, 3]);
    let photo = public("photos/chelsea.png");
    let error = refused(&["run", "lenet-5", "--weights", &weights, "--input", &photo]);
    // Nine of the ten parameters, each on a line of its own.
    assert!(error.contains("missing (9):"), "{error}");
    for name in [
        "C1.bias",
        "C3.weight",
        "C3.bias",
        "F5.weight",
        "output.bias",
    ] {
        assert!(
            error.lines().any(|line| line.trim() == name),
            "{name}: {error}"
        );
    }
    assert!(error.contains("of another shape (1):"), "{error}");
    assert!(
        error.contains("C1.weight ([6, 1, 3, 3] in the file, [6, 1, 5, 5] wanted)"),
        "{error}"
    );
    let extra = array("extra.safetensors", "other.weight", Dtype::F32, &[1]);
    let error = refused(&["run", "lenet-5", "--weights", &extra, "--input", &photo]);
    assert!(error.contains("not wanted (1):\n  other.weight"), "{error}");
}

#[test]
fn arrays_of_16_bits_and_without_the_channel_are_taken() {
    for (name, dtype, dims) in [
        ("half.safetensors", Dtype::F16, [2, 1, 32, 32].as_slice()),
        ("flat.safetensors", Dtype::F32, &[2, 32, 32]),
    ] {
        let input = array(name, "input", dtype, dims);
        let text = printed(&["run", "lenet-5", "--input", &input]);
        assert_eq!(text.lines().count(), 2, "two pictures: {text}");
    }
}

#[test]
fn time_has_every_layer_with_its_multiply_adds_and_the_peak_of_the_accounting() {
    let text = printed(&["time", "lenet-5", "--runs", "2", "--json"]);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let graph = zoo::build("lenet-5", &Options::default()).unwrap();
    let layers = parsed["layers"].as_array().unwrap();
    assert_eq!(layers.len(), graph.nodes().len());
    assert!(
        layers
            .iter()
            .all(|layer| layer["ms"].as_f64().unwrap() > 0.0)
    );
    let shares: f64 = layers
        .iter()
        .map(|layer| layer["share"].as_f64().unwrap())
        .sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    assert_eq!(
        parsed["macs"], 416_520,
        "LeCun et al. 1998, the textbook form"
    );
    let peak = Analysis::of(&graph).inference.bytes(Precision::F32);
    assert_eq!(parsed["peak_live_bytes"], peak);
}

#[test]
fn time_prints_a_table_and_refuses_no_runs() {
    let text = printed(&["time", "lenet-5", "--runs", "1"]);
    for wanted in ["GMAC/s", "C3", "A pass: ", "held at once"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(refused(&["time", "lenet-5", "--runs", "0"]).contains("--runs"));
}

#[test]
fn a_blank_picture_has_no_answer_and_a_found_one_has() {
    let blank = temporary("blank.png");
    GrayImage::from_pixel(60, 40, Luma([255]))
        .save(&blank)
        .unwrap();
    let args = run(
        "lenet-5",
        "models/lenet-5.safetensors",
        blank.to_str().unwrap(),
    );
    let error = refused(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(error.contains("no digit found"), "{error}");
    for (file, digit) in [
        ("d0_scan", "0"),
        ("d1_shadow", "1"),
        ("d2_corner", "2"),
        ("d4_shadow", "4"),
    ] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/digits/{file}.jpg"));
        let text = answered(
            "lenet-5",
            "models/lenet-5.safetensors",
            path.to_str().unwrap(),
        );
        assert_eq!(likeliest(&text), digit, "{file}: {text}");
    }
}
