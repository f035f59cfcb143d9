//! The file's graph while it is written: nodes, tensors, and how many axes each value has.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::checkpoint::{Role, Weights, parameters};
use crate::compress::quantise::Activations;
use crate::graph::INPUT_NAME;
use crate::onnx::wire::Message;
use crate::{Analysis, Graph, NodeId, Shape};

const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// An attribute's value.
pub(super) enum Setting<'s> {
    Int(i64),
    Ints(&'s [i64]),
    Float(f64),
    Text(&'s str),
}

/// The attributes of a node.
pub(super) type Settings<'s> = [(&'s str, Setting<'s>)];

/// A tensor of the file: its message up to its values, and the values.
struct Tensor<'w> {
    start: Vec<u8>,
    values: Cow<'w, [f32]>,
}

/// The output of a node of the network.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub name: String,
    pub shape: Shape,
    /// Whether it is batch × features.
    pub is_flat: bool,
}

/// The name, the sides and the values of a parameter.
type Stored<'w> = (String, Vec<usize>, &'w [f32]);

pub(super) struct Net<'w> {
    pub graph: &'w Graph,
    weights: &'w Weights,
    shapes: HashMap<NodeId, Shape>,
    dims: HashMap<(NodeId, Role), Vec<usize>>,
    nodes: Message,
    tensors: Vec<Tensor<'w>>,
    outputs: HashMap<NodeId, Output>,
    names: HashSet<String>,
    /// Parameters that are tensors of the file: those that several nodes use are written once.
    written: HashSet<String>,
    /// The grids of a variant of 8 bits.
    pub eight: Option<&'w Activations>,
    /// Values on their grids, by the names of those that are not.
    pub rounded: HashMap<String, Output>,
    /// Of the weights that are whole numbers.
    pub scales: HashMap<String, Vec<f32>>,
}

impl<'w> Net<'w> {
    pub fn new(graph: &'w Graph, analysis: &Analysis, weights: &'w Weights) -> Self {
        let shapes = { analysis.nodes.iter() }.filter_map(|facts| Some((facts.id, facts.shape?)));
        let all = parameters(graph);
        let names = all.iter().map(|parameter| parameter.name.clone());
        let input = Output {
            name: INPUT_NAME.to_owned(),
            shape: graph.input(),
            is_flat: graph.input().is_vector(),
        };
        Self {
            graph,
            weights,
            shapes: shapes.chain([(NodeId::INPUT, graph.input())]).collect(),
            names: names.chain([INPUT_NAME.to_owned()]).collect(),
            dims: { all.into_iter() }
                .map(|parameter| ((parameter.node, parameter.role), parameter.dims))
                .collect(),
            nodes: Message::default(),
            tensors: Vec::new(),
            outputs: HashMap::from([(NodeId::INPUT, input)]),
            written: HashSet::new(),
            eight: None,
            rounded: HashMap::new(),
            scales: HashMap::new(),
        }
    }

    pub fn shape(&self, node: NodeId) -> Result<Shape, String> {
        let shape = self.shapes.get(&node).copied();
        shape.ok_or_else(|| "its shape is unknown".to_owned())
    }

    pub fn output(&self, node: NodeId) -> Result<Output, String> {
        let output = self.outputs.get(&node).cloned();
        output.ok_or_else(|| "its input is not written yet".to_owned())
    }

    /// A node's input as batch × channels × height × width.
    pub fn map(&mut self, node: NodeId) -> Result<Output, String> {
        let output = self.output(node)?;
        if !output.is_flat {
            return Ok(output);
        }
        let Shape {
            channels,
            height,
            width,
        } = output.shape;
        let sides = [0, channels.into(), height.into(), width.into()];
        self.reshaped(&output, "map", &sides, false)
    }

    /// A node's input as batch × features.
    pub fn flat(&mut self, node: NodeId) -> Result<Output, String> {
        let output = self.output(node)?;
        if output.is_flat {
            return Ok(output);
        }
        self.reshaped(&output, "vector", &[0, -1], true)
    }

    fn reshaped(
        &mut self,
        output: &Output,
        ending: &str,
        sides: &[i64],
        is_flat: bool,
    ) -> Result<Output, String> {
        let name = self.free(&format!("{}/{ending}", output.name));
        let sides = self.ints(&format!("{name}.shape"), sides);
        self.node("Reshape", &name, &[&output.name, &sides], &[&name], &[], "");
        Ok(Output {
            name,
            is_flat,
            ..output.clone()
        })
    }

