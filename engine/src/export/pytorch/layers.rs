//! Each kind of layer as a module or an expression, and whether a value is batch × features.

use std::collections::HashMap;

use super::helpers::Helper;
use crate::checkpoint::Role;
use crate::export::class::{Before, Call, Made};
use crate::export::code::{identifier, number};
use crate::export::region::{Kind, Region};
use crate::layer::{
    Activation, AvgPool, BatchNorm, Conv, FlattenOrder, Layer, LayerNorm, LayerNormAxes, MaxPool,
    Merge, Padding, PoolMode, Sides, TransposedConv, Upsample, UpsampleMode,
};
use crate::{Analysis, Graph, Node, NodeId, Shape};

/// What is known of each value.
pub(super) struct Maker<'g> {
    graph: &'g Graph,
    shapes: HashMap<NodeId, Shape>,
    /// Whether a value is batch × features.
    flat: HashMap<NodeId, bool>,
    /// In the order in which they are first needed.
    pub helpers: Vec<Helper>,
}

impl<'g> Maker<'g> {
    pub fn new(graph: &'g Graph, analysis: &Analysis) -> Self {
        let shapes = { analysis.nodes.iter() }.filter_map(|facts| Some((facts.id, facts.shape?)));
        let mut maker = Self {
            graph,
            shapes: shapes.chain([(NodeId::INPUT, graph.input())]).collect(),
            flat: HashMap::from([(NodeId::INPUT, graph.input().is_vector())]),
            helpers: Vec::new(),
        };
        for node in graph.nodes() {
            let is_flat = match &node.layer {
                Layer::Linear(_) | Layer::Rbf(_) | Layer::Flatten(_) => true,
                layer if keeps_rank(layer) => maker.is_flat(node.inputs[0]),
                Layer::Merge(_) => node.inputs.iter().all(|&input| maker.is_flat(input)),
                _ => false,
            };
            maker.flat.insert(node.id, is_flat);
        }
        maker
    }

    pub fn is_flat(&self, node: NodeId) -> bool {
        self.flat.get(&node).copied().unwrap_or_default()
    }

    fn shape(&self, node: NodeId) -> Shape {
        self.shapes.get(&node).copied().unwrap_or(Shape::vector(1))
    }

    fn needs(&mut self, helper: Helper) {
        if !self.helpers.contains(&helper) {
            self.helpers.push(helper);
        }
    }

