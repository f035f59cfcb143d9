//! Each kind of layer as a layer of Keras, or an expression of its inputs.

use std::collections::HashMap;

use super::helpers::Helper;
use crate::export::class::{Before, Call, Made};
use crate::export::code::number;
use crate::export::pytorch::layers::{float, keeps_rank, python, square};
use crate::layer::{
    Activation, AvgPool, Conv, FlattenOrder, Layer, LayerNorm, LayerNormAxes, MaxPool, Merge,
    Padding, PoolMode, Sides, TransposedConv, Upsample, UpsampleMode,
};
use crate::{Analysis, Graph, Node, NodeId, Shape};

/// How a parameter's values are turned for Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Conv,
    Depthwise,
    Dense,
    Norm,
    /// Values of a whole map.
    Map,
    /// The slopes of PReLU, with sides of 1.
    Slope,
    Own,
}

impl Turn {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conv => "conv",
            Self::Depthwise => "depthwise",
            Self::Dense => "dense",
            Self::Norm => "norm",
            Self::Map => "map",
            Self::Slope => "slope",
            Self::Own => "own",
        }
    }
}

pub(super) struct Maker {
    shapes: HashMap<NodeId, Shape>,
    flat: HashMap<NodeId, bool>,
    pub helpers: Vec<Helper>,
    pub turns: HashMap<NodeId, Turn>,
}

impl Maker {
    pub fn new(graph: &Graph, analysis: &Analysis) -> Self {
        let shapes = { analysis.nodes.iter() }.filter_map(|facts| Some((facts.id, facts.shape?)));
        let mut maker = Self {
            shapes: shapes.chain([(NodeId::INPUT, graph.input())]).collect(),
            flat: HashMap::from([(NodeId::INPUT, graph.input().is_vector())]),
            helpers: Vec::new(),
            turns: HashMap::new(),
        };
        for node in graph.nodes() {
            let flat_input = |maker: &Self| maker.is_flat(node.inputs[0]);
            let is_flat = match &node.layer {
                Layer::Linear(_) | Layer::Rbf(_) | Layer::Flatten(_) => true,
                layer if keeps_rank(layer) => flat_input(&maker),
                Layer::Merge(_) => node.inputs.iter().all(|&input| maker.is_flat(input)),
                _ => false,
            };
            maker.flat.insert(node.id, is_flat);
        }
        maker
    }

    fn is_flat(&self, node: NodeId) -> bool {
        self.flat.get(&node).copied().unwrap_or_default()
    }

    fn needs(&mut self, helper: Helper) {
        if !self.helpers.contains(&helper) {
            self.helpers.push(helper);
        }
    }

