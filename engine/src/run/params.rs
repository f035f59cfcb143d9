//! The numbers a network has learnt: where each belongs, and what it starts from.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::noise;
use crate::layer::{Activation, Layer};
use crate::{Analysis, Graph, NodeId, Shape};

/// What a parameter does in its layer; the last part of its name, as PyTorch has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Weight,
    Bias,
    RunningMean,
    RunningVar,
    Coefficient,
    Codes,
}

impl Role {
    /// The last part of the name in a weights file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
            Self::RunningMean => "running_mean",
            Self::RunningVar => "running_var",
            Self::Coefficient => "coef",
            Self::Codes => "codes",
        }
    }

    /// Whether training changes it by its gradient.
    pub const fn trainable(self) -> bool {
        match self {
            Self::Weight | Self::Bias | Self::Coefficient => true,
            Self::RunningMean | Self::RunningVar | Self::Codes => false,
        }
    }
}

/// One array of numbers of one node, kept flat; `dims` says how it is laid out.
#[derive(Clone, Debug)]
pub struct Param {
    pub node: NodeId,
    pub role: Role,
    /// `<node name>.<role>`.
    pub name: String,
    /// PyTorch's layout: convolution (out, in / groups, kernel height, kernel width), linear
    /// (out, in).
    pub dims: Vec<usize>,
    pub values: Tensor<1>,
}

/// All parameters of a network, in the graph's order.
pub type Params = Vec<Param>;

/// What a parameter starts from before training.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    /// Uniform in ± this bound.
    Uniform(f32),
    Constant(f32),
}

/// Where a parameter belongs and what it starts from.
pub(crate) struct Slot {
    pub node: NodeId,
    pub role: Role,
    pub name: String,
    pub dims: Vec<usize>,
    start: Start,
}

/// Every parameter the graph has, seeded: weights uniform by Glorot and Bengio (2010) before
/// saturating functions and by He et al. (2015) before rectifiers, biases zero. The same seed
/// gives the same bits on every machine and device. `None` for a graph with problems.
pub fn seeded(graph: &Graph, seed: u64, device: &Device) -> Option<Params> {
    filled(graph, seed, device, |_| None)
}

/// As [`seeded`], but with the values that `kept` gives for a place, flat and on `device`.
pub(crate) fn filled(
    graph: &Graph,
    seed: u64,
    device: &Device,
    mut kept: impl FnMut(&Slot) -> Option<Tensor<1>>,
) -> Option<Params> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let fill = |(place, slot): (usize, Slot)| {
        let count = slot.dims.iter().product();
        let values = match (kept(&slot), slot.start) {
            (Some(values), start) => {
                // The numbers that this place would have taken are passed over, so that the others
                // get theirs whatever is kept.
                if let (Start::Uniform(_), false) = (start, is_large(count)) {
                    random.advance(count as u128);
                }
                values
            }
            (None, Start::Constant(value)) => Tensor::full([count], value, device),
            (None, Start::Uniform(bound)) if is_large(count) => {
                noise::uniform(noise::key(seed, place), count, bound, device)
            }
            (None, Start::Uniform(bound)) => {
                let values = (0..count).map(|_| bound * (2.0 * random.random::<f32>() - 1.0));
                Tensor::from_data(TensorData::new(values.collect(), [count]), device)
            }
        };
        Param {
            node: slot.node,
            role: slot.role,
            name: slot.name,
            dims: slot.dims,
            values,
        }
    };
    Some(slots(graph)?.into_iter().enumerate().map(fill).collect())
}

/// From this size on, weights are made on the device, each number from its place alone: uploading
/// them would cost more than computing them.
const fn is_large(count: usize) -> bool {
    count >= 1 << 18
}

fn slots(graph: &Graph) -> Option<Vec<Slot>> {
    let analysis = Analysis::of(graph);
    let mut slots = Vec::new();
    for node in graph.nodes() {
        let input = match *node.inputs.first()? {
            NodeId::INPUT => graph.input(),
            id => analysis.node(id)?.shape?,
        };
        let gain = Gain::before(graph, node.id);
        for (role, dims, start) in layer_params(&node.layer, input, gain) {
            let name = format!("{}.{}", node.name, role.name());
            slots.push(Slot {
                node: node.id,
                role,
                name,
                dims,
                start,
            });
        }
    }
    Some(slots)
}

/// Which rule the weights before a non-linearity start by.
#[derive(Clone, Copy)]
enum Gain {
    Glorot,
    He,
}

