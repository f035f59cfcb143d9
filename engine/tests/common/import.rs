//! The generic importer: one architecture of the reference file as a graph.

use std::collections::HashMap;

use engine::layer::{
    Activation, AdaptiveAvgPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice, Conv, Dropout,
    Flatten, FlattenOrder, GlobalPool, Linear, Lrn, MaxPool, Merge, Pad, Padding, PoolMode, Rbf,
    Subsample, TableConv,
};
use engine::{Graph, GraphBuilder, Layer, NodeId, Shape};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Architecture, Row, shape};

/// An architecture as a graph, and what became of its rows.
pub struct Imported {
    pub graph: Graph,
    /// For each row the nodes it became: the operation itself, then what came folded into it.
    /// None where the row computes nothing (see [`passes_on`]).
    pub nodes: Vec<Vec<NodeId>>,
    /// For each row the node whose value is the row's.
    pub ends: Vec<NodeId>,
}

/// The graph of an architecture's rows.
pub fn import(architecture: &Architecture) -> Imported {
    let mut net = GraphBuilder::new(&architecture.name, shape(&architecture.input));
    let mut named = HashMap::from([("input", NodeId::INPUT)]);
    let (mut nodes, mut ends) = (Vec::new(), Vec::new());
    for row in &architecture.layers {
        let known = |name: &String| {
            *named
                .get(name.as_str())
                .unwrap_or_else(|| panic!("no row {name}"))
        };
        let inputs: Vec<NodeId> = row.inputs.iter().map(known).collect();
        let added = if passes_on(row) {
            Vec::new()
        } else {
            add(&mut net, row, &inputs)
        };
        let end = added.last().copied().unwrap_or(inputs[0]);
        assert!(
            named.insert(&row.name, end).is_none(),
            "two rows are named {}",
            row.name
        );
        nodes.push(added);
        ends.push(end);
    }
    Imported {
        graph: net.finish().unwrap(),
        nodes,
        ends,
    }
}

/// Rows that hand their input on: identities at inference, a stack of one, and the preparation of
/// pictures that Keras keeps inside some of its models and we before them.
pub fn passes_on(row: &Row) -> bool {
    let linear = || optional::<String>(row, "activation").is_some_and(|name| name == "linear");
    match row.kind.as_str() {
        "identity" | "stochastic_depth" | "InputLayer" | "Rescaling" | "Normalization" => true,
        "Activation" => linear(),
        "cat" | "concat" | "Concatenate" => row.inputs.len() == 1,
        _ => false,
    }
}

/// Whether the row uses a module a second time: “conv#2”.
pub fn second_use(row: &Row) -> bool {
    let number = row.name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 1))
}

/// Adds the nodes of one row.
fn add(net: &mut GraphBuilder, row: &Row, inputs: &[NodeId]) -> Vec<NodeId> {
    let mut inputs = inputs.to_vec();
    if matches!(row.kind.as_str(), "mul" | "Multiply") {
        // Some name the gate before the map it scales; our product takes the map first.
        inputs.sort_by_key(|&input| net.shape(input).is_none_or(Shape::is_vector));
    }
    let mut nodes = Vec::new();
    if row.kind == "SeparableConv2D" {
        let channels: u32 = field(row, "in_channels");
        let depthwise = Conv {
            channels,
            groups: channels,
            bias: false,
            ..conv(row)
        };
        nodes.push(net.from(&inputs, format!("{}/depthwise", row.name), depthwise));
        inputs.clone_from(&nodes);
    }
    nodes.push(net.from(&inputs, &row.name, layer(row)));
    if let Some(function) = optional::<String>(row, "activation")
        && row.kind != "Activation"
        && function != "linear"
    {
        let name = format!("{}/{function}", row.name);
        nodes.push(net.then(name, activation(&function)));
    }
    nodes
}

fn conv(row: &Row) -> Conv {
    Conv {
        channels: field(row, "out_channels"),
        kernel: pair(row, "kernel"),
        stride: pair(row, "stride"),
        padding: padding(row),
        dilation: pair(row, "dilation"),
        groups: optional(row, "groups").unwrap_or(1),
        bias: field(row, "bias"),
    }
}