    /// A name that no value has yet.
    pub fn free(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.names.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    pub fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&str],
        outputs: &[&str],
        settings: &Settings<'_>,
        doc: &str,
    ) {
        let mut node = Message::default();
        for input in inputs {
            node.text(1, input);
        }
        for output in outputs {
            node.text(2, output);
        }
        node.text(3, name);
        node.text(4, operator);
        for (name, setting) in settings {
            let mut attribute = Message::default();
            attribute.text(1, name);
            let kind = match setting {
                Setting::Float(value) => {
                    attribute.float(2, *value as f32);
                    1
                }
                Setting::Int(value) => {
                    attribute.int(3, *value);
                    2
                }
                Setting::Text(text) => {
                    attribute.text(4, text);
                    3
                }
                Setting::Ints(values) => {
                    for &value in *values {
                        attribute.int(8, value);
                    }
                    7
                }
            };
            attribute.int(20, kind);
            node.message(5, &attribute);
        }
        if !doc.is_empty() {
            node.text(6, doc);
        }
        self.nodes.message(1, &node);
    }

    /// Says that this value is the output of a node of the network.
    pub fn done(&mut self, node: NodeId, name: String, is_flat: bool) -> Result<(), String> {
        let shape = self.shape(node)?;
        let output = Output {
            name,
            shape,
            is_flat,
        };
        self.outputs.insert(node, output);
        Ok(())
    }

    /// A parameter of a node as a tensor; its name.
    pub fn parameter(&mut self, node: NodeId, role: Role) -> Result<String, String> {
        let (name, dims, values) = self.stored(node, role)?;
        if self.is_new(&name) {
            self.tensor(&name, &dims, Cow::Borrowed(values));
        }
        Ok(name)
    }

    /// Whether a parameter of this name is not written yet; from now on it is.
    pub fn is_new(&mut self, name: &str) -> bool {
        self.written.insert(name.to_owned())
    }

    /// A parameter of a node, which another may own: its name, sides and values.
    pub fn stored(&self, node: NodeId, role: Role) -> Result<Stored<'w>, String> {
        let missing = || format!("its {role} is missing");
        let node = self.graph.owner(node);
        let values = self.weights.get(node, role).ok_or_else(missing)?;
        let dims = self.dims.get(&(node, role)).ok_or_else(missing)?.clone();
        if values.len() != dims.iter().product::<usize>() {
            return Err(format!(
                "its {role} has {} values and not {dims:?}",
                values.len()
            ));
        }
        let name = self.graph.node(node).map_or("", |node| &node.name);
        let name = format!("{name}.{role}");
        Ok((name, dims, values))
    }

    /// The values of a parameter.
    pub fn values(&self, node: NodeId, role: Role) -> Result<&'w [f32], String> {
        let values = self.weights.get(self.graph.owner(node), role);
        values.ok_or_else(|| format!("its {role} is missing"))
    }

    /// A tensor of 32-bit floats under a free name; the name.
    pub fn floats(&mut self, name: &str, dims: &[usize], values: Vec<f32>) -> String {
        let name = self.free(name);
        self.tensor(&name, dims, Cow::Owned(values));
        name
    }

    /// A tensor of 32-bit floats under this name, which is a parameter's; the name.
    pub fn named(&mut self, name: &str, dims: &[usize], values: Vec<f32>) -> String {
        if self.is_new(name) {
            self.tensor(name, dims, Cow::Owned(values));
        }
        name.to_owned()
    }

    fn tensor(&mut self, name: &str, dims: &[usize], values: Cow<'w, [f32]>) {
        let mut start = Message::default();
        for &side in dims {
            start.int(1, side as i64);
        }
        start.int(2, FLOAT);
        start.text(8, name);
        self.tensors.push(Tensor {
            start: start.bytes,
            values,
        });
    }

    /// Whole numbers under a free name; the name.
    pub fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let name = self.free(name);
        let mut tensor = Message::default();
        tensor.int(1, values.len() as i64);
        tensor.int(2, INT64);
        tensor.ints(7, values);
        tensor.text(8, &name);
        self.tensors.push(Tensor {
            start: tensor.bytes,
            values: Cow::Borrowed(&[]),
        });
        name
    }

    /// A tensor of whole numbers of another type, one value after the other as the type has it.
    pub fn bytes(&mut self, name: &str, dims: &[usize], kind: i64, values: &[u8]) {
        let mut tensor = Message::default();
        for &side in dims {
            tensor.int(1, side as i64);
        }
        tensor.int(2, kind);
        tensor.text(8, name);
        let mut start = tensor.bytes;
        start.push(9 << 3 | 2);
        push_varint(&mut start, values.len() as u64);
        start.extend_from_slice(values);
        self.tensors.push(Tensor {
            start,
            values: Cow::Borrowed(&[]),
        });
    }

    /// The whole file, with what stands before and behind the graph.
    pub fn into_file(self, head: Message, tail: &Message) -> Vec<u8> {
        let mut graph = self.nodes;
        graph.text(2, self.graph.name());
        // A tensor's values are its last field.
        let mut starts = Vec::with_capacity(self.tensors.len());
        let mut bytes = 0_usize;
        for Tensor { mut start, values } in self.tensors {
            let count = 4 * values.len();
            if count > 0 {
                start.push(9 << 3 | 2);
                push_varint(&mut start, count as u64);
            }
            let mut field = vec![5 << 3 | 2];
            push_varint(&mut field, (start.len() + count) as u64);
            field.append(&mut start);
            bytes += field.len() + count;
            starts.push((field, values));
        }
        let mut ends = Message::default();
        let ports = [(11, NodeId::INPUT), (12, self.graph.output())];
        for (number, node) in ports {
            if let Some(output) = self.outputs.get(&node) {
                ends.message(number, &value_info(output));
            }
        }
        let length = graph.bytes.len() + bytes + ends.bytes.len();
        let mut file = head.bytes;
        file.push(7 << 3 | 2);
        push_varint(&mut file, length as u64);
        file.reserve(length + tail.bytes.len());
        file.append(&mut graph.bytes);
        for (start, values) in starts {
            file.extend(start);
            file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        file.extend(&ends.bytes);
        file.extend(&tail.bytes);
        file
    }
}

fn push_varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// A value with its sides; the batch is left open.
fn value_info(output: &Output) -> Message {
    let Shape {
        channels,
        height,
        width,
    } = output.shape;
    let mut shape = Message::default();
    let mut batch = Message::default();
    batch.text(2, "N");
    shape.message(1, &batch);
    let sides: &[u32] = if output.is_flat {
        &[channels]
    } else {
        &[channels, height, width]
    };
    for &side in sides {
        let mut dim = Message::default();
        dim.int(1, side.into());
        shape.message(1, &dim);
    }
    let mut tensor = Message::default();
    tensor.int(1, FLOAT);
    tensor.message(2, &shape);
    let mut kind = Message::default();
    kind.message(1, &tensor);
    let mut value = Message::default();
    value.text(1, &output.name);
    value.message(2, &kind);
    value
}
