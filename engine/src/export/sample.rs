//! What is written beside the code: weights with its names, and a sample with its output.

use std::collections::BTreeMap;

use super::Library;
use super::names::parameter_names;
use crate::checkpoint::{Parameter, Weights, WeightsError, pack};
use crate::data::Random;
use crate::{Analysis, Graph, NodeId, Shape};

/// How many pictures a sample has.
pub const SAMPLES: usize = 2;

/// The values of a sample's input: numbers between −1 and 1, the same for each network of this input.
pub fn sample_input(graph: &Graph) -> Vec<f32> {
    let mut random = Random::new(7);
    let count = SAMPLES * graph.input().elements() as usize;
    (0..count).map(|_| random.within(1.0)).collect()
}

/// A sample as a file: `input` and `output`.
///
/// # Errors
/// When it cannot be written.
pub fn sample_file(graph: &Graph, input: &[f32], output: &[f32]) -> Result<Vec<u8>, WeightsError> {
    let analysis = Analysis::of(graph);
    let shape = match graph.output() {
        NodeId::INPUT => Some(graph.input()),
        node => analysis.node(node).and_then(|facts| facts.shape),
    };
    let dims = |shape: Shape| {
        let Shape {
            channels,
            height,
            width,
        } = shape;
        let mut dims = vec![SAMPLES, channels as usize];
        if !shape.is_vector() {
            dims.extend([height as usize, width as usize]);
        }
        dims
    };
    let [of_input, of_output] = [graph.input(), shape.unwrap_or(graph.input())].map(dims);
    let arrays = vec![
        ("input".to_owned(), of_input.as_slice(), input),
        ("output".to_owned(), of_output.as_slice(), output),
    ];
    pack(arrays, &BTreeMap::new())
}

/// The weights with the names that the code has for them.
///
/// # Errors
/// When two parameters have one name.
pub fn code_weights(
    graph: &Graph,
    weights: &Weights,
    library: Library,
) -> Result<Vec<u8>, WeightsError> {
    let paths = parameter_names(graph, library);
    let name = |parameter: &Parameter| match paths.get(&parameter.node) {
        Some(path) => format!("{path}.{}", parameter.role),
        None => parameter.name.clone(),
    };
    weights.write(name, &BTreeMap::new())
}
