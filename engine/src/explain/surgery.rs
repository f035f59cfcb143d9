//! Operations on the weights of a network: what is done to which values.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::gaussian;
use crate::checkpoint::Role;
use crate::layer::Layer;
use crate::{Analysis, Graph, Node, NodeId};

/// One operation. The graph stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The map is 0 everywhere: the weights and the bias that make it are 0, and so are scale and shift
    /// of a batch norm that is the only one to take it.
    SwitchOff { node: NodeId, channel: u32 },
    /// As [`Self::SwitchOff`], for every map but this one.
    KeepOnly { node: NodeId, channel: u32 },
    /// Normal noise is added to the weights (not to biases): `share` of their standard deviation.
    Noise { node: NodeId, share: f32, seed: u64 },
    /// The kernels of a map (or of all) turn by a quarter, clockwise.
    Rotate { node: NodeId, channel: Option<u32> },
    /// The kernels of a map (or of all) are mirrored left to right.
    Flip { node: NodeId, channel: Option<u32> },
    /// One value of a parameter, named as in a file (`weight`, `bias`), is this.
    Set {
        node: NodeId,
        role: String,
        index: u64,
        value: f32,
    },
}

/// Why an operation is not possible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum SurgeryError {
    #[error("the network has no node number {node}; it may have been removed")]
    NoNode { node: u32 },
    #[error(
        "“{node}” has no weights that make its maps; choose the convolution, linear layer or batch norm \
         before it"
    )]
    NoWeights { node: String },
    #[error("“{node}” has {channels} maps, so there is no map {channel} (from 0)")]
    NoChannel {
        node: String,
        channels: u64,
        channel: u32,
    },
    #[error(
        "“{node}” has no kernels of equal height and width to turn; a mirrored one can be of any"
    )]
    NotSquare { node: String },
    #[error("“{node}” has no kernels; only a convolution has")]
    NoKernels { node: String },
    #[error("the noise is {share} standard deviations; take 0 to 100")]
    Share { share: f32 },
    #[error("“{node}” has no value {index} of {role}")]
    NoValue {
        node: String,
        role: String,
        index: u64,
    },
    #[error("a weight must be a finite number")]
    NotFinite,
}

impl Operation {
    /// The node that it is about.
    pub const fn node(&self) -> NodeId {
        match self {
            Self::SwitchOff { node, .. }
            | Self::KeepOnly { node, .. }
            | Self::Noise { node, .. }
            | Self::Rotate { node, .. }
            | Self::Flip { node, .. }
            | Self::Set { node, .. } => *node,
        }
    }

    /// In a few words, as they go on from “Undo: ”.
    pub fn words(&self, graph: &Graph) -> String {
        let name = graph.node(self.node()).map(|node| node.name.as_str());
        let name = name.unwrap_or_default();
        let kernels = |channel: &Option<u32>| match channel {
            Some(channel) => format!("filter {}", channel + 1),
            None => "the filters".to_owned(),
        };
        match self {
            Self::SwitchOff { channel, .. } => format!("switch off map {} of {name}", channel + 1),
            Self::KeepOnly { channel, .. } => format!("keep only map {} of {name}", channel + 1),
            Self::Noise { .. } => format!("add noise to {name}"),
            Self::Rotate { channel, .. } => format!("turn {} of {name}", kernels(channel)),
            Self::Flip { channel, .. } => format!("mirror {} of {name}", kernels(channel)),
            Self::Set { .. } => format!("set a weight of {name}"),
        }
    }

