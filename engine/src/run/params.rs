//! The parameters of a network: their nodes, roles and initial values.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::initial::{Fans, Gain, Initialisation, Start};
use super::noise::{self, Stream};
use crate::checkpoint::Parameter;
use crate::layer::Layer;
use crate::{Analysis, Graph, NodeId, Shape};

/// The role of a parameter in its layer, which is the last part of its name as in PyTorch.
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

/// The initial value of a parameter.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Weights, by the rule of initialisation.
    Weights(Fans),
    /// A value set by the layer.
    Fixed(Start),
}

/// A parameter's node, role, dimensions and initial value.
pub(crate) struct Slot {
    pub node: NodeId,
    pub role: Role,
    pub name: String,
    pub dims: Vec<usize>,
    origin: Origin,
}

/// Every parameter the graph has, seeded: weights uniform by Glorot and Bengio (2010) before
/// saturating functions and by He et al. (2015) before rectifiers, biases zero. The same seed
/// gives the same bits on every machine and device. `None` for a graph with problems.
pub fn seeded(graph: &Graph, seed: u64, device: &Device) -> Option<Params> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let fill = |(place, slot): (usize, Slot)| {
        let count = slot.count();
        let values = match slot.start(Initialisation::ByActivation) {
            Start::Constant(value) => Tensor::full([count], value, device),
            Start::Normal(deviation) => {
                Stream::of(seed, slot.node, slot.role).normal(count, deviation, device)
            }
            Start::Uniform(bound) if is_large(count) => {
                noise::uniform(noise::key(seed, place), count, bound, device)
            }
            Start::Uniform(bound) => {
                let values = (0..count).map(|_| bound * (2.0 * random.random::<f32>() - 1.0));
                Tensor::from_data(TensorData::new(values.collect(), [count]), device)
            }
        };
        slot.with(values)
    };
    Some(slots(graph)?.into_iter().enumerate().map(fill).collect())
}

/// Every parameter the graph has: what `kept` gives for a place, flat and on `device`, else numbers
/// by the rule, each place's from a stream of its own, so that they are the same whatever the other
/// nodes are. `None` for a graph with problems.
pub(crate) fn initialised(
    graph: &Graph,
    rule: Initialisation,
    seed: u64,
    device: &Device,
    mut kept: impl FnMut(&Slot) -> Option<Tensor<1>>,
) -> Option<Params> {
    let fill = |slot: Slot| {
        let count = slot.count();
        let stream = Stream::of(seed, slot.node, slot.role);
        let values = kept(&slot).unwrap_or_else(|| match slot.start(rule) {
            Start::Constant(value) => Tensor::full([count], value, device),
            Start::Uniform(bound) => stream.uniform(count, bound, device),
            Start::Normal(deviation) => stream.normal(count, deviation, device),
        });
        slot.with(values)
    };
    Some(slots(graph)?.into_iter().map(fill).collect())
}

impl Slot {
    /// As a file's tensors are compared with it.
    pub fn parameter(&self) -> Parameter {
        Parameter {
            node: self.node,
            role: self.role.name(),
            name: self.name.clone(),
            dims: self.dims.clone(),
        }
    }

    fn count(&self) -> usize {
        self.dims.iter().product()
    }

    fn start(&self, rule: Initialisation) -> Start {
        match self.origin {
            Origin::Weights(fans) => rule.start(fans),
            Origin::Fixed(start) => start,
        }
    }

    fn with(self, values: Tensor<1>) -> Param {
        Param {
            node: self.node,
            role: self.role,
            name: self.name,
            dims: self.dims,
            values,
        }
    }
}

/// From this size on, weights are made on the device, each number from its place alone: uploading
/// them would cost more than computing them.
pub(super) const fn is_large(count: usize) -> bool {
    count >= 1 << 18
}

/// Where a graph's parameters belong; `None` when it has problems: a layer that does not fit may
/// have sizes that nothing can be made of.
pub(super) fn slots(graph: &Graph) -> Option<Vec<Slot>> {
    let analysis = Analysis::of(graph);
    if !analysis.is_valid() {
        return None;
    }
    let mut slots = Vec::new();
    for node in graph.nodes() {
        let input = match *node.inputs.first()? {
            NodeId::INPUT => graph.input(),
            id => analysis.node(id)?.shape?,
        };
        let gain = Gain::before(graph, node.id);
        for (role, dims, origin) in layer_params(&node.layer, input, gain) {
            let name = format!("{}.{}", node.name, role.name());
            slots.push(Slot {
                node: node.id,
                role,
                name,
                dims,
                origin,
            });
        }
    }
    Some(slots)
}

/// The parameters of one layer: role, layout, start.
fn layer_params(layer: &Layer, input: Shape, gain: Gain) -> Vec<(Role, Vec<usize>, Origin)> {
    let channels = input.channels as usize;
    let constant = |value| Origin::Fixed(Start::Constant(value));
    let zeros = |length: usize| (Role::Bias, vec![length], constant(0.0));
    let weights = |fan_in, fan_out| {
        Origin::Weights(Fans {
            fan_in,
            fan_out,
            gain,
        })
    };
    match layer {
        Layer::Conv(conv) => {
            let dims: Vec<usize> = conv.weight_dims(input).map(|n| n as usize).to_vec();
            let area = dims[2] * dims[3];
            let start = weights(dims[1] * area, dims[0] / conv.groups as usize * area);
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
            let start = weights(fan_in, (pairs / channels).max(1) * height * width);
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
                weights(fan_in, fan_out),
            );
            [weight].into_iter().chain(bias).collect()
        }
        Layer::BatchNorm(norm) => {
            let ones = |role| (role, vec![channels], constant(1.0));
            let mut params = Vec::new();
            params.extend(norm.scale.then(|| ones(Role::Weight)));
            params.extend(norm.shift.then(|| zeros(channels)));
            params.push((Role::RunningMean, vec![channels], constant(0.0)));
            params.push(ones(Role::RunningVar));
            params
        }
        Layer::Subsample(pool) => {
            // Starts as the mean of its window.
            let area = (pool.kernel[0] * pool.kernel[1]) as f32;
            let maps = channels * pool.fan as usize;
            let start = constant(1.0 / area);
            vec![(Role::Coefficient, vec![maps], start), zeros(maps)]
        }
        Layer::Rbf(rbf) => {
            let dims = vec![rbf.classes as usize, channels];
            vec![(Role::Codes, dims, Origin::Fixed(Start::Uniform(1.0)))]
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