fn layer(row: &Row) -> Layer {
    let pools = row.kind.to_lowercase().contains("pool");
    if pools && row.attrs.get("dilation").is_some() {
        assert_eq!(
            pair(row, "dilation"),
            [1, 1],
            "{}: a dilated pool",
            row.name
        );
    }
    match row.kind.as_str() {
        "conv2d" | "Conv2D" | "DepthwiseConv2D" => conv(row).into(),
        // Its depthwise half stands before it.
        "SeparableConv2D" => Conv {
            bias: field(row, "bias"),
            ..Conv::new(field(row, "out_channels"), 1)
        }
        .into(),
        "conv2d_table" => {
            assert_eq!(pair(row, "stride"), [1, 1]);
            assert_eq!(field::<[u32; 4]>(row, "pads"), [0; 4]);
            TableConv {
                table: field(row, "table"),
                kernel: pair(row, "kernel"),
                bias: field(row, "bias"),
            }
            .into()
        }
        "max_pool2d" | "MaxPooling2D" => MaxPool {
            kernel: pair(row, "kernel"),
            stride: pair(row, "stride"),
            padding: padding(row),
            dilation: [1, 1],
            ceil_mode: optional(row, "ceil_mode").unwrap_or(false),
        }
        .into(),
        "avg_pool2d" | "AveragePooling2D" => AvgPool {
            kernel: pair(row, "kernel"),
            stride: pair(row, "stride"),
            padding: padding(row),
            ceil_mode: optional(row, "ceil_mode").unwrap_or(false),
            count_include_pad: optional(row, "count_include_pad").unwrap_or(false),
        }
        .into(),
        "adaptive_avg_pool2d" => AdaptiveAvgPool {
            output: pair(row, "output"),
        }
        .into(),
        "GlobalMaxPooling2D" | "global_max_pool" => GlobalPool {
            mode: PoolMode::Max,
        }
        .into(),
        "GlobalAveragePooling2D" | "global_avg_pool" | "mean" => GlobalPool {
            mode: PoolMode::Avg,
        }
        .into(),
        "subsample" => {
            assert_eq!(pair(row, "stride"), pair(row, "kernel"));
            Subsample {
                kernel: pair(row, "kernel"),
                fan: field(row, "fan"),
            }
            .into()
        }
        "batch_norm" => BatchNorm {
            eps: field(row, "eps"),
            momentum: field(row, "momentum"),
            scale: true,
            shift: true,
        }
        .into(),
        "BatchNormalization" => {
            let momentum = 1.0 - field::<f64>(row, "momentum");
            BatchNorm {
                eps: field(row, "eps"),
                momentum,
                scale: field(row, "scale"),
                shift: field(row, "center"),
            }
            .into()
        }
        "lrn" => Lrn {
            size: field(row, "size"),
            alpha: field(row, "alpha"),
            beta: field(row, "beta"),
            k: field(row, "k"),
            alpha_divided_by_size: field(row, "alpha_divided_by_size"),
        }
        .into(),
        "linear" | "Dense" => Linear {
            features: field(row, "out_features"),
            bias: field(row, "bias"),
        }
        .into(),
        "rbf" => Rbf {
            classes: row.out[0],
        }
        .into(),
        "dropout" | "Dropout" => Dropout {
            p: optional(row, "p").unwrap_or(0.5),
        }
        .into(),
        // Keras' Reshape stands only between 1×1 maps and vectors, which are one to us.
        "Flatten" | "Reshape" => Flatten {
            order: FlattenOrder::Hwc,
        }
        .into(),
        "flatten" => Flatten::default().into(),
        "cat" | "concat" | "Concatenate" => Merge::Concat.into(),
        "add" | "Add" => Merge::Add.into(),
        "mul" | "Multiply" => Merge::Multiply.into(),
        "ZeroPadding2D" | "pad2d" => Pad {
            sides: field(row, "pads"),
            value: 0.0,
        }
        .into(),
        "channel_shuffle" => ChannelShuffle {
            groups: field(row, "groups"),
        }
        .into(),
        "slice_channels" => ChannelSlice {
            start: field(row, "start"),
            end: field(row, "end"),
        }
        .into(),
        "Activation" => activation(&field::<String>(row, "activation")).into(),
        "ReLU" => match optional::<Option<f64>>(row, "max_value").flatten() {
            None => Activation::Relu.into(),
            Some(6.0) => Activation::Relu6.into(),
            Some(other) => panic!("{} is cut off at {other}", row.name),
        },
        "LeakyReLU" | "leaky_relu" => {
            let slope = optional(row, "negative_slope").or_else(|| optional(row, "slope"));
            Activation::LeakyRelu {
                slope: slope.unwrap_or(0.01),
            }
            .into()
        }
        "ELU" | "elu" => Activation::Elu {
            alpha: optional(row, "alpha").unwrap_or(1.0),
        }
        .into(),
        other => activation(other).into(),
    }
}

fn activation(name: &str) -> Activation {
    match name {
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "tanh" => Activation::Tanh,
        "scaledtanh" | "scaled_tanh" => Activation::LECUN,
        "sigmoid" => Activation::Sigmoid,
        "silu" | "swish" | "SiLU" => Activation::Silu,
        "gelu" => Activation::Gelu,
        "hardsigmoid" | "hard_sigmoid" => Activation::HardSigmoid,
        "hardswish" | "hard_swish" | "hard_silu" => Activation::HardSwish,
        "log_softmax" => Activation::LogSoftmax,
        "softmax" | "Softmax" => Activation::Softmax,
        other => panic!("the importer does not know the type {other}"),
    }
}

/// Keras' words where it has them, so that the rule for "same" is tested too; else the pixels.
fn padding(row: &Row) -> Padding {
    match optional::<String>(row, "padding").as_deref() {
        Some("same") => Padding::Same,
        Some("valid") => Padding::Valid,
        Some(other) => panic!("{} has the padding {other}", row.name),
        None => Padding::Sides(field(row, "pads")),
    }
}

fn field<T: DeserializeOwned>(row: &Row, key: &str) -> T {
    optional(row, key).unwrap_or_else(|| panic!("{} has no {key}", row.name))
}

/// `[height, width]`, or one number for both.
fn pair(row: &Row, key: &str) -> [u32; 2] {
    match row.attrs.get(key).and_then(Value::as_u64) {
        Some(both) => [u32::try_from(both).unwrap(); 2],
        None => field(row, key),
    }
}

fn optional<T: DeserializeOwned>(row: &Row, key: &str) -> Option<T> {
    let value = row.attrs.get(key)?;
    Some(
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{}: {key}: {error}", row.name)),
    )
}
