//! What the palette offers, and how each piece is cut to the place where it is put.

use engine::graph::{BlockTemplate, Edit, Piece, Place};
use engine::layer::{
    Activation, AdaptiveAvgPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice, Conv, Dropout,
    Family, Flatten, GlobalPool, Linear, Lrn, MaxPool, Merge, Pad, Padding, PoolMode, Rbf,
    Subsample, TableConv,
};
use engine::{Analysis, Graph, Layer, NodeId, Shape};
use serde_json::Value;

/// An entry of the palette.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The layer's or block's kind, as a document names it.
    pub kind: String,
    /// What sets it apart from others of its kind.
    pub variant: Option<&'static str>,
    pub title: &'static str,
    /// `None` for blocks.
    pub family: Option<Family>,
    pub sentence: &'static str,
    make: Make,
}

/// How the piece follows from the shape it is put behind: the first choice first.
#[derive(Clone, Debug)]
enum Make {
    Layer(fn(Shape) -> Layer),
    /// Two ways: the second keeps the map's shape, for places where the first would break what is
    /// behind.
    Either(fn(Shape) -> Layer, fn(Shape) -> Layer),
    Activation(Activation),
    /// Several inputs.
    Merge(Merge),
    /// Takes a vector: a flatten comes first where there is a map.
    Vector(Layer),
    Block(BlockTemplate),
}

fn kernel(shape: Shape, side: u32) -> [u32; 2] {
    shape.size().map(|size| size.clamp(1, side))
}

fn conv(shape: Shape) -> Layer {
    let kernel = kernel(shape, 3);
    Conv {
        kernel,
        ..Conv::new(16, 3)
    }
    .into()
}

/// A convolution that keeps the shape.
fn keeping(shape: Shape) -> Layer {
    let padding = Padding::Sides([1; 4]);
    Conv {
        padding,
        ..Conv::new(shape.channels, 3)
    }
    .into()
}

fn pool(shape: Shape) -> Layer {
    let kernel = kernel(shape, 2);
    MaxPool {
        kernel,
        stride: kernel,
        ..MaxPool::new(2)
    }
    .into()
}

fn avg_pool(shape: Shape) -> Layer {
    let kernel = kernel(shape, 2);
    AvgPool {
        kernel,
        stride: kernel,
        ..AvgPool::new(2)
    }
    .into()
}

fn table(shape: Shape) -> Layer {
    let table = vec![(0..shape.channels.min(64)).collect(); 16];
    TableConv {
        table,
        kernel: kernel(shape, 5),
        bias: true,
    }
    .into()
}

/// Half of the channels in one of two groups, where they can be halved.
fn shuffle(shape: Shape) -> Layer {
    let groups = if shape.channels.is_multiple_of(2) {
        2
    } else {
        1
    };
    ChannelShuffle { groups }.into()
}