    pub fn made(&mut self, node: &Node) -> Result<Made, String> {
        let from = node.inputs.first().copied().unwrap_or(NodeId::INPUT);
        let shape = self.shapes.get(&from).copied().unwrap_or(Shape::vector(1));
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
        let own = |maker: &mut Self, helper| {
            maker.needs(helper);
            maker.turns.insert(node.id, Turn::Own);
        };
        match &node.layer {
            Layer::Conv(conv) => {
                let call = self.conv(node.id, conv, shape);
                part(call, map)
            }
            Layer::TableConv(conv) => {
                own(self, Helper::TableConv);
                let call = Call::new("TableConv2D")
                    .with("table", format!("{:?}", conv.table))
                    .with("kernel", square(conv.kernel))
                    .unless("use_bias", python(conv.bias), "True".to_owned());
                part(call, map)
            }
            Layer::TransposedConv(conv) => part(self.transposed(node.id, conv)?, map),
            Layer::MaxPool(pool) if pool.dilation != [1, 1] => {
                Err("Keras has no dilated max pooling".to_owned())
            }
            Layer::MaxPool(pool) => part(self.max_pool(pool, shape), map),
            Layer::AvgPool(pool) => part(self.avg_pool(pool, shape), map),
            Layer::AdaptiveAvgPool(pool) => {
                self.needs(Helper::Adaptive);
                part(
                    Call::new("AdaptiveAveragePooling").with("output", square(pool.output)),
                    map,
                )
            }
            Layer::AdaptiveMaxPool(pool) => {
                self.needs(Helper::AdaptiveMax);
                let call = Call::new("AdaptiveMaxPooling");
                part(call.with("output", square(pool.output)), map)
            }
            Layer::GlobalPool(pool) => {
                let head = match pool.mode {
                    PoolMode::Avg => "layers.GlobalAveragePooling2D",
                    PoolMode::Max => "layers.GlobalMaxPooling2D",
                };
                part(Call::new(head).named("keepdims", "True"), map)
            }
            Layer::Subsample(pool) => {
                own(self, Helper::Subsample);
                let call = Call::new("Subsample").with("kernel", square(pool.kernel));
                part(call.unless("fan", pool.fan, 1), map)
            }
            Layer::BatchNorm(norm) => {
                self.turns.insert(node.id, Turn::Norm);
                let call = Call::new("layers.BatchNormalization")
                    .unless("epsilon", number(norm.eps), number(1e-3))
                    .unless(
                        "momentum",
                        number(rounded(1.0 - norm.momentum)),
                        "0.99".to_owned(),
                    )
                    .unless("center", python(norm.shift), "True".to_owned())
                    .unless("scale", python(norm.scale), "True".to_owned());
                part(call, Before::Nothing)
            }
            Layer::GroupNorm(norm) => {
                self.turns.insert(node.id, Turn::Norm);
                let call = Call::new("layers.GroupNormalization").with("groups", norm.groups);
                part(
                    affine(call, norm.eps, norm.scale, norm.shift),
                    Before::Nothing,
                )
            }
            Layer::InstanceNorm(norm) => {
                self.turns.insert(node.id, Turn::Norm);
                // A group of each channel.
                let call = Call::new("layers.GroupNormalization").named("groups", -1);
                part(affine(call, norm.eps, norm.scale, norm.shift), map)
            }
            Layer::LayerNorm(norm) => {
                let call = self.layer_norm(node.id, norm, shape, flat);
                part(call, Before::Nothing)
            }
            Layer::Lrn(norm) => {
                self.needs(Helper::Lrn);
                let alpha = match norm.alpha_divided_by_size {
                    true => norm.alpha / f64::from(norm.size),
                    false => norm.alpha,
                };
                let call = Call::new("LocalResponseNormalization")
                    .with("size", norm.size)
                    .named("alpha", number(alpha))
                    .named("beta", number(norm.beta))
                    .named("k", number(norm.k));
                part(call, map)
            }
            Layer::Activation(function) => part(self.activation(*function), Before::Nothing),
            Layer::PRelu(prelu) => {
                self.turns.insert(node.id, Turn::Slope);
                let shared = match (prelu.per_channel, flat) {
                    (true, true) => None,
                    (true, false) => Some("[1, 2]"),
                    (false, true) => Some("[1]"),
                    (false, false) => Some("[1, 2, 3]"),
                };
                let call = Call::new("layers.PReLU");
                let call = match shared {
                    Some(axes) => call.named("shared_axes", axes),
                    None => call,
                };
                part(call, Before::Nothing)
            }
            Layer::Dropout(dropout) => part(
                Call::new("layers.Dropout").with("rate", number(dropout.p)),
                Before::Nothing,
            ),
            Layer::Linear(linear) => {
                self.turns.insert(node.id, Turn::Dense);
                let call = Call::new("layers.Dense").with("units", linear.features);
                part(
                    call.unless("use_bias", python(linear.bias), "True".to_owned()),
                    vector,
                )
            }
            Layer::Rbf(rbf) => {
                own(self, Helper::Rbf);
                part(Call::new("Rbf").with("classes", rbf.classes), vector)
            }
            Layer::Merge(merge) => {
                if node.inputs.iter().any(|&input| self.is_flat(input) != flat) {
                    return Err(
                        "it merges vectors with maps of 1 × 1; flatten them first".to_owned()
                    );
                }
                Ok(Made::Expression(match merge {
                    Merge::Add => "layers.add([{*}])".to_owned(),
                    Merge::Multiply => "layers.multiply([{*}])".to_owned(),
                    Merge::Concat => "layers.concatenate([{*}])".to_owned(),
                }))
            }
            Layer::Flatten(flatten) => {
                if flatten.order == FlattenOrder::Chw && shape.positions() > 1 && !flat {
                    self.needs(Helper::FlattenChw);
                    return part(Call::new("FlattenChw"), Before::Nothing);
                }
                part(Call::new("layers.Flatten"), Before::Nothing)
            }
            Layer::Pad(pad) => {
                let [top, left, bottom, right] = pad.sides;
                if pad.value == 0.0 {
                    let call = Call::new("layers.ZeroPadding2D");
                    return part(
                        call.with("border", format!("(({top}, {bottom}), ({left}, {right}))")),
                        map,
                    );
                }
                self.needs(Helper::Border);
                let call = Call::new("Border").with("border", border(pad.sides));
                part(call.named("value", float(pad.value)), map)
            }
            Layer::Upsample(up) => part(upsample(up)?, map),
            Layer::ChannelShuffle(shuffle) => {
                self.needs(Helper::Shuffle);
                part(
                    Call::new("ChannelShuffle").with("groups", shuffle.groups),
                    map,
                )
            }
            Layer::ChannelSlice(slice) => {
                let axes = if flat { ":, " } else { ":, :, :, " };
                Ok(Made::Expression(format!(
                    "{{0}}[{axes}{}:{}]",
                    slice.start, slice.end
                )))
            }
        }
    }

