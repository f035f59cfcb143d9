//! A network with its weights as an ONNX file. Each layer's output has the layer's name, each
//! parameter that of a weights file.

mod layers;
mod net;
mod quantised;
mod spread;
mod statistics;

use serde_json::json;

use super::OnnxError;
use super::wire::Message;
use crate::checkpoint::Weights;
use crate::compress::quantise::Activations;
use crate::layer::Conv;
use crate::{Analysis, Graph};

use net::Net;

/// The version of the operators that are written.
pub const OPSET: i64 = 17;

/// The version of the format.
const IR_VERSION: i64 = 8;

/// How a picture becomes the input, as keys and values of the file's metadata.
pub type Preprocessing = [(String, String)];

/// The network as a file; `preprocessing` becomes its metadata.
///
/// # Errors
/// When the network has a problem, a layer has no operator, or weights are missing.
pub fn write(
    graph: &Graph,
    weights: &Weights,
    preprocessing: &Preprocessing,
) -> Result<Vec<u8>, OnnxError> {
    written(graph, weights, preprocessing, None)
}

/// A variant of 8 bits as a file: weights as whole numbers, and what goes into convolutions and linear
/// layers on its grids, as pairs of QuantizeLinear and DequantizeLinear.
///
/// # Errors
/// As [`write`].
pub fn write_quantised(
    graph: &Graph,
    weights: &Weights,
    preprocessing: &Preprocessing,
    activations: &Activations,
) -> Result<Vec<u8>, OnnxError> {
    written(graph, weights, preprocessing, Some(activations))
}

fn written(
    graph: &Graph,
    weights: &Weights,
    preprocessing: &Preprocessing,
    eight: Option<&Activations>,
) -> Result<Vec<u8>, OnnxError> {
    let analysis = Analysis::of(graph);
    if let Some(problem) = analysis.problems.first() {
        let node = graph.node(problem.node);
        return Err(OnnxError::Write {
            node: node.map_or_else(String::new, |node| node.name.clone()),
            why: problem.error.to_string(),
        });
    }
    let mut net = Net::new(graph, &analysis, weights);
    net.eight = eight;
    for node in graph.nodes() {
        net.layer(node).map_err(|why| OnnxError::Write {
            node: node.name.clone(),
            why,
        })?;
    }
    let mut head = Message::default();
    head.int(1, IR_VERSION);
    head.text(2, "cnn-lab");
    head.text(3, env!("CARGO_PKG_VERSION"));
    let mut tail = Message::default();
    let mut opset = Message::default();
    opset.text(1, "");
    opset.int(2, OPSET);
    tail.message(8, &opset);
    for (key, value) in preprocessing {
        let mut entry = Message::default();
        entry.text(1, key);
        entry.text(2, value);
        tail.message(14, &entry);
    }
    Ok(net.into_file(head, &tail))
}

/// The hint that a convolution is one with a table of connections.
const TABLE: &str = "cnn-lab.table ";

/// What the hint of a node says of its connections, if it is one and fits.
pub(super) fn table_of(doc: &str, conv: &Conv, dims: &[usize]) -> Option<Vec<Vec<u32>>> {
    let table: Vec<Vec<u32>> = serde_json::from_str(doc.strip_prefix(TABLE)?).ok()?;
    let is_plain = conv.groups == 1
        && conv.stride == [1, 1]
        && conv.dilation == [1, 1]
        && conv.padding == crate::layer::Padding::Valid;
    let inputs = *dims.get(1)? as u64;
    let fits = table.len() as u64 == u64::from(conv.channels) && { table.iter().flatten() }
        .all(|&input| u64::from(input) < inputs);
    (is_plain && fits).then_some(table)
}

fn table_hint(table: &[Vec<u32>]) -> String {
    format!("{TABLE}{}", json!(table))
}

/// The hints that a batch norm has no scale or shift of its own, which ONNX always has.
pub(super) const NO_SCALE: &str = "cnn-lab.no-scale";
pub(super) const NO_SHIFT: &str = "cnn-lab.no-shift";

/// Those of a norm.
fn hints(scale: bool, shift: bool) -> String {
    let hints = [(scale, NO_SCALE), (shift, NO_SHIFT)].into_iter();
    let hints: Vec<&str> = hints
        .filter_map(|(is_learnt, hint)| (!is_learnt).then_some(hint))
        .collect();
    hints.join(" ")
}

/// The matrix `from` × `to` whose columns take the means over the bins of an adaptive pool.
pub(super) fn bins(from: usize, to: usize) -> Vec<f32> {
    let mut matrix = vec![0.0; from.saturating_mul(to)];
    for bin in 0..to {
        let (start, end) = (bin * from / to, ((bin + 1) * from).div_ceil(to));
        for place in start..end {
            matrix[place * to + bin] = 1.0 / (end - start) as f32;
        }
    }
    matrix
}
