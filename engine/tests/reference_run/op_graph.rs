//! The generic importer: an op graph of the reference as a network and what goes into it.

use std::collections::{BTreeMap, HashMap};

#[cfg(feature = "run")]
use burn::tensor::{Device, Tensor};
use engine::layer::{
    Activation, AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice,
    Conv, Dropout, Flatten, FlattenOrder, GlobalPool, GroupNorm, InstanceNorm, LayerNorm,
    LayerNormAxes, Linear, Lrn, MaxPool, Merge, PRelu, Pad, Padding, PoolMode, Rbf, Subsample,
    TableConv, TransposedConv, Upsample, UpsampleMode,
};
#[cfg(feature = "run")]
use engine::run::{RunningVariance, cpu};
use engine::{Graph, GraphBuilder, Layer, NodeId, Shape};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Array;

/// One operation of an op graph.
#[derive(Clone, Debug, Deserialize)]
pub struct Op {
    pub id: String,
    pub op: String,
    pub inputs: Vec<String>,
    #[serde(default)]
    pub attrs: Value,
}

/// An op graph as a graph of ours.
pub struct Imported {
    pub graph: Graph,
    /// The node whose value is the operation's or the graph input's.
    pub nodes: HashMap<String, NodeId>,
    /// The node whose value is the result's, or the loss's first input.
    pub output: NodeId,
    /// The last operation, where it is a loss; it is not in the graph.
    pub loss: Option<Op>,
    /// Which mode the operations ask for, where it makes a difference.
    pub training: Option<bool>,
    #[cfg(feature = "run")]
    pub variance: RunningVariance,
    /// The name of the mask for each dropout node that has one.
    pub masks: HashMap<NodeId, String>,
    pub packing: Packing,
}

/// Our graphs take one picture. Further inputs are packed behind the first as channels, those of
/// one position at the top left, and taken out again by a slice and a 1×1 pool with a large stride.
pub struct Packing {
    slots: Vec<(String, [usize; 4])>,
}

impl Packing {
    /// Channels, height, width of all inputs together.
    fn dims(&self) -> [usize; 3] {
        let side = |axis: usize| self.slots.iter().map(|(_, dims)| dims[axis]).max().unwrap();
        let channels = self.slots.iter().map(|(_, dims)| dims[1]).sum();
        [channels, side(2), side(3)]
    }

    /// Each input's name, and the place in the packed picture of each of its values.
    fn places(&self) -> Vec<(&str, Vec<usize>)> {
        let [channels, rows, columns] = self.dims();
        let mut first = 0;
        let mut all = Vec::new();
        for (name, [batch, own, height, width]) in &self.slots {
            let mut places = Vec::new();
            for n in 0..*batch {
                for c in first..first + own {
                    for y in 0..*height {
                        let row = ((n * channels + c) * rows + y) * columns;
                        places.extend(row..row + width);
                    }
                }
            }
            first += own;
            all.push((name.as_str(), places));
        }
        all
    }

    /// The picture that goes into the network.
    #[cfg(feature = "run")]
    pub fn pack(&self, inputs: &BTreeMap<String, Array>) -> Tensor<4> {
        self.pack_on(inputs, &cpu())
    }

    #[cfg(feature = "run")]
    pub fn pack_on(&self, inputs: &BTreeMap<String, Array>, device: &Device) -> Tensor<4> {
        let packed = self.packed(inputs);
        packed.tensor_on(packed.dims4(), device)
    }

    /// The pictures that go into the network, N, C, H, W.
    pub fn packed(&self, inputs: &BTreeMap<String, Array>) -> Array {
        let [channels, height, width] = self.dims();
        let dims = [self.slots[0].1[0], channels, height, width];
        let mut packed = vec![0.0; dims.iter().product()];
        for (name, places) in self.places() {
            for (place, value) in places.into_iter().zip(&inputs[name].values) {
                packed[place] = *value;
            }
        }
        Array {
            dims: dims.to_vec(),
            values: packed,
        }
    }

