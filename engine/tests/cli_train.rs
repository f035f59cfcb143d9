//! `cnnlab train` and `cnnlab test` as a person or a script meets them.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use command::{of_tests, printed, public, refused, succeeded, temporary, written};
use engine::zoo;
use safetensors::SafeTensors;

/// The arguments of a training on the shipped data: options in words, then these.
fn training<'a>(data: &'a str, options: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let options = options.split_whitespace();
    let args = ["train", "--data-dir", data].into_iter().chain(options);
    args.chain(more.iter().copied()).collect()
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
        let options = "--arch alexnet-mini --epochs 1 --batch 16 --limit 16 --plain";
        let more = ["--rate", rate, "--out", out.to_str().unwrap()];
        let error = refused(&training(&data, options, &more));
        assert!(
            error.contains(why) && error.contains("smaller learning rate"),
            "{error}"
        );
        assert!(!out.exists(), "{rate}");
    }
}

/// The steps of a file of metrics, without the last column, which is the machine's speed.
fn curve(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().skip(1);
    let lines = lines.map(|line| line.rsplit_once(',').unwrap().0.to_owned());
    lines.collect()
}

fn tensors(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors().into_iter();
    tensors
        .map(|(name, view)| (name, view.data().to_vec()))
        .collect()
}

#[test]
fn a_training_that_goes_on_from_its_checkpoint_has_the_same_curve_and_weights() {
    let data = public("data");
    let paths = ["whole", "half", "rest"].map(|name| {
        let of = |kind: &str| temporary(&format!("{name}.{kind}"));
        [of("safetensors"), of("csv")]
    });
    let train = |paths: &[PathBuf; 2], options: &str, more: &[&str]| {
        let [out, metrics] = paths.each_ref().map(|path| path.to_str().unwrap());
        let more = [&["--out", out, "--metrics", metrics], more].concat();
        let options = format!("--arch lenet-5 --limit 256 {options}");
        succeeded(&training(&data, &options, &more)).0
    };
    let settings = "--batch 32 --optimiser adamw --weight-decay 0.01 --schedule one-cycle \
                    --label-smoothing 0.1 --clip-norm 1 --steps 12 --seed 3";
    let text = train(&paths[0], settings, &[]);
    assert!(
        text.contains("test accuracy") && text.contains("wrote"),
        "{text}"
    );
    train(&paths[1], settings, &["--pause-after", "6"]);
    let from = paths[1][0].to_str().unwrap();
    train(&paths[2], "", &["--resume", from]);
    let [whole, half, rest] = [0, 1, 2].map(|run| curve(&paths[run][1]));
    assert_eq!(whole.len(), 12);
    assert_eq!([half, rest].concat(), whole);
    assert_eq!(tensors(&paths[2][0]), tensors(&paths[0][0]));
}

#[test]
fn any_number_of_workers_gives_the_same_curve_and_weights() {
    let data = public("data");
    let train = |name: &str, options: &str, more: &[&str]| {
        let of = |kind: &str| temporary(&format!("workers-{name}.{kind}"));
        let paths = [of("safetensors"), of("csv")];
        let [out, metrics] = paths.each_ref().map(|path| path.to_str().unwrap());
        let more = [&["--out", out, "--metrics", metrics], more].concat();
        let options = format!("--arch lenet-5 --limit 256 {options}");
        succeeded(&training(&data, &options, &more));
        paths
    };
    let settings = "--batch 30 --steps 10 --seed 3";
    let [one, curve_of_one] = train("one", &format!("{settings} --workers 1"), &[]);
    assert_eq!(curve(&curve_of_one).len(), 10);
    for workers in [2, 4] {
        let options = format!("{settings} --workers {workers}");
        let [several, metrics] = train("several", &options, &[]);
        assert_eq!(curve(&metrics), curve(&curve_of_one), "{workers}");
        assert_eq!(tensors(&several), tensors(&one), "{workers}");
    }
    let options = format!("{settings} --workers 4 --pause-after 4");
    let [half, _] = train("half", &options, &[]);
    let [rest, _] = train("rest", "--workers 2", &["--resume", half.to_str().unwrap()]);
    assert_eq!(tensors(&rest), tensors(&one));
    let options = format!("{settings} --pause-after 2");
    let [uncut, _] = train("uncut", &options, &[]);
    let uncut = uncut.to_str().unwrap();
    let error = refused(&training(
        &data,
        "--arch lenet-5 --limit 256 --workers 2",
        &["--resume", uncut],
    ));
    assert!(
        error.contains("does not cut the batch") && error.contains("leave --workers out"),
        "{error}"
    );
}