/// All entries, by family, blocks last.
pub fn palette() -> Vec<Entry> {
    let mut all = Vec::new();
    let mut layer = |variant, title, sentence, make: Make| {
        let example = make.example();
        let entry = Entry {
            kind: tag(&serde_json::to_value(&example), "kind"),
            variant,
            title,
            family: Some(example.family()),
            sentence,
            make,
        };
        all.push(entry);
    };
    layer(
        None,
        "convolution",
        "Kernels that slide over the map.",
        Make::Either(conv, keeping),
    );
    layer(
        Some("depthwise"),
        "depthwise convolution",
        "One kernel for each channel.",
        Make::Layer(|shape| {
            let groups = shape.channels;
            let padding = Padding::Sides([1; 4]);
            Conv {
                groups,
                padding,
                ..Conv::new(groups, 3)
            }
            .into()
        }),
    );
    layer(
        Some("pointwise"),
        "pointwise convolution",
        "1×1: mixes channels, looks at no neighbours.",
        Make::Either(
            |_| Conv::new(16, 1).into(),
            |shape| Conv::new(shape.channels, 1).into(),
        ),
    );
    layer(
        None,
        "table convolution",
        "Each output map sees some input maps (1998).",
        Make::Layer(table),
    );
    layer(
        None,
        "max pooling",
        "The largest value of each window.",
        Make::Either(pool, |_| {
            let padding = Padding::Sides([1; 4]);
            MaxPool {
                stride: [1; 2],
                padding,
                ..MaxPool::new(3)
            }
            .into()
        }),
    );
    layer(
        None,
        "average pooling",
        "The mean of each window.",
        Make::Either(avg_pool, |_| {
            let padding = Padding::Sides([1; 4]);
            AvgPool {
                stride: [1; 2],
                padding,
                ..AvgPool::new(3)
            }
            .into()
        }),
    );
    layer(
        None,
        "adaptive average pooling",
        "Means to a size you choose.",
        Make::Layer(|shape| {
            AdaptiveAvgPool {
                output: kernel(shape, 7),
            }
            .into()
        }),
    );
    layer(
        Some("avg"),
        "global average pooling",
        "Each map becomes its mean.",
        Make::Layer(|_| {
            GlobalPool {
                mode: PoolMode::Avg,
            }
            .into()
        }),
    );
    layer(
        Some("max"),
        "global max pooling",
        "Each map becomes its largest value.",
        Make::Layer(|_| {
            GlobalPool {
                mode: PoolMode::Max,
            }
            .into()
        }),
    );
    layer(
        None,
        "subsampling",
        "Sum times a learnt factor (LeNet, 1998).",
        Make::Layer(|shape| {
            Subsample {
                kernel: kernel(shape, 2),
                fan: 1,
            }
            .into()
        }),
    );
    layer(
        None,
        "batch norm",
        "Mean 0, variance 1, then learnt scale and shift.",
        Make::Layer(|_| BatchNorm::new().into()),
    );
    layer(
        None,
        "local response norm",
        "Divides by the strength of neighbouring channels (AlexNet).",
        Make::Layer(|_| {
            let (size, alpha, beta, k) = (5, 1e-4, 0.75, 2.0);
            Lrn {
                size,
                alpha,
                beta,
                k,
                alpha_divided_by_size: false,
            }
            .into()
        }),
    );
    for (name, activation, sentence) in ACTIVATIONS {
        layer(
            Some(name),
            activation.title(),
            sentence,
            Make::Activation(activation),
        );
    }
    layer(
        None,
        "linear",
        "Every output sees every input; a flatten comes before it where needed.",
        Make::Vector(Linear::new(10).into()),
    );
    layer(
        None,
        "radial basis (RBF)",
        "Distance to stored codes (LeNet, 1998).",
        Make::Vector(Rbf { classes: 10 }.into()),
    );
    layer(
        Some("add"),
        "add",
        "Element by element, for skip connections.",
        Make::Merge(Merge::Add),
    );
    layer(
        Some("multiply"),
        "multiply",
        "Element by element, for gates.",
        Make::Merge(Merge::Multiply),
    );
    layer(
        Some("concat"),
        "concatenate",
        "Channel after channel.",
        Make::Merge(Merge::Concat),
    );
    layer(
        None,
        "flatten",
        "A map as a vector.",
        Make::Layer(|_| Flatten::default().into()),
    );
    layer(
        None,
        "pad",
        "A border around the map.",
        Make::Layer(|_| {
            Pad {
                sides: [1; 4],
                value: 0.0,
            }
            .into()
        }),
    );
    layer(
        None,
        "channel shuffle",
        "Interleaves groups of channels.",
        Make::Layer(shuffle),
    );
    layer(
        None,
        "channel slice",
        "Keeps some of the channels.",
        Make::Layer(|shape| {
            ChannelSlice {
                start: 0,
                end: shape.channels.div_ceil(2),
            }
            .into()
        }),
    );
    layer(
        None,
        "dropout",
        "Forgets values at random while training.",
        Make::Layer(|_| Dropout { p: 0.5 }.into()),
    );
    for block in BlockTemplate::CATALOGUE {
        all.push(Entry {
            kind: tag(&serde_json::to_value(&block), "template"),
            variant: None,
            title: block.title(),
            family: None,
            sentence: about(&block),
            make: Make::Block(block),
        });
    }
    all
}

fn tag(value: &serde_json::Result<Value>, key: &str) -> String {
    let tag = value.as_ref().ok().and_then(|value| value[key].as_str());
    tag.unwrap_or_default().to_owned()
}