    /// Whether it is possible on this graph, and the nodes whose own parameters change: where several
    /// nodes use them, all do.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check(&self, graph: &Graph) -> Result<Vec<NodeId>, SurgeryError> {
        let id = self.node();
        let node = graph.node(id).ok_or(SurgeryError::NoNode { node: id.0 })?;
        let name = || node.name.clone();
        let has_rows = matches!(
            node.layer,
            Layer::Conv(_)
                | Layer::TableConv(_)
                | Layer::Linear(_)
                | Layer::BatchNorm(_)
                | Layer::Subsample(_)
        );
        if !has_rows {
            return Err(SurgeryError::NoWeights { node: name() });
        }
        let channels = Analysis::of(graph).node(id).and_then(|it| it.shape);
        let channels = u64::from(channels.map_or(0, |shape| shape.channels));
        let channel = match self {
            Self::SwitchOff { channel, .. } | Self::KeepOnly { channel, .. } => Some(*channel),
            Self::Rotate { channel, .. } | Self::Flip { channel, .. } => *channel,
            Self::Noise { .. } | Self::Set { .. } => None,
        };
        if let Some(channel) = channel.filter(|&it| u64::from(it) >= channels) {
            return Err(SurgeryError::NoChannel {
                node: name(),
                channels,
                channel,
            });
        }
        let kernel = match &node.layer {
            Layer::Conv(conv) => Some(conv.kernel),
            Layer::TableConv(conv) => Some(conv.kernel),
            _ => None,
        };
        match (self, kernel) {
            (Self::Rotate { .. } | Self::Flip { .. }, None) => {
                return Err(SurgeryError::NoKernels { node: name() });
            }
            (Self::Rotate { .. }, Some([height, width])) if height != width => {
                return Err(SurgeryError::NotSquare { node: name() });
            }
            // NaN, too, is out of range.
            (&Self::Noise { share, .. }, _) if !(0.0..=100.0).contains(&share) => {
                let share = share.clamp(f32::MIN, f32::MAX);
                return Err(SurgeryError::Share { share });
            }
            (Self::Set { value, .. }, _) if !value.is_finite() => {
                return Err(SurgeryError::NotFinite);
            }
            _ => {}
        }
        let mut nodes = vec![id];
        if matches!(self, Self::SwitchOff { .. } | Self::KeepOnly { .. }) {
            nodes.extend(norm_behind(graph, id));
            let fixed = |id: &&NodeId| {
                let layer = graph.node(**id).map(|node| &node.layer);
                matches!(layer, Some(Layer::BatchNorm(norm)) if !(norm.scale && norm.shift))
            };
            if let Some(fixed) = nodes.iter().find(fixed).and_then(|id| graph.node(*id)) {
                let node = fixed.name.clone();
                return Err(SurgeryError::NoWeights { node });
            }
        }
        if let Self::Set { role, index, .. } = self {
            let mut params = crate::checkpoint::parameters(graph).into_iter();
            let param = params.find(|it| it.node == node.owner() && it.role.name() == role);
            if param.is_none_or(|param| *index >= param.count() as u64) {
                return Err(SurgeryError::NoValue {
                    node: name(),
                    role: role.clone(),
                    index: *index,
                });
            }
        }
        let mut owners: Vec<NodeId> = nodes.into_iter().map(|id| graph.owner(id)).collect();
        owners.dedup();
        Ok(owners)
    }

    /// Changes the values of one parameter of a node that [`Self::check`] named.
    pub fn change(&self, node: &Node, role: Role, dims: &[usize], values: &mut [f32]) {
        let outputs = |role: Role| role.trainable();
        match self {
            Self::SwitchOff { channel, .. } if outputs(role) => {
                if let Some(row) = values.get_mut(row(&node.layer, role, dims, *channel)) {
                    row.fill(0.0);
                }
            }
            Self::KeepOnly { channel, .. } if outputs(role) => {
                let kept = row(&node.layer, role, dims, *channel);
                for (place, value) in values.iter_mut().enumerate() {
                    if !kept.contains(&place) {
                        *value = 0.0;
                    }
                }
            }
            Self::Noise { share, seed, .. } if role == Role::Weight => {
                let deviation = deviation(values) * share;
                let noise = gaussian(*seed, node.id.0.into(), values.len());
                for (value, noise) in values.iter_mut().zip(noise) {
                    *value += deviation * noise;
                }
            }
            Self::Rotate { channel, .. } if role == Role::Weight => {
                turned(&node.layer, dims, *channel, values, |size, row, column| {
                    // The value that comes to this place by a quarter turn clockwise.
                    (size[0] - 1 - column) * size[1] + row
                });
            }
            Self::Flip { channel, .. } if role == Role::Weight => {
                turned(&node.layer, dims, *channel, values, |size, row, column| {
                    row * size[1] + size[1] - 1 - column
                });
            }
            Self::Set {
                role: of,
                index,
                value,
                ..
            } if role.name() == of => {
                if let Some(place) = values.get_mut(*index as usize) {
                    *place = *value;
                }
            }
            _ => {}
        }
    }
}

/// The batch norm that is the only node to take this one's output.
fn norm_behind(graph: &Graph, node: NodeId) -> Option<NodeId> {
    let mut consumers = graph.consumers(node);
    let (next, _) = consumers.next()?;
    let only = consumers.next().is_none();
    (only && matches!(next.layer, Layer::BatchNorm(_))).then_some(next.id)
}

/// Where the values of one output map lie in a parameter.
fn row(layer: &Layer, role: Role, dims: &[usize], channel: u32) -> Range<usize> {
    let channel = channel as usize;
    if let (Layer::TableConv(conv), Role::Weight) = (layer, role) {
        // One kernel for each connection, output map after output map.
        let kernel: usize = dims.iter().skip(1).product();
        let connections = |maps: usize| -> usize {
            conv.table.iter().take(maps).map(Vec::len).sum::<usize>() * kernel
        };
        return connections(channel)..connections(channel + 1);
    }
    let each: usize = dims.iter().skip(1).product();
    channel * each..(channel + 1) * each
}