#[test]
fn cnnlab_test_gives_accuracy_and_confusion() {
    let (weights, data) = (public("models/lenet-5.safetensors"), public("data"));
    let args = ["test", "lenet-5", "--weights", &weights];
    let text = printed(&[&args[..], &["--data-dir", &data, "--data", "mnist"]].concat());
    let said = zoo::pretrained("lenet-5").unwrap().accuracy.unwrap();
    let accuracy = format!("accuracy {said:.2} % of 10000 images");
    assert!(text.starts_with(&accuracy), "{accuracy}: {text}");
    // Rows are true classes: their sums are the counts of MNIST's test labels.
    let rows = text.lines().skip(3).map(|line| {
        let numbers = line.split_whitespace().skip(1);
        numbers.map(|it| it.parse::<u32>().unwrap()).sum::<u32>()
    });
    let counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    assert_eq!(rows.collect::<Vec<_>>(), counts);
}

#[test]
fn a_zip_of_class_folders_that_does_not_fit_the_network_is_refused() {
    let zip = of_tests("zips/folders.zip");
    let error = refused(&["train", "--arch", "lenet-5", "--data", &zip, "--batch", "2"]);
    // Two classes and a head of ten: what, where and the way out.
    assert!(
        error.contains("tells 10 classes apart") && error.contains("2 outputs"),
        "{error}"
    );
    let one = of_tests("zips/one.zip");
    let error = refused(&["train", "--arch", "lenet-5", "--data", &one]);
    assert!(
        error.contains("one.zip") && error.contains("only one class"),
        "{error}"
    );
}

#[test]
fn a_repaired_head_learns_alone_behind_frozen_weights() {
    let (zip, weights) = (
        of_tests("zips/folders.zip"),
        public("models/lenet-5.safetensors"),
    );
    let out = temporary("head.safetensors");
    let path = out.to_str().unwrap();
    let args = ["train", "--arch", "lenet-5", "--data", &zip, "--plain"];
    let options = ["--batch", "2", "--epochs", "2"];
    let head = ["--repair-head", "--train-only", "output"];
    let files = ["--weights", &weights, "--out", path];
    let (text, _) = succeeded(&[&args[..], &options, &head, &files].concat());
    assert!(text.contains("wrote"), "{text}");
    let bytes = std::fs::read(&out).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    // Two classes, each with a weight for 84 inputs.
    assert_eq!(file.tensor("output.weight").unwrap().shape(), [2, 84]);
    let trained = tensors(&out);
    let shipped = tensors(Path::new(&weights));
    let frozen = shipped.iter().filter(|it| !it.0.starts_with("output."));
    let frozen: Vec<_> = frozen.collect();
    assert_eq!(frozen.len(), 8);
    for (name, bytes) in frozen {
        assert_eq!(&trained[name], bytes, "{name}");
    }
    // Such a file is one of the repaired network.
    let test = ["test", "lenet-5", "--data", &zip, "--weights", path];
    let again = [&args[..], &options, &head, &["--weights", path]].concat();
    succeeded(&again);
    let text = printed(&[&test[..], &head[..1]].concat());
    assert!(text.contains("of 1 images"), "{text}");
    let error = refused(&test);
    assert!(error.contains("--repair-head"), "{error}");
    let error = refused(&[&args[..], &["--train-only", "C9"], &head[..1]].concat());
    assert!(
        error.contains("--train-only: the network has no node “C9”"),
        "{error}"
    );
}

#[test]
fn training_options_that_make_no_sense_are_refused() {
    let data = public("data");
    for (options, wanted) in [
        (
            "--optimiser adagrad",
            "is no optimiser; there are sgd, momentum",
        ),
        (
            "--schedule triangle",
            "is no schedule; there are constant, cosine",
        ),
        (
            "--label-smoothing 1",
            "label smoothing is 1; it must be from 0, below 1",
        ),
        ("--freeze C9", "the network has no node “C9”"),
        ("--batch 0", "the batch is 0"),
    ] {
        let options = format!("--arch lenet-5 --limit 64 {options}");
        let error = refused(&training(&data, &options, &[]));
        assert!(error.contains(wanted), "{error}");
    }
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
    let settings = written("settings.json", text.as_bytes());
    let of = |name: &str, options: &str, more: &[&str]| {
        let metrics = temporary(&format!("{name}.csv"));
        let options = format!("--arch lenet-5 --limit 128 {options}");
        let mut args = training(&data, &options, &["--metrics", metrics.to_str().unwrap()]);
        args.extend(more);
        succeeded(&args);
        curve(&metrics)
    };
    let with_file = of("by-file", "", &["--settings", &settings]);
    let options = "--plain --optimiser nesterov --momentum 0.8 --rate 0.05 --schedule step:2:0.5 \
                   --batch 16 --steps 4 --weight-decay 0.001 --seed 3 --validation 0.25";
    let with_options = of("by-options", options, &[]);
    assert_eq!(with_file, with_options);
    assert!(with_file.len() >= 4, "{with_file:?}");
    // Another kind of file is no file of settings with all defaults.
    let document = written("document.json", b"{\"nodes\": []}");
    let error = refused(&training(
        &data,
        "--arch lenet-5",
        &["--settings", &document],
    ));
    assert!(
        error.contains("document.json") && error.contains("no setting"),
        "{error}"
    );
}