const ACTIVATIONS: [(&str, Activation, &str); 13] = [
    ("relu", Activation::Relu, "Negative values become 0."),
    ("relu6", Activation::Relu6, "Cut off below 0 and above 6."),
    (
        "leaky_relu",
        Activation::LeakyRelu { slope: 0.01 },
        "Negative values become small.",
    ),
    (
        "elu",
        Activation::Elu { alpha: 1.0 },
        "Negative values bend towards −α.",
    ),
    ("tanh", Activation::Tanh, "Bends into −1 … 1."),
    (
        "scaled_tanh",
        Activation::LECUN,
        "1.7159 · tanh(2x/3) (LeCun, 1998).",
    ),
    ("sigmoid", Activation::Sigmoid, "Bends into 0 … 1."),
    (
        "silu",
        Activation::Silu,
        "x · sigmoid(x), also called swish.",
    ),
    (
        "hard_sigmoid",
        Activation::HardSigmoid,
        "A sigmoid of straight lines.",
    ),
    (
        "hard_swish",
        Activation::HardSwish,
        "A swish of straight lines.",
    ),
    (
        "gelu",
        Activation::Gelu,
        "x times the normal distribution's share below x.",
    ),
    ("softmax", Activation::Softmax, "Shares that add up to 1."),
    (
        "log_softmax",
        Activation::LogSoftmax,
        "The logarithm of softmax.",
    ),
];

const fn about(block: &BlockTemplate) -> &'static str {
    match block {
        BlockTemplate::Residual { .. } => "Two 3×3 convolutions and a skip (ResNet-18).",
        BlockTemplate::Bottleneck { .. } => "1×1, 3×3, 1×1 and a skip (ResNet-50).",
        BlockTemplate::Inception { .. } => "Four branches side by side (GoogLeNet).",
        BlockTemplate::InvertedResidual { .. } => "Wide in the middle (MobileNet V2).",
        BlockTemplate::DepthwiseSeparable { .. } => "Depthwise, then pointwise (MobileNet).",
        BlockTemplate::MlpConv { .. } => "A small perceptron at each place (NiN).",
        BlockTemplate::SqueezeExcite { .. } => "A gate for each channel (SENet).",
        BlockTemplate::Dense { .. } => "Each layer sees all before it (DenseNet).",
    }
}

impl Make {
    /// The layer for a map of no special shape.
    fn example(&self) -> Layer {
        let shape = Shape::new(16, 16, 16);
        match self {
            Self::Layer(make) | Self::Either(make, _) => make(shape),
            Self::Activation(activation) => Layer::from(*activation),
            Self::Merge(merge) => Layer::from(*merge),
            Self::Vector(layer) => layer.clone(),
            // Blocks are no layers; their entries do not come here.
            Self::Block(_) => Layer::from(Flatten::default()),
        }
    }
}

impl Entry {
    /// The piece to be carried to a wire, cut to this shape.
    pub fn piece(&self, shape: Shape) -> Piece {
        match &self.make {
            Make::Layer(make) => Piece::Layer(make(shape)),
            // On a wire something is behind it, which wants its shape as it is.
            Make::Either(first, keeping) => Piece::Layer(match shape.is_vector() {
                true => first(shape),
                false => keeping(shape),
            }),
            Make::Activation(activation) => Piece::Layer((*activation).into()),
            Make::Merge(merge) => Piece::Layer((*merge).into()),
            Make::Vector(layer) => Piece::Layer(layer.clone()),
            Make::Block(block) => Piece::Block(block.clone()),
        }
    }

    /// The edits that put it behind `node`: the first way after which no node has a problem that
    /// had none, or else the first.
    pub fn behind(
        &self,
        graph: &Graph,
        analysis: &Analysis,
        node: NodeId,
        selection: &[NodeId],
    ) -> Vec<Edit> {
        let shape = shape_of(graph, analysis, node).unwrap_or(Shape::new(16, 16, 16));
        let put = |piece| behind(graph, analysis, piece, node, selection);
        let Make::Either(first, keeping) = &self.make else {
            return put(self.piece(shape));
        };
        let ways = [first, keeping].map(|make| put(Piece::Layer(make(shape))));
        let valid = |edits: &&Vec<Edit>| {
            let after = graph.apply_all(edits);
            after.is_ok_and(|it| Analysis::of(&it).problems.len() <= analysis.problems.len())
        };
        let found = ways.iter().find(valid).or(ways.first());
        found.cloned().unwrap_or_default()
    }
}