    /// Each input's name and its part of a gradient with respect to the picture.
    pub fn unpack(&self, gradient: &[f32]) -> Vec<(String, Vec<f32>)> {
        let part = |(name, places): (&str, Vec<usize>)| {
            (
                name.to_owned(),
                places.into_iter().map(|place| gradient[place]).collect(),
            )
        };
        self.places().into_iter().map(part).collect()
    }
}

const LOSSES: [&str; 2] = ["cross_entropy", "mse"];

/// The graph of these operations; `inputs` are the graph's by name, `dims` gives the axes of a
/// parameter or buffer by name.
pub fn import(
    ops: &[Op],
    inputs: &BTreeMap<String, Array>,
    dims: impl Fn(&str) -> Option<Vec<usize>>,
) -> Imported {
    let (loss, ops) = match ops.split_last() {
        Some((last, rest)) if LOSSES.contains(&last.op.as_str()) => (Some(last.clone()), rest),
        _ => (None, ops),
    };
    let taken = |name: &str| {
        let by_op = |op: &Op| {
            let maps = if op.op == "dropout" {
                1
            } else {
                op.inputs.len()
            };
            op.inputs[..maps].iter().any(|input| input == name)
        };
        ops.iter().any(by_op) || loss.as_ref().is_some_and(|loss| loss.inputs[0] == name)
    };
    let slots = inputs.iter().filter(|(name, _)| taken(name));
    let packing = Packing {
        slots: slots
            .map(|(name, array)| (name.clone(), array.dims4()))
            .collect(),
    };
    let [channels, height, width] = packing.dims().map(|side| side as u32);
    let mut net = GraphBuilder::new("reference", Shape::new(channels, height, width));
    let mut nodes = unpacked(&mut net, &packing);
    let mut imported_masks = HashMap::new();
    let mut training = None;
    #[cfg(feature = "run")]
    let mut variance = RunningVariance::Unbiased;
    let mut output = NodeId::INPUT;
    for op in ops {
        let known = |name: &String| *nodes.get(name).unwrap_or_else(|| panic!("no node {name}"));
        if op.op == "dropout" || op.op == "batch_norm" {
            let wanted = optional(op, "training").unwrap_or(false);
            assert!(
                training.is_none_or(|other| other == wanted),
                "{} differs in mode",
                op.id
            );
            training = Some(wanted);
        }
        #[cfg(feature = "run")]
        if optional::<String>(op, "running_var").as_deref() == Some("biased") {
            variance = RunningVariance::Biased;
        }
        let maps = if op.op == "dropout" {
            1
        } else {
            op.inputs.len()
        };
        let sources: Vec<NodeId> = op.inputs[..maps].iter().map(known).collect();
        output = if op.op == "identity" {
            sources[0]
        } else {
            net.from(&sources, &op.id, layer(op, &dims))
        };
        if let ("dropout", Some(mask)) = (op.op.as_str(), op.inputs.get(1)) {
            imported_masks.insert(output, mask.clone());
        }
        assert!(
            nodes.insert(op.id.clone(), output).is_none(),
            "two nodes are named {}",
            op.id
        );
    }
    if let Some(loss) = &loss {
        output = nodes[&loss.inputs[0]];
    }
    let graph = net.finish().unwrap();
    Imported {
        graph,
        nodes,
        output,
        loss,
        training,
        #[cfg(feature = "run")]
        variance,
        masks: imported_masks,
        packing,
    }
}

/// The node of each input.
fn unpacked(net: &mut GraphBuilder, packing: &Packing) -> HashMap<String, NodeId> {
    if let [(name, _)] = packing.slots.as_slice() {
        return HashMap::from([(name.clone(), NodeId::INPUT)]);
    }
    let [_, rows, columns] = packing.dims();
    let mut nodes = HashMap::new();
    let mut start = 0;
    for (name, [_, channels, height, width]) in &packing.slots {
        let end = start + *channels as u32;
        let slice = ChannelSlice { start, end };
        let mut node = net.from(&[NodeId::INPUT], format!("input.{name}"), slice);
        if [*height, *width] != [rows, columns] {
            assert_eq!([*height, *width], [1, 1], "{name} cannot be packed");
            let corner = AvgPool {
                kernel: [1, 1],
                stride: [rows as u32, columns as u32],
                ..AvgPool::new(1)
            };
            node = net.from(&[node], format!("input.{name}.corner"), corner);
        }
        nodes.insert(name.clone(), node);
        start = end;
    }
    nodes
}

