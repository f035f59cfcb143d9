//! Experiments as text: nothing is lost between writing and reading, old texts are upgraded, newer
//! ones refused, and no text asks for more than the limits.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod random;

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::data::Recipe;
use engine::format::experiment::{
    Control, Experiment, Input, Lock, MAX_POINTS, Pad, Preference, Settings, Shown, Source, Stroke,
    View,
};
use engine::format::{DocumentError, ShareError, json, share};
use engine::zoo::{CATALOGUE, Options};
use engine::{Graph, NodeId};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

const OLD_DOCUMENT: &str = include_str!("documents/version-1.cnnlab.json");
const OLD_LINK: &str = include_str!("documents/version-1.link");

fn lenet5() -> Graph {
    engine::zoo::lenet5().unwrap()
}

/// A link of version 2 with this JSON, as a hostile page could make it.
fn packed(json: &str) -> String {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(json.as_bytes()).unwrap();
    format!(
        "2{}",
        BASE64_URL_SAFE_NO_PAD.encode(deflate.finish().unwrap())
    )
}

fn strokes() -> impl Strategy<Value = Vec<Stroke>> {
    let points = prop::collection::vec(any::<[i16; 2]>(), 1..40);
    let stroke = (any::<u16>(), points);
    prop::collection::vec(
        stroke.prop_map(|(thickness, points)| Stroke { thickness, points }),
        0..6,
    )
}

fn inputs() -> impl Strategy<Value = Input> {
    let pad = prop_oneof![
        (0..1000_u32).prop_map(Pad::Mnist),
        (0..1000_u32).prop_map(Pad::FashionMnist),
        strokes().prop_map(Pad::Strokes),
    ];
    let source = prop::sample::select(vec![
        Source::Draw,
        Source::Mnist,
        Source::FashionMnist,
        Source::Photo,
    ]);
    let photo = prop::option::of("[a-z_]{1,12}");
    (source, pad, photo).prop_map(|(source, pad, photo)| Input { source, pad, photo })
}

