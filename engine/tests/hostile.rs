//! Whatever a link or a file holds: an error or a graph, never a panic, never without bound.
//! A failing run prints the seed that repeats it.

// Tests and their helpers may unwrap; these run natively, where std's clock works.
#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod random;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::format::{GraphDiff, json, share};
use engine::zoo::{self, CATALOGUE, Options};
use engine::{Analysis, Graph};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

/// Runs a property on a seed that is printed, or on the one in PROPTEST_RNG_SEED.
fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value)) {
    let given = std::env::var("PROPTEST_RNG_SEED")
        .ok()
        .map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(rand_seed);
    println!("repeat with PROPTEST_RNG_SEED={seed}");
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let run = TestRunner::new(config).run(&strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

/// A new seed on every run, from the randomness of the standard library's hash maps.
fn rand_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}

/// Operations on a decoded graph, none of which may panic.
fn use_it(graph: &Graph) {
    let _ = Analysis::of(graph);
    let again = json::read(json::write(graph).unwrap()).unwrap();
    assert_eq!(&again, graph);
    if let Ok(link) = share::encode(graph) {
        assert_eq!(&share::decode(&link).unwrap(), graph);
    }
}

fn deflated(bytes: &[u8]) -> String {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(bytes).unwrap();
    format!(
        "1{}",
        BASE64_URL_SAFE_NO_PAD.encode(deflate.finish().unwrap())
    )
}

fn inflated(link: &str) -> Vec<u8> {
    let packed = BASE64_URL_SAFE_NO_PAD.decode(&link[1..]).unwrap();
    let mut bytes = Vec::new();
    DeflateDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// Small networks that together have most kinds of layer.
fn samples() -> Vec<Graph> {
    [
        "lenet-1",
        "lenet-5-1998",
        "alexnet-mini",
        "googlenet-mini",
        "mobilenet-v3-mini",
    ]
    .map(|name| zoo::build(name, &Options::default()).unwrap())
    .into()
}

/// A position and a mutation: another byte, an added digit, a part removed or duplicated.
type Damage = (u8, prop::sample::Index, prop::sample::Index, u8);

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let damage = (
        0..5_u8,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        any::<u8>(),
    );
    prop::collection::vec(damage, 1..6)
}

fn damaged(text: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut text = text.to_vec();
    for (how, place, other, byte) in damages {
        if text.len() < 2 {
            break;
        }
        let [place, other] = [place.index(text.len()), other.index(text.len())];
        let [start, end] = [place.min(other), place.max(other)];
        match how {
            0 => text[place] = *byte,
            1 => text.insert(place, b"0123456789-.eE"[usize::from(*byte) % 14]),
            2 => drop(text.drain(start..end.min(start + 40))),
            3 => {
                let piece = text[start..end.min(start + 200)].to_vec();
                text.splice(end..end, piece);
            }
            _ => {
                // Numbers are where limits are: a huge one in place of one that was there.
                if let Some(digit) = (place..text.len()).find(|&at| text[at].is_ascii_digit()) {
                    text.splice(digit..=digit, b"1000000000000".iter().copied());
                }
            }
        }
    }
    text
}

#[test]
fn every_network_of_the_zoo_survives_document_and_link() {
    for entry in CATALOGUE {
        let graph = entry.graph(&Options::default()).unwrap();
        assert!(share::encode(&graph).is_ok(), "{}", entry.name);
        use_it(&graph);
    }
}

#[test]
fn the_zoos_lenet_5_and_resnet_50_keep_to_the_promised_length() {
    for (name, limit) in [
        ("lenet-5", 300),
        ("lenet-5-1998", 400),
        ("resnet-50", 2_000),
    ] {
        let graph = zoo::build(name, &Options::default()).unwrap();
        let length = share::encode(&graph).unwrap().len();
        assert!(length <= limit, "{name}: {length} characters");
    }
}

#[test]
fn random_graphs_survive_document_and_link() {
    check(200, random::graphs(40), |graph| use_it(&graph));
}

#[test]
fn what_a_diff_tells_adds_up() {
    let two = (random::graphs(20), random::graphs(20));
    check(300, two, |(before, after)| {
        let diff = GraphDiff::between(&before, &after);
        let kept = diff.same + diff.changed.len();
        assert_eq!(kept + diff.removed.len(), before.nodes().len());
        assert_eq!(kept + diff.added.len(), after.nodes().len());
        assert!(GraphDiff::between(&before, &before).is_empty());
    });
}

#[test]
fn arbitrary_bytes_are_no_document_and_no_panic() {
    check(2_000, prop::collection::vec(any::<u8>(), 0..400), |bytes| {
        let _ = json::read(&bytes);
        let _ = json::read([br#"{"cnn-lab":1,"graph":"#.as_slice(), &bytes, b"}"].concat());
        let _ =
            json::read_experiment([br#"{"cnn-lab":2,"input":"#.as_slice(), &bytes, b"}"].concat());
    });
}

#[test]
fn arbitrary_text_is_no_link_and_no_panic() {
    check(2_000, any::<String>(), |text| {
        let _ = share::decode(&text);
        let _ = share::decode(&format!("1{text}"));
        let _ = share::decode_experiment(&format!("2{text}"));
    });
    check(2_000, "[12][A-Za-z0-9_-]{0,300}", |text| {
        let _ = share::decode(&text);
    });
    check(2_000, prop::collection::vec(any::<u8>(), 0..400), |bytes| {
        let _ = share::decode(&deflated(&bytes));
        let _ = share::decode_experiment(&format!("2{}", &deflated(&bytes)[1..]));
    });
}

#[test]
fn damaged_documents_never_panic() {
    let texts: Vec<_> = samples()
        .iter()
        .map(|graph| json::write(graph).unwrap())
        .collect();
    let which = any::<prop::sample::Index>();
    check(1_500, (which, damages()), |(which, damages)| {
        let text = damaged(which.get(&texts).as_bytes(), &damages);
        if let Ok(graph) = json::read(&text) {
            use_it(&graph);
        }
    });
}

#[test]
fn damaged_links_never_panic() {
    let texts: Vec<_> = samples()
        .iter()
        .map(|graph| inflated(&share::encode(graph).unwrap()))
        .collect();
    let which = any::<prop::sample::Index>();
    check(3_000, (which, damages()), |(which, damages)| {
        let text: &Vec<u8> = which.get(&texts);
        if let Ok(graph) = share::decode(&deflated(&damaged(text, &damages))) {
            use_it(&graph);
        }
    });
}

#[test]
fn nesting_without_end_is_an_error_and_no_overflow() {
    for open in ["[", "{\"a\":", "{\"cnn-lab\":1,\"graph\":"] {
        assert!(json::read(open.repeat(100_000)).is_err());
        assert!(share::decode(&deflated(open.repeat(40_000).as_bytes())).is_err());
    }
}

/// The costliest texts within the limits, one for each part of the format.
fn costly_links() -> Vec<String> {
    let many = |count: usize, item: &dyn Fn(usize) -> String| {
        (0..count).map(item).collect::<Vec<_>>().join(",")
    };
    let link = |layers: &str, count: usize, extras: &str| {
        let names = many(count, &|index| format!("\"0{index}\""));
        let places = many(count, &|_| "0".to_owned());
        deflated(format!("[\"x\",[1,9,9],[{layers}],[{names}],[{places}],{extras}]").as_bytes())
    };
    // Every node takes the first 250 before it, every node concatenates, every layer is huge.
    let wires = many(1_000, &|index| {
        format!("[1{}]", format!(",{}", index + 1).repeat(200))
    });
    let table = many(400, &|_| "[0]".to_owned());
    vec![
        link(
            r#"{"K":"J","H":"concat"}"#,
            1_000,
            &format!("{{\"i\":[{wires}]}}"),
        ),
        link(
            r#"{"K":"C","C":1048576,"W":1048576,"P":1048576}"#,
            4_096,
            "{}",
        ),
        link(
            &format!(r#"{{"K":"table_conv","T":[{table}],"W":1}}"#),
            1_000,
            "{}",
        ),
        link(
            &many(4_096, &|index| format!(r#"{{"K":"L","F":{}}}"#, index + 1)),
            4_096,
            "{}",
        ),
    ]
}

#[test]
fn the_costliest_links_within_the_limits_are_answered_at_once() {
    for link in costly_links() {
        assert!(link.len() < 32 << 10, "{} characters", link.len());
        let start = Instant::now();
        if let Ok(graph) = share::decode(&link) {
            let _ = Analysis::of(&graph);
        }
        // Unoptimised and on a busy machine; a bound, not a benchmark.
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
    }
}
