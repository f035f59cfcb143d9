//! A graph or an experiment as the text of a link: a version digit, then base64url of deflated
//! JSON. Version 1 is a graph alone, version 2 a list of the graph and the settings' object.
//!
//! The compact JSON of a graph is a list: name, input `[c, h, w]`, the distinct layers in short form, the
//! names (each a letter for the length of the beginning it shares with the one before, then the
//! rest), the layer of each node by its place in the list, and an object with what differs from
//! a plain chain: `i` wiring, `d` node numbers, `b` blocks, `w` shared weights.

use std::collections::HashMap;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::experiment::{Experiment, Settings};
use super::limits::MAX_BYTES;
use super::{DocumentError, json, link, short};
use crate::graph::MAX_NODES;
use crate::{Graph, NodeId};

/// The digit that the share text of a graph begins with.
pub const VERSION: char = '1';

/// The digit that the share text of an experiment begins with.
pub const EXPERIMENT: char = '2';

/// The longest share text that is read or written, in characters: what messengers still carry.
pub const MAX_TEXT: usize = 32 << 10;

/// The longest text that a share text is looked for in, in characters: some of them may be
/// percent-encoded, line ends or the address before it.
pub const MAX_SENT: usize = 2 * MAX_TEXT;

/// The most that a share text may inflate to, in bytes.
pub const MAX_INFLATED: usize = 1 << 20;

/// How many nodes all blocks of a share text may name together: each node in 16 nested blocks.
const MAX_IN_BLOCKS: usize = 16 * MAX_NODES;

/// Why a share text holds no graph, or a graph makes no share text.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    #[error("the link has {got} characters; the limit is {limit}")]
    TooLong { got: usize, limit: usize },
    #[error(
        "the graph would make a link of {got} characters; the limit is {limit}: save it as a file \
         instead"
    )]
    GraphTooLong { got: usize, limit: usize },
    #[error("the graph repeats more than a link may unpack to: save it as a file instead")]
    TooMuch,
    #[error("the link is empty")]
    Empty,
    #[error(
        "the link begins with “{got}”, but this program reads links that begin with “1” or “2”: \
         it was made by a newer version of the lab, or the link is not one of ours"
    )]
    Version { got: char },
    #[error("the link is damaged, perhaps cut short when it was copied: {reason}")]
    Damaged { reason: String },
    #[error("the link unpacks to more than {limit} bytes, which no network needs")]
    Bomb { limit: usize },
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// The compact JSON.
#[derive(Serialize, Deserialize)]
struct Compact(
    String,
    [u64; 3],
    Vec<Value>,
    Vec<String>,
    Vec<usize>,
    Extras,
);

/// What differs from a plain chain of nodes numbered 1, 2, 3, …
#[derive(Default, Serialize, Deserialize)]
struct Extras {
    /// For each node whose input is not just the node before: how many nodes after the last such
    /// node it stands, then how far back each of its inputs is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    i: Vec<Vec<usize>>,
    /// The nodes' numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    d: Vec<u32>,
    /// The blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    b: Vec<BlockAt>,
    /// For each node that shares another's weights its place, then the other's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    w: Vec<[usize; 2]>,
}

/// A block by the places of its nodes.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum BlockAt {
    /// Name, the first place, how many nodes follow one another from there.
    Run(String, usize, usize),
    /// Name and each place.
    Places(String, Vec<usize>),
}

/// The share text of this graph.
///
/// # Errors
/// When a layer holds a number that cannot be written, or the text would be too long for a link.
pub fn encode(graph: &Graph) -> Result<String, ShareError> {
    short_enough(pack(graph)?)
}

/// The share text of this experiment.
///
/// # Errors
/// As [`encode`].
pub fn encode_experiment(experiment: &Experiment) -> Result<String, ShareError> {
    let Experiment { graph, settings } = experiment;
    short_enough(deflated(EXPERIMENT, &(compact(graph)?, settings))?)
}