    /// What a node is in PyTorch.
    pub fn made(&mut self, node: &Node) -> Result<Made, String> {
        let from = node.inputs.first().copied().unwrap_or(NodeId::INPUT);
        let shape = self.shape(from);
        let channels = shape.channels;
        let flat = self.is_flat(from);
        let map = if flat {
            Before::Unflatten
        } else {
            Before::Nothing
        };
        let vector = if flat {
            Before::Nothing
        } else {
            Before::Flatten
        };
        let part = |call, before| Ok(Made::Part { call, before });
        match &node.layer {
            Layer::Conv(conv) => part(self.conv(conv, channels), map),
            Layer::TableConv(conv) => {
                self.needs(Helper::TableConv);
                let call = Call::new("TableConv2d")
                    .with("channels", channels)
                    .with("table", format!("{:?}", conv.table))
                    .with("kernel", square(conv.kernel))
                    .unless("bias", python(conv.bias), "True".to_owned());
                part(call, map)
            }
            Layer::TransposedConv(conv) => part(self.transposed(conv, channels), map),
            Layer::MaxPool(pool) => part(self.max_pool(pool), map),
            Layer::AvgPool(pool) => part(self.avg_pool(pool), map),
            Layer::AdaptiveAvgPool(pool) => part(
                Call::new("nn.AdaptiveAvgPool2d").with("output", square(pool.output)),
                map,
            ),
            Layer::AdaptiveMaxPool(pool) => part(
                Call::new("nn.AdaptiveMaxPool2d").with("output", square(pool.output)),
                map,
            ),
            Layer::GlobalPool(pool) => {
                let head = match pool.mode {
                    PoolMode::Avg => "nn.AdaptiveAvgPool2d",
                    PoolMode::Max => "nn.AdaptiveMaxPool2d",
                };
                part(Call::new(head).with("output", 1), map)
            }
            Layer::Subsample(pool) => {
                self.needs(Helper::Subsample);
                let call = Call::new("Subsample")
                    .with("channels", channels)
                    .with("kernel", square(pool.kernel))
                    .unless("fan", pool.fan, 1);
                part(call, map)
            }
            Layer::BatchNorm(norm) => part(self.batch_norm(norm, channels, flat), Before::Nothing),
            Layer::GroupNorm(norm) => {
                let call = Call::new("nn.GroupNorm")
                    .with("groups", norm.groups)
                    .with("channels", channels)
                    .unless("eps", number(norm.eps), number(1e-5))
                    .unless("affine", affine(norm.scale, norm.shift)?, "True".to_owned());
                part(call, Before::Nothing)
            }
            Layer::InstanceNorm(norm) => {
                let call = Call::new("nn.InstanceNorm2d")
                    .with("channels", channels)
                    .unless("eps", number(norm.eps), number(1e-5))
                    .unless(
                        "affine",
                        affine(norm.scale, norm.shift)?,
                        "False".to_owned(),
                    );
                part(call, map)
            }
            Layer::LayerNorm(norm) => part(self.layer_norm(norm, shape, flat)?, Before::Nothing),
            Layer::Lrn(norm) => {
                let alpha = match norm.alpha_divided_by_size {
                    true => norm.alpha,
                    false => norm.alpha * f64::from(norm.size),
                };
                let call = Call::new("nn.LocalResponseNorm")
                    .with("size", norm.size)
                    .named("alpha", number(alpha))
                    .named("beta", number(norm.beta))
                    .named("k", number(norm.k));
                part(call, map)
            }
            Layer::Activation(function) => part(self.activation(*function), Before::Nothing),
            Layer::PRelu(prelu) => {
                let call = Call::new("nn.PReLU");
                let slopes = prelu.slopes(shape);
                part(call.unless("num_parameters", slopes, 1), Before::Nothing)
            }
            Layer::Dropout(dropout) => part(
                Call::new("nn.Dropout").with("p", number(dropout.p)),
                Before::Nothing,
            ),
            Layer::Linear(linear) => {
                let call = Call::new("nn.Linear")
                    .with("in_features", channels)
                    .with("features", linear.features)
                    .unless("bias", python(linear.bias), "True".to_owned());
                part(call, vector)
            }
            Layer::Rbf(rbf) => {
                self.needs(Helper::Rbf);
                let call = Call::new("Rbf")
                    .with("in_features", channels)
                    .with("classes", rbf.classes);
                part(call, vector)
            }
            Layer::Merge(merge) => {
                let mixed = node.inputs.iter().any(|&input| self.is_flat(input) != flat);
                if mixed {
                    return Err(
                        "it merges vectors with maps of 1 × 1; flatten them first".to_owned()
                    );
                }
                Ok(Made::Expression(match merge {
                    Merge::Add => joined(node.inputs.len(), " + "),
                    Merge::Multiply => joined(node.inputs.len(), " * "),
                    Merge::Concat => "torch.cat([{*}], dim=1)".to_owned(),
                }))
            }
            Layer::Flatten(flatten) => {
                if flatten.order == FlattenOrder::Hwc && !shape.is_vector() {
                    self.needs(Helper::FlattenHwc);
                    return part(Call::new("FlattenHwc"), Before::Nothing);
                }
                part(Call::new("nn.Flatten"), Before::Nothing)
            }
            Layer::Pad(pad) => {
                let call = Call::new("nn.ConstantPad2d")
                    .with("border", border(pad.sides))
                    .with("value", float(pad.value));
                part(call, map)
            }
            Layer::Upsample(up) => part(upsample(up), map),
            Layer::ChannelShuffle(shuffle) => part(
                Call::new("nn.ChannelShuffle").with("groups", shuffle.groups),
                map,
            ),
            Layer::ChannelSlice(slice) => Ok(Made::Expression(format!(
                "{{0}}[:, {}:{}]",
                slice.start, slice.end
            ))),
        }
    }

