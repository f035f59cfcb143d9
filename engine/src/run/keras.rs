//! Reads weights written by Keras and converts them to PyTorch's layouts.

use std::collections::HashMap;

use safetensors::SafeTensors;

use super::network::Network;
use super::params::{Param, Role};
use super::weights::{Found, finite_floats};
use crate::checkpoint::WeightsError;
use crate::layer::{Flatten, FlattenOrder, Layer};
use crate::{Graph, Node, NodeId, Shape};

/// Loads weights with Keras' names and layouts into the network: kernels (height, width, in, out),
/// depthwise kernels (height, width, channels, multiplier), dense kernels (in, out), flattened maps
/// position after position. On an error nothing is changed.
///
/// A tensor's name is a Keras variable path, `…/<layer>/<variable>`. A layer belongs to the node
/// of its name; when no layer has a node's name, the layers of each kind belong to the nodes of
/// that kind in order, counted by the number Keras ends its default names with.
///
/// # Errors
/// When the file is not one, or what it holds is not exactly what the network needs.
pub fn read_keras_weights(network: &mut Network, bytes: &[u8]) -> Result<(), WeightsError> {
    let file = SafeTensors::deserialize(bytes)?;
    let stored = Stored::of(&file);
    let sources = sources(network, &stored);
    let mut found = Found::default();
    let mut used = Vec::new();
    for param in network.params() {
        let source = sources.get(&param.node);
        let path = source.and_then(|layer| stored.path(layer, param.role));
        let (Some(path), Some(node)) = (path, network.graph().node(param.node)) else {
            found.mismatch.missing.push(param.name.clone());
            continue;
        };
        used.push(path);
        let view = file.tensor(path)?;
        let turned = Turn::of(network, node, param);
        if view.shape() != turned.dims {
            found.differs(path, view.shape(), &turned.dims);
            continue;
        }
        found
            .values
            .push(turned.apply(&finite_floats(path, &view)?));
    }
    found.mismatch.extra = file
        .names()
        .iter()
        .filter(|name| !used.contains(name))
        .map(ToString::to_string)
        .collect();
    found.put_into(network)
}

/// The kinds of layer that Keras numbers separately in default names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Conv,
    Depthwise,
    Norm,
    Dense,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Conv, Self::Depthwise, Self::Norm, Self::Dense];

    /// The prefix of Keras' default names.
    const fn stem(self) -> &'static str {
        match self {
            Self::Conv => "conv2d",
            Self::Depthwise => "depthwise_conv2d",
            Self::Norm => "batch_normalization",
            Self::Dense => "dense",
        }
    }

    /// `None` for layers without weights, and for those that Keras does not have.
    fn of(network: &Network, node: &Node) -> Option<Self> {
        match &node.layer {
            Layer::Conv(conv) => {
                let input = network.shape(*node.inputs.first()?)?;
                let depthwise = conv.groups > 1 && conv.groups == input.channels;
                Some(if depthwise {
                    Self::Depthwise
                } else {
                    Self::Conv
                })
            }
            Layer::BatchNorm(_) => Some(Self::Norm),
            Layer::Linear(_) => Some(Self::Dense),
            _ => None,
        }
    }
}

/// The file's layers, each with the paths of its variables.
struct Stored<'a>(HashMap<&'a str, Vec<&'a str>>);

impl<'a> Stored<'a> {
    fn of(file: &'a SafeTensors<'_>) -> Self {
        let mut layers: HashMap<&str, Vec<&str>> = HashMap::new();
        for path in file.names() {
            let mut parts = path.rsplit('/').skip(1);
            layers
                .entry(parts.next().unwrap_or(path))
                .or_default()
                .push(path);
        }
        Self(layers)
    }

    /// Where the layer's variable for this role is.
    fn path(&self, layer: &str, role: Role) -> Option<&'a str> {
        let variables: &[&str] = match role {
            Role::Weight => &["kernel", "depthwise_kernel", "gamma"],
            Role::Bias => &["bias", "beta"],
            Role::RunningMean => &["moving_mean"],
            Role::RunningVar => &["moving_variance"],
            Role::Coefficient | Role::Codes => &[],
        };
        let wanted = |path: &&&str| {
            let variable = path.rsplit('/').next();
            variable.is_some_and(|variable| variables.contains(&variable))
        };
        self.0.get(layer)?.iter().find(wanted).copied()
    }

    /// The layers with Keras' default names of this kind, in the order they were made.
    fn of_kind(&self, kind: Kind) -> Vec<&'a str> {
        let number = |name: &str| -> Option<u64> {
            match name.strip_prefix(kind.stem())? {
                "" => Some(0),
                rest => rest.strip_prefix('_')?.parse().ok(),
            }
        };
        let numbered = self
            .0
            .keys()
            .filter_map(|name| Some((number(name)?, *name)));
        let mut numbered: Vec<(u64, &str)> = numbered.collect();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, name)| name).collect()
    }
}