/// The share text of this graph, whatever its length: how graphs are kept beside each other.
///
/// # Errors
/// When a layer holds a number that cannot be written, or the graph is larger than what is read.
pub fn pack(graph: &Graph) -> Result<String, ShareError> {
    deflated(VERSION, &compact(graph)?)
}

fn deflated(version: char, value: &impl Serialize) -> Result<String, ShareError> {
    let text = serde_json::to_vec(value).map_err(|error| DocumentError::NotWritten {
        reason: error.to_string(),
    })?;
    if text.len() > MAX_INFLATED {
        return Err(ShareError::GraphTooLong {
            got: text.len(),
            limit: MAX_TEXT,
        });
    }
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(&text).map_err(damaged)?;
    let mut share = version.to_string();
    BASE64_URL_SAFE_NO_PAD.encode_string(deflate.finish().map_err(damaged)?, &mut share);
    Ok(share)
}

fn short_enough(share: String) -> Result<String, ShareError> {
    if share.len() > MAX_TEXT {
        return Err(ShareError::GraphTooLong {
            got: share.len(),
            limit: MAX_TEXT,
        });
    }
    Ok(share)
}

/// The graph of a share text. Bounded: at most [`MAX_INFLATED`] bytes are unpacked and at most
/// [`MAX_NODES`] nodes built, whatever the text says.
///
/// # Errors
/// When the text is too long, damaged, of another version, or not a graph within the limits.
pub fn decode(text: &str) -> Result<Graph, ShareError> {
    Ok(decode_experiment(text)?.graph)
}

/// The experiment of a share text; one of version 1 has the usual settings. Bounded as [`decode`].
/// Punctuation around it, white space in it, percent-encoding and the address before it are passed
/// over.
///
/// # Errors
/// As [`decode`], and when a setting cannot be read.
pub fn decode_experiment(text: &str) -> Result<Experiment, ShareError> {
    let too_long = |got| ShareError::TooLong {
        got,
        limit: MAX_TEXT,
    };
    if text.len() > MAX_SENT {
        return Err(too_long(text.len()));
    }
    let text = &*link::plain(text);
    if text.len() > MAX_TEXT {
        return Err(too_long(text.len()));
    }
    match text.chars().next() {
        None => Err(ShareError::Empty),
        Some(VERSION) => Ok(Experiment::of(unpack(text)?)),
        Some(EXPERIMENT) => {
            let json = inflated(&text[1..])?;
            let (compact, settings): (Compact, Value) =
                serde_json::from_slice(&json).map_err(damaged)?;
            let graph = json::from_value(&expand(compact)?)?;
            let settings = Settings::from_value(&settings)?;
            Ok(Experiment { graph, settings })
        }
        Some(got) => Err(ShareError::Version { got }),
    }
}

/// The graph of a [`pack`]ed text, bounded as [`decode`] but for the text's own length.
///
/// # Errors
/// As [`decode`].
pub fn unpack(text: &str) -> Result<Graph, ShareError> {
    let got = text.chars().next().ok_or(ShareError::Empty)?;
    let packed = text.strip_prefix(VERSION);
    let json = inflated(packed.ok_or(ShareError::Version { got })?)?;
    let compact: Compact = serde_json::from_slice(&json).map_err(damaged)?;
    Ok(json::from_value(&expand(compact)?)?)
}

/// The JSON of what follows the digit.
fn inflated(packed: &str) -> Result<Vec<u8>, ShareError> {
    let foreign = packed.chars().zip(1..).find(|&(letter, _)| {
        let letter = u8::try_from(letter);
        !letter.is_ok_and(link::is_letter)
    });
    if let Some((letter, place)) = foreign {
        let letter = letter.escape_debug();
        return Err(damaged(format!(
            "“{letter}”, its character {place}, is in no link"
        )));
    }
    let packed = BASE64_URL_SAFE_NO_PAD.decode(packed).map_err(damaged)?;
    let mut inflated = Vec::new();
    // One byte more than allowed, to know whether there is more.
    let mut inflate = DeflateDecoder::new(packed.as_slice()).take(MAX_INFLATED as u64 + 1);
    inflate.read_to_end(&mut inflated).map_err(damaged)?;
    if inflated.len() > MAX_INFLATED {
        return Err(ShareError::Bomb {
            limit: MAX_INFLATED,
        });
    }
    Ok(inflated)
}

