//! `cnnlab run` and `cnnlab time` as a person or a script meets them.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use engine::layer::Activation;
use engine::zoo::{self, Options};
use engine::{Analysis, GraphBuilder, Shape, analysis::Precision};
use image::{GrayImage, Luma};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
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
fn webp_gif_and_bmp_are_answered_as_the_same_picture_in_png() {
    let bar = |x: u32, y: u32| (130..150).contains(&x) && (40..240).contains(&y);
    let picture = image::RgbaImage::from_fn(280, 280, |x, y| {
        let level = if bar(x, y) { 0 } else { 255 };
        image::Rgba([level, level, level, 255])
    });
    let answer = |name: &str| {
        let path = temporary(name);
        picture.save(&path).unwrap();
        let weights = "models/lenet-5.safetensors";
        let text = answered("lenet-5", weights, path.to_str().unwrap());
        text.replace(path.to_str().unwrap(), "")
    };
    let png = answer("kind.png");
    for name in ["kind.webp", "kind.gif", "kind.bmp"] {
        assert_eq!(answer(name), png, "{name}");
    }
}

#[test]
fn a_truncated_picture_is_refused_whatever_its_kind() {
    let whole = std::fs::read(public("photos/hubble_deep_field.jpg")).unwrap();
    for part in [whole.len() / 3, whole.len() / 2, whole.len() - 2] {
        let cut = file("cut.jpg", &whole[..part]);
        let error = refused(&["run", "lenet-5", "--input", &cut]);
        assert!(error.contains("ends too early"), "{part}: {error}");
    }
    let picture = GrayImage::from_fn(280, 280, |x, y| Luma([(x * y) as u8]));
    for name in ["cut.png", "cut.webp", "cut.gif", "cut.bmp"] {
        let path = temporary(name);
        image::DynamicImage::from(picture.clone())
            .into_rgba8()
            .save(&path)
            .unwrap();
        let whole = std::fs::read(&path).unwrap();
        let cut = file(name, &whole[..whole.len() / 2]);
        let error = refused(&["run", "lenet-5", "--input", &cut]);
        assert!(error.contains("broken"), "{name}: {error}");
    }
}

#[test]
fn pictures_of_other_kinds_and_sizes_are_named() {
    let heic = file("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    let error = refused(&["run", "lenet-5", "--input", &heic]);
    assert!(
        error.contains("HEIC") && error.contains("PNG or JPEG"),
        "{error}"
    );
    // A header of 20,000 × 10,000 pixels.
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend([20_000_u32.to_le_bytes(), 10_000_u32.to_le_bytes()].concat());
    bmp.extend([1, 0, 24, 0]);
    bmp.extend([0; 24]);
    let large = file("large.bmp", &bmp);
    let error = refused(&["run", "lenet-5", "--input", &large]);
    assert!(
        error.contains("20000×10000") && error.contains("110"),
        "{error}"
    );
}

#[test]
fn random_weights_are_called_that_and_given_no_classes() {
    let photo = digit("d2_scan");
    let text = printed(&["run", "lenet-5", "--input", &photo, "--seed", "7"]);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("random (seed 7)") && text.contains("--weights"),
        "{text}"
    );
    let text = answered("lenet-5", "models/lenet-5.safetensors", &photo);
    assert!(!text.contains("random"), "{text}");
}

#[test]
fn a_node_of_any_name_is_traced() {
    let mut net = GraphBuilder::new("m", Shape::new(1, 8, 8));
    let names = ["a,b", "a", "b", "x y", "-t", "畳み込み", "n\nl"];
    for name in names {
        net.then(name, Activation::Relu);
    }
    let graph = net.finish().unwrap();
    let network = file(
        "names.json",
        engine::format::json::write(&graph).unwrap().as_bytes(),
    );
    let input = array("eight.safetensors", "input", Dtype::F32, &[1, 1, 8, 8]);
    for name in names {
        let out = file("traced.safetensors", b"");
        printed(&[
            "run", &network, "--input", &input, "--out", &out, "--trace", name,
        ]);
        let bytes = std::fs::read(&out).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.names(), [name]);
    }
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
        error.contains("neither a picture (PNG, JPEG, WebP, GIF, BMP) nor safetensors"),
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
        let pictures = text.lines().filter(|line| line.starts_with("picture "));
        assert_eq!(pictures.count(), 2, "{text}");
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

/// A file of `tests/foreign`.
fn foreign(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
    folder.join(file).to_str().unwrap().to_owned()
}

#[test]
fn a_negative_running_variance_is_named_and_nan_is_no_answer() {
    let [network, weights, input] = ["bn.json", "negvar.safetensors", "x.safetensors"].map(foreign);
    let text = printed(&["run", &network, "--weights", &weights, "--input", &input]);
    for part in ["“bn”", "“bn.running_var” is negative", "no answer", "NaN"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("is the largest"), "{text}");
}

