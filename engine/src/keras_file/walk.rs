//! Goes through a model's layers, each when what it takes is there.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::config::{self, Config, Ends, Layer as Entry, Model, Source};
use super::{KerasError, Options};
use crate::graph::{MAX_NAME, MAX_NODES};
use crate::import_text::keras::{self, OF_VECTOR};
use crate::import_text::part::Draft;
use crate::import_text::value::Value;
use crate::layer::{Conv, Flatten, FlattenOrder, Layer, Linear, Merge};
use crate::onnx::Unsupported;
use crate::{NodeId, Shape};

/// How deep models may lie within each other.
const MAX_DEPTH: usize = 8;

/// Where a layer's weights lie.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Each call of a layer has a number of its own.
    pub call: usize,
    pub path: String,
    pub layer: String,
    /// The second convolution of a separable one.
    pub is_pointwise: bool,
}

/// A layer of the lab.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub name: String,
    pub layer: Layer,
    pub inputs: Vec<NodeId>,
    pub shape: Shape,
    pub origin: Origin,
}

/// What a layer gives: values that are computed, or wait for one that is not supported.
type Outputs = Vec<Option<NodeId>>;

pub(super) struct Walk {
    pub input: Shape,
    pub name: String,
    pub made: Vec<Made>,
    pub output: Option<NodeId>,
    /// How many outputs the model has.
    pub outputs: usize,
    pub unsupported: Vec<Unsupported>,
    /// What the first unsupported layer takes.
    pub before: Vec<NodeId>,
    pub behind: usize,
    pub notes: Vec<String>,
    names: HashSet<String>,
    calls: usize,
    /// Of Keras 2 or older.
    is_old: bool,
}

/// Why a layer is not read.
type Refusal = String;

impl Walk {
    pub fn of(config: &Json, version: &str, options: &Options<'_>) -> Result<Self, KerasError> {
        let class = config.get("class_name").and_then(Json::as_str);
        let class = class.ok_or_else(|| KerasError::Config("it has no class_name".to_owned()))?;
        let inner = match config.get("config") {
            Some(Json::Object(object)) => Config::Object(object),
            Some(Json::Array(list)) => Config::List(list),
            _ => return Err(KerasError::Config("it has no config".to_owned())),
        };
        let model = config::model(class, inner, "")?;
        let input = match options.input {
            Some(shape) => shape,
            None => input(&model, config)?,
        };
        if let Some(Ends { inputs, .. }) = &model.ends
            && inputs.len() > 1
        {
            return Err(KerasError::Inputs(inputs.len()));
        }
        let mut walk = Self {
            input,
            name: model.name.clone(),
            made: Vec::new(),
            output: None,
            outputs: 0,
            unsupported: Vec::new(),
            before: Vec::new(),
            behind: 0,
            notes: Vec::new(),
            names: HashSet::new(),
            calls: 0,
            is_old: version.starts_with(['1', '2']),
        };
        let outputs = walk.model(&model, &[Some(NodeId::INPUT)], 0)?;
        walk.outputs = outputs.len();
        walk.output = outputs.first().copied().flatten();
        Ok(walk)
    }

    pub fn shape(&self, node: NodeId) -> Shape {
        let made = (node.0 as usize).checked_sub(1);
        let made = made.and_then(|place| self.made.get(place));
        made.map_or(self.input, |made| made.shape)
    }

