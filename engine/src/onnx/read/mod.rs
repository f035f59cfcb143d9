//! A file as a network: its nodes in an order in which each has its inputs.

mod activation;
mod constants;
mod draft;
mod finish;
mod layers;
mod lazy;
mod merge;
mod name;
mod order;
mod shapes;
mod shared;
mod spread;
mod statistics;
mod walk;

use super::proto::{Model, ValueInfo};
use super::tensor::external_path;
use super::view::View;
use super::{External, MAX_BYTES, OnnxError};
use crate::checkpoint::Weights;
use crate::{Graph, NodeId, Shape};

use lazy::{Lazy, Value};
use walk::Walk;

/// What the reader is told beside the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The input's shape, where the file leaves it open.
    pub input: Option<Shape>,
    /// Files beside the model that have its weights.
    pub external: &'a External<'a>,
    /// What the network is named where the file has only its exporter's usual name.
    pub name: Option<&'a str>,
}

/// A file as a network.
#[derive(Clone, Debug)]
pub struct Import {
    pub graph: Graph,
    pub weights: Weights,
    /// What could not be read; the network then is the part before it.
    pub unsupported: Vec<Unsupported>,
    /// How many nodes of the file need the output of an unsupported one.
    pub behind: usize,
    /// What was read in another way than the file has it, in sentences.
    pub notes: Vec<String>,
    /// The program that wrote the file.
    pub producer: String,
}

impl Import {
    /// Whether the network is the whole file's.
    pub const fn is_complete(&self) -> bool {
        self.unsupported.is_empty()
    }
}

/// A node of the file that no layer of the lab is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    pub node: String,
    /// Its operator, with the domain where it is not ONNX's own.
    pub operator: String,
    pub why: String,
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "“{}” ({}): {}",
            self.node, self.operator, self.why
        )
    }
}

/// The files beside this one that its weights lie in, each once.
///
/// # Errors
/// When the file is no model, or a path leads out of its folder.
pub fn external_files(file: &[u8]) -> Result<Vec<String>, OnnxError> {
    let model = parse(file)?;
    let mut paths = Vec::new();
    for tensor in model.graph.initializers.iter().filter(|it| it.is_external) {
        let path = external_path(tensor)?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn parse(file: &[u8]) -> Result<Model<'_>, OnnxError> {
    let got = file.len() as u64;
    if got > MAX_BYTES {
        return Err(OnnxError::TooLarge { got });
    }
    let model = Model::parse(file)?;
    match model.opset {
        7..=25 => Ok(model),
        other => Err(OnnxError::Opset(other)),
    }
}

/// Reads a file.
///
/// # Errors
/// When it is no ONNX file, is damaged, or no layer of it can be read.
pub fn read(file: &[u8], options: &Options<'_>) -> Result<Import, OnnxError> {
    let model = parse(file)?;
    let order = order::needed(&model.graph, order::order(&model.graph)?);
    let mut walk = Walk::new(&model, options);
    let (input, shape) = input(&model, options, &walk)?;
    let name = input.name.clone();
    let value = Value::Map(Lazy::of(given(&model, &input, shape)));
    walk.begin(&name, value);
    for place in order {
        walk.node(&model.graph.nodes[place], 0)?;
    }
    walk.finish(&model, shape, options.name)
}

/// The input that is a picture, and its shape as channels × height × width.
fn input(
    model: &Model<'_>,
    options: &Options<'_>,
    walk: &Walk<'_, '_>,
) -> Result<(ValueInfo, Shape), OnnxError> {
    let inputs = model.graph.inputs.iter();
    let input = inputs
        .into_iter()
        .find(|input| !walk.is_initial(&input.name));
    let input = input.ok_or(OnnxError::NoInput)?.clone();
    let side = |side: &Option<i64>| side.map_or_else(|| "?".to_owned(), |it| it.to_string());
    let dims: Vec<String> = input.dims.iter().map(side).collect();
    let dims = dims.join(" × ");
    let number = |side: Option<i64>| side.and_then(|it| u32::try_from(it).ok());
    let sides: Option<Vec<u32>> = { input.dims.iter().skip(1) }
        .map(|&it| number(it))
        .collect();
    let shape = match (input.dims.len(), sides.as_deref(), options.input) {
        (2 | 4, _, Some(shape)) => shape,
        (2, Some(&[features]), None) => Shape::vector(features),
        (4, Some(&[a, b, c]), None) => match channels_last(model, &input.name) {
            true => Shape::new(c, a, b),
            false => Shape::new(a, b, c),
        },
        (2 | 4, _, None) => {
            let name = input.name;
            return Err(OnnxError::OpenInput { name, dims });
        }
        _ => {
            let name = input.name;
            return Err(OnnxError::InputRank { name, dims });
        }
    };
    Ok((input, shape))
}

/// The input as a view of the network's.
fn given(model: &Model<'_>, input: &ValueInfo, shape: Shape) -> View {
    // A batch that is left open is one picture.
    let batch = input.dims.first().copied().flatten().unwrap_or(1);
    let batch = usize::try_from(batch).unwrap_or(1);
    if input.dims.len() == 2 {
        return View::vector(NodeId::INPUT, shape, batch);
    }
    let mut view = View::map(NodeId::INPUT, shape, batch);
    if channels_last(model, &input.name) {
        let channels = view.dims.remove(1);
        view.dims.push(channels);
    }
    view
}

/// Whether the file's first step is to bring the channels to the front, as exports of TensorFlow do.
fn channels_last(model: &Model<'_>, input: &str) -> bool {
    let mut readers = { model.graph.nodes.iter() }.filter(|node| node.inputs.contains(&input));
    readers.any(|node| node.op == "Transpose" && node.ints("perm") == Some(&[0, 3, 1, 2]))
}
