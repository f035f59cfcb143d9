//! Weights with Keras' names and layouts: kernels (height, width, in, out), depthwise kernels
//! (height, width, channels, multiplier), dense kernels (in, out), flattened maps position after
//! position.

use std::cmp::Reverse;
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
        // PReLU has axes of 1 where its slopes are shared.
        let same = without_ones(&stored.dims) == without_ones(&turn.dims);
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

fn without_ones(dims: &[usize]) -> Vec<usize> {
    dims.iter().copied().filter(|&side| side != 1).collect()
}

/// How Keras lays out each of these parameters.
pub(crate) fn turns(graph: &Graph, params: &[Parameter]) -> Vec<Option<Turn>> {
    let shapes = Shapes(Analysis::of(graph));
    let turn = |param: &Parameter| {
        let node = graph.node(param.node)?;
        Some(Turn::of(graph, &shapes, node, param))
    };
    params.iter().map(turn).collect()
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
    Transposed,
    /// Of groups, or of each channel.
    GroupNorm,
    LayerNorm,
    PRelu,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Conv,
        Self::Depthwise,
        Self::Norm,
        Self::Dense,
        Self::Transposed,
        Self::GroupNorm,
        Self::LayerNorm,
        Self::PRelu,
    ];

    /// The prefixes of Keras' default names, of version 1 as well.
    const fn stems(self) -> &'static [&'static str] {
        match self {
            Self::Conv => &["conv2d", "convolution2d"],
            Self::Depthwise => &["depthwise_conv2d"],
            Self::Norm => &["batch_normalization", "batchnormalization"],
            Self::Dense => &["dense"],
            Self::Transposed => &["conv2d_transpose"],
            Self::GroupNorm => &["group_normalization"],
            Self::LayerNorm => &["layer_normalization"],
            Self::PRelu => &["p_re_lu"],
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
            Layer::TransposedConv(_) => Some(Self::Transposed),
            Layer::GroupNorm(_) | Layer::InstanceNorm(_) => Some(Self::GroupNorm),
            Layer::LayerNorm(_) => Some(Self::LayerNorm),
            Layer::PRelu(_) => Some(Self::PRelu),
            _ => None,
        }
    }
}

/// The variables of Keras' layers.
const VARIABLES: [&str; 10] = [
    "kernel",
    "depthwise_kernel",
    "pointwise_kernel",
    "bias",
    "gamma",
    "beta",
    "moving_mean",
    "moving_variance",
    "embeddings",
    "alpha",
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
        let layer = parts.next()?;
        // Models that it lies in count their layers anew.
        let mut models: Vec<&str> = parts.filter(|it| *it != "layers").collect();
        if !name.starts_with("layers/") {
            models.clear();
        }
        models.reverse();
        models.push(layer);
        return Some((models.join("/"), last.to_owned()));
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
            Role::Weight => &["kernel", "depthwise_kernel", "gamma", "alpha"],
            Role::Bias => &["bias", "beta"],
            Role::RunningMean => &["moving_mean"],
            Role::RunningVar => &["moving_variance"],
            _ => &[],
        };
        // A separable convolution is two nodes; the first has one variable.
        let number = (number + usize::from(pointwise)).to_string();
        let known = self.0.get(layer)?;
        let of = |name: &str| known.iter().find(|(it, _)| it == name);
        let found = variables.iter().find_map(|name| of(name));
        found.or_else(|| of(&number)).map(|&(_, place)| place)
    }

    /// Whether the layers have the names of their classes, with numbers, whatever they are called in the
    /// network, as in `.weights.h5` files.
    fn is_of_classes(&self) -> bool {
        let is_number = |variable: &str| variable.chars().all(|it| it.is_ascii_digit());
        let is_of_class = |name: &str| {
            let name = name.rsplit('/').next().unwrap_or(name);
            let stems = Kind::ALL.iter().flat_map(|kind| kind.stems());
            let mut stems = stems.chain(&SEPARABLE);
            stems.any(|stem| default_number(name, stem).is_some())
        };
        self.0.iter().all(|(name, variables)| {
            is_of_class(name) && variables.iter().all(|(variable, _)| is_number(variable))
        })
    }

    /// The layers with Keras' default names of this kind, in the order they were made.
    fn of_kind(&self, kind: Kind) -> Vec<&str> {
        self.of_stems(kind.stems())
    }

    fn of_stems(&self, stems: &[&str]) -> Vec<&str> {
        let number = |name: &str| {
            let mut stems = stems.iter();
            stems.find_map(|stem| default_number(name, stem))
        };
        let names = self.0.keys().map(String::as_str);
        // Those of models within the network first, which is what it begins with where it is built on another.
        let place = |name: &str| {
            let (model, layer) = name.rsplit_once('/').unwrap_or(("", name));
            let depth = name.matches('/').count();
            Some((Reverse(depth), model.to_owned(), number(layer)?))
        };
        let mut numbered: Vec<_> = names
            .filter_map(|name| Some((place(name)?, name)))
            .collect();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, name)| name).collect()
    }
}

/// The number of a default name: 0 of `conv2d`, 2 of `conv2d_2`.
fn default_number(name: &str, stem: &str) -> Option<u64> {
    match name.strip_prefix(stem)? {
        "" => Some(0),
        rest => rest.strip_prefix('_')?.parse().ok(),
    }
}

const SEPARABLE: [&str; 1] = ["separable_conv2d"];

/// Endings of the two nodes that one separable convolution of Keras is here.
const DEPTHWISE: &str = "_depthwise";
const POINTWISE: &str = "_pointwise";

/// For each node with weights the layer of the file that they come from.
fn sources<'a>(graph: &Graph, shapes: &Shapes, layers: &'a Layers) -> HashMap<NodeId, &'a str> {
    let named = |name: &str| layers.0.get_key_value(name).map(|(key, _)| key.as_str());
    let nodes = graph.nodes();
    let mut sources = HashMap::new();
    let of_classes = layers.is_of_classes();
    if of_classes {
        // The pairs of nodes that separable convolutions are, in their order.
        let stems = nodes
            .iter()
            .filter_map(|node| node.name.strip_suffix(DEPTHWISE));
        for (stem, layer) in stems.zip(layers.of_stems(&SEPARABLE)) {
            let both = nodes.iter().filter(|node| {
                let rest = node.name.strip_prefix(stem);
                rest.is_some_and(|rest| [DEPTHWISE, POINTWISE].contains(&rest))
            });
            sources.extend(both.map(|node| (node.id, layer)));
        }
    }
    for node in nodes
        .iter()
        .filter(|node| !of_classes && Kind::of(graph, shapes, node).is_some())
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
            (Role::Weight, Some(Kind::Transposed), &[input, out, height, width]) => Self {
                dims: vec![height, width, out, input],
                axes: vec![3, 2, 0, 1],
                flattened: None,
            },
            (_, Some(Kind::LayerNorm), &[channels, height, width]) => Self {
                dims: vec![height, width, channels],
                axes: vec![2, 0, 1],
                flattened: None,
            },
            (_, Some(Kind::LayerNorm), _) => Self::straight(ours, flattened),
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
