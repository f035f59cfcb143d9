//! The context network (Yu and Koltun 2016): dilated convolutions with a large receptive field at full
//! resolution.

use super::Quantity::Trainable;
use super::parts::{GLOBAL_AVERAGE, around, finish, padded};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, Flatten};
use crate::{Graph, GraphBuilder};

const STORY: &str = "Kernels whose taps stand 1, 2, 4, 8 and 16 pixels apart: with each doubling \
    the receptive field doubles too, while the map keeps its size and the 3×3 its nine weights. \
    Put after a segmentation network it lets every pixel weigh what stands 33 pixels away, without \
    the pooling that blurs edges; DeepLab and many audio models build on the same idea. Regularly \
    spaced taps can leave grid patterns, and maps at full resolution cost memory and arithmetic.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2016,
    paper: "Yu, Koltun: Multi-scale context aggregation by dilated convolutions. ICLR 2016",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: |options| context(BASIC.title, options, [1; 7]),
};

pub(super) const BASIC: Entry = Entry {
    name: "context-basic",
    title: "Context network (basic)",
    variant: "As many channels as classes in every layer; reads the 21 class maps of Pascal VOC.",
    published: &[Figure::differs(
        Trainable,
        28_224,
        "Yu and Koltun 2016: 64·C² parameters at C = 21",
        "the paper's formula leaves out the 8·C biases, 168 here",
    )],
    ..FAMILY
};

pub(super) const LARGE: Entry = Entry {
    name: "context-large",
    title: "Context network (large)",
    variant: "2 to 32 times as many channels as classes.",
    build: |options| context(LARGE.title, options, [2, 2, 4, 8, 16, 32, 32]),
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "context-mini",
    title: "Context network mini",
    variant: "The same dilations before a global average, to classify 28×28.",
    build: mini,
    ..FAMILY
};

/// The dilation of each 3×3 convolution.
const DILATIONS: [u32; 7] = [1, 1, 2, 4, 8, 16, 1];

/// A 3×3 convolution with this dilation that keeps the map's size.
const fn dilated(channels: u32, dilation: u32) -> Conv {
    let padding = around(dilation);
    Conv {
        dilation: [dilation, dilation],
        padding,
        ..padded(channels, 3)
    }
}

fn context(title: &str, options: &Options, widths: [u32; 7]) -> Result<Graph, ZooError> {
    let classes = options.classes_or(21);
    let mut net = GraphBuilder::new(title, options.input_or(21, 64));
    for (number, (dilation, width)) in (1..).zip(DILATIONS.into_iter().zip(widths)) {
        net.then(
            format!("layer{number}"),
            dilated(width.saturating_mul(classes), dilation),
        );
        net.then(format!("trunc{number}"), Activation::Relu);
    }
    net.then("layer8", Conv::new(classes, 1));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    for (number, dilation) in (1..).zip([1, 1, 2, 4, 8, 1]) {
        net.then(format!("layer{number}"), dilated(16, dilation));
        net.then(format!("trunc{number}"), Activation::Relu);
    }
    net.then("layer7", Conv::new(options.classes_or(10), 1));
    net.then("average", GLOBAL_AVERAGE);
    net.then("flatten", Flatten::default());
    net.then("softmax", Activation::Softmax);
    finish(net)
}