impl Gain {
    /// By the first activation that takes this node's output, normalisation and pooling passed
    /// over; Glorot when there is none.
    fn before(graph: &Graph, node: NodeId) -> Self {
        let mut current = node;
        while let Some(next) = graph
            .nodes()
            .iter()
            .find(|next| next.inputs.contains(&current))
        {
            match &next.layer {
                Layer::Activation(activation) => return Self::of(*activation),
                Layer::BatchNorm(_)
                | Layer::Lrn(_)
                | Layer::MaxPool(_)
                | Layer::AvgPool(_)
                | Layer::Dropout(_) => current = next.id,
                Layer::Conv(_)
                | Layer::TableConv(_)
                | Layer::AdaptiveAvgPool(_)
                | Layer::GlobalPool(_)
                | Layer::Subsample(_)
                | Layer::Linear(_)
                | Layer::Rbf(_)
                | Layer::Merge(_)
                | Layer::Flatten(_)
                | Layer::Pad(_)
                | Layer::ChannelShuffle(_)
                | Layer::ChannelSlice(_) => return Self::Glorot,
            }
        }
        Self::Glorot
    }

    const fn of(activation: Activation) -> Self {
        match activation {
            Activation::Relu
            | Activation::Relu6
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Silu
            | Activation::HardSwish
            | Activation::Gelu => Self::He,
            Activation::Tanh
            | Activation::ScaledTanh { .. }
            | Activation::Sigmoid
            | Activation::HardSigmoid
            | Activation::Softmax
            | Activation::LogSoftmax => Self::Glorot,
        }
    }

    fn bound(self, fan_in: usize, fan_out: usize) -> Start {
        let variance = match self {
            Self::Glorot => 2.0 / (fan_in + fan_out) as f32,
            Self::He => 2.0 / fan_in as f32,
        };
        // A uniform distribution in ±b has the variance b²/3.
        Start::Uniform((3.0 * variance).sqrt())
    }
}

/// The parameters of one layer: role, layout, start.
fn layer_params(layer: &Layer, input: Shape, gain: Gain) -> Vec<(Role, Vec<usize>, Start)> {
    let channels = input.channels as usize;
    let zeros = |length: usize| (Role::Bias, vec![length], Start::Constant(0.0));
    match layer {
        Layer::Conv(conv) => {
            let dims: Vec<usize> = conv.weight_dims(input).map(|n| n as usize).to_vec();
            let area = dims[2] * dims[3];
            let start = gain.bound(dims[1] * area, dims[0] / conv.groups as usize * area);
            let bias = conv.bias.then(|| zeros(dims[0]));
            [(Role::Weight, dims, start)]
                .into_iter()
                .chain(bias)
                .collect()
        }
        Layer::TableConv(conv) => {
            let [height, width] = conv.kernel.map(|n| n as usize);
            let (pairs, maps) = (conv.connections() as usize, conv.table.len());
            let fan_in = (pairs / maps).max(1) * height * width;
            let start = gain.bound(fan_in, (pairs / channels).max(1) * height * width);
            let bias = conv.bias.then(|| zeros(maps));
            [(Role::Weight, vec![pairs, height, width], start)]
                .into_iter()
                .chain(bias)
                .collect()
        }
        Layer::Linear(linear) => {
            let (fan_in, fan_out) = (input.elements() as usize, linear.features as usize);
            let bias = linear.bias.then(|| zeros(fan_out));
            let weight = (
                Role::Weight,
                vec![fan_out, fan_in],
                gain.bound(fan_in, fan_out),
            );
            [weight].into_iter().chain(bias).collect()
        }
        Layer::BatchNorm(norm) => {
            let ones = |role| (role, vec![channels], Start::Constant(1.0));
            let mut params = Vec::new();
            params.extend(norm.scale.then(|| ones(Role::Weight)));
            params.extend(norm.shift.then(|| zeros(channels)));
            params.push((Role::RunningMean, vec![channels], Start::Constant(0.0)));
            params.push(ones(Role::RunningVar));
            params
        }
        Layer::Subsample(pool) => {
            // Starts as the mean of its window.
            let area = (pool.kernel[0] * pool.kernel[1]) as f32;
            let maps = channels * pool.fan as usize;
            let start = Start::Constant(1.0 / area);
            vec![(Role::Coefficient, vec![maps], start), zeros(maps)]
        }
        Layer::Rbf(rbf) => {
            let dims = vec![rbf.classes as usize, channels];
            vec![(Role::Codes, dims, Start::Uniform(1.0))]
        }
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => Vec::new(),
    }
}
