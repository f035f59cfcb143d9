//! The parameters of a network, named and laid out as PyTorch does.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::layer::Layer;
use crate::{Analysis, Graph, Node, NodeId, Shape};

/// The role of a parameter in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// Whether it is a running statistic of batch norm.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::RunningMean | Self::RunningVar)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A parameter that a network has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub node: NodeId,
    pub role: Role,
    /// `<node name>.<role>`.
    pub name: String,
    /// PyTorch's layout: convolution (out, in / groups, kernel height, kernel width), transposed
    /// convolution (in, out / groups, kernel height, kernel width), linear (out, in).
    pub dims: Vec<usize>,
}

impl Parameter {
    /// How many values it has.
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }
}

/// Every parameter that a valid graph has, in the graph's order; none of a graph with problems. Those
/// that several nodes use are there once, under the node that owns them ([`Graph::owner`]).
pub fn parameters(graph: &Graph) -> Vec<Parameter> {
    let all = by_node(graph).unwrap_or_default().into_iter();
    all.flat_map(|(.., parameters)| parameters).collect()
}

/// Each node with the shape that it takes and its own parameters. `None` for a graph with problems: a
/// layer that does not fit may have sizes that nothing can be made of.
pub(crate) fn by_node<'a>(graph: &'a Graph) -> Option<Vec<(&'a Node, Shape, Vec<Parameter>)>> {
    let analysis = Analysis::of(graph);
    if !analysis.is_valid() {
        return None;
    }
    let of_node = |node: &'a Node| {
        let input = match *node.inputs.first()? {
            NodeId::INPUT => graph.input(),
            id => analysis.node(id)?.shape?,
        };
        let own = match node.shares {
            None => of_layer(node, input),
            Some(_) => Vec::new(),
        };
        Some((node, input, own))
    };
    graph.nodes().iter().map(of_node).collect()
}

/// The parameters of one node that takes this shape.
fn of_layer(node: &Node, input: Shape) -> Vec<Parameter> {
    let channels = input.channels as usize;
    let roles = match &node.layer {
        Layer::Conv(conv) => {
            let dims = conv.weight_dims(input).map(|side| side as usize);
            weighted(dims.to_vec(), dims[0], conv.bias)
        }
        Layer::TableConv(conv) => {
            let [height, width] = conv.kernel.map(|side| side as usize);
            let dims = vec![conv.connections() as usize, height, width];
            weighted(dims, conv.table.len(), conv.bias)
        }
        Layer::Linear(linear) => {
            let outputs = linear.features as usize;
            weighted(
                vec![outputs, input.elements() as usize],
                outputs,
                linear.bias,
            )
        }
        Layer::BatchNorm(norm) => {
            let weight = norm.scale.then_some(Role::Weight);
            let bias = norm.shift.then_some(Role::Bias);
            let running = [Role::RunningMean, Role::RunningVar];
            let roles = weight.into_iter().chain(bias).chain(running);
            roles.map(|role| (role, vec![channels])).collect()
        }
        Layer::TransposedConv(conv) => {
            let dims = conv.weight_dims(input).map(|side| side as usize);
            weighted(dims.to_vec(), conv.channels as usize, conv.bias)
        }
        Layer::GroupNorm(norm) => affine(vec![channels], norm.scale, norm.shift),
        Layer::InstanceNorm(norm) => affine(vec![channels], norm.scale, norm.shift),
        Layer::LayerNorm(norm) => {
            let dims = norm.weight_dims(input).into_iter();
            affine(dims.map(|it| it as usize).collect(), norm.scale, norm.shift)
        }
        Layer::PRelu(prelu) => vec![(Role::Weight, vec![prelu.slopes(input) as usize])],
        Layer::Subsample(pool) => {
            let maps = channels * pool.fan as usize;
            vec![(Role::Coefficient, vec![maps]), (Role::Bias, vec![maps])]
        }
        Layer::Rbf(rbf) => vec![(Role::Codes, vec![rbf.classes as usize, channels])],
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::AdaptiveMaxPool(_)
        | Layer::Upsample(_)
        | Layer::GlobalPool(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => Vec::new(),
    };
    let parameter = |(role, dims)| Parameter {
        node: node.id,
        role,
        name: format!("{}.{role}", node.name),
        dims,
    };
    roles.into_iter().map(parameter).collect()
}

fn affine(dims: Vec<usize>, scale: bool, shift: bool) -> Vec<(Role, Vec<usize>)> {
    let weight = scale.then(|| (Role::Weight, dims.clone()));
    let bias = shift.then_some((Role::Bias, dims));
    weight.into_iter().chain(bias).collect()
}

fn weighted(dims: Vec<usize>, outputs: usize, bias: bool) -> Vec<(Role, Vec<usize>)> {
    let bias = bias.then(|| (Role::Bias, vec![outputs]));
    [(Role::Weight, dims)].into_iter().chain(bias).collect()
}
