//! Initialisation of weights.

use burn::tensor::Device;

use super::params;
use super::{Network, NetworkError};
use crate::layer::{Activation, Layer};
pub use crate::train::Initialisation;
use crate::{Graph, NodeId};

/// A distribution around 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Start {
    /// Uniform in ± this bound.
    Uniform(f32),
    /// Normal with this standard deviation.
    Normal(f32),
    Constant(f32),
}

/// How many values meet in a layer's output value, and how many an input value goes into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fans {
    pub fan_in: usize,
    pub fan_out: usize,
    /// By the activation that follows.
    pub gain: Gain,
}

impl Initialisation {
    pub(super) fn start(self, fans: Fans) -> Start {
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

impl Network {
    /// The graph with weights that start by this rule. Each number depends only on the seed, its
    /// node's number and its place in the node's parameter: an edit of another node leaves it as
    /// it is. The same seed gives the same bits on every machine's CPU; a graphics device makes
    /// large arrays of normal numbers itself, with its own logarithm.
    ///
    /// # Errors
    /// When the graph has a problem.
    pub fn initialised(
        graph: Graph,
        rule: &Initialisation,
        seed: u64,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let params = params::initialised(&graph, *rule, seed, device, |_| None);
        Self::with_params(graph, params.unwrap_or_default(), device)
    }
}

/// Which rule the weights before a non-linearity start by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gain {
    Glorot,
    He,
}

impl Gain {
    /// By the first activation that takes this node's output, normalisation and pooling passed
    /// over; Glorot when there is none.
    pub(super) fn before(graph: &Graph, node: NodeId) -> Self {
        let mut current = node;
        while let Some(next) = graph
            .nodes()
            .iter()
            .find(|next| next.inputs.contains(&current))
        {
            match &next.layer {
                Layer::Activation(activation) => return Self::of(*activation),
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
