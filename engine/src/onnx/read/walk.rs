//! Goes through the nodes, one after the other.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::draft::Drafts;
use super::lazy::{Amount, Lazy, Step, Value};
use super::{Options, Unsupported};
use crate::layer::{ChannelShuffle, Flatten, FlattenOrder, Layer};
use crate::onnx::fold::fold;
use crate::onnx::proto::{self, Graph, Model, Node};
use crate::onnx::tensor::Tensor;
use crate::onnx::view::{Change, View};
use crate::onnx::{External, OnnxError};
use crate::{NodeId, Shape};

/// How deep conditions may stand within each other.
const MAX_DEPTH: usize = 8;

/// Why a node gives nothing.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is not supported.
    Because(String),
    /// The file cannot be read.
    File(OnnxError),
}

impl From<OnnxError> for Refused {
    fn from(error: OnnxError) -> Self {
        Self::File(error)
    }
}

pub(super) fn refused<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Because(why.into()))
}

pub(super) type Outcome<T> = Result<T, Refused>;

pub(super) struct Walk<'a, 'x> {
    pub external: &'x External<'x>,
    pub opset: i64,
    /// The tensors of the file, read when they are first needed.
    initial: HashMap<&'a str, proto::Tensor<'a>>,
    pub values: HashMap<String, Value>,
    /// How many nodes read each value.
    uses: HashMap<&'a str, usize>,
    pub drafts: Drafts,
    /// Layers that bring a map into an order that others need, by what they read.
    changed: HashMap<(NodeId, Order), NodeId>,
    /// The layers of steps that waited, by the number of the last one.
    pub done: HashMap<usize, NodeId>,
    /// How many nodes of the file have been read.
    pub count: usize,
    pub unsupported: Vec<Unsupported>,
    /// The maps that the first unsupported node reads.
    pub before: Vec<NodeId>,
    pub behind: usize,
    pub notes: Vec<String>,
    /// The values that batch norms read.
    normed: HashSet<&'a str>,
}

/// An order of values that a layer makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Order {
    FlattenChw,
    FlattenHwc,
    Shuffle(u32),
}

impl<'a, 'x> Walk<'a, 'x> {
    pub fn new(model: &Model<'a>, options: &Options<'x>) -> Self {
        let initial = model.graph.initializers.iter();
        Self {
            external: options.external,
            opset: model.opset,
            initial: initial
                .map(|tensor| (tensor.name, tensor.clone()))
                .collect(),
            values: HashMap::new(),
            uses: uses(&model.graph),
            drafts: Drafts::new(Shape::vector(1)),
            changed: HashMap::new(),
            done: HashMap::new(),
            count: 0,
            unsupported: Vec::new(),
            before: Vec::new(),
            behind: 0,
            notes: Vec::new(),
            normed: { model.graph.nodes.iter() }
                .filter(|node| node.op == "BatchNormalization")
                .filter_map(|node| node.inputs.first().copied())
                .collect(),
        }
    }

    /// Whether a bias is one that PyTorch's newer exporter made up: zeros, which nodes share or a batch norm
    /// makes needless.
    pub fn is_made_up(&self, node: &Node<'a>, bias: &Tensor) -> bool {
        let is_shared = { node.inputs.get(2) }
            .and_then(|name| self.uses.get(name))
            .is_some_and(|&count| count > 1);
        let is_normed = { node.outputs.first() }.is_some_and(|name| self.normed.contains(name));
        (is_shared || is_normed) && bias.to_floats().iter().all(|&value| value == 0.0)
    }

    /// Whether this name is a tensor of the file.
    pub fn is_initial(&self, name: &str) -> bool {
        self.initial.contains_key(name)
    }

    /// Gives the input's value.
    pub fn begin(&mut self, name: &str, value: Value) {
        if let Value::Map(lazy) = &value {
            self.drafts = Drafts::new(lazy.view.shape);
        }
        self.values.insert(name.to_owned(), value);
    }

