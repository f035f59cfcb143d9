//! Keys of a document that the lab does not know. They are passed over, so that documents of later
//! versions open; a person who wrote `strides` for `stride` must be told.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use super::experiment::Settings;
use super::json::VERSION_KEY;
use crate::Layer;
use crate::near;

/// A key that is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The object that has it: “node 3 (“conv1”)”, “the graph”.
    pub place: String,
    pub key: String,
    /// The known key most like it, or of the same meaning in other programs.
    pub near: Option<&'static str>,
}

impl fmt::Display for UnknownKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, near } = self;
        write!(
            out,
            "{place}: the key “{key}” is not known and has no effect"
        )?;
        match near {
            Some(near) => write!(out, "; “{near}” is"),
            None => Ok(()),
        }
    }
}

/// One text of all of these, for a place with room for few; `None` where there are none.
pub fn told(unknown: &[UnknownKey]) -> Option<String> {
    const MOST: usize = 3;
    let shown: Vec<String> = unknown.iter().take(MOST).map(ToString::to_string).collect();
    if shown.is_empty() {
        return None;
    }
    let text = shown.join(". ");
    Some(match unknown.len().saturating_sub(MOST) {
        0 => format!("{text}."),
        more => format!("{text}. {more} more keys are not known."),
    })
}

const DOCUMENT: &[&str] = &[VERSION_KEY, "graph"];
const SETTINGS: &[&str] = &[
    "name", "origin", "seed", "input", "recipe", "data", "device", "view", "locks",
];
const GRAPH: &[&str] = &["name", "input", "nodes", "blocks", "next_id"];
const SHAPE: &[&str] = &["channels", "height", "width"];
const NODE: &[&str] = &["id", "name", "layer", "inputs", "shares"];
const BLOCK: &[&str] = &["name", "nodes"];

/// Every key that a kind of layer has.
const LAYER: &[&str] = &[
    "kind",
    "channels",
    "kernel",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "features",
    "function",
    "how",
    "eps",
    "momentum",
    "output",
    "mode",
    "count_include_pad",
    "ceil_mode",
    "order",
    "table",
    "fan",
    "sides",
    "value",
    "start",
    "end",
    "size",
    "alpha",
    "beta",
    "k",
    "alpha_divided_by_size",
    "scale",
    "shift",
    "slope",
    "a",
    "s",
    "p",
    "classes",
];

/// What PyTorch, Keras and ONNX call the settings of a layer.
const ELSEWHERE: &[(&str, &str)] = &[
    ("type", "kind"),
    ("class_name", "kind"),
    ("out_channels", "channels"),
    ("filters", "channels"),
    ("num_output", "channels"),
    ("kernel_size", "kernel"),
    ("kernel_shape", "kernel"),
    ("pool_size", "kernel"),
    ("pads", "padding"),
    ("dilation_rate", "dilation"),
    ("use_bias", "bias"),
    ("units", "features"),
    ("out_features", "features"),
    ("epsilon", "eps"),
    ("output_size", "output"),
    ("negative_slope", "slope"),
    ("rate", "p"),
    ("drop_rate", "p"),
    ("activation", "function"),
];

/// The keys of this document that are passed over, in its order.
pub(super) fn unknown_keys(document: &Value) -> Vec<UnknownKey> {
    let mut found = Vec::new();
    let settings = |key: &str| {
        let mut poisoned = json!({});
        poisoned[key] = poison();
        document[VERSION_KEY] != 1 && Settings::from_value(&poisoned).is_err()
    };
    let names: Vec<&'static str> = [DOCUMENT, SETTINGS].concat();
    note(&mut found, "the document", document, &names, |key| {
        DOCUMENT.contains(&key) || settings(key)
    });
    let graph = &document["graph"];
    let among = |names: &'static [&str]| move |key: &str| names.contains(&key);
    note(&mut found, "the graph", graph, GRAPH, among(GRAPH));
    note(
        &mut found,
        "the graph's “input”",
        &graph["input"],
        SHAPE,
        among(SHAPE),
    );
    for (node, position) in graph["nodes"].as_array().into_iter().flatten().zip(1..) {
        let name = node["name"].as_str().unwrap_or_default();
        let place = format!("node {position} (“{name}”)");
        note(&mut found, &place, node, NODE, among(NODE));
        let layer = &node["layer"];
        let mut keys = layer.as_object().into_iter().flat_map(|it| it.keys());
        if keys.all(|key| is_of_layer(layer, key)) {
            continue;
        }
        let known: Vec<&'static str> = { LAYER.iter().copied() }
            .filter(|key| is_of_layer(layer, key))
            .collect();
        note(&mut found, &place, layer, &known, |key| {
            is_of_layer(layer, key)
        });
    }
    for (block, position) in graph["blocks"].as_array().into_iter().flatten().zip(1..) {
        let place = format!("block {position}");
        note(&mut found, &place, block, BLOCK, among(BLOCK));
    }
    found
}

/// Adds the keys of an object that are not known.
fn note(
    found: &mut Vec<UnknownKey>,
    place: &str,
    object: &Value,
    names: &[&'static str],
    is_known: impl Fn(&str) -> bool,
) {
    for key in object.as_object().into_iter().flat_map(|it| it.keys()) {
        if is_known(key) {
            continue;
        }
        let lower = key.to_lowercase();
        let translated = { ELSEWHERE.iter() }
            .find(|(other, ours)| *other == lower && names.contains(ours))
            .map(|(_, ours)| *ours);
        let like = || near::nearest(key, names.iter().copied()).into_iter().next();
        found.push(UnknownKey {
            place: place.to_owned(),
            key: key.clone(),
            near: translated.or_else(like),
        });
    }
}

/// Whether this layer reads the key: with a value there that no setting can have, it is not read.
fn is_of_layer(layer: &Value, key: &str) -> bool {
    let mut poisoned = layer.clone();
    poisoned[key] = poison();
    Layer::deserialize(&poisoned).is_err()
}

/// A value that no key of a document can have.
fn poison() -> Value {
    json!({ "no such key": [] })
}
