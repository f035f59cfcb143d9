//! `cnnlab prune`, `quantise` and `distil` as a person or a script meets them.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use command::{printed, public, refused, succeeded, temporary};
use engine::compress::{Report, Sensitivity};
use engine::onnx::{self, Options};

/// A verb on LeNet-5 with its shipped weights and MNIST.
fn on_lenet(verb: &str, options: &str, more: &[&str]) -> Vec<String> {
    let weights = public("models/lenet-5.safetensors");
    let data = public("data");
    let start = format!("{verb} lenet-5 --weights {weights} --data-dir {data} --limit 400");
    let options = format!("{start} --test-images 100 {options}");
    let words = options.split_whitespace().map(str::to_owned);
    words.chain(more.iter().map(|&it| it.to_owned())).collect()
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn report(args: &[String]) -> Report {
    let text = printed(&words(args));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn pruned_channels_make_a_smaller_network_that_the_other_verbs_open() {
    let out = temporary("pruned.safetensors");
    let path = out.to_str().unwrap();
    let args = on_lenet("prune", "--share 0.3 --by l1 --json --out", &[path]);
    let report = report(&args);
    assert!(report.after.macs < report.before.macs);
    assert!(report.after.parameters < report.before.parameters);
    let document = out.with_extension("json");
    let document = document.to_str().unwrap();
    let summary = printed(&["summary", document]);
    assert!(summary.contains("conv"), "{summary}");
    let data = public("data");
    let quantised = [
        "quantise",
        document,
        "--weights",
        path,
        "--data-dir",
        &data,
        "--limit",
        "400",
        "--test-images",
        "100",
        "--images",
        "100",
        "--json",
    ];
    let text = printed(&quantised);
    let next: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(next.before.macs, report.after.macs);
    assert_eq!(next.before.accuracy, report.after.accuracy);
}

#[test]
fn the_table_says_what_it_costs_and_saves() {
    let text = printed(&words(&on_lenet(
        "prune",
        "--what weights --share 0.5",
        &[],
    )));
    for row in [
        "parameters",
        "multiply-adds",
        "bytes, sparse",
        "bytes after deflate",
        "accuracy",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
}

#[test]
fn eight_bits_cost_lenet_next_to_nothing_and_the_same_seed_gives_the_same() {
    let args = on_lenet("quantise", "--bits 8 --images 100 --seed 4 --json", &[]);
    let first = report(&args);
    let [before, after] = [first.before, first.after].map(|it| it.accuracy.unwrap().right);
    assert!(before > 0.95 && after > before - 0.03, "{before} {after}");
    assert_eq!(first, report(&args));
}

#[test]
fn a_variant_of_8_bits_goes_out_as_onnx_in_whole_numbers_and_comes_back() {
    let out = temporary("eight.safetensors");
    let weights = out.to_str().unwrap();
    printed(&words(&on_lenet(
        "quantise",
        "--images 100 --out",
        &[weights],
    )));
    let document = out.with_extension("json");
    let document = document.to_str().unwrap();
    let [eight, plain] = ["eight.onnx", "eight-floats.onnx"].map(temporary);
    let export = |file: &std::path::Path, more: &[&str]| {
        let file = file.to_str().unwrap();
        let args = [
            "export",
            document,
            "--weights",
            weights,
            "--to",
            "onnx",
            "--out",
            file,
        ];
        printed(&[&args, more].concat());
    };
    export(&plain, &[]);
    export(&eight, &["--int8"]);
    let [eight, plain] = [eight, plain].map(|file| std::fs::read(file).unwrap());
    // 61,706 weights: a byte each, and not four.
    assert!(
        plain.len() - eight.len() > 170_000,
        "{} {}",
        plain.len(),
        eight.len()
    );
    let [whole, floats] =
        [eight, plain].map(|file| onnx::read(&file, &Options::default()).unwrap());
    assert_eq!(whole.graph, floats.graph);
    assert_eq!(whole.weights.count(), 61_706);
    for (parameter, values) in floats.weights.iter() {
        let got = whole.weights.get(parameter.node, parameter.role).unwrap();
        let largest = values.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
        // Weights are on their grids already; a bias is rounded to a step of the sums, which is far
        // below a step of 8 bits.
        for (got, wanted) in got.iter().zip(values) {
            let error = (got - wanted).abs();
            assert!(
                error <= largest / 254.0,
                "{}: {got} {wanted}",
                parameter.name
            );
        }
    }
    // Weights that are of no such variant, and targets without whole numbers.
    let own = public("models/lenet-5.safetensors");
    let args = [
        "export",
        "lenet-5",
        "--to",
        "onnx",
        "--int8",
        "--out",
        "never.onnx",
        "--weights",
    ];
    assert!(refused(&[&args[..], &[&own]].concat()).contains("cnnlab quantise"));
    let args = [
        "export",
        document,
        "--weights",
        weights,
        "--to",
        "keras",
        "--int8",
        "--out",
        "never",
    ];
    assert!(refused(&args).contains("onnx only"));
}

#[test]
fn the_sensitivity_has_every_layer() {
    let args = on_lenet("quantise", "--sensitivity --json", &[]);
    let text = printed(&words(&args));
    let found: Sensitivity = serde_json::from_str(&text).unwrap();
    assert_eq!(found.curves.len(), 5);
    assert!(found.curves.iter().all(|it| it.points.len() == 4));
}

#[test]
fn bad_input_is_refused() {
    let said = |verb: &str, options: &str| refused(&words(&on_lenet(verb, options, &[])));
    assert!(said("prune", "--share 2").contains("below 1"));
    assert!(said("prune", "--layers C9").contains("C9"));
    assert!(said("quantise", "--images 20").contains("at least 100"));
    assert!(said("quantise", "--fold").contains("batch norm"));
    assert!(said("quantise", "--bits 3").contains("no width"));
}

#[test]
fn a_student_is_trained_with_a_teacher() {
    let weights = public("models/lenet-5.safetensors");
    let data = public("data");
    let out = temporary("student.safetensors");
    let args = [
        "distil",
        "--arch",
        "lenet-5",
        "--data-dir",
        &data,
        "--limit",
        "256",
        "--steps",
        "2",
        "--batch",
        "32",
        "--plain",
        "--seed",
        "3",
        "--teacher",
        "lenet-5",
        "--teacher-weights",
        &weights,
        "--temperature",
        "2",
        "--alpha",
        "0.5",
        "--json",
        "--out",
        out.to_str().unwrap(),
    ];
    let (text, _) = succeeded(&args);
    let test: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(test["accuracy"].is_number(), "{text}");
    assert!(out.exists());
    let mut other = args;
    other[2] = "lenet-5";
    let place = other.iter().position(|it| *it == "--teacher").unwrap();
    other[place + 1] = "alexnet-mini";
    assert!(!refused(&other).is_empty());
}
