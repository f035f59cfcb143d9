//! The command line on files: saved networks, names, encodings, unknown keys.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use command::{cnnlab, document, printed, refused, written};
use engine::format::json;
use engine::layer::Conv;
use engine::zoo;
use engine::{GraphBuilder, Shape};
use serde_json::Value;

#[test]
fn names_with_commas_and_quotes_survive_csv() {
    let mut net = GraphBuilder::new("x", Shape::new(1, 4, 4));
    net.then("a,\"b\"", Conv::new(1, 1));
    let path = document("quoted.json", &net.finish().unwrap());
    let text = printed(&["summary", &path, "--csv"]);
    assert!(
        text.lines().nth(1).unwrap().starts_with(r#""a,""b""","#),
        "{text}"
    );
}

#[test]
fn names_never_act_on_the_terminal() {
    let names = [
        "a\nb",
        "tab\tz",
        "\u{202e}evil",
        "\u{1b}[31mred",
        "\u{9b}1m",
        "x\r",
        "畳み込み",
        "🙂",
    ];
    let mut net = GraphBuilder::new("m\nTotal params: 7", Shape::new(1, 8, 8));
    for name in names {
        net.then(name, Conv::new(1, 1));
    }
    let graph = net.finish().unwrap();
    let path = document("names.json", &graph);
    let is_safe = |text: &str| {
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(acts), "{text:?}");
    };
    for verb in [
        vec!["summary", &path],
        vec!["summary", &path, "--json"],
        vec!["document", &path],
        vec!["compare", &path, "lenet-5"],
        vec!["compare", &path, "lenet-5", "--json"],
        vec!["diff", &path, "lenet-5"],
        vec!["diff", &path, "lenet-5", "--json"],
    ] {
        is_safe(&printed(&verb));
    }
    assert!(!printed(&["summary", &path, "--csv"]).contains(['\u{1b}', '\u{9b}']));
    let text = printed(&["summary", &path]);
    assert!(
        text.contains("a\\nb ") && text.contains("\\u{1b}[31mred"),
        "{text}"
    );
    let totals = text.lines().filter(|line| line.starts_with("Total params"));
    assert_eq!(totals.count(), 1, "{text}");
    // What is printed for programs stays the same value.
    assert_eq!(json::read(printed(&["document", &path])).unwrap(), graph);
    // Errors name nodes and files too.
    let output = cnnlab(&["summary", &path, "--input", "1x8x1048577"]);
    is_safe(&String::from_utf8(output.stderr).unwrap());
    is_safe(&refused(&["summary", "\u{1b}[31mred"]));
}

#[test]
fn columns_are_aligned_by_the_width_of_the_script() {
    let mut net = GraphBuilder::new("wide", Shape::new(1, 8, 8));
    for name in ["畳み込み", "ascii", "éé", "🙂"] {
        net.then(name, Conv::new(1, 1));
    }
    let text = printed(&["summary", &document("wide.json", &net.finish().unwrap())]);
    // East Asian wide characters and emoji take two columns (Unicode Standard Annex 11).
    for (name, spaces) in [("畳み込み", 2), ("ascii", 5), ("éé", 8), ("🙂", 8)] {
        let cell = format!("{name}{}conv 1×1", " ".repeat(spaces));
        assert!(text.contains(&cell), "{cell:?} is not in\n{text}");
    }
}

#[test]
fn a_key_that_is_not_known_is_warned_about_and_the_rest_is_read() {
    let text = r#"{"cnn-lab": 1, "graph": {"name": "x", "input": {"channels": 1, "height": 9,
        "width": 9}, "nodes": [{"id": 1, "name": "c", "layer": {"kind": "conv", "channels": 2,
        "kernel": [3, 3], "strides": [2, 2]}, "inputs": [0]}]}}"#;
    let path = written("strides.json", text.as_bytes());
    let output = cnnlab(&["summary", &path, "--json"]);
    assert!(output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("“strides”") && error.contains("“stride”"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    let parsed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(parsed["layers"][0]["output"], serde_json::json!([2, 7, 7]));
}

#[test]
fn documents_with_a_byte_order_mark_and_in_utf_16_open() {
    let text = format!("\u{feff}{}", printed(&["document", "lenet-5"]));
    let wanted = printed(&[
        "summary",
        &written("plain.json", text.trim_start_matches('\u{feff}').as_bytes()),
    ]);
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [("bom.json", text.as_bytes()), ("utf16.json", &utf_16)] {
        assert_eq!(
            printed(&["summary", &written(name, bytes)]),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn a_name_that_files_of_maps_need_is_refused_at_opening() {
    for name in ["__metadata__", "input"] {
        let text = printed(&["document", "lenet-5"]).replace("\"C1\"", &format!("\"{name}\""));
        let error = refused(&["summary", &written("reserved.json", text.as_bytes())]);
        assert!(
            error.contains(name) && error.contains("choose another"),
            "{error}"
        );
    }
}

#[test]
fn a_broken_file_is_refused_with_its_place() {
    let text = r#"{"cnn-lab": 1, "graph": {"name": "x"}}"#;
    let path = written("broken.json", text.as_bytes());
    let error = refused(&["summary", &path]);
    assert!(
        error.contains("broken.json") && error.contains("input"),
        "{error}"
    );
}

#[test]
fn a_saved_file_is_summed_up_like_the_zoo() {
    let path = document("lenet.json", &zoo::lenet5().unwrap());
    let text = printed(&["summary", &path]);
    assert!(text.contains("Total params: 61,706"), "{text}");
    let error = refused(&["summary", &path, "--alpha", "0.5"]);
    assert!(
        error.contains("--alpha") && error.contains("zoo"),
        "{error}"
    );
}