/// The edits that put a piece behind `node`: a flatten before what takes a vector, and for a merge
/// something to merge with.
pub fn behind(
    graph: &Graph,
    analysis: &Analysis,
    piece: Piece,
    node: NodeId,
    selection: &[NodeId],
) -> Vec<Edit> {
    let insert = |node, with, piece| Edit::Insert {
        place: Place::After { node, with },
        piece,
        name: None,
    };
    let map = shape_of(graph, analysis, node).is_some_and(|shape| !shape.is_vector());
    match piece {
        Piece::Layer(Layer::Linear(_) | Layer::Rbf(_)) if map => {
            let flatten = Piece::Layer(Flatten::default().into());
            let flat = graph.next_id();
            vec![
                insert(node, Vec::new(), flatten),
                insert(flat, Vec::new(), piece),
            ]
        }
        Piece::Layer(Layer::Merge(merge)) => {
            let (last, with) = partners(graph, analysis, node, selection, merge);
            vec![insert(last, with, piece)]
        }
        Piece::Layer(_) | Piece::Block(_) => vec![insert(node, Vec::new(), piece)],
    }
}

/// The shape that comes out of a node; `None` behind a problem.
pub fn shape_of(graph: &Graph, analysis: &Analysis, node: NodeId) -> Option<Shape> {
    if node == NodeId::INPUT {
        return Some(graph.input());
    }
    analysis.node(node)?.shape
}

/// Where a merge goes and what it takes beside: the other selected nodes, or the nearest node
/// before it whose shape fits, or the node itself a second time.
fn partners(
    graph: &Graph,
    analysis: &Analysis,
    node: NodeId,
    selection: &[NodeId],
    merge: Merge,
) -> (NodeId, Vec<NodeId>) {
    let place = |id: &NodeId| graph.position(*id);
    if selection.len() > 1 {
        let mut all = selection.to_vec();
        all.sort_by_key(place);
        let last = all.pop().unwrap_or(node);
        return (last, all);
    }
    let shape = shape_of(graph, analysis, node);
    let fits = |id: &NodeId| match (shape_of(graph, analysis, *id), shape) {
        (Some(other), Some(shape)) => match merge {
            Merge::Add | Merge::Multiply => other == shape,
            Merge::Concat => other.size() == shape.size(),
        },
        (None, _) | (_, None) => false,
    };
    let before = graph.position(node).unwrap_or(0);
    let earlier = graph.nodes().iter().take(before).rev().map(|node| node.id);
    let other = earlier.chain([NodeId::INPUT]).find(fits);
    (node, vec![other.unwrap_or(node)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lenet() -> Graph {
        engine::zoo::lenet5().unwrap()
    }

    #[test]
    fn every_piece_stands_behind_the_first_pooling_without_a_problem_of_its_own() {
        let graph = lenet();
        let analysis = Analysis::of(&graph);
        let node = graph.named("S2").unwrap().id;
        for entry in palette() {
            let edits = entry.behind(&graph, &analysis, node, &[node]);
            let after = graph.apply_all(&edits).unwrap();
            let new = |id: NodeId| graph.node(id).is_none();
            let mut problems = Analysis::of(&after).problems.into_iter();
            let own = problems.find(|problem| new(problem.node));
            assert_eq!(own, None, "{}", entry.title);
        }
    }

    #[test]
    fn a_convolution_in_the_middle_of_a_residual_branch_keeps_the_sum_valid() {
        let graph = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let merge = |node: &&engine::graph::Node| matches!(node.layer, Layer::Merge(_));
        let node = graph.nodes().iter().find(merge).unwrap().inputs[0];
        for entry in palette().iter().filter(|entry| entry.kind == "conv") {
            let after = graph
                .apply_all(&entry.behind(&graph, &analysis, node, &[]))
                .unwrap();
            assert!(Analysis::of(&after).is_valid(), "{}", entry.title);
        }
    }

    #[test]
    fn every_kind_of_layer_and_block_is_offered() {
        let kinds: std::collections::HashSet<String> =
            palette().into_iter().map(|entry| entry.kind).collect();
        // 18 kinds of layers and 8 blocks.
        assert_eq!(kinds.len(), 26, "{kinds:?}");
    }
}