fn layer(op: &Op, dims: impl Fn(&str) -> Option<Vec<usize>>) -> Layer {
    let of = |role: &str| {
        let dims = dims(&format!("{}.{role}", op.id))?;
        Some(
            dims.into_iter()
                .map(|side| side as u32)
                .collect::<Vec<u32>>(),
        )
    };
    let weight = || of("weight").unwrap_or_else(|| panic!("{} has no weight", op.id));
    let bias = of("bias").is_some();
    match op.op.as_str() {
        "conv2d" => {
            let dims = weight();
            Conv {
                channels: dims[0],
                kernel: [dims[2], dims[3]],
                stride: pair(op, "stride").unwrap_or([1, 1]),
                padding: padding(op),
                dilation: pair(op, "dilation").unwrap_or([1, 1]),
                groups: optional(op, "groups").unwrap_or(1),
                bias,
            }
            .into()
        }
        "conv2d_table" => {
            let dims = weight();
            TableConv {
                table: field(op, "table"),
                kernel: [dims[1], dims[2]],
                bias,
            }
            .into()
        }
        "conv_transpose2d" => {
            let dims = weight();
            let groups = optional(op, "groups").unwrap_or(1);
            TransposedConv {
                channels: dims[1] * groups,
                kernel: [dims[2], dims[3]],
                stride: pair(op, "stride").unwrap_or([1, 1]),
                crop: optional(op, "padding").unwrap_or([0; 4]),
                output_padding: pair(op, "output_padding").unwrap_or([0, 0]),
                dilation: pair(op, "dilation").unwrap_or([1, 1]),
                groups,
                bias,
            }
            .into()
        }
        "upsample" => Upsample {
            factor: pair(op, "factor").unwrap(),
            mode: match field::<String>(op, "mode").as_str() {
                "nearest" => UpsampleMode::Nearest,
                "bilinear" => UpsampleMode::Bilinear,
                other => panic!("{} enlarges by {other}", op.id),
            },
            align_corners: optional(op, "align_corners").unwrap_or(false),
        }
        .into(),
        "group_norm" => GroupNorm {
            groups: field(op, "groups"),
            eps: field(op, "eps"),
            scale: of("weight").is_some(),
            shift: bias,
        }
        .into(),
        "layer_norm" => LayerNorm {
            axes: match field::<String>(op, "axes").as_str() {
                "all" => LayerNormAxes::All,
                "channels" => LayerNormAxes::Channels,
                other => panic!("{} is over {other}", op.id),
            },
            eps: field(op, "eps"),
            scale: of("weight").is_some(),
            shift: bias,
        }
        .into(),
        "instance_norm" => InstanceNorm {
            eps: field(op, "eps"),
            scale: of("weight").is_some(),
            shift: bias,
        }
        .into(),
        "prelu" => PRelu {
            per_channel: weight()[0] > 1,
        }
        .into(),
        "adaptive_max_pool2d" => AdaptiveMaxPool {
            output: pair(op, "output").unwrap(),
        }
        .into(),
        "linear" => Linear {
            features: weight()[0],
            bias,
        }
        .into(),
        "max_pool2d" => MaxPool {
            kernel: pair(op, "kernel").unwrap(),
            stride: pair(op, "stride").or_else(|| pair(op, "kernel")).unwrap(),
            padding: padding(op),
            dilation: pair(op, "dilation").unwrap_or([1, 1]),
            ceil_mode: optional(op, "ceil_mode").unwrap_or(false),
        }
        .into(),
        "avg_pool2d" => AvgPool {
            kernel: pair(op, "kernel").unwrap(),
            stride: pair(op, "stride").or_else(|| pair(op, "kernel")).unwrap(),
            padding: padding(op),
            ceil_mode: optional(op, "ceil_mode").unwrap_or(false),
            count_include_pad: optional(op, "count_include_pad").unwrap_or(false),
        }
        .into(),
        "adaptive_avg_pool2d" => AdaptiveAvgPool {
            output: pair(op, "output").unwrap(),
        }
        .into(),
        "global_avg_pool" => GlobalPool {
            mode: PoolMode::Avg,
        }
        .into(),
        "global_max_pool" => GlobalPool {
            mode: PoolMode::Max,
        }
        .into(),
        "subsample" => Subsample::new(2).into(),
        "rbf" => Rbf {
            classes: of("codes").unwrap()[0],
        }
        .into(),
        "lrn" => Lrn {
            size: field(op, "size"),
            alpha: field(op, "alpha"),
            beta: field(op, "beta"),
            k: field(op, "k"),
            alpha_divided_by_size: field(op, "alpha_divided_by_size"),
        }
        .into(),
        "batch_norm" => {
            let momentum = optional(op, "momentum").unwrap_or(0.1);
            BatchNorm {
                eps: field(op, "eps"),
                momentum,
                scale: of("weight").is_some(),
                shift: bias,
            }
            .into()
        }
        "dropout" => Dropout { p: field(op, "p") }.into(),
        "flatten" => {
            let order = match optional::<String>(op, "order").as_deref() {
                None | Some("chw") => FlattenOrder::Chw,
                Some("hwc") => FlattenOrder::Hwc,
                Some(other) => panic!("{} flattens in the order {other}", op.id),
            };
            Flatten { order }.into()
        }
        "add" => Merge::Add.into(),
        "mul" => Merge::Multiply.into(),
        "concat" => Merge::Concat.into(),
        "slice_channels" => ChannelSlice {
            start: field(op, "start"),
            end: field(op, "end"),
        }
        .into(),
        "channel_shuffle" => ChannelShuffle {
            groups: field(op, "groups"),
        }
        .into(),
        "pad2d" => Pad {
            sides: field(op, "pads"),
            value: optional(op, "value").unwrap_or(0.0),
        }
        .into(),
        _ => activation(op).into(),
    }
}

