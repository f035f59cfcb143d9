//! By which rule each parameter of a graph starts.

use crate::checkpoint::{Parameter, Role, by_node};
use crate::layer::{Activation, Layer, PRelu};
use crate::train::Initialisation;
use crate::{Graph, Node, NodeId, Shape};

/// A distribution around 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Uniform in ± this bound.
    Uniform(f32),
    /// Normal with this standard deviation.
    Normal(f32),
    Constant(f32),
}

/// How many values meet in a layer's output value, and how many an input value goes into.
#[derive(Clone, Copy, Debug)]
struct Fans {
    fan_in: usize,
    fan_out: usize,
    /// By the activation that follows.
    gain: Gain,
}

impl Initialisation {
    fn start(self, fans: Fans) -> Start {
        let glorot = || 2.0 / (fans.fan_in + fans.fan_out) as f32;
        let over_fan_in = |numerator: f32| numerator / fans.fan_in as f32;
        // A uniform distribution in ±b has the variance b²/3.
        let uniform = |variance: f32| Start::Uniform((3.0 * variance).sqrt());
        let normal = |variance: f32| Start::Normal(variance.sqrt());
        match self {
            Self::ByActivation => match fans.gain {
                Gain::Glorot => uniform(glorot()),
                Gain::He => uniform(over_fan_in(2.0)),
            },
            Self::GlorotUniform => uniform(glorot()),
            Self::GlorotNormal => normal(glorot()),
            Self::HeUniform => uniform(over_fan_in(2.0)),
            Self::HeNormal => normal(over_fan_in(2.0)),
            Self::LecunUniform => uniform(over_fan_in(1.0)),
            Self::LecunNormal => normal(over_fan_in(1.0)),
            Self::Uniform { bound } => Start::Uniform(bound),
            Self::Normal { std } => Start::Normal(std),
            Self::Constant { value } => Start::Constant(value),
        }
    }
}

/// Which rule the weights before a non-linearity start by.
#[derive(Clone, Copy, Debug)]
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
                Layer::PRelu(_) => return Self::He,
                layer if layer.rule().is_passed_by_initialisation() => current = next.id,
                _ => return Self::Glorot,
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
}

/// The initial value of a parameter.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Weights, by the rule of initialisation.
    Weights(Fans),
    /// A value set by the layer.
    Fixed(Start),
}

/// A parameter and how it starts.
pub struct Slot {
    pub parameter: Parameter,
    origin: Origin,
}

impl Slot {
    pub fn start(&self, rule: Initialisation) -> Start {
        match self.origin {
            Origin::Weights(fans) => rule.start(fans),
            Origin::Fixed(start) => start,
        }
    }
}

/// Every parameter with how it starts; `None` for a graph with problems.
pub fn slots(graph: &Graph) -> Option<Vec<Slot>> {
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

/// How a parameter of this node, which takes the shape `input`, starts.
fn origin(graph: &Graph, node: &Node, input: Shape, parameter: &Parameter) -> Origin {
    let start = match (parameter.role, &node.layer) {
        (
            Role::Weight,
            Layer::BatchNorm(_)
            | Layer::GroupNorm(_)
            | Layer::LayerNorm(_)
            | Layer::InstanceNorm(_),
        )
        | (Role::RunningVar, _) => Start::Constant(1.0),
        (Role::Weight, Layer::PRelu(_)) => Start::Constant(PRelu::START),
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
        Layer::TransposedConv(conv) => {
            // An output value gets every so many taps on each axis.
            let taps = |axis: usize| dims[2 + axis].div_ceil(conv.stride[axis] as usize);
            let inputs = dims[0] / conv.groups as usize;
            [inputs * taps(0) * taps(1), dims[1] * dims[2] * dims[3]]
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