fn views() -> impl Strategy<Value = View> {
    let shown = prop::option::of(prop::sample::select(vec![Shown::List, Shown::Graph]));
    let block = (any::<u32>(), any::<u32>()).prop_map(|(a, b)| (NodeId(a), NodeId(b)));
    let folded = prop::option::of(prop::collection::vec(block, 0..8));
    let selected = prop::option::of(any::<u32>().prop_map(NodeId));
    (shown, folded, selected).prop_map(|(shown, folded, selected)| View {
        shown,
        folded,
        selected,
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let recipe = any::<[bool; 9]>().prop_map(|on| {
        let [
            paper,
            colour,
            largest,
            strengthen,
            crop,
            fit,
            centre,
            pad,
            normalise,
        ] = on;
        Recipe {
            paper,
            colour,
            largest,
            strengthen,
            crop,
            fit,
            centre,
            pad,
            normalise,
        }
    });
    let device = prop::sample::select(vec![
        Preference::Automatic,
        Preference::Cpu,
        Preference::WebGpu,
    ]);
    let lock = prop::sample::select(vec![Lock::Locked, Lock::Hidden]);
    let control = prop::sample::select(Control::ALL.to_vec());
    let locks = prop::collection::btree_map(control, lock, 0..Control::ALL.len());
    let names = (
        prop::option::of("\\PC{1,40}"),
        prop::option::of("[a-z0-9-]{1,20}"),
        prop::option::of("[a-z0-9/-]{1,20}"),
    );
    (
        names,
        any::<u64>(),
        inputs(),
        recipe,
        device,
        views(),
        locks,
    )
        .prop_map(
            |((name, origin, data), seed, input, recipe, device, view, locks)| Settings {
                name,
                origin,
                seed,
                input,
                recipe,
                data,
                device,
                view,
                locks,
            },
        )
}

/// A sample of a strategy, from a fixed seed.
fn some<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

/// Nothing is lost on any way out and in.
fn survives(experiment: &Experiment) {
    let document = json::write_experiment(experiment).unwrap();
    assert_eq!(&json::read_experiment(&document).unwrap(), experiment);
    assert_eq!(json::read(&document).unwrap(), experiment.graph);
    let graph = share::pack(&experiment.graph).unwrap();
    let dense = json::write_packed(&experiment.settings, &graph).unwrap();
    assert_eq!(&json::read_experiment(dense).unwrap(), experiment);
    if let Ok(link) = share::encode_experiment(experiment) {
        assert_eq!(&share::decode_experiment(&link).unwrap(), experiment);
        assert_eq!(share::decode(&link).unwrap(), experiment.graph);
    }
}

#[test]
fn every_network_of_the_zoo_survives_with_random_settings() {
    let (mut runner, strategy) = (TestRunner::deterministic(), settings());
    for entry in CATALOGUE {
        let graph = entry.graph(&Options::default()).unwrap();
        let settings = some(&mut runner, &strategy);
        survives(&Experiment { graph, settings });
    }
}

#[test]
fn random_networks_survive_with_random_settings() {
    let mut runner = TestRunner::deterministic();
    let strategy = (random::graphs(20), settings());
    for _ in 0..150 {
        let (graph, settings) = some(&mut runner, &strategy);
        survives(&Experiment { graph, settings });
    }
}

#[test]
fn default_values_are_not_written() {
    let document = json::write_experiment(&Experiment::of(lenet5())).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["cnn-lab", "graph"]);
    let link = share::encode_experiment(&Experiment::of(lenet5())).unwrap();
    assert!(link.len() <= 310, "{} characters", link.len());
}

#[test]
fn a_document_of_version_1_opens_with_the_usual_settings() {
    let experiment = json::read_experiment(OLD_DOCUMENT).unwrap();
    assert_eq!(experiment.settings, Settings::default());
    assert_eq!(experiment.name(), "Kept since version 1");
    let names: Vec<&str> = experiment
        .graph
        .nodes()
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    assert_eq!(names, ["C1", "relu", "S2", "flatten", "F3"]);
    let upgraded = json::write_experiment(&experiment).unwrap();
    assert!(upgraded.contains("\"cnn-lab\": 2"), "{upgraded}");
    assert_eq!(json::read_experiment(upgraded).unwrap(), experiment);
}

#[test]
fn a_link_of_version_1_opens_the_same_network_as_the_document() {
    let experiment = share::decode_experiment(OLD_LINK.trim()).unwrap();
    assert_eq!(experiment, json::read_experiment(OLD_DOCUMENT).unwrap());
}

#[test]
fn a_newer_document_or_link_says_that_it_is_newer() {
    let error = json::read_experiment(r#"{"cnn-lab": 3, "graph": {}}"#).unwrap_err();
    assert_eq!(error, DocumentError::TooNew { got: 3, newest: 2 });
    let error = share::decode_experiment("3abc").unwrap_err();
    assert!(matches!(error, ShareError::Version { got: '3' }));
    assert!(
        error.to_string().contains("newer version of the lab"),
        "{error}"
    );
}

#[test]
fn a_setting_that_is_none_is_named() {
    let graph = serde_json::to_string(&share::pack(&lenet5()).unwrap()).unwrap();
    let wrong = [
        ("name", "3"),
        ("origin", "[]"),
        ("seed", "-1"),
        ("input", r#"{"source": "radio"}"#),
        ("input", r#"{"pad": {"strokes": [[8]]}}"#),
        ("input", r#"{"pad": {"strokes": [[8, 1, 2, 3]]}}"#),
        ("input", r#"{"pad": {"strokes": [[]]}}"#),
        ("input", r#"{"pad": {"strokes": [[8, 2000000000, 0]]}}"#),
        ("input", r#"{"pad": {"mnist": -5}}"#),
        ("recipe", r#"{"crop": 1}"#),
        ("data", "{}"),
        ("device", r#""quantum""#),
        ("view", r#"{"selected": "C1"}"#),
        ("locks", r#"{"door": "locked"}"#),
        ("locks", r#"{"network": "ajar"}"#),
    ];
    for (key, value) in wrong {
        let document = format!(r#"{{"cnn-lab": 2, "graph": {graph}, "{key}": {value}}}"#);
        let error = json::read_experiment(document).unwrap_err().to_string();
        assert!(
            error.contains(&format!("“{key}”")),
            "{key} {value}: {error}"
        );
    }
}

#[test]
fn a_name_of_a_kilobyte_is_refused() {
    let graph = serde_json::to_string(&share::pack(&lenet5()).unwrap()).unwrap();
    let name = "x".repeat(1024);
    let document = format!(r#"{{"cnn-lab": 2, "graph": {graph}, "name": "{name}"}}"#);
    let error = json::read_experiment(document).unwrap_err();
    assert!(
        matches!(error, DocumentError::NameTooLong { got: 1024, .. }),
        "{error}"
    );
}

#[test]
fn a_drawing_without_end_is_refused() {
    let steps = vec!["0,0"; MAX_POINTS + 1].join(",");
    let compact = r#"["x",[1,9,9],[{"K":"F"}],["0a"],[0],{}]"#;
    let link = packed(&format!(
        r#"[{compact},{{"input":{{"pad":{{"strokes":[[8,{steps}]]}}}}}}]"#
    ));
    let error = share::decode_experiment(&link).unwrap_err().to_string();
    assert!(
        error.contains("the drawing") && error.contains("the limit is 100000"),
        "{error}"
    );
}

#[test]
fn a_link_asking_for_10_to_the_9_channels_opens_as_a_problem_with_an_arithmetic() {
    let compact = r#"["x",[1,9,9],[{"K":"C","C":1000000000,"W":3}],["0a"],[0],{}]"#;
    let experiment = share::decode_experiment(&packed(&format!("[{compact},{{}}]"))).unwrap();
    let analysis = engine::Analysis::of(&experiment.graph);
    assert!(!analysis.is_valid());
    let said = format!("{:?}", analysis.problems[0]);
    assert!(said.contains("1000000000"), "{said}");
}

#[test]
fn a_link_that_unpacks_without_end_is_stopped() {
    let error = share::decode_experiment(&packed(&" ".repeat(20 << 20))).unwrap_err();
    assert!(matches!(error, ShareError::Bomb { .. }), "{error}");
    // A document may carry such a text as its graph.
    let bomb = format!("1{}", &packed(&" ".repeat(20 << 20))[1..]);
    let document = format!(r#"{{"cnn-lab": 2, "graph": "{bomb}"}}"#);
    let error = json::read_experiment(document).unwrap_err().to_string();
    assert!(error.contains("unpacks to more than"), "{error}");
}

#[test]
fn a_link_cut_short_says_so_at_every_length() {
    let settings = Settings {
        name: Some("Exercise 3".into()),
        locks: BTreeMap::from([(Control::Network, Lock::Locked)]),
        ..Settings::default()
    };
    let graph = lenet5();
    let text = share::encode_experiment(&Experiment { graph, settings }).unwrap();
    for length in 1..text.len() - 1 {
        let error = share::decode_experiment(&text[..length]).unwrap_err();
        assert!(
            matches!(error, ShareError::Damaged { .. }),
            "{length}: {error}"
        );
    }
}