    fn conv(&mut self, id: NodeId, conv: &Conv, shape: Shape) -> Call {
        let channels = shape.channels;
        let is_depthwise = conv.groups == channels
            && conv.groups > 1
            && conv.stride[0] == conv.stride[1]
            && (conv.stride == [1, 1] || conv.dilation == [1, 1]);
        let sides = conv.sliding().sides(shape.size());
        let is_same = conv.padding == Padding::Same
            || (conv.stride == [1, 1] && sides == same(conv, shape) && sides != [0; 4]);
        let border = (!is_same && sides != [0; 4]).then(|| border(sides));
        let (head, call) = if is_depthwise {
            self.turns.insert(id, Turn::Depthwise);
            let multiplier = conv.channels / channels.max(1);
            ("DepthwiseConv2D", (multiplier, None))
        } else {
            self.turns.insert(id, Turn::Conv);
            ("Conv2D", (1, Some(conv.channels)))
        };
        let head = match &border {
            None => format!("layers.{head}"),
            Some(_) => {
                self.needs(Helper::Border);
                self.needs(if is_depthwise {
                    Helper::PaddedDepthwise
                } else {
                    Helper::PaddedConv
                });
                format!("Padded{head}")
            }
        };
        let (multiplier, filters) = call;
        let mut call = Call::new(head);
        if let Some(filters) = filters {
            call = call.with("filters", filters);
        }
        call = call.with("kernel", square(conv.kernel)).unless(
            "strides",
            square(conv.stride),
            "1".to_owned(),
        );
        call = match border {
            Some(border) => call.named("border", border),
            None if is_same => call.named("padding", "\"same\""),
            None => call,
        };
        call = call.unless("dilation_rate", square(conv.dilation), "1".to_owned());
        if !is_depthwise {
            call = call.unless("groups", conv.groups, 1);
        }
        call.unless("depth_multiplier", multiplier, 1).unless(
            "use_bias",
            python(conv.bias),
            "True".to_owned(),
        )
    }

    /// Keras cuts nothing off; what is cut off here is, behind it.
    fn transposed(&mut self, id: NodeId, conv: &TransposedConv) -> Result<Call, String> {
        if conv.groups != 1 {
            return Err("Keras has no transposed convolution in groups".to_owned());
        }
        self.turns.insert(id, Turn::Conv);
        let mut after = [0; 2];
        for (axis, after) in after.iter_mut().enumerate() {
            // A kernel narrower than the stride leaves rows without a value, which Keras keeps.
            let extent = conv.dilation[axis] * (conv.kernel[axis] - 1) + 1;
            let kept = conv.crop[axis + 2] + conv.stride[axis].saturating_sub(extent);
            let Some(rest) = kept.checked_sub(conv.output_padding[axis]) else {
                return Err("Keras' transposed convolution has no such output padding".to_owned());
            };
            *after = rest;
        }
        let crop = border([conv.crop[0], conv.crop[1], after[0], after[1]]);
        let is_whole = crop == border([0; 4]);
        let head = if is_whole {
            "layers.Conv2DTranspose"
        } else {
            self.needs(Helper::CroppedTranspose);
            "CroppedConv2DTranspose"
        };
        let call = Call::new(head)
            .with("filters", conv.channels)
            .with("kernel", square(conv.kernel))
            .unless("strides", square(conv.stride), "1".to_owned());
        let call = if is_whole {
            call
        } else {
            call.named("crop", crop)
        };
        Ok(call
            .unless("dilation_rate", square(conv.dilation), "1".to_owned())
            .unless("use_bias", python(conv.bias), "True".to_owned()))
    }

    fn layer_norm(&mut self, id: NodeId, norm: &LayerNorm, shape: Shape, flat: bool) -> Call {
        let is_whole = norm.axes == LayerNormAxes::All && !flat && !shape.is_vector();
        self.turns
            .insert(id, if is_whole { Turn::Map } else { Turn::Norm });
        let call = Call::new("layers.LayerNormalization");
        let call = if is_whole {
            call.named("axis", "[1, 2, 3]")
        } else {
            call
        };
        affine(call, norm.eps, norm.scale, norm.shift)
    }

