//! Graphs as text: round trips, and errors for text that is too long or broken.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use common::architectures;
use common::import::import;
use engine::format::{DocumentError, ShareError, json, share};
use engine::graph::Edit;
use engine::layer::{Activation, Conv, Dropout};
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

/// The document of two ReLUs, the first of this name.
fn two_nodes(name: &str) -> String {
    let relu = serde_json::json!({ "kind": "activation", "function": "relu" });
    let input = serde_json::json!({ "channels": 1, "height": 8, "width": 8 });
    serde_json::json!({ "cnn-lab": 1, "graph": { "name": "m", "input": input, "nodes": [
        { "id": 1, "name": name, "layer": relu, "inputs": [0] },
        { "id": 2, "name": "last", "layer": relu, "inputs": [1] },
    ]}})
    .to_string()
}

#[test]
fn opening_refuses_the_names_that_renaming_refuses() {
    let mut net = GraphBuilder::new("m", Shape::new(1, 8, 8));
    let node = net.then("first", Activation::Relu);
    net.then("last", Activation::Relu);
    let graph = net.finish().unwrap();
    let rename = |name: &str| {
        graph.apply(&Edit::Rename {
            node,
            name: name.to_owned(),
        })
    };
    // The key of metadata and of the input's map in safetensors files, and what else is no name.
    for name in [
        "__metadata__",
        "input",
        "@optimizer/x",
        "",
        " ",
        "\u{3000}",
        "last",
    ] {
        assert!(rename(name).is_err(), "{name:?} by renaming");
        let error = json::read(two_nodes(name)).unwrap_err().to_string();
        assert!(!error.is_empty(), "{name:?}");
    }
    for name in ["Input", "metadata", "input.", "a,b", "a\nb", "0", "-", "é"] {
        let read = json::read(two_nodes(name)).unwrap();
        assert_eq!(rename(name).unwrap(), read, "{name:?}");
        assert_eq!(share::decode(&share::encode(&read).unwrap()).unwrap(), read);
    }
}

#[test]
fn a_document_opens_in_the_encodings_that_editors_and_shells_write() {
    let text = two_nodes("畳み込み🙂");
    let graph = json::read(&text).unwrap();
    let utf_16 = |bytes: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    };
    let marked = format!("\u{feff}{text}\r\n");
    for bytes in [
        marked.clone().into_bytes(),
        utf_16(u16::to_le_bytes, &marked),
        utf_16(u16::to_be_bytes, &marked),
        utf_16(u16::to_le_bytes, &text),
    ] {
        assert_eq!(json::read(&bytes).unwrap(), graph);
        assert_eq!(json::read_experiment(&bytes).unwrap().graph, graph);
    }
    let cut = utf_16(u16::to_le_bytes, &marked);
    let error = json::read(&cut[..cut.len() - 1]).unwrap_err();
    assert!(error.to_string().contains("UTF-16"), "{error}");
}

#[test]
fn keys_that_are_not_known_are_named_with_the_nearest_one() {
    let conv = r#"{"kind": "conv", "channels": 4, "kernel": [3, 3], "strides": [2, 2],
        "kernel_size": 3, "Bias": false}"#;
    let node =
        |layer: &str| format!(r#"{{"id": 1, "name": "c", "layer": {layer}, "inputs": [0]}}"#);
    let document = |version: u8, rest: &str, node: &str| {
        format!(
            r#"{{"cnn-lab": {version}, {rest} "graph": {{"name": "x", "node": [],
            "input": {{"channels": 1, "height": 9, "width": 9, "hieght": 1}}, "nodes": [{node}]}}}}"#
        )
    };
    let named = |text: &str| -> Vec<(String, String, Option<&str>)> {
        json::read_experiment(text).unwrap();
        let unknown = json::unknown_keys(text).into_iter();
        unknown.map(|it| (it.place, it.key, it.near)).collect()
    };
    let wanted = |place: &str, key: &str, near| (place.to_owned(), key.to_owned(), near);
    let mut found = named(&document(2, r#""lock": {}, "seed": 3,"#, &node(conv)));
    found.sort();
    assert_eq!(
        found,
        [
            wanted("node 1 (“c”)", "Bias", Some("bias")),
            wanted("node 1 (“c”)", "kernel_size", Some("kernel")),
            wanted("node 1 (“c”)", "strides", Some("stride")),
            wanted("the document", "lock", Some("locks")),
            wanted("the graph", "node", Some("nodes")),
            wanted("the graph's “input”", "hieght", Some("height")),
        ]
    );
    // A key of another kind of layer is as unknown as any.
    let relu = r#"{"kind": "activation", "function": "relu", "slope": 0.1, "note": "mine"}"#;
    let keys: Vec<String> = named(&document(1, "", &node(relu)))
        .into_iter()
        .map(|it| it.1)
        .filter(|key| key != "hieght" && key != "node")
        .collect();
    assert_eq!(keys, ["note", "slope"]);
}

#[test]
fn every_key_that_the_lab_writes_is_known() {
    for entry in zoo::CATALOGUE {
        let graph = entry.graph(&zoo::Options::default()).unwrap();
        assert_eq!(
            json::unknown_keys(json::write(&graph).unwrap()),
            [],
            "{}",
            entry.name
        );
    }
}

#[test]
fn a_keras_model_s_description_is_named() {
    let text = r#"{"class_name": "Sequential", "config": {"layers": []}}"#;
    assert!(json::read(text).unwrap_err().to_string().contains("Keras"));
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
fn a_link_is_read_as_people_and_programs_pass_it_on() {
    let graph = zoo::lenet5().unwrap();
    let link = share::encode(&graph).unwrap();
    let (first, second) = link.split_at(100);
    let coded: String = link.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let mut sent = vec![
        format!("{first}\r\n{second}"),
        format!("{first}\n> {second}"),
        format!("{first}\n  {second}"),
        format!("{first} \u{200b}\u{ad}{second}"),
        format!("{first}%0A{second}"),
        format!("{first}%250D%250A{second}"),
        format!("<https://a.b/lab/#lab={link}>"),
        format!("(https://a.b/lab/?embed=network#LAB={link})."),
        format!("https://a.b/lab/#lab%3D{link}&utm_source=mail"),
        format!("\u{feff}{link}"),
        coded,
    ];
    for tail in [
        ".", ")", ").", ">", ",", "/", "%20", "%20.", "%3D", "==", "…", "”", "'", "!", "\n",
        "&amp;x=1",
    ] {
        sent.push(format!("{link}{tail}"));
    }
    for text in sent {
        assert!(engine::format::link::is_link(&text), "{text}");
        let read = share::decode(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read, graph, "{text}");
    }
}

#[test]
fn a_damaged_link_s_sentence_has_no_full_stop_of_its_own() {
    let link = share::encode(&zoo::lenet5().unwrap()).unwrap();
    let (first, second) = link.split_at(100);
    for text in [
        format!("{first}*{second}"),
        format!("{first}é{second}"),
        format!("{first}{second}x"),
        link[..99].to_owned(),
        link[..97].to_owned(),
        "1".to_owned(),
        "12".to_owned(),
        "...".to_owned(),
        "9abc".to_owned(),
    ] {
        if let Err(error) = share::decode(&text) {
            let sentence = error.to_string();
            assert!(!sentence.ends_with('.'), "{text}: {sentence}");
        } else {
            // What follows the end of the packed data is not read.
            assert!(text.ends_with('x'), "{text}");
        }
    }
    let error = share::decode(&format!("{first}*{second}")).unwrap_err();
    assert!(error.to_string().contains("“*”"), "{error}");
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