    fn conv(&mut self, conv: &Conv, channels: u32) -> Call {
        let padding = Self::padding(conv);
        let head = match padding {
            Padded::Border(_) => {
                self.needs(Helper::PaddedConv);
                "PaddedConv2d"
            }
            _ => "nn.Conv2d",
        };
        let call = Call::new(head)
            .with("in_channels", channels)
            .with("channels", conv.channels)
            .with("kernel", square(conv.kernel))
            .unless("stride", square(conv.stride), "1".to_owned());
        let call = match padding {
            Padded::Number(text) => call.unless("padding", text, "0".to_owned()),
            Padded::Border(text) => call.named("border", text),
        };
        call.unless("dilation", square(conv.dilation), "1".to_owned())
            .unless("groups", conv.groups, 1)
            .unless("bias", python(conv.bias), "True".to_owned())
    }

    /// The padding as PyTorch's argument, or as a border of its own.
    fn padding(conv: &Conv) -> Padded {
        let stride = conv.stride;
        let is_odd = (0..2).all(|axis| conv.sliding().extent(axis) % 2 == 1);
        match conv.padding {
            Padding::Valid => Padded::Number("0".to_owned()),
            // Of an odd extent it is the same on both sides.
            Padding::Same if stride == [1, 1] && is_odd => {
                let [top, left, ..] = conv.sliding().sides([1024, 1024]);
                Padded::Number(square([top, left]))
            }
            Padding::Same if stride == [1, 1] => Padded::Number("\"same\"".to_owned()),
            Padding::Same => Padded::Border("\"same\"".to_owned()),
            Padding::Sides([top, left, bottom, right]) if top == bottom && left == right => {
                Padded::Number(square([top, left]))
            }
            Padding::Sides(sides) => Padded::Border(border(sides)),
        }
    }

    /// PyTorch cuts the same off on both sides.
    fn transposed(&mut self, conv: &TransposedConv, channels: u32) -> Call {
        let [top, left, bottom, right] = conv.crop;
        let is_even = [top, left] == [bottom, right];
        let head = if is_even {
            "nn.ConvTranspose2d"
        } else {
            self.needs(Helper::CroppedTranspose);
            "CroppedConvTranspose2d"
        };
        let call = Call::new(head)
            .with("in_channels", channels)
            .with("channels", conv.channels)
            .with("kernel", square(conv.kernel))
            .unless("stride", square(conv.stride), "1".to_owned());
        let call = if is_even {
            call.unless("padding", square([top, left]), "0".to_owned())
        } else {
            call.named("crop", format!("({top}, {left}, {bottom}, {right})"))
        };
        call.unless(
            "output_padding",
            square(conv.output_padding),
            "0".to_owned(),
        )
        .unless("groups", conv.groups, 1)
        .unless("bias", python(conv.bias), "True".to_owned())
        .unless("dilation", square(conv.dilation), "1".to_owned())
    }

    fn max_pool(&mut self, pool: &MaxPool) -> Call {
        let call = self.pool(
            "nn.MaxPool2d",
            "PaddedMaxPool2d",
            Helper::PaddedMaxPool,
            pool.padding,
            pool.kernel,
            pool.stride,
        );
        call.unless("dilation", square(pool.dilation), "1".to_owned())
            .unless("ceil_mode", python(pool.ceil_mode), "False".to_owned())
    }

    /// Of maps over all values, or over the channels of each position.
    fn layer_norm(&mut self, norm: &LayerNorm, shape: Shape, flat: bool) -> Result<Call, String> {
        if norm.shift && !norm.scale {
            return Err("PyTorch's LayerNorm has no shift without a scale".to_owned());
        }
        let over_channels = norm.axes == LayerNormAxes::Channels || shape.is_vector();
        let call = if flat || !over_channels {
            let sides = match flat {
                true => shape.channels.to_string(),
                false => format!("({}, {}, {})", shape.channels, shape.height, shape.width),
            };
            Call::new("nn.LayerNorm").with("size", sides)
        } else {
            self.needs(Helper::LayerNorm);
            Call::new("LayerNorm2d").with("channels", shape.channels)
        };
        let call = call.unless("eps", number(norm.eps), number(1e-5));
        if !norm.scale {
            return Ok(call.named("elementwise_affine", "False"));
        }
        Ok(call.unless("bias", python(norm.shift), "True".to_owned()))
    }

