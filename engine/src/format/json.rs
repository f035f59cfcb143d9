//! The document format. Version 1, `{"cnn-lab": 1, "graph": {…}}`, is a
//! graph as [`Graph`] serialises itself, and what a graph alone is still written as, so that older
//! programs read it. Version 2 has the experiment's settings beside the graph, and the graph may
//! be its share text instead (`share::pack`), which is how the page keeps it. Keys that are not
//! known are passed over; [`unknown_keys`] names them.

use serde_json::{Value, json};

use super::experiment::{Experiment, Settings};
use super::limits::{MAX_BYTES, check_name, check_numbers};
use super::unknown::{self, UnknownKey};
use super::{encoding, share};
use crate::graph::{MAX_NODES, Node};
use crate::{Graph, Shape};

/// The newest version of the document that this program reads, and the one that it writes
/// experiments as.
pub const VERSION: u64 = 2;

/// The version that holds a graph and nothing else.
const GRAPH_ALONE: u64 = 1;

/// The key that says that a JSON text is one of our documents, and of which version.
pub const VERSION_KEY: &str = "cnn-lab";

/// Why a text is not a document that can be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("the document has {got} bytes; the limit is {limit}")]
    TooLong { got: usize, limit: usize },
    #[error("this is not JSON: {reason}")]
    NotJson { reason: String },
    #[error(
        "this is the description of a Keras model, not a document of the CNN lab, which does not \
         read it: build the network in the lab, or write its document by hand"
    )]
    Keras,
    #[error(
        "this JSON is not a document of the CNN lab: it has no whole number under “cnn-lab” that \
         says its version"
    )]
    NotADocument,
    #[error(
        "the document has version {got}, but this program reads versions 1 to {newest}: open it \
         with a newer version of the lab"
    )]
    TooNew { got: u64, newest: u64 },
    #[error("the document says version {got}; the first version is 1")]
    NoSuchVersion { got: u64 },
    #[error("{place} is missing or is not {wanted}")]
    Missing { place: String, wanted: &'static str },
    #[error("{place} cannot be read: {reason}")]
    Malformed { place: String, reason: String },
    #[error("{place}: {field} is {got}; the limit is {limit}")]
    TooLarge {
        place: String,
        field: String,
        got: String,
        limit: u64,
    },
    #[error("{place} has a name of {got} bytes; the limit is {limit}")]
    NameTooLong {
        place: String,
        got: usize,
        limit: usize,
    },
    #[error("the graph has {got} nodes; the limit is {limit}")]
    TooManyNodes { got: usize, limit: usize },
    #[error("{place} holds a number that is infinite or not a number; a document cannot store it")]
    NotFinite { place: String },
    #[error("the graph cannot be written: {reason}")]
    NotWritten { reason: String },
}

/// The document of this graph, which [`read`] opens again; indented for people and version control
/// unless only a text without indentation is short enough.
///
/// # Errors
/// When a layer holds a number that JSON cannot (infinite, not a number), or the graph is larger
/// than what is read.
pub fn write(graph: &Graph) -> Result<String, DocumentError> {
    indented(&json!({ VERSION_KEY: GRAPH_ALONE, "graph": to_value(graph)? }))
}

/// The document of this experiment, which [`read_experiment`] opens again; indented like that of a
/// graph.
///
/// # Errors
/// As [`write`].
pub fn write_experiment(experiment: &Experiment) -> Result<String, DocumentError> {
    let graph = to_value(&experiment.graph)?;
    indented(&document(&experiment.settings, graph)?)
}

/// The dense document of an experiment whose graph is given as its share text, which may have been
/// made long before.
///
/// # Errors
/// When it is longer than what is read.
pub fn write_packed(settings: &Settings, graph: &str) -> Result<String, DocumentError> {
    let dense = document(settings, graph.into())?.to_string();
    check_length(dense.len())?;
    Ok(dense)
}

fn document(settings: &Settings, graph: Value) -> Result<Value, DocumentError> {
    let mut document = serde_json::to_value(settings).map_err(not_written)?;
    document[VERSION_KEY] = VERSION.into();
    document["graph"] = graph;
    Ok(document)
}

fn indented(document: &Value) -> Result<String, DocumentError> {
    let indented = serde_json::to_string_pretty(document).map_err(not_written)?;
    if indented.len() <= MAX_BYTES {
        return Ok(indented);
    }
    let dense = document.to_string();
    check_length(dense.len())?;
    Ok(dense)
}

fn check_length(got: usize) -> Result<(), DocumentError> {
    let limit = MAX_BYTES;
    if got > limit {
        return Err(DocumentError::TooLong { got, limit });
    }
    Ok(())
}

/// The graph of a document.
///
/// # Errors
/// When the text is too long, is not JSON, is of a newer version, asks for more than the limits
/// allow, or is not a graph; the sentence says where.
pub fn read(text: impl AsRef<[u8]>) -> Result<Graph, DocumentError> {
    let document = parsed(text.as_ref())?;
    graph_of(&document)
}

