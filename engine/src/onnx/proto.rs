//! The messages of `onnx.proto` that are read: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
//! Graphs in attributes stay bytes until they are needed, so nothing here is recursive.

use super::wire::{Field, Fields};
use super::{MAX_FILE_NODES, OnnxError};

#[derive(Clone, Debug, Default)]
pub(super) struct Model<'a> {
    pub producer: String,
    pub opset: i64,
    pub graph: Graph<'a>,
    pub metadata: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Graph<'a> {
    pub name: String,
    pub nodes: Vec<Node<'a>>,
    pub initializers: Vec<Tensor<'a>>,
    pub inputs: Vec<ValueInfo>,
    pub outputs: Vec<ValueInfo>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Node<'a> {
    pub name: &'a str,
    pub op: &'a str,
    pub domain: &'a str,
    pub doc: &'a str,
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    pub attributes: Vec<Attribute<'a>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    pub float: Option<f32>,
    pub int: Option<i64>,
    pub text: Option<&'a [u8]>,
    pub tensor: Option<Tensor<'a>>,
    pub graph: Option<&'a [u8]>,
    pub floats: Vec<f32>,
    pub ints: Vec<i64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tensor<'a> {
    pub name: &'a str,
    pub dims: Vec<i64>,
    pub dtype: i64,
    pub raw: Option<&'a [u8]>,
    pub floats: Vec<f32>,
    pub ints: Vec<i64>,
    pub doubles: Vec<f64>,
    /// Key and value.
    pub external: Vec<(&'a str, &'a str)>,
    pub is_external: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ValueInfo {
    pub name: String,
    /// `None` where the length is left open.
    pub dims: Vec<Option<i64>>,
}

impl<'a> Model<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, OnnxError> {
        let mut model = Self::default();
        let mut graph = None;
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                2 => model.producer = field.text()?.to_owned(),
                7 => graph = Some(field.bytes()?),
                8 => {
                    let (domain, version) = opset(field.bytes()?)?;
                    if matches!(domain, "" | "ai.onnx") {
                        model.opset = version;
                    }
                }
                14 => {
                    let (key, value) = entry(field.bytes()?)?;
                    model.metadata.push((key.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        model.graph = Graph::parse(graph.ok_or(OnnxError::NoGraph)?)?;
        Ok(model)
    }
}

impl<'a> Graph<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, OnnxError> {
        let mut graph = Self::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => {
                    graph.nodes.push(Node::parse(field.bytes()?)?);
                    if graph.nodes.len() > MAX_FILE_NODES {
                        let got = graph.nodes.len();
                        return Err(OnnxError::TooManyNodes { got });
                    }
                }
                2 => graph.name = field.text()?.to_owned(),
                5 => graph.initializers.push(Tensor::parse(field.bytes()?)?),
                11 => graph.inputs.push(ValueInfo::parse(field.bytes()?)?),
                12 => graph.outputs.push(ValueInfo::parse(field.bytes()?)?),
                _ => {}
            }
        }
        Ok(graph)
    }
}

impl<'a> Node<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, OnnxError> {
        let mut node = Self::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => node.inputs.push(field.text()?),
                2 => node.outputs.push(field.text()?),
                3 => node.name = field.text()?,
                4 => node.op = field.text()?,
                5 => node.attributes.push(Attribute::parse(field.bytes()?)?),
                6 => node.doc = field.text()?,
                7 => node.domain = field.text()?,
                _ => {}
            }
        }
        Ok(node)
    }

    /// What the node is called in messages.
    pub fn label(&self) -> &'a str {
        match (self.name, self.outputs.first()) {
            ("", Some(output)) => output,
            (name, _) => name,
        }
    }

    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes.iter().find(|it| it.name == name)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.int
    }

    pub fn float(&self, name: &str) -> Option<f32> {
        self.attribute(name)?.float
    }

    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|it| it.ints.as_slice())
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.attribute(name)?.text?).ok()
    }
}

impl<'a> Attribute<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, OnnxError> {
        let mut attribute = Self::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match (number, field) {
                (1, _) => attribute.name = field.text()?,
                (2, Field::Fixed32(bits)) => attribute.float = Some(f32::from_bits(bits)),
                (3, _) => attribute.int = Some(field.int()?),
                (4, _) => attribute.text = Some(field.bytes()?),
                (5, _) => attribute.tensor = Some(Tensor::parse(field.bytes()?)?),
                (6, _) => attribute.graph = Some(field.bytes()?),
                (7, _) => field.floats(&mut attribute.floats)?,
                (8, _) => field.ints(&mut attribute.ints)?,
                _ => {}
            }
        }
        Ok(attribute)
    }
}

impl<'a> Tensor<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, OnnxError> {
        let mut tensor = Self::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => field.ints(&mut tensor.dims)?,
                2 => tensor.dtype = field.int()?,
                4 => field.floats(&mut tensor.floats)?,
                5 | 7 | 11 => field.ints(&mut tensor.ints)?,
                8 => tensor.name = field.text()?,
                9 => tensor.raw = Some(field.bytes()?),
                10 => field.doubles(&mut tensor.doubles)?,
                13 => tensor.external.push(entry(field.bytes()?)?),
                14 => tensor.is_external = field.int()? == 1,
                _ => {}
            }
        }
        Ok(tensor)
    }
}

impl ValueInfo {
    fn parse(bytes: &[u8]) -> Result<Self, OnnxError> {
        let mut value = Self::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => value.name = field.text()?.to_owned(),
                // TypeProto → tensor_type → shape → dim: each of fixed depth.
                2 => {
                    for tensor in all(field.bytes()?, 1)? {
                        for shape in all(tensor, 2)? {
                            for dim in all(shape, 1)? {
                                value.dims.push(length(dim)?);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(value)
    }
}

/// Every message of this number.
fn all(bytes: &[u8], wanted: u32) -> Result<Vec<&[u8]>, OnnxError> {
    let mut found = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        if number == wanted {
            found.push(field.bytes()?);
        }
    }
    Ok(found)
}

fn length(bytes: &[u8]) -> Result<Option<i64>, OnnxError> {
    let mut length = None;
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            length = Some(field.int()?).filter(|&it| it > 0);
        }
    }
    Ok(length)
}

fn opset(bytes: &[u8]) -> Result<(&str, i64), OnnxError> {
    let mut found = ("", 0);
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => found.0 = field.text()?,
            2 => found.1 = field.int()?,
            _ => {}
        }
    }
    Ok(found)
}

/// A key and its value.
fn entry(bytes: &[u8]) -> Result<(&str, &str), OnnxError> {
    let mut found = ("", "");
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => found.0 = field.text()?,
            2 => found.1 = field.text()?,
            _ => {}
        }
    }
    Ok(found)
}