/// Wiring counts places: 0 is the graph's input, the first node is 1.
fn compact(graph: &Graph) -> Result<Compact, ShareError> {
    let place = |id: NodeId| graph.position(id).map_or(0, |index| index + 1);
    let graph_value = json::to_value(graph)?;
    let nodes = graph_value["nodes"].as_array().cloned().unwrap_or_default();
    let (mut layers, mut of_node, mut names) = (Vec::new(), Vec::new(), Vec::new());
    // By their text, so that a graph of thousands of different layers takes no square of them.
    let (mut known, mut unpacked) = (HashMap::new(), 0);
    let (mut extras, mut before, mut last_exception) = (Extras::default(), "", 0);
    for (index, (node, value)) in graph.nodes().iter().zip(&nodes).enumerate() {
        let layer = short::shorten(&value["layer"]);
        let text = layer.to_string();
        unpacked += text.len();
        of_node.push(*known.entry(text).or_insert_with(|| {
            layers.push(layer);
            layers.len() - 1
        }));
        names.push(front_coded(before, &node.name));
        before = &node.name;
        let here = index + 1;
        let back: Vec<usize> = node
            .inputs
            .iter()
            .map(|&input| here - place(input))
            .collect();
        if let Some(source) = node.shares {
            extras.w.push([here, place(source)]);
        }
        if back != [1] {
            extras.i.push([vec![here - last_exception], back].concat());
            last_exception = here;
        }
    }
    if (1..)
        .zip(graph.nodes())
        .any(|(number, node)| node.id != NodeId(number))
    {
        extras.d = graph.nodes().iter().map(|node| node.id.0).collect();
    }
    for block in graph.blocks() {
        let places: Vec<usize> = block.nodes.iter().map(|&id| place(id)).collect();
        let name = block.name.clone();
        extras.b.push(match places.as_slice() {
            &[first, ..] if places.iter().copied().eq(first..first + places.len()) => {
                BlockAt::Run(name, first, places.len())
            }
            _ => BlockAt::Places(name, places),
        });
    }
    let in_blocks: usize = graph.blocks().iter().map(|block| block.nodes.len()).sum();
    if unpacked > MAX_BYTES || in_blocks > MAX_IN_BLOCKS {
        return Err(ShareError::TooMuch);
    }
    let input = graph.input();
    let input = [input.channels, input.height, input.width].map(u64::from);
    Ok(Compact(
        graph.name().to_owned(),
        input,
        layers,
        names,
        of_node,
        extras,
    ))
}

