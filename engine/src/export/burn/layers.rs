//! Each kind of layer as a module of burn, or an expression.

use std::collections::HashMap;

use crate::export::class::{Before, Call, Made};
use crate::export::pytorch::layers::{float, keeps_rank};
use crate::layer::{Activation, FlattenOrder, Layer, Merge, PoolMode, Sides, UpsampleMode, Window};
use crate::{Analysis, Graph, Node, NodeId, Shape};

pub(super) struct Maker {
    shapes: HashMap<NodeId, Shape>,
    flat: HashMap<NodeId, bool>,
}

impl Maker {
    pub fn new(graph: &Graph, analysis: &Analysis) -> Self {
        let shapes = { analysis.nodes.iter() }.filter_map(|facts| Some((facts.id, facts.shape?)));
        let mut maker = Self {
            shapes: shapes.chain([(NodeId::INPUT, graph.input())]).collect(),
            flat: HashMap::from([(NodeId::INPUT, graph.input().is_vector())]),
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

    pub fn made(&self, node: &Node) -> Result<Made, String> {
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
        let expression = |text: &str| Ok(Made::Expression(text.to_owned()));
        let missing = |what: &str| Err(format!("burn has no {what}"));
        let padded = |call: Call, window: Window| match window.sides(shape.size()) {
            [0, 0, 0, 0] => call,
            sides => call.named("padding", padding(sides)),
        };
        match &node.layer {
            Layer::Conv(conv) => {
                let call = Call::new("Conv2d")
                    .with("maps", format!("[{}, {}]", shape.channels, conv.channels))
                    .with("kernel", pair(conv.kernel))
                    .unless("stride", pair(conv.stride), pair([1, 1]));
                let call = padded(call, conv.sliding())
                    .unless("dilation", pair(conv.dilation), pair([1, 1]))
                    .unless("groups", conv.groups, 1)
                    .unless("bias", conv.bias, true);
                part(call, map)
            }
            Layer::TransposedConv(conv) => {
                let [top, left, bottom, right] = conv.crop;
                if [top, left] != [bottom, right] {
                    return missing("transposed convolution that cuts off different sides");
                }
                let call = Call::new("ConvTranspose2d")
                    .with("maps", format!("[{}, {}]", shape.channels, conv.channels))
                    .with("kernel", pair(conv.kernel))
                    .unless("stride", pair(conv.stride), pair([1, 1]))
                    .unless("padding", pair([top, left]), pair([0, 0]))
                    .unless("padding_out", pair(conv.output_padding), pair([0, 0]))
                    .unless("dilation", pair(conv.dilation), pair([1, 1]))
                    .unless("groups", conv.groups, 1)
                    .unless("bias", conv.bias, true);
                part(call, map)
            }
            Layer::MaxPool(pool) => {
                let call = Call::new("MaxPool2d").with("kernel", pair(pool.kernel));
                let call = call.unless("strides", pair(pool.stride), pair(pool.kernel));
                let call = padded(call, pool.sliding())
                    .unless("dilation", pair(pool.dilation), pair([1, 1]))
                    .unless("ceil_mode", pool.ceil_mode, false);
                part(call, map)
            }
            Layer::AvgPool(pool) => {
                let call = Call::new("AvgPool2d").with("kernel", pair(pool.kernel));
                let call = call.unless("strides", pair(pool.stride), pair(pool.kernel));
                let call = padded(call, pool.sliding())
                    .unless("ceil_mode", pool.ceil_mode, false)
                    .unless("count_include_pad", pool.count_include_pad, true);
                part(call, map)
            }
            Layer::AdaptiveAvgPool(pool) => part(
                Call::new("AdaptiveAvgPool2d").with("output", pair(pool.output)),
                map,
            ),
            Layer::GlobalPool(pool) => match pool.mode {
                PoolMode::Avg => part(
                    Call::new("AdaptiveAvgPool2d").with("output", pair([1, 1])),
                    map,
                ),
                PoolMode::Max => expression("{0}.max_dim(3).max_dim(2)"),
            },
            Layer::BatchNorm(norm) => {
                if !(norm.scale && norm.shift) {
                    return missing("batch norm without its scale or shift");
                }
                let call = Call::new("BatchNorm")
                    .with("channels", shape.channels)
                    .unless("epsilon", float(norm.eps), float(1e-5))
                    .unless("momentum", float(norm.momentum), float(0.1));
                part(call, Before::Nothing)
            }
            Layer::GroupNorm(norm) => {
                if norm.scale != norm.shift {
                    return missing("group norm with a scale or a shift alone");
                }
                let call = Call::new("GroupNorm")
                    .with("groups", norm.groups)
                    .with("channels", shape.channels)
                    .unless("epsilon", float(norm.eps), float(1e-5))
                    .unless("affine", norm.scale, true);
                part(call, Before::Nothing)
            }
            Layer::InstanceNorm(norm) => {
                if norm.scale != norm.shift {
                    return missing("instance norm with a scale or a shift alone");
                }
                let call = Call::new("InstanceNorm")
                    .with("channels", shape.channels)
                    .unless("epsilon", float(norm.eps), float(1e-5))
                    .unless("affine", norm.scale, true);
                part(call, map)
            }
            Layer::LayerNorm(norm) => {
                if !flat {
                    return missing("layer norm over maps");
                }
                if !norm.scale {
                    return missing("layer norm without a scale");
                }
                let call = Call::new("LayerNorm")
                    .with("channels", shape.channels)
                    .unless("epsilon", float(norm.eps), float(1e-5))
                    .unless("bias", norm.shift, true);
                part(call, Before::Nothing)
            }
            Layer::Lrn(norm) => {
                let alpha = match norm.alpha_divided_by_size {
                    true => norm.alpha,
                    false => norm.alpha * f64::from(norm.size),
                };
                let call = Call::new("LocalResponseNorm")
                    .with("size", norm.size)
                    .named("alpha", float(alpha))
                    .named("beta", float(norm.beta))
                    .named("k", float(norm.k));
                part(call, map)
            }
            Layer::Activation(function) => expression(&activation(*function)),
            Layer::Dropout(dropout) => part(
                Call::new("Dropout").with("p", float(dropout.p)),
                Before::Nothing,
            ),
            Layer::Linear(linear) => {
                let call = Call::new("Linear")
                    .with("in_features", shape.channels)
                    .with("features", linear.features);
                part(call.unless("bias", linear.bias, true), vector)
            }
            Layer::Merge(merge) => {
                if node.inputs.iter().any(|&input| self.is_flat(input) != flat) {
                    return Err(
                        "it merges vectors with maps of 1 × 1; flatten them first".to_owned()
                    );
                }
                let terms: Vec<String> = (0..node.inputs.len())
                    .map(|it| format!("{{{it}}}"))
                    .collect();
                expression(&match merge {
                    Merge::Add => terms.join(" + "),
                    Merge::Multiply => terms.join(" * "),
                    Merge::Concat => "Tensor::cat(vec![{*}], 1)".to_owned(),
                })
            }
            Layer::Flatten(_) if flat => expression("{0}"),
            Layer::Flatten(flatten) => expression(match flatten.order {
                FlattenOrder::Chw => "{0}.flatten(1, 3)",
                FlattenOrder::Hwc => "{0}.permute([0, 2, 3, 1]).flatten(1, 3)",
            }),
            Layer::Pad(pad) => {
                let [top, left, bottom, right] = pad.sides;
                let value = float(pad.value);
                expression(&format!(
                    "{{0}}.pad([({top}, {bottom}), ({left}, {right})], PadMode::Constant({value}))"
                ))
            }
            Layer::Upsample(up) => {
                let [height, width] = [shape.height * up.factor[0], shape.width * up.factor[1]];
                let mode = match up.mode {
                    UpsampleMode::Nearest => "InterpolateMode::Nearest",
                    UpsampleMode::Bilinear => "InterpolateMode::Linear",
                };
                let call = Call::new("Interpolate2d")
                    .named("output_size", format!("Some([{height}, {width}])"))
                    .named("mode", mode)
                    .named("align_corners", up.align_corners);
                part(call, map)
            }
            Layer::ChannelShuffle(shuffle) => {
                let Shape {
                    channels,
                    height,
                    width,
                } = shape;
                let groups = shuffle.groups;
                let each = channels / groups.max(1);
                expression(&format!(
                    "{{0}}.reshape([-1, {groups}, {each}, {height}, {width}]).swap_dims(1, 2)\
                     .reshape([-1, {channels}, {height}, {width}])"
                ))
            }
            Layer::ChannelSlice(slice) => expression(&format!(
                "{{0}}.narrow(1, {}, {})",
                slice.start,
                slice.end - slice.start
            )),
            Layer::AdaptiveMaxPool(_) => missing("adaptive max pooling"),
            Layer::PRelu(_) => missing("PReLU whose slopes have the name of PyTorch's"),
            Layer::TableConv(_) => missing("convolution with a table of connections"),
            Layer::Subsample(_) => missing("subsampling with coefficients"),
            Layer::Rbf(_) => missing("radial-basis layer"),
        }
    }
}

fn activation(function: Activation) -> String {
    match function {
        Activation::Relu => "relu({0})".to_owned(),
        Activation::Relu6 => "{0}.clamp(0.0, 6.0)".to_owned(),
        Activation::LeakyRelu { slope } => format!("leaky_relu({{0}}, {})", float(slope)),
        Activation::Elu { alpha } => format!("elu({{0}}, {})", float(alpha)),
        Activation::Tanh => "tanh({0})".to_owned(),
        Activation::ScaledTanh { a, s } => {
            format!(
                "tanh({{0}}.mul_scalar({})).mul_scalar({})",
                float(s),
                float(a)
            )
        }
        Activation::Sigmoid => "sigmoid({0})".to_owned(),
        Activation::Silu => "silu({0})".to_owned(),
        Activation::HardSigmoid => "hard_sigmoid({0}, 1.0 / 6.0, 0.5)".to_owned(),
        Activation::HardSwish => "hard_swish({0})".to_owned(),
        Activation::Gelu => "gelu({0})".to_owned(),
        Activation::Softmax => "softmax({0}, 1)".to_owned(),
        Activation::LogSoftmax => "log_softmax({0}, 1)".to_owned(),
    }
}

fn pair([a, b]: [u32; 2]) -> String {
    format!("[{a}, {b}]")
}

fn padding([top, left, bottom, right]: Sides) -> String {
    format!("PaddingConfig2d::Explicit({top}, {left}, {bottom}, {right})")
}
