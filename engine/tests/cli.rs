//! The command line on networks of the zoo: its output, errors and exit codes.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use command::{cnnlab, document, printed, refused};
use engine::format::json;
use engine::layer::{AdaptiveAvgPool, AvgPool, Conv};
use engine::zoo::{self, CATALOGUE};
use engine::{GraphBuilder, NodeId, Shape};
use serde_json::Value;

fn names(parsed: &Value, list: &str) -> Vec<String> {
    let nodes = parsed[list].as_array().unwrap().iter();
    nodes
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_printed_document_opens_as_the_network_it_is_of() {
    let options = zoo::Options::default();
    for name in ["lenet-5-1998", "squeezenet-1.1"] {
        let graph = json::read(printed(&["document", name])).unwrap();
        assert_eq!(graph, zoo::build(name, &options).unwrap());
        // And that of a file.
        let path = document(&format!("{name}.document.json"), &graph);
        assert_eq!(json::read(printed(&["document", &path])).unwrap(), graph);
    }
    assert!(refused(&["document", "lenet-55"]).contains("lenet-5"));
}

#[test]
fn list_names_every_network() {
    let text = printed(&["list"]);
    for entry in CATALOGUE {
        let line = text
            .lines()
            .find(|line| line.split_whitespace().next() == Some(entry.name));
        assert!(
            line.is_some_and(|line| line.contains(entry.title)),
            "{}",
            entry.name
        );
    }
}

#[test]
fn summary_prints_layers_and_the_published_totals() {
    let text = printed(&["summary", "lenet-5"]);
    for part in [
        "C3",
        "16x10x10",
        "2,416",
        "Total params: 61,706",
        "Total mult-adds: 416,520",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(
        text.contains("60,000") && text.contains("differs"),
        "{text}"
    );
}

#[test]
fn summary_as_json_has_the_totals_of_torchvision() {
    let parsed: Value =
        serde_json::from_str(&printed(&["summary", "resnet-50", "--json"])).unwrap();
    assert_eq!(parsed["total"]["trainable"], 25_557_032);
    assert_eq!(parsed["total"]["macs"], 4_089_184_256_u64);
    assert_eq!(parsed["depth"], 50);
    assert_eq!(names(&parsed, "layers")[0], "conv1");
}

#[test]
fn summary_as_csv_sums_to_the_totals() {
    let text = printed(&["summary", "mobilenet-v2", "--csv"]);
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap().split(',').collect();
    let sum = |column: &str| -> u64 {
        let at = heading.iter().position(|title| *title == column).unwrap();
        // The second column may hold a quoted comma; count from the right, where none can be.
        let from_right = heading.len() - at;
        let cell = |line: &str| {
            line.rsplit(',')
                .nth(from_right - 1)
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        text.lines().skip(1).map(cell).sum()
    };
    assert_eq!(sum("trainable"), 3_504_872);
    assert_eq!(sum("macs"), 300_774_272);
}

#[test]
fn alpha_and_rho_give_the_papers_smaller_mobilenets() {
    let json = |args: &[&str]| -> Value {
        let args = [&["summary", "mobilenet-article", "--json"], args].concat();
        serde_json::from_str(&printed(&args)).unwrap()
    };
    assert_eq!(json(&["--alpha", "0.25"])["total"]["macs"], 41_030_272);
    assert_eq!(
        json(&["--rho", "0.5714285714285714"])["total"]["macs"],
        186_400_768
    );
}

#[test]
fn input_changes_the_pictures_shape() {
    let text = printed(&["summary", "resnet-18", "--input", "1x64x96", "--json"]);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed["input"], serde_json::json!([1, 64, 96]));
    assert_eq!(
        parsed["layers"][0]["output"],
        serde_json::json!([64, 32, 48])
    );
}

#[test]
fn diff_shows_what_the_textbook_changed_in_lenet_5() {
    let text = printed(&["diff", "lenet-5-1998", "lenet-5", "--json"]);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let removed = names(&parsed, "removed");
    assert!(
        removed.contains(&"tanh2".to_owned()),
        "subsampling lost its squashing: {removed:?}"
    );
    assert!(names(&parsed, "added").contains(&"softmax".to_owned()));
    let changed: Vec<&str> = parsed["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["before"]["name"].as_str().unwrap())
        .collect();
    for name in ["S2", "C3", "S4", "output"] {
        assert!(changed.contains(&name), "{name}: {changed:?}");
    }
    let text = printed(&["diff", "lenet-5-1998", "lenet-5"]);
    assert!(
        text.contains("trainable params: 60,000 -> 61,706"),
        "{text}"
    );
}

#[test]
fn diff_of_a_network_with_itself_is_empty() {
    let text = printed(&["diff", "densenet-121", "densenet-121"]);
    assert!(text.contains("0 removed, 0 added, 0 changed"), "{text}");
}

#[test]
fn a_name_that_is_nothing_is_refused_with_the_nearest() {
    let error = refused(&["summary", "resnet-51"]);
    assert!(
        error.contains("resnet-51") && error.contains("resnet-50"),
        "{error}"
    );
    for (written, meant) in [
        ("ResNet51", "resnet-50"),
        ("LeNet5b", "lenet-5"),
        ("mobilenet_v4", "mobilenet-v2"),
        ("sqeezenet", "squeezenet-1.0"),
    ] {
        let error = refused(&["summary", written]);
        let near = error.split("(see ").nth(1).expect("the nearest");
        assert!(near.starts_with(meant), "{error}");
    }
}

#[test]
fn published_figures_stand_only_beside_the_network_as_published() {
    assert!(printed(&["summary", "mobilenet"]).contains("As published, params: 4,253,864"));
    assert!(!printed(&["summary", "mobilenet", "--alpha", "0.5"]).contains("As published"));
}

#[test]
fn a_shape_that_is_none_is_refused() {
    for shape in [
        "224",
        "3x224",
        "3xax3",
        "3x0x3",
        "3x224x224x1",
        "-1x2x3",
        "99999999999x1x1",
    ] {
        let error = refused(&["summary", "lenet-5", &format!("--input={shape}")]);
        assert!(error.contains(shape), "{error}");
    }
}

#[test]
fn a_picture_too_small_is_refused_at_the_layer_where_it_stops_fitting() {
    let output = cnnlab(&["summary", "lenet-5", "--input", "1x8x8"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("C3"), "{error}");
    assert!(
        String::from_utf8(output.stdout).unwrap().contains("6x4x4"),
        "the table still comes"
    );
}

#[test]
fn compare_prints_one_row_for_each_network_with_its_source() {
    let text = printed(&["compare", "vgg-16", "resnet-50", "mobilenet"]);
    for part in [
        "138,357,544",
        "15,470,264,320",
        "4,253,864",
        "71.592",
        "Top-1 of MobileNet: Keras Applications",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let text = printed(&["compare", "vgg-16", "resnet-50", "--json"]);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed[1]["macs"], 4_089_184_256_u64);
    // Trainable and running statistics: 2 · 26,560 channels of batch norm.
    assert_eq!(parsed[1]["parameters"], 25_557_032 + 53_120);
    assert_eq!(parsed[0]["receptive_field"], serde_json::json!([212, 212]));
}

#[test]
fn compare_as_csv_quotes_names_and_leaves_unknown_accuracies_empty() {
    let mut graph = GraphBuilder::new("mine, wide", Shape::new(1, 28, 28));
    graph.then("C1", Conv::new(6, 5));
    let path = document("compared.json", &graph.finish().unwrap());
    let text = printed(&["compare", "vgg-16", &path, "--csv"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("network,input,parameters,macs,flops,weight_bytes,peak_bytes"));
    // 6 · 5 · 5 weights and 6 biases; 150 multiply-adds at each of 24 · 24 places.
    assert!(
        lines[2].starts_with("\"mine, wide\",1x28x28,156,86400,"),
        "{}",
        lines[2]
    );
    assert!(lines[2].ends_with(",5,,"), "{}", lines[2]);
}

#[test]
fn one_network_is_not_compared() {
    assert!(refused(&["compare", "vgg-16"]).contains("2"));
}

#[test]
fn the_zoo_is_found_whatever_case_and_punctuation() {
    for (spelt, name) in [
        ("VGG16", "vgg-16"),
        ("ResNet-50", "resnet-50"),
        ("resnet_18", "resnet-18"),
        ("LeNet5", "lenet-5"),
        ("MobileNetV2", "mobilenet-v2"),
        ("inception v3", "inception-v3"),
        ("squeezenet1_1", "squeezenet-1.1"),
        ("EfficientNet-Lite0", "efficientnet-lite0"),
    ] {
        assert_eq!(
            printed(&["summary", spelt]),
            printed(&["summary", name]),
            "{spelt}"
        );
    }
    let plain = |name: &str| {
        name.replace(|c: char| !c.is_alphanumeric(), "")
            .to_lowercase()
    };
    let spelt: std::collections::HashSet<String> =
        CATALOGUE.iter().map(|it| plain(it.name)).collect();
    assert_eq!(spelt.len(), CATALOGUE.len(), "two networks are spelt alike");
    assert!(refused(&["summary", "..."]).contains("cnnlab list"));
    assert!(refused(&["summary", "VGG17"]).contains("vgg-1"));
}

#[test]
fn an_adaptive_pool_sees_what_the_average_pool_of_the_same_windows_sees() {
    let mut net = GraphBuilder::new("adapt", Shape::new(1, 14, 14));
    net.from(&[NodeId::INPUT], "avg", AvgPool::new(2));
    for side in [7, 13, 1] {
        let pool = AdaptiveAvgPool { output: [side; 2] };
        net.from(&[NodeId::INPUT], format!("to{side}"), pool);
    }
    let path = document("adapt.json", &net.finish().unwrap());
    let text = printed(&["summary", &path]);
    let seen: Vec<&str> = text
        .lines()
        .skip(4)
        .take(4)
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    // 14 → 13: bins of 2, 1 apart; 14 → 1: all of it, as by global pooling.
    assert_eq!(seen, ["2x2", "2x2", "2x2", "all"], "{text}");
    let text = printed(&["compare", "vgg-16", "lenet-5"]);
    assert!(text.contains("212"), "{text}");
    let text = printed(&["summary", "vgg-16", "--input", "3×448×448", "--csv"]);
    assert!(
        text.lines()
            .any(|line| line.starts_with("avgpool,") && line.ends_with(",244,244,64,64")),
        "{text}"
    );
}

#[test]
fn plan_shows_steps_kernels_buffers_and_bytes() {
    let text = printed(&["plan", "lenet-5"]);
    // A convolution and its tanh are one step, and so are a linear layer and its own.
    assert!(
        text.contains("C1 + tanh1") && text.contains("F5 + tanh5"),
        "{text}"
    );
    assert!(text.contains("8 steps for 13 nodes; 2 buffers"), "{text}");
    let watched = printed(&["plan", "lenet-5", "--watch", "C1"]);
    assert!(
        watched.contains("9 steps for 13 nodes; 3 buffers"),
        "{watched}"
    );

    let json = printed(&["plan", "resnet-mini", "--json", "--direct"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let steps = json["steps"].as_array().unwrap();
    let macs: u64 = steps
        .iter()
        .map(|step| step["macs"].as_u64().unwrap())
        .sum();
    assert_eq!(json["macs"].as_u64().unwrap(), macs);
    assert!(steps.iter().all(|step| step["kernel"] != "Winograd 4×4"));
    assert_eq!(json["winograd"].as_array().unwrap().len(), 0);

    // Winograd's algorithm can be switched off, and the plan says where it is.
    let of = |switch: &str| -> Value {
        let printed = printed(&["plan", "resnet-mini", "--json", "--winograd", switch]);
        serde_json::from_str(&printed).unwrap()
    };
    let count = |json: &Value| json["winograd"].as_array().unwrap().len();
    assert_eq!(count(&of("off")), 0);
    let on = of("on");
    assert!(count(&on) > 0, "{on}");
    let text = printed(&["plan", "resnet-mini"]);
    let wanted = format!("Convolutions by Winograd's algorithm: {} of ", count(&on));
    assert!(text.contains(&wanted), "{text}");

    let error = refused(&["plan", "lenet-5", "--watch", "nobody"]);
    assert!(
        error.contains("nobody") && error.contains("summary"),
        "{error}"
    );
}