    fn avg_pool(&mut self, pool: &AvgPool) -> Call {
        let call = self.pool(
            "nn.AvgPool2d",
            "PaddedAvgPool2d",
            Helper::PaddedAvgPool,
            pool.padding,
            pool.kernel,
            pool.stride,
        );
        call.unless("ceil_mode", python(pool.ceil_mode), "False".to_owned())
            .unless(
                "count_include_pad",
                python(pool.count_include_pad || pool.padding == Padding::Valid),
                "True".to_owned(),
            )
    }

    fn pool(
        &mut self,
        head: &str,
        padded: &str,
        helper: Helper,
        padding: Padding,
        kernel: [u32; 2],
        stride: [u32; 2],
    ) -> Call {
        let small = |sides: Sides| (0..2).all(|axis| 2 * sides[axis] <= kernel[axis]);
        let own = match padding {
            Padding::Valid => None,
            Padding::Sides(sides @ [top, left, bottom, right])
                if top == bottom && left == right && small(sides) =>
            {
                let call = Call::new(head).with("kernel", square(kernel));
                let call = call.unless("stride", square(stride), square(kernel));
                return call.named("padding", square([top, left]));
            }
            Padding::Same => Some("\"same\"".to_owned()),
            Padding::Sides(sides) => Some(border(sides)),
        };
        let Some(own) = own else {
            let call = Call::new(head).with("kernel", square(kernel));
            return call.unless("stride", square(stride), square(kernel));
        };
        self.needs(helper);
        let call = Call::new(padded).with("kernel", square(kernel));
        call.unless("stride", square(stride), square(kernel))
            .named("border", own)
    }

    fn batch_norm(&mut self, norm: &BatchNorm, channels: u32, flat: bool) -> Call {
        let head = match (norm.scale == norm.shift, flat) {
            (true, true) => "nn.BatchNorm1d",
            (true, false) => "nn.BatchNorm2d",
            (false, _) => {
                self.needs(Helper::PartialNorm);
                if flat {
                    "PartialNorm1d"
                } else {
                    "PartialNorm2d"
                }
            }
        };
        let call = Call::new(head)
            .with("channels", channels)
            .unless("eps", number(norm.eps), number(1e-5))
            .unless("momentum", number(norm.momentum), "0.1".to_owned());
        if norm.scale == norm.shift {
            return call.unless("affine", python(norm.scale), "True".to_owned());
        }
        call.named("scale", python(norm.scale))
            .named("shift", python(norm.shift))
    }

    fn activation(&mut self, function: Activation) -> Call {
        match function {
            Activation::Relu => Call::new("nn.ReLU"),
            Activation::Relu6 => Call::new("nn.ReLU6"),
            Activation::LeakyRelu { slope } => {
                Call::new("nn.LeakyReLU").with("slope", number(slope))
            }
            Activation::Elu { alpha } => {
                Call::new("nn.ELU").unless("alpha", number(alpha), "1".to_owned())
            }
            Activation::Tanh => Call::new("nn.Tanh"),
            Activation::ScaledTanh { a, s } => {
                self.needs(Helper::ScaledTanh);
                Call::new("ScaledTanh")
                    .with("value", number(a))
                    .with("value", number(s))
            }
            Activation::Sigmoid => Call::new("nn.Sigmoid"),
            Activation::Silu => Call::new("nn.SiLU"),
            Activation::HardSigmoid => Call::new("nn.Hardsigmoid"),
            Activation::HardSwish => Call::new("nn.Hardswish"),
            Activation::Gelu => Call::new("nn.GELU"),
            Activation::Softmax => Call::new("nn.Softmax").named("dim", 1),
            Activation::LogSoftmax => Call::new("nn.LogSoftmax").named("dim", 1),
        }
    }

