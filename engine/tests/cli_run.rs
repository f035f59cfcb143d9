//! `cnnlab run` and `cnnlab time` as a person or a script meets them.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use command::{of_tests, printed, public, refused, temporary, written};
use engine::layer::Activation;
use engine::zoo::{self, Options};
use engine::{Analysis, GraphBuilder, Shape, analysis::Precision};
use image::{GrayImage, Luma};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// A found picture of a digit.
fn digit(name: &str) -> String {
    of_tests(&format!("data/digits/{name}.jpg"))
}

/// A safetensors file with one array of zeros.
fn array(file_name: &str, name: &str, dtype: Dtype, dims: &[usize]) -> String {
    let bytes = vec![0; dims.iter().product::<usize>() * dtype.bitsize() / 8];
    let view = TensorView::new(dtype, dims.to_vec(), &bytes).unwrap();
    written(
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
        let cut = written("cut.jpg", &whole[..part]);
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
        let cut = written(name, &whole[..whole.len() / 2]);
        let error = refused(&["run", "lenet-5", "--input", &cut]);
        assert!(error.contains("broken"), "{name}: {error}");
    }
}

#[test]
fn pictures_of_other_kinds_and_sizes_are_named() {
    let heic = written("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
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
    let large = written("large.bmp", &bmp);
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
    let network = written(
        "names.json",
        engine::format::json::write(&graph).unwrap().as_bytes(),
    );
    let input = array("eight.safetensors", "input", Dtype::F32, &[1, 1, 8, 8]);
    for name in names {
        let out = written("traced.safetensors", b"");
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
    let svg = written("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    let html = written("page.png", b"\n<!doctype html><title>404</title>");
    for path in [&svg, &html] {
        let error = refused(&["run", "lenet-5", "--input", path]);
        assert!(
            error.contains("PNG or JPEG") && error.contains(path),
            "{error}"
        );
    }
    let text = written("text.png", b"a cat");
    let error = refused(&["run", "lenet-5", "--input", &text]);
    assert!(
        error.contains("neither a picture (PNG, JPEG, WebP, GIF, BMP) nor safetensors"),
        "{error}"
    );
    let whole = std::fs::read(public("photos/chelsea.png")).unwrap();
    let broken = written("broken.png", &whole[..5_000]);
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
    // A layer takes time, or is computed at once with one that does.
    for layer in layers.iter().filter(|it| it["macs"].as_u64() > Some(0)) {
        assert!(layer["ms"].as_f64().unwrap() > 0.0, "{layer}");
    }
    let names: Vec<&Value> = layers.iter().map(|layer| &layer["name"]).collect();
    let mut within = layers.iter().filter(|it| !it["within"].is_null());
    assert!(within.clone().count() > 0 && within.all(|it| names.contains(&&it["within"])));
    assert_eq!(parsed["engine"], "the compiled plan");
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
    let text = printed(&["time", "lenet-5", "--runs", "1", "--engine", "burn"]);
    assert!(text.contains("CPU, burn, median"), "{text}");
}

#[test]
fn latency_has_percentiles_in_order_and_the_machines_of_a_load() {
    let text = printed(&[
        "latency",
        "lenet-5",
        "--runs",
        "20",
        "--batch",
        "1,2",
        "--requests",
        "10",
        "--within",
        "10000",
        "--json",
    ]);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let batches = parsed["batches"].as_array().unwrap();
    assert_eq!(batches.len(), 2);
    assert_eq!(parsed["engine"], "plan");
    for batch in batches {
        let ms = |name: &str| batch["latencies"][name].as_f64().unwrap();
        assert!(0.0 < ms("least") && ms("least") <= ms("p50"), "{batch}");
        assert!(ms("p50") <= ms("p90") && ms("p90") <= ms("p99") && ms("p99") <= ms("most"));
        assert_eq!(batch["latencies"]["count"], 20);
    }
    let needed = &parsed["service"]["needed"];
    assert!(needed["machines"].as_u64().unwrap() >= 1);
    assert!(needed["response_ms"].as_f64().unwrap() <= 10_000.0);
    assert_eq!(parsed["devices"].as_array().unwrap().len(), 5);
}

#[test]
fn plan_shows_the_error_with_winograd_and_without() {
    let text = printed(&["plan", "resnet-mini", "--check", "--json"]);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let check = &parsed["check"];
    // The bounds that the tests of the plan hold it to.
    let largest = |setting: &str| check[setting]["largest"].as_f64().unwrap();
    assert!(largest("with_winograd") <= 1e-4, "{check}");
    assert!(largest("without") <= 2e-5, "{check}");
    let nodes = check["nodes"].as_array().unwrap();
    let by_winograd = nodes.iter().filter(|it| it["by_winograd"] == true).count();
    assert_eq!(by_winograd, parsed["winograd"].as_array().unwrap().len());
    let text = printed(&["plan", "resnet-mini", "--check"]);
    assert!(
        text.contains("with Winograd: ") && text.contains("without: "),
        "{text}"
    );
}

#[test]
fn run_gives_the_same_by_the_plan_and_by_burn() {
    let input = array(
        "both-engines.safetensors",
        "input",
        Dtype::F32,
        &[1, 1, 32, 32],
    );
    let answer = |options: &[&str]| {
        let text = printed(&[&["run", "lenet-5", "--input", &input], options].concat());
        let line = |text: &str| {
            text.lines()
                .find(|it| it.starts_with("picture "))
                .map(str::to_owned)
        };
        line(&text).unwrap_or(text)
    };
    let plan = answer(&[]);
    assert_eq!(plan, answer(&["--engine", "burn"]));
    assert_eq!(plan, answer(&["--winograd", "off"]));
}

#[test]
fn latency_says_what_no_number_of_machines_reaches() {
    let slow = [
        "latency",
        "lenet-5",
        "--runs",
        "2",
        "--batch",
        "1",
        "--requests",
        "10",
    ];
    let text = refused(&[&slow[..], &["--within", "0.000001"]].concat());
    assert!(text.contains("no number of machines"), "{text}");
    assert!(refused(&["latency", "lenet-5", "--batch", "0"]).contains("--batch"));
}

/// A file of `tests/foreign`.
fn foreign(file: &str) -> String {
    of_tests(&format!("foreign/{file}"))
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
    let prefixed = written("prefixed.safetensors", &prefixed);
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
    for (file, class) in [
        ("d0_scan", "0"),
        ("d1_shadow", "1"),
        ("d2_corner", "2"),
        ("d4_shadow", "4"),
    ] {
        let text = answered("lenet-5", "models/lenet-5.safetensors", &digit(file));
        assert_eq!(likeliest(&text), class, "{file}: {text}");
    }
}
