//! Weights with Keras' names and layouts: kernels (height, width, in, out), depthwise kernels
//! (height, width, channels, multiplier), dense kernels (in, out), flattened maps position after
//! position.

use std::collections::{BTreeMap, HashMap};

use super::foreign::is_ignored;
use super::{Different, Fit, Header, Note, Parameter, Role};
use crate::layer::{Flatten, FlattenOrder, Layer};
use crate::{Analysis, Graph, Node, NodeId, Shape};

/// Finds each parameter among Keras' variables; `None` where the file has no Keras names.
///
/// A tensor's name is a variable's path: `…/<layer>/kernel` of Keras 3, `<layer>/kernel:0` of an
/// `.h5` file, `layers/<layer>/vars/0` of a `.weights.h5` file, `<layer>_W:0` of Keras 1. A layer
/// belongs to the node of its name. The other layers of each kind that have Keras' default names
/// belong to the other nodes of that kind in order, counted by the number that those names end with.
pub(super) fn fit(header: &Header, params: &[Parameter], graph: &Graph) -> Option<Fit> {
    let layers = Layers::of(header)?;
    let shapes = Shapes(Analysis::of(graph));
    let sources = sources(graph, &shapes, &layers);
    let mut fit = Fit {
        notes: vec![Note::Keras],
        ..Fit::default()
    };
    let mut used = vec![false; header.tensors.len()];
    for param in params {
        let node = graph.node(param.node);
        let place = sources.get(&param.node).and_then(|layer| {
            // Variables that are only numbered come in the order of the node's parameters.
            let ours = params.iter().filter(|other| other.node == param.node);
            let number = ours.take_while(|other| *other != param).count();
            layers.place(layer, node?, param.role, number)
        });
        let (Some(place), Some(node)) = (place, node) else {
            fit.mismatch.missing.push(param.name.clone());
            fit.found.push(None);
            fit.turns.push(None);
            continue;
        };
        used[place] = true;
        let turn = Turn::of(graph, &shapes, node, param);
        let stored = &header.tensors[place];
        let same = stored.dims == turn.dims;
        if !same {
            fit.mismatch.different.push(Different {
                name: stored.name.clone(),
                stored: stored.dims.clone(),
                wanted: turn.dims.clone(),
            });
        }
        fit.found.push(same.then_some(place));
        fit.turns.push(same.then_some(turn));
    }
    let extra = header.tensors.iter().zip(used);
    let extra = extra.filter(|(stored, used)| !used && !is_ignored(&stored.name));
    fit.mismatch.extra = extra.map(|(stored, _)| stored.name.clone()).collect();
    Some(fit)
}

/// The shapes of a graph's nodes.
struct Shapes(Analysis);

impl Shapes {
    fn of(&self, graph: &Graph, node: NodeId) -> Option<Shape> {
        match node {
            NodeId::INPUT => Some(graph.input()),
            id => self.0.node(id)?.shape,
        }
    }
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

