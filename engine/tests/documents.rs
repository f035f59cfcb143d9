//! Graphs as text: round trips, and errors for text that is too long or broken.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use common::architectures;
use common::import::import;
use engine::format::{DocumentError, GraphDiff, ShareError, json, share};
use engine::layer::{Activation, BatchNorm, Conv, Dropout, MaxPool};
use engine::{Graph, GraphBuilder, Shape, zoo};
use flate2::Compression;
use flate2::write::DeflateEncoder;

fn reference(name: &str) -> Graph {
    import(&common::architecture(name)).graph
}

/// A share text of this compact JSON, as a hostile page could make it.
fn packed(compact: &str) -> String {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(compact.as_bytes()).unwrap();
    format!(
        "1{}",
        BASE64_URL_SAFE_NO_PAD.encode(deflate.finish().unwrap())
    )
}

#[test]
fn every_reference_graph_survives_the_document() {
    for architecture in architectures() {
        let graph = import(&architecture).graph;
        assert_eq!(json::read(json::write(&graph).unwrap()).unwrap(), graph);
    }
}

#[test]
fn every_reference_graph_survives_the_link() {
    for architecture in architectures() {
        let graph = import(&architecture).graph;
        assert_eq!(
            share::decode(&share::encode(&graph).unwrap()).unwrap(),
            graph
        );
    }
}

#[test]
fn lenet5_fits_in_300_characters_and_resnet50_in_2000() {
    let lenet5 = share::encode(&zoo::lenet5().unwrap()).unwrap();
    assert!(lenet5.len() <= 300, "{} characters", lenet5.len());
    let resnet50 = share::encode(&reference("torchvision/resnet50")).unwrap();
    assert!(resnet50.len() <= 2000, "{} characters", resnet50.len());
}

#[test]
fn a_share_text_needs_no_escaping_in_a_link() {
    let text = share::encode(&reference("torchvision/googlenet")).unwrap();
    assert!(
        text.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    );
}

#[test]
fn blocks_survive_document_and_link() {
    let mut net = GraphBuilder::new("blocks", Shape::new(1, 8, 8));
    net.block("outer", |net| {
        net.then("é1", Conv::new(4, 3));
        net.block("inner", |net| {
            net.then("é2", Conv::new(4, 3));
            net.then("è3", Activation::Relu);
        });
    });
    let graph = net.finish().unwrap();
    assert_eq!(graph.blocks().len(), 2);
    assert_eq!(json::read(json::write(&graph).unwrap()).unwrap(), graph);
    assert_eq!(
        share::decode(&share::encode(&graph).unwrap()).unwrap(),
        graph
    );
}

#[test]
fn node_numbers_with_gaps_survive_the_link() {
    let document = r#"{"cnn-lab": 1, "graph": {
        "name": "gaps", "input": {"channels": 1, "height": 4, "width": 4},
        "nodes": [
            {"id": 7, "name": "a", "layer": {"kind": "flatten"}, "inputs": [0]},
            {"id": 3, "name": "b", "layer": {"kind": "linear", "features": 2}, "inputs": [7]}
        ], "blocks": [{"name": "both", "nodes": [3, 7]}]}}"#;
    let graph = json::read(document).unwrap();
    assert_eq!(
        share::decode(&share::encode(&graph).unwrap()).unwrap(),
        graph
    );
}

#[test]
fn a_newer_version_is_named_as_such() {
    let error = json::read(r#"{"cnn-lab": 3, "graph": {}}"#).unwrap_err();
    assert_eq!(error, DocumentError::TooNew { got: 3, newest: 2 });
    assert!(error.to_string().contains("newer version of the lab"));
    assert!(matches!(
        share::decode("3abc"),
        Err(ShareError::Version { got: '3' })
    ));
}

#[test]
fn other_json_is_not_a_document() {
    for text in ["[]", "{}", "3", r#"{"graph": {}}"#, r#"{"cnn-lab": "1"}"#] {
        assert_eq!(json::read(text), Err(DocumentError::NotADocument), "{text}");
    }
    assert!(matches!(
        json::read("{"),
        Err(DocumentError::NotJson { .. })
    ));
    assert!(matches!(
        json::read([0xFF, 0xFE]),
        Err(DocumentError::NotJson { .. })
    ));
}

#[test]
fn a_broken_node_is_named_in_the_error() {
    let document = r#"{"cnn-lab": 1, "graph": {
        "name": "x", "input": {"channels": 1, "height": 4, "width": 4},
        "nodes": [{"id": 1, "name": "C1", "layer": {"kind": "convolution"}, "inputs": [0]}]}}"#;
    let error = json::read(document).unwrap_err().to_string();
    assert!(
        error.contains("node 1 (“C1”)") && error.contains("convolution"),
        "{error}"
    );
}