    fn model(
        &mut self,
        model: &Model<'_>,
        inputs: &[Option<NodeId>],
        depth: usize,
    ) -> Result<Outputs, KerasError> {
        if depth > MAX_DEPTH {
            let why = format!("models lie more than {MAX_DEPTH} deep within each other");
            return Err(KerasError::Config(why));
        }
        self.count(model.layers.len())?;
        let Some(ends) = &model.ends else {
            let mut last = inputs.first().copied().flatten();
            for layer in &model.layers {
                let outputs = self.call(layer, &[last], false, depth)?;
                last = outputs.first().copied().flatten();
            }
            return Ok(vec![last]);
        };
        let mut values: HashMap<(&str, usize), Outputs> = HashMap::new();
        for (source, input) in ends.inputs.iter().zip(inputs) {
            values.insert((&source.layer, source.call), vec![*input]);
        }
        let calls = model.layers.iter().flat_map(|layer| {
            let calls = layer.calls.iter().enumerate();
            calls.map(move |(number, inputs)| (layer, number, inputs))
        });
        let mut open: Vec<_> = calls.collect();
        // In the order of the file each finds what it takes; other orders take more rounds.
        while !open.is_empty() {
            let before = open.len();
            let mut waiting = Vec::new();
            for (layer, number, inputs) in open {
                let found: Option<Vec<_>> = { inputs.sources.iter() }
                    .map(|source| value(&values, source))
                    .collect();
                let Some(found) = found else {
                    waiting.push((layer, number, inputs));
                    continue;
                };
                let outputs = self.call(layer, &found, inputs.others, depth)?;
                values.insert((&layer.name, number), outputs);
            }
            if waiting.len() == before {
                let names: Vec<&str> = { waiting.iter() }
                    .take(3)
                    .map(|(layer, ..)| layer.name.as_str())
                    .collect();
                let why = format!(
                    "“{}” take what no layer gives, or each other's outputs",
                    names.join("”, “")
                );
                return Err(KerasError::Config(why));
            }
            open = waiting;
        }
        let output = |source| {
            let missing = || KerasError::Config("an output of it is given by no layer".to_owned());
            value(&values, source).ok_or_else(missing)
        };
        ends.outputs.iter().map(output).collect()
    }

    /// Models may call each other's layers, so that few make many.
    fn count(&mut self, more: usize) -> Result<(), KerasError> {
        const MOST: usize = 4 * MAX_NODES;
        self.calls = self.calls.saturating_add(more);
        if self.calls <= MOST {
            return Ok(());
        }
        let why = format!("its layers are called more than {MOST} times");
        Err(KerasError::Config(why))
    }

    /// One call of a layer; what needs something unsupported gives nothing.
    fn call(
        &mut self,
        layer: &Entry<'_>,
        inputs: &[Option<NodeId>],
        others: bool,
        depth: usize,
    ) -> Result<Outputs, KerasError> {
        self.count(1)?;
        if config::is_model(layer.class) {
            let model = config::model(layer.class, Config::Object(layer.config), &layer.path)?;
            return self.model(&model, inputs, depth + 1);
        }
        let known: Option<Vec<NodeId>> = inputs.iter().copied().collect();
        let Some(known) = known else {
            self.behind += 1;
            return Ok(vec![None]);
        };
        let made = match others {
            true => Err("it takes something else beside maps".to_owned()),
            false => self.layer(layer, &known),
        };
        Ok(vec![match made {
            Ok(node) => Some(node),
            Err(why) => {
                if self.unsupported.is_empty() {
                    self.before = known;
                }
                self.unsupported.push(Unsupported {
                    node: layer.name.clone(),
                    operator: layer.class.to_owned(),
                    why,
                });
                None
            }
        }])
    }

    fn layer(&mut self, layer: &Entry<'_>, inputs: &[NodeId]) -> Result<NodeId, Refusal> {
        let &first = inputs.first().ok_or("it takes nothing")?;
        let merge = match layer.class {
            "Add" => Some(Merge::Add),
            "Multiply" => Some(Merge::Multiply),
            "Concatenate" => Some(Merge::Concat),
            _ => None,
        };
        if let Some(merge) = merge {
            if merge == Merge::Concat {
                self.check_axis(layer, first)?;
            }
            return match inputs {
                [one] => Ok(*one),
                several => self.add(layer, &layer.name, merge.into(), several),
            };
        }
        if inputs.len() > 1 {
            return Err("no layer of several inputs of this name is read".to_owned());
        }
        match layer.class {
            "InputLayer" => Ok(first),
            "Reshape" => self.reshape(layer, first),
            "Flatten" if self.shape(first).is_vector() => Ok(first),
            "Rescaling" | "Normalization" => self.preparation(layer, first),
            _ if layer.is_operation => {
                let name = Value::Text(config::snake_case(layer.class));
                match keras::function(&name).map_err(|_| "no function of this name is read")? {
                    Some(function) => self.add(layer, &layer.name, function.into(), &[first]),
                    None => Ok(first),
                }
            }
            _ => self.usual(layer, first),
        }
    }