    /// How many parameters `parameters()` counts.
    pub fn trainable(&self) -> usize {
        let all = crate::checkpoint::parameters(self.graph).into_iter();
        let trainable =
            all.filter(|parameter| !parameter.role.is_running() && parameter.role != Role::Codes);
        trainable.map(|parameter| parameter.count()).sum()
    }
}

/// PyTorch has both a scale and a shift, or none.
fn affine(scale: bool, shift: bool) -> Result<String, String> {
    if scale != shift {
        return Err("PyTorch's norm has both a scale and a shift, or neither".to_owned());
    }
    Ok(python(scale))
}

fn upsample(up: &Upsample) -> Call {
    let call = Call::new("nn.Upsample").named("scale_factor", square(up.factor));
    match up.mode {
        UpsampleMode::Nearest => call,
        UpsampleMode::Bilinear => call.named("mode", "\"bilinear\"").unless(
            "align_corners",
            python(up.align_corners),
            "False".to_owned(),
        ),
    }
}

enum Padded {
    Number(String),
    Border(String),
}

/// Whether a layer gives batch × features for batch × features.
pub(in crate::export) const fn keeps_rank(layer: &Layer) -> bool {
    matches!(
        layer,
        Layer::BatchNorm(_)
            | Layer::GroupNorm(_)
            | Layer::LayerNorm(_)
            | Layer::Activation(_)
            | Layer::PRelu(_)
            | Layer::Dropout(_)
            | Layer::ChannelSlice(_)
    )
}

/// `{0} + {1} + …`
fn joined(count: usize, sign: &str) -> String {
    let terms: Vec<String> = (0..count).map(|place| format!("{{{place}}}")).collect();
    terms.join(sign)
}

/// One number for two that are equal, else a pair.
pub(in crate::export) fn square(pair: [u32; 2]) -> String {
    match pair {
        [a, b] if a == b => a.to_string(),
        [a, b] => format!("({a}, {b})"),
    }
}

/// Left, right, top, bottom, as `F.pad` takes them.
fn border([top, left, bottom, right]: Sides) -> String {
    format!("({left}, {right}, {top}, {bottom})")
}

pub(in crate::export) fn python(yes: bool) -> String {
    if yes { "True" } else { "False" }.to_owned()
}

/// A number that is a float also where it is whole.
pub(in crate::export) fn float(value: f64) -> String {
    let text = number(value);
    if text.contains(['.', 'e']) {
        text
    } else {
        format!("{text}.0")
    }
}

/// The name of an item as an attribute; that of a sequence keeps its number.
pub(super) fn attribute(part: &str, is_sequence: bool) -> String {
    if is_sequence {
        part.to_owned()
    } else {
        identifier(part, "layer")
    }
}

/// The path of every node's module, as in `state_dict`.
pub(in crate::export) fn paths(graph: &Graph) -> HashMap<NodeId, String> {
    let mut paths = HashMap::new();
    let region = Region::of(graph);
    let mut open = vec![(String::new(), &region)];
    while let Some((path, region)) = open.pop() {
        let is_sequence = region.is_sequence();
        let names = attributes(
            region.items.iter().map(|item| item.part.as_str()),
            is_sequence,
        );
        for (item, name) in region.items.iter().zip(names) {
            let own = if path.is_empty() {
                name
            } else {
                format!("{path}.{name}")
            };
            match &item.kind {
                Kind::Node(node) => {
                    paths.insert(*node, own);
                }
                Kind::Region(inner) => open.push((own, inner)),
            }
        }
    }
    shared(graph, &mut paths);
    paths
}

/// A node that shares its parameters has the module of their owner.
pub(in crate::export) fn shared(graph: &Graph, paths: &mut HashMap<NodeId, String>) {
    for node in graph.nodes() {
        let owner = node.shares.and_then(|id| paths.get(&id).cloned());
        paths.extend(owner.map(|path| (node.id, path)));
    }
}

/// The items' attributes, each once.
pub(in crate::export) fn attributes<'p>(
    parts: impl Iterator<Item = &'p str>,
    is_sequence: bool,
) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        let wanted = attribute(part, is_sequence);
        let mut name = wanted.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}