/// For each node with weights the layer of the file that they come from.
fn sources<'a>(network: &Network, stored: &Stored<'a>) -> HashMap<NodeId, &'a str> {
    let nodes = network.graph().nodes();
    let named: HashMap<NodeId, &str> = nodes
        .iter()
        .filter_map(|node| Some((node.id, *stored.0.get_key_value(node.name.as_str())?.0)))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let mut sources = HashMap::new();
    for kind in Kind::ALL {
        let ours = nodes
            .iter()
            .filter(|node| Kind::of(network, node) == Some(kind));
        sources.extend(ours.map(|node| node.id).zip(stored.of_kind(kind)));
    }
    sources
}

/// The layout of one parameter in Keras' file and in ours.
struct Turn {
    /// Keras' axes.
    dims: Vec<usize>,
    /// Our axes as indices of Keras' axes.
    axes: Vec<usize>,
    /// Of the map that was flattened into the parameter's last axis, where Keras goes position
    /// after position and we channel after channel.
    flattened: Option<Shape>,
}

impl Turn {
    fn of(network: &Network, node: &Node, param: &Param) -> Self {
        let flattened = flattened(network, network.graph(), node);
        let (ours, kind) = (&param.dims, Kind::of(network, node));
        match (param.role, kind, ours.as_slice()) {
            (Role::Weight, Some(Kind::Depthwise), &[channels, _, height, width]) => {
                let groups = match &node.layer {
                    Layer::Conv(conv) => conv.groups as usize,
                    _ => channels,
                };
                Self {
                    dims: vec![height, width, groups, channels / groups],
                    axes: vec![2, 3, 0, 1],
                    flattened: None,
                }
            }
            (Role::Weight, Some(Kind::Conv), &[out, input, height, width]) => Self {
                dims: vec![height, width, input, out],
                axes: vec![3, 2, 0, 1],
                flattened: None,
            },
            (Role::Weight, Some(Kind::Dense), &[out, input]) => Self {
                dims: vec![input, out],
                axes: vec![1, 0],
                flattened,
            },
            (Role::Bias, Some(Kind::Dense), _) => Self::straight(ours, None),
            (_, Some(Kind::Norm), _) => Self::straight(ours, flattened),
            _ => Self::straight(ours, None),
        }
    }

    fn straight(dims: &[usize], flattened: Option<Shape>) -> Self {
        Self {
            dims: dims.to_vec(),
            axes: (0..dims.len()).collect(),
            flattened,
        }
    }

    /// Keras' values in our order.
    fn apply(&self, values: &[f32]) -> Vec<f32> {
        let mut strides = vec![1; self.dims.len()];
        for axis in (1..self.dims.len()).rev() {
            strides[axis - 1] = strides[axis] * self.dims[axis];
        }
        let sizes: Vec<usize> = self.axes.iter().map(|&axis| self.dims[axis]).collect();
        let place = |ours: usize| {
            let (mut rest, mut theirs) = (ours, 0);
            for (number, &size) in sizes.iter().enumerate().rev() {
                let mut index = rest % size;
                rest /= size;
                if let (Some(map), true) = (self.flattened, number + 1 == sizes.len()) {
                    index = position_major(index, map);
                }
                theirs += index * strides[self.axes[number]];
            }
            theirs
        };
        (0..values.len()).map(|ours| values[place(ours)]).collect()
    }
}

/// Converts an index in channel-first order to one in position-first order.
fn position_major(index: usize, map: Shape) -> usize {
    let positions = map.positions() as usize;
    index % positions * map.channels as usize + index / positions
}

/// The shape of the map that was flattened, channel after channel, into the vector this node
/// takes; `None` when it takes no such vector or one of another order.
fn flattened(network: &Network, graph: &Graph, node: &Node) -> Option<Shape> {
    let before = graph.node(*node.inputs.first()?)?;
    match &before.layer {
        Layer::Flatten(Flatten { order }) => match order {
            FlattenOrder::Chw => network.shape(*before.inputs.first()?),
            FlattenOrder::Hwc => None,
        },
        layer if layer.rule().keeps_places() => flattened(network, graph, before),
        _ => None,
    }
}