    fn max_pool(&mut self, pool: &MaxPool, shape: Shape) -> Call {
        let sides = rounded_up(pool.sliding(), shape);
        let call = |head: &str| {
            let call = Call::new(head).with("kernel", square(pool.kernel));
            call.unless("strides", square(pool.stride), square(pool.kernel))
        };
        if pool.padding == Padding::Same && !pool.ceil_mode {
            return call("layers.MaxPooling2D").named("padding", "\"same\"");
        }
        if sides == [0; 4] {
            return call("layers.MaxPooling2D");
        }
        self.needs(Helper::Border);
        self.needs(Helper::PaddedMaxPool);
        call("PaddedMaxPooling2D").named("border", border(sides))
    }

    fn avg_pool(&mut self, pool: &AvgPool, shape: Shape) -> Call {
        let own = pool.sliding().sides(shape.size());
        let sides = rounded_up(pool.sliding(), shape);
        let call = |head: &str| {
            let call = Call::new(head).with("kernel", square(pool.kernel));
            call.unless("strides", square(pool.stride), square(pool.kernel))
        };
        if sides == [0; 4] {
            return call("layers.AveragePooling2D");
        }
        if pool.padding == Padding::Same && !pool.ceil_mode && !pool.count_include_pad {
            return call("layers.AveragePooling2D").named("padding", "\"same\"");
        }
        self.needs(Helper::Border);
        self.needs(Helper::PaddedAvgPool);
        let call = call("PaddedAveragePooling2D").named("border", border(sides));
        // Which of the border counts in the divisor.
        match pool.count_include_pad {
            true => call.unless("counted", border(own), border([0; 4])),
            false => call,
        }
    }

    fn activation(&mut self, function: Activation) -> Call {
        let plain =
            |name: &str| Call::new("layers.Activation").with("value", format!("\"{name}\""));
        match function {
            Activation::Relu => Call::new("layers.ReLU"),
            Activation::Relu6 => Call::new("layers.ReLU").with("value", 6),
            Activation::LeakyRelu { slope } => {
                Call::new("layers.LeakyReLU").named("negative_slope", number(slope))
            }
            Activation::Elu { alpha } => {
                Call::new("layers.ELU").unless("alpha", number(alpha), "1".to_owned())
            }
            Activation::Tanh => plain("tanh"),
            Activation::ScaledTanh { a, s } => {
                self.needs(Helper::ScaledTanh);
                Call::new("ScaledTanh")
                    .with("value", number(a))
                    .with("value", number(s))
            }
            Activation::Sigmoid => plain("sigmoid"),
            Activation::Silu => plain("silu"),
            Activation::HardSigmoid => plain("hard_sigmoid"),
            Activation::HardSwish => plain("hard_silu"),
            Activation::Gelu => plain("gelu"),
            Activation::Softmax => Call::new("layers.Softmax"),
            Activation::LogSoftmax => plain("log_softmax"),
        }
    }
}

fn affine(call: Call, eps: f64, scale: bool, shift: bool) -> Call {
    call.unless("epsilon", number(eps), number(1e-3))
        .unless("center", python(shift), "True".to_owned())
        .unless("scale", python(scale), "True".to_owned())
}

fn upsample(up: &Upsample) -> Result<Call, String> {
    let call = Call::new("layers.UpSampling2D").with("size", square(up.factor));
    match (up.mode, up.align_corners) {
        (UpsampleMode::Nearest, _) => Ok(call),
        (UpsampleMode::Bilinear, false) => Ok(call.named("interpolation", "\"bilinear\"")),
        (UpsampleMode::Bilinear, true) => {
            Err("Keras has no bilinear upsampling with aligned corners".to_owned())
        }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// The border that SAME has for this convolution.
fn same(conv: &Conv, shape: Shape) -> Sides {
    let window = crate::layer::Window {
        padding: Padding::Same,
        ..conv.sliding()
    };
    window.sides(shape.size())
}

/// The border with what rounding up adds at the end.
fn rounded_up(window: crate::layer::Window, shape: Shape) -> Sides {
    let mut sides = window.sides(shape.size());
    let Ok(output) = window.output(shape.size()) else {
        return sides;
    };
    for axis in 0..2 {
        let needed =
            u64::from(output[axis] - 1) * u64::from(window.stride[axis]) + window.extent(axis);
        let there =
            u64::from(shape.size()[axis]) + u64::from(sides[axis]) + u64::from(sides[axis + 2]);
        sides[axis + 2] += u32::try_from(needed.saturating_sub(there)).unwrap_or_default();
    }
    sides
}

/// Top and bottom, left and right.
fn border([top, left, bottom, right]: Sides) -> String {
    format!("(({top}, {bottom}), ({left}, {right}))")
}