/// The document's graph of the compact JSON; every count is checked before anything is built.
fn expand(compact: Compact) -> Result<Value, ShareError> {
    let Compact(name, [channels, height, width], layers, names, of_node, extras) = compact;
    let count = names.len();
    if count > MAX_NODES {
        return Err(DocumentError::TooManyNodes {
            got: count,
            limit: MAX_NODES,
        }
        .into());
    }
    let numbered = extras.d.is_empty() || extras.d.len() == count;
    if of_node.len() != count || !numbered {
        return Err(damaged(
            "the lists of names, layers and numbers differ in length",
        ));
    }
    let id_at = |place: usize| match place.checked_sub(1) {
        None => Some(0),
        Some(index) if extras.d.is_empty() => (index < count).then_some(index as u32 + 1),
        Some(index) => extras.d.get(index).copied(),
    };
    let sizes: Vec<usize> = layers.iter().map(|layer| layer.to_string().len()).collect();
    let layers: Vec<Value> = layers.iter().map(short::lengthen).collect();
    let sources: HashMap<usize, usize> = extras.w.iter().map(|&[at, of]| (at, of)).collect();
    let mut exceptions = extras.i.iter();
    let mut exception = exceptions.next();
    let mut last_exception = 0;
    let (mut nodes, mut total, mut before) = (Vec::with_capacity(count), 0, String::new());
    for (index, (coded, layer)) in names.iter().zip(of_node).enumerate() {
        let here = index + 1;
        let (Some(size), Some(layer)) = (sizes.get(layer), layers.get(layer)) else {
            return Err(damaged("a node names a layer that is not in the list"));
        };
        // A thousand nodes that share one large layer must not unpack to a gigabyte.
        total += size;
        if total > MAX_BYTES {
            return Err(ShareError::Bomb { limit: MAX_BYTES });
        }
        let Some(node_name) = front_decoded(&before, coded) else {
            return Err(damaged(
                "a name shares more letters than the one before it has",
            ));
        };
        let mut back: &[usize] = &[1];
        if let Some((&gap, inputs)) = exception.and_then(|exception| exception.split_first())
            && here - last_exception == gap
        {
            (back, last_exception, exception) = (inputs, here, exceptions.next());
        }
        let inputs: Option<Vec<u32>> = back
            .iter()
            .map(|&back| here.checked_sub(back).and_then(id_at))
            .collect();
        let Some(inputs) = inputs else {
            return Err(damaged(
                "a node takes its input from before the graph's beginning",
            ));
        };
        let mut node = json!({
            "id": id_at(here), "name": node_name, "layer": layer, "inputs": inputs,
        });
        if let Some(&source) = sources.get(&here) {
            let source = source.checked_sub(1).and_then(|_| id_at(source));
            node["shares"] = json!(source.ok_or_else(|| {
                damaged("a node shares the weights of one that does not exist")
            })?);
        }
        nodes.push(node);
        before = node_name;
    }
    if exception.is_some() {
        return Err(damaged("the wiring names a node that does not exist"));
    }
    let mut in_blocks = 0;
    let blocks = extras.b.into_iter().map(|block| {
        let (name, places) = match block {
            BlockAt::Run(name, first, length) if first <= count && length <= count => {
                (name, (first..first + length).collect())
            }
            BlockAt::Run(..) => return Err(damaged("a block names a node that does not exist")),
            BlockAt::Places(name, places) => (name, places),
        };
        in_blocks += places.len();
        if in_blocks > MAX_IN_BLOCKS {
            return Err(damaged("the blocks name more nodes than any graph needs"));
        }
        let nodes: Option<Vec<u32>> = places.into_iter().map(id_at).collect();
        let nodes = nodes.ok_or_else(|| damaged("a block names a node that does not exist"))?;
        Ok(json!({ "name": name, "nodes": nodes }))
    });
    let blocks = blocks.collect::<Result<Vec<Value>, ShareError>>()?;
    let input = json!({ "channels": channels, "height": height, "width": width });
    Ok(json!({ "name": name, "input": input, "nodes": nodes, "blocks": blocks }))
}

/// A letter for how many bytes `name` begins with that `before` begins with too, then the rest.
/// Sibling nodes of a block share the block's path, so that blocks look alike to deflate.
fn front_coded(before: &str, name: &str) -> String {
    let mut shared = 0;
    for (one, other) in before.chars().zip(name.chars()) {
        if one != other || shared + one.len_utf8() > LONGEST {
            break;
        }
        shared += one.len_utf8();
    }
    let letter = char::from(b'0' + shared as u8);
    format!("{letter}{}", &name[shared..])
}

/// The name of a [`front_coded`] text; `None` when it is not one.
fn front_decoded(before: &str, coded: &str) -> Option<String> {
    let letter = *coded.as_bytes().first()?;
    let shared = usize::from(letter.checked_sub(b'0')?);
    Some(format!("{}{}", before.get(..shared)?, coded.get(1..)?))
}

/// The longest shared beginning that one letter from `0` to `z` can say.
const LONGEST: usize = (b'z' - b'0') as usize;

/// The reason as a part of a sentence: those of libraries may end in a full stop.
fn damaged(reason: impl ToString) -> ShareError {
    ShareError::Damaged {
        reason: reason.to_string().trim_end_matches('.').to_owned(),
    }
}