/// The experiment of a document; one of version 1 has the usual settings.
///
/// # Errors
/// As [`read`], and when a setting cannot be read.
pub fn read_experiment(text: impl AsRef<[u8]>) -> Result<Experiment, DocumentError> {
    let document = parsed(text.as_ref())?;
    let graph = graph_of(&document)?;
    let settings = match document[VERSION_KEY].as_u64() {
        Some(GRAPH_ALONE) => Settings::default(),
        _ => Settings::from_value(&document)?,
    };
    Ok(Experiment { graph, settings })
}

/// The keys of a document that are not known and passed over; none for a text that is no document.
pub fn unknown_keys(text: impl AsRef<[u8]>) -> Vec<UnknownKey> {
    parsed(text.as_ref()).map_or_else(|_| Vec::new(), |document| unknown::unknown_keys(&document))
}

fn graph_of(document: &Value) -> Result<Graph, DocumentError> {
    match &document["graph"] {
        Value::String(packed) => share::unpack(packed).map_err(|error| match error {
            share::ShareError::Document(error) => error,
            other => DocumentError::Malformed {
                place: "“graph”".into(),
                reason: other.to_string(),
            },
        }),
        graph => from_value(graph),
    }
}

/// The document of a version that can be read.
fn parsed(text: &[u8]) -> Result<Value, DocumentError> {
    // UTF-16 takes twice the bytes.
    check_length(text.len() / 2)?;
    let not_json = |reason| DocumentError::NotJson { reason };
    let text = encoding::as_utf_8(text).map_err(not_json)?;
    check_length(text.len())?;
    let document: Value =
        serde_json::from_slice(&text).map_err(|error| not_json(error.to_string()))?;
    match document.get(VERSION_KEY).and_then(Value::as_u64) {
        None if document.get("class_name").is_some() => Err(DocumentError::Keras),
        None => Err(DocumentError::NotADocument),
        Some(0) => Err(DocumentError::NoSuchVersion { got: 0 }),
        Some(got) if got > VERSION => Err(DocumentError::TooNew {
            got,
            newest: VERSION,
        }),
        Some(_) => Ok(document),
    }
}

/// The graph as a JSON value, known to be readable again.
pub(super) fn to_value(graph: &Graph) -> Result<Value, DocumentError> {
    for node in graph.nodes() {
        let layer = serde_json::to_value(&node.layer).map_err(not_written)?;
        if has_null(&layer) {
            return Err(DocumentError::NotFinite {
                place: format!("the node “{}”", node.name),
            });
        }
    }
    serde_json::to_value(graph).map_err(not_written)
}

/// The graph of a JSON value, each part checked where it stands so that errors can name it.
pub(super) fn from_value(graph: &Value) -> Result<Graph, DocumentError> {
    let missing = |place: &str, wanted| DocumentError::Missing {
        place: place.to_owned(),
        wanted,
    };
    let graph = graph
        .as_object()
        .ok_or_else(|| missing("“graph”", "an object"))?;
    let name = graph.get("name").and_then(Value::as_str);
    check_name(
        "the graph",
        name.ok_or_else(|| missing("the graph's “name”", "a text"))?,
    )?;

    let input = graph
        .get("input")
        .ok_or_else(|| missing("the graph's “input”", "a shape"))?;
    check_numbers("the graph's “input”", "shape", input)?;
    parse::<Shape>("the graph's “input”", input)?;

    let nodes = graph.get("nodes").and_then(Value::as_array);
    let nodes = nodes.ok_or_else(|| missing("the graph's “nodes”", "a list"))?;
    if nodes.len() > MAX_NODES {
        return Err(DocumentError::TooManyNodes {
            got: nodes.len(),
            limit: MAX_NODES,
        });
    }
    for (position, node) in nodes.iter().enumerate() {
        let place = match node.get("name").and_then(Value::as_str) {
            Some(name) => {
                check_name(&format!("node {}", position + 1), name)?;
                format!("node {} (“{name}”)", position + 1)
            }
            None => format!("node {}", position + 1),
        };
        check_numbers(&place, "layer", node.get("layer").unwrap_or(&Value::Null))?;
        parse::<Node>(&place, node)?;
    }
    for block in graph
        .get("blocks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        check_name(
            "a block",
            block
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        )?;
    }
    parse("the graph", &Value::Object(graph.clone()))
}

fn parse<T: serde::de::DeserializeOwned>(place: &str, value: &Value) -> Result<T, DocumentError> {
    T::deserialize(value).map_err(|error| DocumentError::Malformed {
        place: place.to_owned(),
        reason: error.to_string(),
    })
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
    }
}

fn not_written(error: serde_json::Error) -> DocumentError {
    DocumentError::NotWritten {
        reason: error.to_string(),
    }
}