    /// A layer that is read by its arguments.
    fn usual(&mut self, layer: &Entry<'_>, input: NodeId) -> Result<NodeId, Refusal> {
        if [
            "BatchNormalization",
            "LayerNormalization",
            "GroupNormalization",
            "Softmax",
        ]
        .contains(&layer.class)
            && layer
                .config
                .get("axis")
                .is_some_and(|it| !it.is_array() || it[1].is_null())
        {
            self.check_axis(layer, input)?;
        }
        let says = |key| layer.config.get(key).and_then(Json::as_str);
        if self.is_old && says("activation") == Some("hard_sigmoid") {
            return Err("hard_sigmoid of Keras 2 has another slope".to_owned());
        }
        let before = if self.shape(input).is_vector() {
            OF_VECTOR
        } else {
            ""
        };
        let read = keras::layer(&config::call(layer.class, layer.config, before))?;
        for note in read.notes {
            self.note(format!("“{}”: {note}", layer.name));
        }
        let drafts: Vec<&Draft> = { read.drafts.iter() }
            .filter(|draft| !matches!(draft, Draft::Input(_)))
            .collect();
        let is_separable = layer.class == "SeparableConv2D";
        let mut node = input;
        for (place, draft) in drafts.into_iter().enumerate() {
            let shape = self.shape(node);
            let made = match draft {
                Draft::Input(_) => continue,
                Draft::Layer { layer, .. } => layer.clone(),
                Draft::Depthwise(conv) => Layer::from(Conv {
                    channels: conv.channels.saturating_mul(shape.channels),
                    groups: shape.channels,
                    ..conv.clone()
                }),
                &Draft::Dense { features, bias } if shape.is_vector() => {
                    Layer::from(Linear { features, bias })
                }
                &Draft::Dense { features, bias } => Layer::from(Conv {
                    bias,
                    ..Conv::new(features, 1)
                }),
            };
            let name = match (is_separable, place) {
                (true, 0) => format!("{}_depthwise", layer.name),
                (true, 1) => format!("{}_pointwise", layer.name),
                (_, 0) => layer.name.clone(),
                _ => format!("{}_{}", layer.name, made.rule().name_stem()),
            };
            node = self.add(layer, &name, made, &[node])?;
            if is_separable
                && place == 1
                && let Some(made) = self.made.last_mut()
            {
                made.origin.is_pointwise = true;
            }
        }
        Ok(node)
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether the layer's axis is that of the channels.
    fn check_axis(&self, layer: &Entry<'_>, input: NodeId) -> Result<(), Refusal> {
        let axis = layer.config.get("axis");
        let axis = axis.and_then(|it| it.as_array().map_or(Some(it), |it| it.first()));
        let last = if self.shape(input).is_vector() {
            [1, 3]
        } else {
            [3, 3]
        };
        match axis.and_then(Json::as_i64) {
            None | Some(-1) => Ok(()),
            Some(axis) if last.contains(&axis) => Ok(()),
            Some(axis) => Err(format!("its axis {axis} is not that of the channels")),
        }
    }

    /// A reshape that changes nothing, or flattens.
    fn reshape(&mut self, layer: &Entry<'_>, input: NodeId) -> Result<NodeId, Refusal> {
        let shape = self.shape(input);
        let target = layer.config.get("target_shape").and_then(Json::as_array);
        let target: Option<Vec<i64>> =
            target.and_then(|sides| sides.iter().map(Json::as_i64).collect());
        let mut target = target.ok_or("its target_shape is missing")?;
        let all = i64::try_from(shape.elements()).unwrap_or(i64::MAX);
        let known: i64 = { target.iter() }
            .filter(|&&side| side >= 0)
            .fold(1, |all, &side| all.saturating_mul(side));
        for side in &mut target {
            if *side == -1 && known > 0 {
                *side = all / known;
            }
        }
        let sides = [shape.height, shape.width, shape.channels].map(i64::from);
        match target.as_slice() {
            target if target == sides => Ok(input),
            &[features] if features == all && shape.is_vector() => Ok(input),
            &[features] if features == all => {
                let flatten = Flatten {
                    order: FlattenOrder::Hwc,
                };
                self.add(layer, &layer.name, flatten.into(), &[input])
            }
            _ => Err(format!(
                "it makes {target:?} of height × width × channels {sides:?}; the lab only flattens"
            )),
        }
    }

    /// What is done to the picture before the network's first layer is left out: the lab prepares it.
    fn preparation(&mut self, layer: &Entry<'_>, input: NodeId) -> Result<NodeId, Refusal> {
        if input != NodeId::INPUT {
            return Err("it stands within the network; the lab has no layer of it".to_owned());
        }
        let number = |key| layer.config.get(key).and_then(Json::as_f64);
        let range = match (number("scale"), number("offset")) {
            (Some(scale), Some(offset)) => {
                let short = |value: f64| (value * 1e4).round() / 1e4;
                format!(
                    "; it makes values of {} to {} of a picture of 0 to 255",
                    short(offset),
                    short(255.0 * scale + offset)
                )
            }
            _ => String::new(),
        };
        self.note(format!(
            "“{}” ({}) is left out, because the lab prepares the pictures{range}",
            layer.name, layer.class
        ));
        Ok(input)
    }

    fn add(
        &mut self,
        entry: &Entry<'_>,
        name: &str,
        layer: Layer,
        inputs: &[NodeId],
    ) -> Result<NodeId, Refusal> {
        if self.made.len() >= 4 * MAX_NODES {
            return Err(format!("the network has more than {MAX_NODES} layers"));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.shape(input)).collect();
        let (shape, _) = layer.measure(&shapes).map_err(|error| error.to_string())?;
        let wanted: String = name.chars().take(MAX_NAME / 4).collect();
        let mut free = wanted.clone();
        let mut number = 2;
        while !self.names.insert(free.clone()) {
            free = format!("{wanted}_{number}");
            number += 1;
        }
        self.made.push(Made {
            name: free,
            layer,
            inputs: inputs.to_vec(),
            shape,
            origin: Origin {
                call: self.calls,
                path: entry.path.clone(),
                layer: entry.name.clone(),
                is_pointwise: false,
            },
        });
        Ok(NodeId(self.made.len() as u32))
    }
}

/// `None` where it is not computed yet.
fn value(values: &HashMap<(&str, usize), Outputs>, source: &Source) -> Option<Option<NodeId>> {
    let outputs = values.get(&(source.layer.as_str(), source.call))?;
    Some(outputs.get(source.value).copied().flatten())
}

/// The shape of the whole model's input.
fn input(model: &Model<'_>, config: &Json) -> Result<Shape, KerasError> {
    let named = model.ends.as_ref().and_then(|ends| ends.inputs.first());
    let layer = match named {
        Some(source) => model.layers.iter().find(|it| it.name == source.layer),
        None => model.layers.first(),
    };
    if let Some(layer) = layer
        && let Some(shape) = config::shape(&layer.name, layer.config)?
    {
        return Ok(shape);
    }
    // What a model was built for, where no layer says it.
    let built = config
        .get("build_config")
        .and_then(|it| it.get("input_shape"));
    let built = built.filter(|it| it.is_array()).map(|shape| {
        let entry = ("batch_shape".to_owned(), shape.clone());
        serde_json::Map::from_iter([entry])
    });
    let shape = match &built {
        Some(config) => config::shape("input", config)?,
        None => None,
    };
    shape.ok_or(KerasError::NoInput)
}