#[test]
fn a_graph_that_is_none_says_why() {
    let document = r#"{"cnn-lab": 1, "graph": {
        "name": "x", "input": {"channels": 1, "height": 4, "width": 4},
        "nodes": [{"id": 1, "name": "C1", "layer": {"kind": "flatten"}, "inputs": [2]}]}}"#;
    let error = json::read(document).unwrap_err().to_string();
    assert!(
        error.contains("C1") && error.contains("does not come before it"),
        "{error}"
    );
}

#[test]
fn a_document_that_is_too_long_is_refused_unread() {
    let text = " ".repeat(3 << 20);
    assert!(matches!(
        json::read(&text),
        Err(DocumentError::TooLong {
            limit: 2_097_152,
            ..
        })
    ));
}

#[test]
fn a_document_asking_for_10_to_the_12_channels_hears_the_limit() {
    let document = r#"{"cnn-lab": 1, "graph": {
        "name": "x", "input": {"channels": 1, "height": 4, "width": 4},
        "nodes": [{"id": 1, "name": "C1", "inputs": [0],
                   "layer": {"kind": "conv", "channels": 1000000000000, "kernel": [1, 1]}}]}}"#;
    let error = json::read(document).unwrap_err().to_string();
    for part in [
        "node 1 (“C1”)",
        "channels",
        "1000000000000",
        "the limit is 1048576",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_link_asking_for_10_to_the_12_channels_hears_the_limit() {
    let nodes = |list: &dyn Fn(usize) -> String| (0..3000).map(list).collect::<Vec<_>>().join(",");
    let names = nodes(&|index| format!("\"0{index}{}\"", index * 7919 % 1000));
    let places = nodes(&|_| "0".to_owned());
    let layer = r#"{"K":"C","C":1000000000000,"W":3}"#;
    let link = packed(&format!(
        "[\"x\",[1,9,9],[{layer}],[{names}],[{places}],{{}}]"
    ));
    assert!(
        (5_000..20_000).contains(&link.len()),
        "{} characters",
        link.len()
    );
    let error = share::decode(&link).unwrap_err().to_string();
    assert!(
        error.contains("channels is 1000000000000; the limit is 1048576"),
        "{error}"
    );
}

#[test]
fn a_link_that_unpacks_without_end_is_stopped() {
    let link = packed(&" ".repeat(20 << 20));
    assert!(link.len() < 32 << 10);
    assert!(matches!(
        share::decode(&link),
        Err(ShareError::Bomb { limit: 1_048_576 })
    ));
}

#[test]
fn a_link_that_repeats_one_huge_layer_is_stopped() {
    let table = vec!["[0]"; 50_000].join(",");
    let layer = format!(r#"{{"K":"table_conv","T":[{table}],"W":3}}"#);
    let names = (0..4000)
        .map(|index| format!("\"0{index}\""))
        .collect::<Vec<_>>()
        .join(",");
    let places = vec!["0"; 4000].join(",");
    let link = packed(&format!(
        "[\"x\",[1,9,9],[{layer}],[{names}],[{places}],{{}}]"
    ));
    assert!(matches!(share::decode(&link), Err(ShareError::Bomb { .. })));
}

#[test]
fn a_link_that_repeats_one_huge_block_is_stopped() {
    let names = (0..4000)
        .map(|index| format!("\"0{index}\""))
        .collect::<Vec<_>>()
        .join(",");
    let places = vec!["0"; 4000].join(",");
    let blocks = vec![r#"["",1,3999]"#; 40_000].join(",");
    let link = packed(&format!(
        r#"["x",[1,9,9],[{{"K":"F"}}],[{names}],[{places}],{{"b":[{blocks}]}}]"#
    ));
    let error = share::decode(&link).unwrap_err().to_string();
    assert!(error.contains("blocks name more nodes"), "{error}");
}

#[test]
fn a_link_cut_short_says_so() {
    let text = share::encode(&reference("torchvision/resnet18")).unwrap();
    for length in 1..text.len() - 1 {
        let error = share::decode(&text[..length]).unwrap_err();
        assert!(
            matches!(error, ShareError::Damaged { .. }),
            "{length}: {error}"
        );
    }
    assert!(matches!(share::decode(""), Err(ShareError::Empty)));
    assert!(matches!(
        share::decode(&"1".repeat(40_000)),
        Err(ShareError::TooLong { .. })
    ));
}

#[test]
fn a_number_that_json_cannot_hold_is_not_written() {
    let mut net = GraphBuilder::new("x", Shape::new(1, 4, 4));
    net.then("drop", Dropout { p: f64::NAN });
    let graph = net.finish().unwrap();
    assert!(matches!(
        json::write(&graph),
        Err(DocumentError::NotFinite { .. })
    ));
    assert!(matches!(
        share::encode(&graph),
        Err(ShareError::Document(DocumentError::NotFinite { .. }))
    ));
}

fn chain(names: &[&str]) -> GraphBuilder {
    let mut net = GraphBuilder::new("chain", Shape::new(1, 32, 32));
    for name in names {
        net.then(*name, Conv::new(4, 3));
    }
    net
}

fn names(nodes: &[engine::Node]) -> Vec<&str> {
    nodes.iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_graph_does_not_differ_from_itself() {
    for name in [
        "torchvision/googlenet",
        "paper/lenet5_1998",
        "keras/ResNet50",
    ] {
        let graph = reference(name);
        let diff = GraphDiff::between(&graph, &graph);
        assert!(diff.is_empty(), "{name}");
        assert_eq!(diff.same, graph.nodes().len(), "{name}");
    }
}

#[test]
fn an_inserted_node_is_the_only_difference() {
    let before = chain(&["a", "b", "c"]).finish().unwrap();
    let mut net = chain(&["a", "b"]);
    net.then("norm", BatchNorm::new());
    net.then("c", Conv::new(4, 3));
    let after = net.finish().unwrap();
    let diff = GraphDiff::between(&before, &after);
    assert_eq!(names(&diff.added), ["norm"]);
    assert!(diff.removed.is_empty() && diff.changed.is_empty());
    assert_eq!(diff.same, 3);
    let back = GraphDiff::between(&after, &before);
    assert_eq!(names(&back.removed), ["norm"]);
    assert!(back.added.is_empty() && back.changed.is_empty());
}

#[test]
fn another_kernel_under_the_same_name_is_a_changed_layer() {
    let before = chain(&["a", "b"]).finish().unwrap();
    let mut net = chain(&["a"]);
    net.then("b", Conv::new(4, 5));
    let diff = GraphDiff::between(&before, &net.finish().unwrap());
    let [change] = diff.changed.as_slice() else {
        panic!("{diff:?}")
    };
    assert_eq!(
        (change.layer, change.inputs, change.name),
        (true, false, false)
    );
}

#[test]
fn another_source_is_changed_wiring() {
    let before = chain(&["a", "b", "c"]).finish().unwrap();
    let mut net = chain(&["a", "b"]);
    let a = engine::NodeId(1);
    net.from(&[a], "c", Conv::new(4, 3));
    let diff = GraphDiff::between(&before, &net.finish().unwrap());
    let [change] = diff.changed.as_slice() else {
        panic!("{diff:?}")
    };
    assert_eq!(
        (change.layer, change.inputs, change.name),
        (false, true, false)
    );
}

#[test]
fn two_authors_names_of_one_network_match_by_structure() {
    let diff = GraphDiff::between(&reference("keras/VGG16"), &reference("article/vgg16"));
    assert!(diff.added.is_empty() && diff.removed.is_empty(), "{diff:?}");
    assert!(
        diff.changed
            .iter()
            .all(|change| !change.layer && !change.inputs)
    );
}

#[test]
fn replaced_kinds_under_one_name_are_changes_not_pairs_of_added_and_removed() {
    let mut before = chain(&["a"]);
    before.then("pool", MaxPool::new(2));
    let mut after = chain(&["a"]);
    after.then("pool", Conv::new(4, 2));
    let diff = GraphDiff::between(&before.finish().unwrap(), &after.finish().unwrap());
    assert_eq!(diff.changed.len(), 1);
    assert!(diff.added.is_empty() && diff.removed.is_empty());
}