#[test]
fn files_that_are_no_weights_are_named_with_the_way_out() {
    let photo = digit("d2_scan");
    for (name, parts) in [
        (
            "dup.safetensors",
            ["two tensors named “fc.bias”", "save it again"],
        ),
        ("lfs.safetensors", ["Git LFS pointer", "git lfs pull"]),
        (
            "html.safetensors",
            ["HTML page", "download the file itself"],
        ),
    ] {
        let error = refused(&[
            "run",
            "lenet-5",
            "--weights",
            &foreign(name),
            "--input",
            &photo,
        ]);
        let input = refused(&["run", "lenet-5", "--input", &foreign(name)]);
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        let told = input.contains(parts[0]) || name == "html.safetensors";
        assert!(told, "{input}");
    }
}

#[test]
fn names_with_a_prefix_are_taken_and_told() {
    let bytes = std::fs::read(public("models/lenet-5.safetensors")).unwrap();
    let source = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = source.tensors().into_iter();
    let tensors = tensors.map(|(name, view)| (format!("module._orig_mod.{name}"), view));
    let prefixed = safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap();
    let prefixed = file("prefixed.safetensors", &prefixed);
    let photo = digit("d2_scan");
    let text = printed(&["run", "lenet-5", "--weights", &prefixed, "--input", &photo]);
    let plain = answered("lenet-5", "models/lenet-5.safetensors", &photo);
    let notes: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("note: "))
        .collect();
    assert!(
        notes.iter().any(|note| note.contains("“module.”")),
        "{text}"
    );
    assert!(
        notes.iter().any(|note| note.contains("“_orig_mod.”")),
        "{text}"
    );
    assert!(text.ends_with(&plain), "{text}");
}