    /// The prefixes of Keras' default names, of version 1 as well.
    const fn stems(self) -> &'static [&'static str] {
        match self {
            Self::Conv => &["conv2d", "convolution2d"],
            Self::Depthwise => &["depthwise_conv2d"],
            Self::Norm => &["batch_normalization", "batchnormalization"],
            Self::Dense => &["dense"],
        }
    }

    /// `None` for layers without weights, and for those that Keras does not have.
    fn of(graph: &Graph, shapes: &Shapes, node: &Node) -> Option<Self> {
        match &node.layer {
            Layer::Conv(conv) => {
                let input = shapes.of(graph, *node.inputs.first()?)?;
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

/// The variables of Keras' layers.
const VARIABLES: [&str; 9] = [
    "kernel",
    "depthwise_kernel",
    "pointwise_kernel",
    "bias",
    "gamma",
    "beta",
    "moving_mean",
    "moving_variance",
    "embeddings",
];

/// Keras 1's, behind the layer's name.
const OLD_VARIABLES: [(&str, &str); 6] = [
    ("_W", "kernel"),
    ("_b", "bias"),
    ("_gamma", "gamma"),
    ("_beta", "beta"),
    ("_running_mean", "moving_mean"),
    // A variance, in spite of its name.
    ("_running_std", "moving_variance"),
];

/// The layer and the variable that a tensor's name means.
fn variable(name: &str) -> Option<(String, String)> {
    let name = name.rsplit_once(':').map_or(name, |(path, number)| {
        let is_number = number.chars().all(|it| it.is_ascii_digit());
        if is_number { path } else { name }
    });
    let separator = if name.contains('/') { '/' } else { '.' };
    let mut parts = name.rsplit(separator);
    let (last, before) = (parts.next()?, parts.next());
    if VARIABLES.contains(&last) {
        return Some((before?.to_owned(), last.to_owned()));
    }
    if before == Some("vars") && last.chars().all(|it| it.is_ascii_digit()) {
        return Some((parts.next()?.to_owned(), last.to_owned()));
    }
    OLD_VARIABLES.iter().find_map(|(end, variable)| {
        let layer = last.strip_suffix(end)?;
        Some((layer.to_owned(), (*variable).to_owned()))
    })
}

/// The file's layers, each with the places of its variables.
struct Layers(BTreeMap<String, Vec<(String, usize)>>);

impl Layers {
    fn of(header: &Header) -> Option<Self> {
        let mut layers: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
        for (place, stored) in header.tensors.iter().enumerate() {
            if let Some((layer, variable)) = variable(&stored.name) {
                layers.entry(layer).or_default().push((variable, place));
            }
        }
        // PyTorch's names end in “bias” as well.
        let is_keras = |(variable, _): &(String, usize)| variable != "bias";
        let any = layers.values().flatten().any(is_keras);
        any.then_some(Self(layers))
    }

    /// Where the layer's variable for this role is.
    fn place(&self, layer: &str, node: &Node, role: Role, number: usize) -> Option<usize> {
        let pointwise = node.name.ends_with(POINTWISE);
        let variables: &[&str] = match role {
            Role::Weight if pointwise => &["pointwise_kernel", "kernel"],
            Role::Weight => &["kernel", "depthwise_kernel", "gamma"],
            Role::Bias => &["bias", "beta"],
            Role::RunningMean => &["moving_mean"],
            Role::RunningVar => &["moving_variance"],
            _ => &[],
        };
        let number = number.to_string();
        let known = self.0.get(layer)?;
        let of = |name: &str| known.iter().find(|(it, _)| it == name);
        let found = variables.iter().find_map(|name| of(name));
        found.or_else(|| of(&number)).map(|&(_, place)| place)
    }

    /// The layers with Keras' default names of this kind, in the order they were made.
    fn of_kind(&self, kind: Kind) -> Vec<&str> {
        let number = |name: &str| -> Option<u64> {
            let stems = kind.stems().iter();
            let rest = stems.filter_map(|stem| name.strip_prefix(stem)).next()?;
            match rest {
                "" => Some(0),
                rest => rest.strip_prefix('_')?.parse().ok(),
            }
        };
        let names = self.0.keys().map(String::as_str);
        let numbered = names.filter_map(|name| Some((number(name)?, name)));
        let mut numbered: Vec<(u64, &str)> = numbered.collect();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, name)| name).collect()
    }
}

/// Endings of the two nodes that one separable convolution of Keras is here.
const DEPTHWISE: &str = "_depthwise";
const POINTWISE: &str = "_pointwise";

/// For each node with weights the layer of the file that they come from.
fn sources<'a>(graph: &Graph, shapes: &Shapes, layers: &'a Layers) -> HashMap<NodeId, &'a str> {
    let named = |name: &str| layers.0.get_key_value(name).map(|(key, _)| key.as_str());
    let nodes = graph.nodes();
    let mut sources = HashMap::new();
    for node in nodes
        .iter()
        .filter(|node| Kind::of(graph, shapes, node).is_some())
    {
        let separable = [DEPTHWISE, POINTWISE].iter();
        let separable = || {
            separable
                .clone()
                .find_map(|end| node.name.strip_suffix(end))
        };
        let layer = named(&node.name).or_else(|| named(separable()?));
        sources.extend(layer.map(|layer| (node.id, layer)));
    }
    let taken: Vec<&str> = sources.values().copied().collect();
    for kind in Kind::ALL {
        let ours = nodes.iter().filter(|node| {
            Kind::of(graph, shapes, node) == Some(kind) && !sources.contains_key(&node.id)
        });
        let ours: Vec<NodeId> = ours.map(|node| node.id).collect();
        let theirs = layers.of_kind(kind).into_iter();
        let theirs = theirs.filter(|layer| !taken.contains(layer));
        sources.extend(ours.into_iter().zip(theirs));
    }
    sources
}

/// The layout of one parameter in Keras' file and in ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Keras' axes.
    dims: Vec<usize>,
    /// Our axes as indices of Keras' axes.
    axes: Vec<usize>,
    /// Of the map that was flattened into the parameter's last axis, where Keras goes position
    /// after position and we channel after channel.
    flattened: Option<Shape>,
}

impl Turn {
    fn of(graph: &Graph, shapes: &Shapes, node: &Node, param: &Parameter) -> Self {
        let flattened = flattened(graph, shapes, node);
        let kind = Kind::of(graph, shapes, node);
        let ours = &param.dims;
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

    /// Keras' values in our order; there must be as many as the axes say.
    pub fn apply(&self, values: &[f32]) -> Vec<f32> {
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
fn flattened(graph: &Graph, shapes: &Shapes, node: &Node) -> Option<Shape> {
    let before = graph.node(*node.inputs.first()?)?;
    match &before.layer {
        Layer::Flatten(Flatten { order }) => match order {
            FlattenOrder::Chw => shapes.of(graph, *before.inputs.first()?),
            FlattenOrder::Hwc => None,
        },
        layer if layer.rule().keeps_places() => flattened(graph, shapes, before),
        _ => None,
    }
}