fn deviation(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().map(|&it| f64::from(it)).sum::<f64>() / count;
    let squares = values.iter().map(|&it| (f64::from(it) - mean).powi(2));
    (squares.sum::<f64>() / count).sqrt() as f32
}

/// Puts at each place of each kernel the value from another place of it.
fn turned(
    layer: &Layer,
    dims: &[usize],
    channel: Option<u32>,
    values: &mut [f32],
    from: impl Fn([usize; 2], usize, usize) -> usize,
) {
    let [.., height, width] = *dims else {
        return;
    };
    let range = match channel {
        Some(channel) => row(layer, Role::Weight, dims, channel),
        None => 0..values.len(),
    };
    let kernels = values.get_mut(range).unwrap_or_default();
    for kernel in kernels.chunks_exact_mut((height * width).max(1)) {
        let before = kernel.to_vec();
        for (place, value) in kernel.iter_mut().enumerate() {
            let from = from([height, width], place / width, place % width);
            *value = before.get(from).copied().unwrap_or(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    fn lenet(name: &str) -> (Graph, Node) {
        let graph = zoo::lenet5().unwrap();
        let node = graph.named(name).unwrap().clone();
        (graph, node)
    }

    #[test]
    fn a_kernel_turns_clockwise_and_is_mirrored() {
        let (_, node) = lenet("C1");
        let dims = [6, 1, 2, 2];
        let mut values: Vec<f32> = (0..24).map(|it| it as f32).collect();
        let turn = Operation::Rotate {
            node: node.id,
            channel: Some(1),
        };
        turn.change(&node, Role::Weight, &dims, &mut values);
        // 4 5 over 6 7 becomes 6 4 over 7 5.
        assert_eq!(
            values[..12],
            [0., 1., 2., 3., 6., 4., 7., 5., 8., 9., 10., 11.]
        );
        let flip = Operation::Flip {
            node: node.id,
            channel: None,
        };
        flip.change(&node, Role::Weight, &dims, &mut values);
        assert_eq!(values[..8], [1., 0., 3., 2., 4., 6., 5., 7.]);
        let before = values.clone();
        flip.change(&node, Role::Bias, &[6], &mut values);
        assert_eq!(values, before);
    }

    #[test]
    fn a_map_of_a_table_has_the_kernels_of_its_connections() {
        let graph = zoo::build("lenet-5-1998", &zoo::Options::default()).unwrap();
        let node = graph.named("C3").unwrap().clone();
        let Layer::TableConv(table) = &node.layer else {
            panic!("C3 is a table")
        };
        let dims = [table.connections() as usize, 5, 5];
        // LeCun et al. 1998, table I: the first six maps have three connections each.
        assert_eq!(row(&node.layer, Role::Weight, &dims, 2), 150..225);
        assert_eq!(row(&node.layer, Role::Bias, &[16], 2), 2..3);
    }

    #[test]
    fn what_is_not_possible_is_refused() {
        let (graph, node) = lenet("tanh1");
        let off = |node, channel| Operation::SwitchOff { node, channel }.check(&graph);
        let refused = off(node.id, 0).unwrap_err().to_string();
        assert!(refused.contains("“tanh1”"), "{refused}");
        let c1 = graph.named("C1").unwrap().id;
        assert_eq!(off(c1, 5), Ok(vec![c1]));
        let refused = off(c1, 6).unwrap_err().to_string();
        assert!(refused.contains("6 maps"), "{refused}");
        let f6 = graph.named("F6").unwrap().id;
        let turn = Operation::Rotate {
            node: f6,
            channel: None,
        };
        assert!(matches!(
            turn.check(&graph),
            Err(SurgeryError::NoKernels { .. })
        ));
        let set = |role: &str, index, value| {
            let role = role.to_owned();
            Operation::Set {
                node: c1,
                role,
                index,
                value,
            }
            .check(&graph)
        };
        assert_eq!(set("weight", 149, 1.0), Ok(vec![c1]));
        assert!(matches!(
            set("weight", 150, 1.0),
            Err(SurgeryError::NoValue { .. })
        ));
        assert!(matches!(
            set("scale", 0, 1.0),
            Err(SurgeryError::NoValue { .. })
        ));
        assert_eq!(set("bias", 0, f32::NAN), Err(SurgeryError::NotFinite));
        let noise = Operation::Noise {
            node: c1,
            share: f32::NAN,
            seed: 0,
        };
        assert!(matches!(
            noise.check(&graph),
            Err(SurgeryError::Share { .. })
        ));
    }
}