#[test]
fn a_training_that_diverges_in_its_last_step_is_an_error_and_writes_nothing() {
    let data = public("data");
    // One step: of its loss, which is that of the first weights, nothing shows. Beyond a 32-bit
    // float the weights are infinite; below, what they make of a picture is.
    for (rate, why) in [
        ("1e39", "not a finite number"),
        ("1e30", "does not fit a 32-bit float"),
    ] {
        let out = temporary("diverged.safetensors");
        let _ = std::fs::remove_file(&out);
        let error = refused(&[
            "train",
            "--arch",
            "alexnet-mini",
            "--data-dir",
            &data,
            "--epochs",
            "1",
            "--batch",
            "16",
            "--limit",
            "16",
            "--plain",
            "--rate",
            rate,
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(
            error.contains(why) && error.contains("smaller learning rate"),
            "{error}"
        );
        assert!(!out.exists(), "{rate}");
    }
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

/// The steps of a file of metrics, without the last column, which is the machine's speed.
fn curve(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().skip(1);
    let lines = lines.map(|line| line.rsplit_once(',').unwrap().0.to_owned());
    lines.collect()
}

#[test]
fn a_training_that_goes_on_from_its_checkpoint_has_the_same_curve_and_weights() {
    let data = public("data");
    let paths = ["whole", "half", "rest"].map(|name| {
        let of = |kind: &str| temporary(&format!("{name}.{kind}"));
        [of("safetensors"), of("csv")]
    });
    let train = |[out, metrics]: &[PathBuf; 2], more: &[&str]| {
        let mut args = vec![
            "train",
            "--arch",
            "lenet-5",
            "--data-dir",
            &data,
            "--limit",
            "256",
        ];
        args.extend([
            "--out",
            out.to_str().unwrap(),
            "--metrics",
            metrics.to_str().unwrap(),
        ]);
        args.extend(more);
        printed(&args)
    };
    let settings = [
        "--batch",
        "32",
        "--optimiser",
        "adamw",
        "--weight-decay",
        "0.01",
        "--schedule",
        "one-cycle",
        "--label-smoothing",
        "0.1",
        "--clip-norm",
        "1",
        "--steps",
        "12",
        "--seed",
        "3",
    ];
    let text = train(&paths[0], &settings);
    assert!(
        text.contains("test accuracy") && text.contains("wrote"),
        "{text}"
    );
    let mut shorter = settings.to_vec();
    shorter.extend(["--pause-after", "6"]);
    train(&paths[1], &shorter);
    let from = paths[1][0].to_str().unwrap().to_owned();
    train(&paths[2], &["--resume", &from]);
    let [whole, half, rest] = [0, 1, 2].map(|run| curve(&paths[run][1]));
    assert_eq!(whole.len(), 12);
    assert_eq!([half, rest].concat(), whole);
    let weights = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.tensors().into_iter();
        tensors
            .map(|(name, view)| (name, view.data().to_vec()))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(weights(&paths[2][0]), weights(&paths[0][0]));
}

#[test]
fn cnnlab_test_gives_accuracy_and_confusion() {
    let (weights, data) = (public("models/lenet-5.safetensors"), public("data"));
    let args = [
        "test",
        "lenet-5",
        "--weights",
        &weights,
        "--data-dir",
        &data,
        "--data",
        "mnist",
    ];
    let text = printed(&args);
    let accuracy = text.lines().next().unwrap();
    assert!(
        accuracy.starts_with("accuracy 99.") && accuracy.contains("10000 images"),
        "{text}"
    );
    // Rows are true classes: their sums are the counts of MNIST's test labels.
    let rows = text.lines().skip(3).map(|line| {
        let numbers = line.split_whitespace().skip(1);
        numbers.map(|it| it.parse::<u32>().unwrap()).sum::<u32>()
    });
    let counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    assert_eq!(rows.collect::<Vec<_>>(), counts);
}

#[test]
fn a_zip_of_class_folders_is_trained_on() {
    let zip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zips/folders.zip");
    let zip = zip.to_str().unwrap();
    let error = refused(&["train", "--arch", "lenet-5", "--data", zip, "--batch", "2"]);
    // Two classes and a head of ten: what, where and the way out.
    assert!(
        error.contains("tells 10 classes apart") && error.contains("2 outputs"),
        "{error}"
    );
    let one = zip.replace("folders", "one");
    let error = refused(&["train", "--arch", "lenet-5", "--data", &one]);
    assert!(
        error.contains("one.zip") && error.contains("only one class"),
        "{error}"
    );
}

#[test]
fn a_file_of_settings_trains_as_the_same_options_do() {
    let data = public("data");
    let text = r#"{
        "method": {"optimiser": "nesterov", "momentum": 0.8},
        "schedule": {"rate": 0.05, "decay": {"decay": "step", "every": 2, "factor": 0.5}},
        "batch": 16,
        "length": {"steps": 4},
        "weight_decay": 0.001,
        "seed": 3,
        "split": {"validation": 0.25, "test": 0.1, "seed": 1}
    }"#;
    let settings = file("settings.json", text.as_bytes());
    let train = |name: &str, more: &[&str]| {
        let metrics = temporary(&format!("{name}.csv"));
        let mut args = vec!["train", "--arch", "lenet-5", "--data-dir", &data];
        args.extend(["--limit", "128", "--metrics", metrics.to_str().unwrap()]);
        args.extend(more);
        printed(&args);
        let text = std::fs::read_to_string(metrics).unwrap();
        // Without the speed.
        let lines = text
            .lines()
            .map(|line| line.rsplit_once(',').unwrap().0.to_owned());
        lines.collect::<Vec<_>>()
    };
    let with_file = train("by-file", &["--settings", &settings]);
    let options = [
        "--plain",
        "--optimiser",
        "nesterov",
        "--momentum",
        "0.8",
        "--rate",
        "0.05",
        "--schedule",
        "step:2:0.5",
        "--batch",
        "16",
        "--steps",
        "4",
        "--weight-decay",
        "0.001",
        "--seed",
        "3",
        "--validation",
        "0.25",
    ];
    let with_options = train("by-options", &options);
    assert_eq!(with_file, with_options);
    assert!(with_file.len() > 4, "{with_file:?}");
    // Another kind of file is no file of settings with all defaults.
    let document = file("document.json", b"{\"nodes\": []}");
    let error = refused(&[
        "train",
        "--arch",
        "lenet-5",
        "--data-dir",
        &data,
        "--settings",
        &document,
    ]);
    assert!(
        error.contains("document.json") && error.contains("no setting"),
        "{error}"
    );
}

#[test]
fn training_options_that_make_no_sense_are_refused() {
    let data = public("data");
    for (options, wanted) in [
        (
            ["--optimiser", "adagrad"],
            "is no optimiser; there are sgd, momentum",
        ),
        (
            ["--schedule", "triangle"],
            "is no schedule; there are constant, cosine",
        ),
        (
            ["--label-smoothing", "1"],
            "label smoothing is 1; it must be from 0, below 1",
        ),
        (["--freeze", "C9"], "the network has no node “C9”"),
        (["--batch", "0"], "the batch is 0"),
    ] {
        let mut args = vec![
            "train",
            "--arch",
            "lenet-5",
            "--data-dir",
            &data,
            "--limit",
            "64",
        ];
        args.extend(options);
        let error = refused(&args);
        assert!(error.contains(wanted), "{error}");
    }
}
