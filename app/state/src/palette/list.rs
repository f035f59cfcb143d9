//! The entries of the palette.

use engine::graph::BlockTemplate;
use engine::layer::{
    Activation, AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice,
    Conv, Dropout, Flatten, GlobalPool, GroupNorm, InstanceNorm, LayerNorm, LayerNormAxes, Linear,
    Lrn, MaxPool, Merge, PRelu, Pad, Padding, PoolMode, Rbf, Subsample, TableConv, TransposedConv,
    Upsample, UpsampleMode,
};
use engine::{Layer, Shape};
use serde_json::Value;

use super::{Make, PaletteEntry};

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

/// In as many groups of at most 32 as divide the channels.
fn group_norm(shape: Shape) -> Layer {
    let divides = |groups: &u32| shape.channels.is_multiple_of(*groups);
    let groups = (1..=shape.channels.min(32)).rev().find(divides);
    GroupNorm::new(groups.unwrap_or(1)).into()
}

/// The entries that most networks use, with the names on their tiles.
const COMMON: [(&str, Option<&str>, &str); 8] = [
    ("conv", None, "Convolution"),
    ("max_pool", None, "Max pooling"),
    ("batch_norm", None, "Batch norm"),
    ("activation", Some("relu"), "ReLU"),
    ("avg_pool", None, "Average pooling"),
    ("dropout", None, "Dropout"),
    ("linear", None, "Linear"),
    ("merge", Some("add"), "Add (skip)"),
];

/// The place of an entry among the common ones, and its name there.
pub fn common(entry: &PaletteEntry) -> Option<(usize, &'static str)> {
    let named = |(kind, variant, _): &(&str, Option<&str>, &str)| {
        *kind == entry.kind && *variant == entry.variant
    };
    let at = COMMON.iter().position(named)?;
    Some((at, COMMON[at].2))
}

/// All entries, by family, blocks last.
pub fn palette() -> Vec<PaletteEntry> {
    let mut all = Vec::new();
    let mut layer = |variant, title, sentence, make: Make| {
        let example = make.example();
        let entry = PaletteEntry {
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
        "transposed convolution",
        "Makes maps twice as large, with learnt kernels (“deconvolution”).",
        Make::Layer(|_| TransposedConv::new(16, 2).into()),
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
        None,
        "adaptive max pooling",
        "Maxima to a size you choose.",
        Make::Layer(|shape| {
            AdaptiveMaxPool {
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
        "group norm",
        "Mean 0, variance 1 over groups of channels of one picture.",
        Make::Layer(group_norm),
    );
    layer(
        None,
        "layer norm",
        "Mean 0, variance 1 over all values of one picture.",
        Make::Layer(|_| LayerNorm::new(LayerNormAxes::All).into()),
    );
    layer(
        None,
        "instance norm",
        "Mean 0, variance 1 over each map of one picture.",
        Make::Layer(|_| InstanceNorm::new().into()),
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
        "PReLU",
        "Negative values times a learnt slope.",
        Make::Layer(|_| PRelu { per_channel: true }.into()),
    );
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
        "Element by element, for skip connections; sides of 1 are repeated.",
        Make::Merge(Merge::Add),
    );
    layer(
        Some("multiply"),
        "multiply",
        "Element by element, for gates; sides of 1 are repeated.",
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
        Some("nearest"),
        "upsampling, nearest",
        "Each value twice in both directions.",
        Make::Layer(|_| Upsample::new(2).into()),
    );
    layer(
        Some("bilinear"),
        "upsampling, bilinear",
        "Twice as large, with means between the values.",
        Make::Layer(|_| {
            Upsample {
                mode: UpsampleMode::Bilinear,
                ..Upsample::new(2)
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
        all.push(PaletteEntry {
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
