//! The generic importer: one architecture of the reference file as a graph.

use std::collections::{HashMap, HashSet};

use engine::layer::{
    Activation, AdaptiveAvgPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice, Conv, Dropout,
    Flatten, FlattenOrder, GlobalPool, Linear, Lrn, MaxPool, Merge, Pad, Padding, PoolMode, Rbf,
    Subsample, TableConv,
};
use engine::{Graph, GraphBuilder, Layer, NodeId};
use serde::de::DeserializeOwned;

use super::{Architecture, Row, shape};

/// An architecture as a graph, and which node ends each of its rows.
pub struct Imported {
    pub graph: Graph,
    /// For each row the nodes it became: the operation itself, then what came folded into it.
    pub nodes: Vec<Vec<NodeId>>,
}

/// The graph of an architecture's rows.
pub fn import(architecture: &Architecture) -> Imported {
    let mut net = GraphBuilder::new(&architecture.name, shape(&architecture.input));
    let mut ends = HashMap::from([("input", NodeId::INPUT)]);
    let mut used = HashSet::new();
    let mut rows = Vec::new();
    for row in &architecture.layers {
        let inputs: Vec<NodeId> = row
            .inputs
            .iter()
            .map(|name| {
                *ends
                    .get(name.as_str())
                    .unwrap_or_else(|| panic!("no row {name}"))
            })
            .collect();
        let nodes = add(&mut net, row, inputs);
        assert!(used.insert(&row.name), "two rows are named {}", row.name);
        ends.insert(&row.name, *nodes.last().unwrap());
        rows.push(nodes);
    }
    Imported {
        graph: net.finish().unwrap(),
        nodes: rows,
    }
}

/// Adds the nodes of one row.
fn add(net: &mut GraphBuilder, row: &Row, mut inputs: Vec<NodeId>) -> Vec<NodeId> {
    // A gate is named before the map it scales; our product takes the map first.
    if row.kind == "mul" {
        inputs.reverse();
    }
    let mut nodes = vec![net.from(&inputs, &row.name, layer(row))];
    if let Some(function) = optional::<String>(row, "activation")
        && row.kind != "Activation"
        && function != "linear"
    {
        let name = format!("{}/{function}", row.name);
        nodes.push(net.from(&nodes[..1], name, activation(&function)));
    }
    nodes
}

fn layer(row: &Row) -> Layer {
    match row.kind.as_str() {
        "conv2d" | "Conv2D" | "DepthwiseConv2D" => Conv {
            channels: field(row, "out_channels"),
            kernel: field(row, "kernel"),
            stride: field(row, "stride"),
            padding: padding(row),
            dilation: field(row, "dilation"),
            groups: field(row, "groups"),
            bias: field(row, "bias"),
        }
        .into(),
        "conv2d_table" => {
            assert_eq!(field::<[u32; 2]>(row, "stride"), [1, 1]);
            assert_eq!(field::<[u32; 4]>(row, "pads"), [0; 4]);
            TableConv {
                table: field(row, "table"),
                kernel: field(row, "kernel"),
                bias: field(row, "bias"),
            }
            .into()
        }
        "max_pool2d" | "MaxPooling2D" => MaxPool {
            kernel: field(row, "kernel"),
            stride: field(row, "stride"),
            padding: padding(row),
            ceil_mode: optional(row, "ceil_mode").unwrap_or(false),
        }
        .into(),
        "avg_pool2d" | "AveragePooling2D" => AvgPool {
            kernel: field(row, "kernel"),
            stride: field(row, "stride"),
            padding: padding(row),
            ceil_mode: optional(row, "ceil_mode").unwrap_or(false),
            count_include_pad: optional(row, "count_include_pad").unwrap_or(false),
        }
        .into(),
        "adaptive_avg_pool2d" => AdaptiveAvgPool {
            output: field(row, "output"),
        }
        .into(),
        "GlobalAveragePooling2D" => GlobalPool {
            mode: PoolMode::Avg,
        }
        .into(),
        "subsample" => {
            assert_eq!(
                field::<[u32; 2]>(row, "stride"),
                field::<[u32; 2]>(row, "kernel")
            );
            Subsample {
                kernel: field(row, "kernel"),
                fan: field(row, "fan"),
            }
            .into()
        }
        "batch_norm" => BatchNorm {
            eps: field(row, "eps"),
            momentum: field(row, "momentum"),
            affine: true,
        }
        .into(),
        "BatchNormalization" => {
            assert!(field::<bool>(row, "scale") && field::<bool>(row, "center"));
            let momentum = 1.0 - field::<f64>(row, "momentum");
            BatchNorm {
                eps: field(row, "eps"),
                momentum,
                affine: true,
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
        // Keras' Reshape stands in MobileNet alone, to make 1×1 maps a vector.
        "Flatten" | "Reshape" => Flatten {
            order: FlattenOrder::Hwc,
        }
        .into(),
        "flatten" => Flatten::default().into(),
        "cat" => Merge::Concat.into(),
        "add" | "Add" => Merge::Add.into(),
        "mul" => Merge::Multiply.into(),
        "ZeroPadding2D" => Pad {
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
        "ReLU" => {
            assert_eq!(field::<f64>(row, "max_value"), 6.0);
            Activation::Relu6.into()
        }
        other => activation(other).into(),
    }
}

fn activation(name: &str) -> Activation {
    match name {
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "tanh" => Activation::Tanh,
        "scaledtanh" => Activation::LECUN,
        "sigmoid" => Activation::Sigmoid,
        "silu" => Activation::Silu,
        "gelu" => Activation::Gelu,
        "hardsigmoid" => Activation::HardSigmoid,
        "hardswish" => Activation::HardSwish,
        "softmax" => Activation::Softmax,
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

fn optional<T: DeserializeOwned>(row: &Row, key: &str) -> Option<T> {
    let value = row.attrs.get(key)?;
    Some(
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{}: {key}: {error}", row.name)),
    )
}
