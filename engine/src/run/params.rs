//! The parameters of a network: their nodes, roles and initial values.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::initial::{Fans, Gain, Initialisation, Start};
use super::noise::{self, Stream};
use crate::checkpoint::{Parameter, Role, by_node};
use crate::layer::Layer;
use crate::{Graph, Node, NodeId, Shape};

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

/// A parameter and its initial value.
struct Slot {
    parameter: Parameter,
    origin: Origin,
}

/// Every parameter the graph has, seeded: weights uniform by Glorot and Bengio (2010) before
/// saturating functions and by He et al. (2015) before rectifiers, biases zero. The same seed
/// gives the same bits on every machine and device. `None` for a graph with problems.
pub fn seeded(graph: &Graph, seed: u64, device: &Device) -> Option<Params> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let fill = |(place, slot): (usize, Slot)| {
        let count = slot.parameter.count();
        let values = match slot.start(Initialisation::ByActivation) {
            Start::Constant(value) => Tensor::full([count], value, device),
            Start::Normal(deviation) => Stream::of(seed, slot.parameter.node, slot.parameter.role)
                .normal(count, deviation, device),
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
    mut kept: impl FnMut(&Parameter) -> Option<Tensor<1>>,
) -> Option<Params> {
    let fill = |slot: Slot| {
        let count = slot.parameter.count();
        let stream = Stream::of(seed, slot.parameter.node, slot.parameter.role);
        let values = kept(&slot.parameter).unwrap_or_else(|| match slot.start(rule) {
            Start::Constant(value) => Tensor::full([count], value, device),
            Start::Uniform(bound) => stream.uniform(count, bound, device),
            Start::Normal(deviation) => stream.normal(count, deviation, device),
        });
        slot.with(values)
    };
    Some(slots(graph)?.into_iter().map(fill).collect())
}

impl Slot {
    fn start(&self, rule: Initialisation) -> Start {
        match self.origin {
            Origin::Weights(fans) => rule.start(fans),
            Origin::Fixed(start) => start,
        }
    }

    fn with(self, values: Tensor<1>) -> Param {
        let Parameter {
            node,
            role,
            name,
            dims,
        } = self.parameter;
        Param {
            node,
            role,
            name,
            dims,
            values,
        }
    }
}

/// From this size on, weights are made on the device, each number from its place alone: uploading
/// them would cost more than computing them.
pub(super) const fn is_large(count: usize) -> bool {
    count >= 1 << 18
}

/// Every parameter with its initial value; `None` for a graph with problems.
fn slots(graph: &Graph) -> Option<Vec<Slot>> {
    let nodes = by_node(graph)?.into_iter();
    let slots = nodes.flat_map(|(node, input, parameters)| {
        let parameters = parameters.into_iter();
        parameters.map(move |parameter| Slot {
            origin: origin(graph, node, input, &parameter),
            parameter,
        })
    });
    Some(slots.collect())
}

/// The initial value of a parameter of this node, which takes the shape `input`.
fn origin(graph: &Graph, node: &Node, input: Shape, parameter: &Parameter) -> Origin {
    let start = match (parameter.role, &node.layer) {
        (Role::Weight, Layer::BatchNorm(_)) | (Role::RunningVar, _) => Start::Constant(1.0),
        (Role::Weight, layer) => {
            let [fan_in, fan_out] = fans(layer, input, &parameter.dims);
            let gain = Gain::before(graph, node.id);
            return Origin::Weights(Fans {
                fan_in,
                fan_out,
                gain,
            });
        }
        (Role::Bias | Role::RunningMean, _) => Start::Constant(0.0),
        // Starts as the mean of its window.
        (Role::Coefficient, Layer::Subsample(pool)) => {
            Start::Constant(1.0 / (pool.kernel[0] * pool.kernel[1]) as f32)
        }
        (Role::Coefficient, _) => Start::Constant(1.0),
        (Role::Codes, _) => Start::Uniform(1.0),
    };
    Origin::Fixed(start)
}

/// Inputs of an output value, and outputs that an input value goes into.
fn fans(layer: &Layer, input: Shape, dims: &[usize]) -> [usize; 2] {
    match layer {
        Layer::Conv(conv) => {
            let area = dims[2] * dims[3];
            [dims[1] * area, dims[0] / conv.groups as usize * area]
        }
        Layer::TableConv(conv) => {
            let (pairs, area) = (dims[0], dims[1] * dims[2]);
            let each = |maps: usize| (pairs / maps).max(1) * area;
            [each(conv.table.len()), each(input.channels as usize)]
        }
        // A linear one.
        _ => [dims[1], dims[0]],
    }
}