fn activation(op: &Op) -> Activation {
    match op.op.as_str() {
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "leaky_relu" => Activation::LeakyRelu {
            slope: field(op, "slope"),
        },
        "elu" => Activation::Elu {
            alpha: field(op, "alpha"),
        },
        "tanh" => Activation::Tanh,
        "scaled_tanh" => Activation::ScaledTanh {
            a: field(op, "a"),
            s: field(op, "s"),
        },
        "sigmoid" => Activation::Sigmoid,
        "silu" => Activation::Silu,
        "hard_sigmoid" => Activation::HardSigmoid,
        "hard_swish" => Activation::HardSwish,
        "gelu" => Activation::Gelu,
        "softmax" => {
            assert_eq!(
                field::<i32>(op, "axis"),
                1,
                "{}: softmax not over the channels",
                op.id
            );
            Activation::Softmax
        }
        "log_softmax" => Activation::LogSoftmax,
        other => panic!("the importer does not know the operation {other}"),
    }
}

fn padding(op: &Op) -> Padding {
    match op.attrs.get("padding") {
        None => Padding::Valid,
        Some(Value::String(name)) => match name.as_str() {
            "valid" => Padding::Valid,
            "same" => Padding::Same,
            other => panic!("{} has the padding {other}", op.id),
        },
        Some(_) => Padding::Sides(field(op, "padding")),
    }
}

/// One number for both axes, or `[height, width]`.
fn pair(op: &Op, key: &str) -> Option<[u32; 2]> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Sides {
        Both(u32),
        Each([u32; 2]),
    }
    Some(match optional(op, key)? {
        Sides::Both(side) => [side, side],
        Sides::Each(sides) => sides,
    })
}

pub fn field<T: DeserializeOwned>(op: &Op, key: &str) -> T {
    optional(op, key).unwrap_or_else(|| panic!("{} has no {key}", op.id))
}

pub fn optional<T: DeserializeOwned>(op: &Op, key: &str) -> Option<T> {
    let value = op.attrs.get(key)?;
    Some(
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{}: {key}: {error}", op.id)),
    )
}