    /// One node of the file.
    pub fn node(&mut self, node: &Node<'a>, depth: usize) -> Result<(), OnnxError> {
        self.count += 1;
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for &name in &node.inputs {
            inputs.push(self.value(name)?);
        }
        let outputs = match self.outputs(node, &inputs, depth) {
            Ok(outputs) => outputs,
            Err(Refused::File(error)) => return Err(error),
            Err(Refused::Because(why)) => {
                self.refuse(node, &inputs, why);
                Vec::new()
            }
        };
        let mut outputs = outputs.into_iter();
        for &name in &node.outputs {
            let mut value = outputs.next().unwrap_or(Value::Unknown);
            if self.uses.get(name).is_some_and(|&count| count > 1)
                && let Value::Map(lazy) = &mut value
            {
                // A bias belongs to its layer before several read it, such as the parts of a GELU.
                if self.is_bias(lazy)
                    && let Ok(view) = self.forced(lazy)
                {
                    *lazy = Lazy::of(view);
                }
                if let Some(draft) = self.drafts.get_mut(lazy.view.node) {
                    draft.is_shared = true;
                }
            }
            self.values.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// Whether what waits is a bias that the layer before can take.
    fn is_bias(&self, lazy: &Lazy) -> bool {
        let takes = match self.drafts.get(lazy.view.node) {
            Some(draft) if !draft.is_shared => match &draft.layer {
                Layer::Conv(conv) => !conv.bias,
                Layer::Linear(linear) => !linear.bias,
                _ => false,
            },
            _ => false,
        };
        takes && matches!(lazy.steps.as_slice(), [Step::Add(Amount::PerChannel(_))])
    }

    fn refuse(&mut self, node: &Node<'a>, inputs: &[Value], why: String) {
        if self.unsupported.is_empty() {
            let maps = inputs.iter().filter_map(|value| match value {
                Value::Map(lazy) => Some(lazy.view.node),
                _ => None,
            });
            self.before = maps.collect();
            // A node that reads no map: what comes before it in the file.
            if self.before.is_empty() {
                let last = NodeId(self.drafts.all.len() as u32);
                self.before.extend((last != NodeId::INPUT).then_some(last));
            }
        }
        let operator = match node.domain {
            "" | "ai.onnx" => node.op.to_owned(),
            domain => format!("{domain}.{}", node.op),
        };
        self.unsupported.push(Unsupported {
            node: node.label().to_owned(),
            operator,
            why,
        });
    }

    fn value(&mut self, name: &str) -> Result<Value, OnnxError> {
        if name.is_empty() {
            return Ok(Value::Absent);
        }
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let Some(tensor) = self.initial.get(name) else {
            return Ok(Value::Unknown);
        };
        let value = Value::Constant(Rc::new(Tensor::of(tensor, self.external)?));
        self.values.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn outputs(&mut self, node: &Node<'a>, inputs: &[Value], depth: usize) -> Outcome<Vec<Value>> {
        if inputs.iter().any(|value| matches!(value, Value::Unknown)) {
            self.behind += 1;
            return Ok(Vec::new());
        }
        if !matches!(node.domain, "" | "ai.onnx") {
            return refused("an operator that ONNX itself does not have");
        }
        match node.op {
            "Constant" => return Ok(vec![Value::Constant(Rc::new(self.constant(node)?))]),
            "If" => return self.condition(node, inputs, depth),
            _ => {}
        }
        let constants: Option<Vec<Option<&Tensor>>> = { inputs.iter() }
            .map(|value| match value {
                Value::Constant(tensor) => Some(Some(&**tensor)),
                Value::Absent => Some(None),
                _ => None,
            })
            .collect();
        if let Some(constants) = constants {
            return match fold(node, &constants)? {
                Some(tensor) => Ok(vec![Value::Constant(Rc::new(tensor))]),
                None => refused("an operator on constants that is not computed"),
            };
        }
        self.operator(node, inputs)
    }

    fn constant(&self, node: &Node<'a>) -> Outcome<Tensor> {
        for attribute in &node.attributes {
            return Ok(match attribute.name {
                "value" => match &attribute.tensor {
                    Some(tensor) => Tensor::of(tensor, self.external)?,
                    None => continue,
                },
                "value_int" => Tensor::scalar(attribute.int.unwrap_or_default()),
                "value_ints" => Tensor::ints(attribute.ints.clone()),
                "value_float" => {
                    let mut one = Tensor::floats(vec![attribute.float.unwrap_or_default()]);
                    one.dims.clear();
                    one
                }
                "value_floats" => Tensor::floats(attribute.floats.clone()),
                _ => continue,
            });
        }
        refused("a constant that is neither numbers nor a tensor")
    }

    /// The branch of a condition that is known.
    fn condition(
        &mut self,
        node: &Node<'a>,
        inputs: &[Value],
        depth: usize,
    ) -> Outcome<Vec<Value>> {
        if depth >= MAX_DEPTH {
            return Err(OnnxError::Nested.into());
        }
        let Some(Value::Constant(condition)) = inputs.first() else {
            return refused("which branch runs depends on the picture");
        };
        let branch = match condition.single() {
            Some(0.0) => "else_branch",
            Some(_) => "then_branch",
            None => return refused("its condition is not one value"),
        };
        let graph = node.attribute(branch).and_then(|it| it.graph);
        let Some(bytes) = graph else {
            return refused(format!("it has no {branch}"));
        };
        let graph = Graph::parse(bytes)?;
        for tensor in &graph.initializers {
            self.initial.insert(tensor.name, tensor.clone());
        }
        for inner in &graph.nodes {
            self.node(inner, depth + 1)?;
        }
        let mut outputs = Vec::with_capacity(graph.outputs.len());
        for output in &graph.outputs {
            outputs.push(self.value(&output.name)?);
        }
        Ok(outputs)
    }

    /// The node whose output this view is: batch × channels × height × width, or batch × features.
    pub fn plain(&mut self, lazy: &Lazy) -> Outcome<View> {
        let view = self.forced(lazy)?;
        let change = match view.change() {
            None => return refused(told(&view)),
            Some(Change::Nothing) => None,
            Some(Change::FlattenChw) => Some(Order::FlattenChw),
            Some(Change::FlattenHwc) => Some(Order::FlattenHwc),
            Some(Change::Shuffle(groups)) => Some(Order::Shuffle(groups)),
        };
        let node = match change {
            None => view.node,
            Some(change) => self.changed(view.node, change)?,
        };
        let shape = self.drafts.shape(node);
        Ok(match view.dims.len() {
            4 => View::map(node, shape, view.batch),
            _ => View::vector(node, shape, view.batch),
        })
    }

    /// As [`Self::plain`], of rank 4.
    pub fn map(&mut self, lazy: &Lazy) -> Outcome<View> {
        if lazy.view.dims.len() != 4 {
            return refused(told(&lazy.view));
        }
        self.plain(lazy)
    }

    fn changed(&mut self, node: NodeId, change: Order) -> Outcome<NodeId> {
        if let Some(&known) = self.changed.get(&(node, change)) {
            return Ok(known);
        }
        let (name, layer) = match change {
            Order::FlattenChw => ("flatten", Layer::from(Flatten::default())),
            Order::FlattenHwc => {
                let order = FlattenOrder::Hwc;
                ("flatten", Flatten { order }.into())
            }
            Order::Shuffle(groups) => ("shuffle", ChannelShuffle { groups }.into()),
        };
        let new = self.drafts.add(name, layer, &[node])?;
        self.changed.insert((node, change), new);
        Ok(new)
    }
}

/// What is wrong with a tensor that is no map.
pub(super) fn told(view: &View) -> String {
    let sizes: Vec<String> = view.sizes().iter().map(ToString::to_string).collect();
    format!(
        "its input of {} values is neither batch × channels × height × width nor batch × features",
        sizes.join(" × ")
    )
}

/// How many nodes read each value, those in branches too; the outputs are read once more.
fn uses<'a>(graph: &Graph<'a>) -> HashMap<&'a str, usize> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    let mut graphs = Vec::new();
    let mut count = |node: &Node<'a>, graphs: &mut Vec<(&'a [u8], usize)>, depth: usize| {
        for &input in &node.inputs {
            *uses.entry(input).or_default() += 1;
        }
        let inner = node.attributes.iter().filter_map(|it| it.graph);
        graphs.extend(inner.map(|bytes| (bytes, depth + 1)));
    };
    for node in &graph.nodes {
        count(node, &mut graphs, 0);
    }
    while let Some((bytes, depth)) = graphs.pop() {
        // A branch that is damaged is refused where it is needed.
        if let (true, Ok(inner)) = (depth <= MAX_DEPTH, Graph::parse(bytes)) {
            for node in &inner.nodes {
                count(node, &mut graphs, depth);
            }
        }
    }
    uses
}
