//! VGG (Simonyan and Zisserman 2015): blocks of 3×3 convolutions, a pool after each.

use super::Quantity::{Macs, Trainable};
use super::parts::{bins, dropout, finish, flatten, linear, max_pool, padded, same};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Flatten, FlattenOrder};
use crate::{Graph, GraphBuilder};

const STORY: &str = "One idea carried through: nothing but 3×3 convolutions in blocks, the \
    channels doubled and the side halved from block to block. Two 3×3 see as far as one 5×5, with \
    fewer parameters and one ReLU more between them. It is easy to explain and to change, its \
    features transfer well to detection, segmentation and style transfer, and it is a common load \
    for benchmarks. The price is size: VGG-16 has 138 million parameters, most in the first \
    linear layer, and its activations and arithmetic are large, so it is slow where MobileNet is \
    quick.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2015,
    paper: "Simonyan, Zisserman: Very deep convolutional networks for large-scale image \
        recognition. ICLR 2015",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: |options| vgg(VGG_16.title, options, [2, 2, 3, 3, 3]),
};

pub(super) const VGG_11: Entry = Entry {
    name: "vgg-11",
    title: "VGG-11",
    variant: "Column A of the paper: 8 convolutions and 3 linear layers.",
    published: &[
        Figure::exact(Trainable, 132_863_336, "torchvision"),
        Figure::rounded(Macs, 7_609_000_000, 1e-3, "torchvision"),
    ],
    build: |options| vgg(VGG_11.title, options, [1, 1, 2, 2, 2]),
    ..FAMILY
};

pub(super) const VGG_13: Entry = Entry {
    name: "vgg-13",
    title: "VGG-13",
    variant: "Column B: 10 convolutions and 3 linear layers.",
    published: &[
        Figure::exact(Trainable, 133_047_848, "torchvision"),
        Figure::rounded(Macs, 11_308_000_000, 1e-3, "torchvision"),
    ],
    build: |options| vgg(VGG_13.title, options, [2, 2, 2, 2, 2]),
    ..FAMILY
};

pub(super) const VGG_16: Entry = Entry {
    name: "vgg-16",
    title: "VGG-16",
    variant: "Column D: 13 convolutions and 3 linear layers.",
    published: &[
        Figure::exact(Trainable, 138_357_544, "torchvision and Keras"),
        Figure::exact(Macs, 15_470_264_320, "fvcore"),
    ],
    ..FAMILY
};

pub(super) const VGG_16_ARTICLE: Entry = Entry {
    name: "vgg-16-article",
    title: "VGG-16 (article)",
    variant: "As the article's code builds it: the same layers without dropout, with softmax.",
    published: &[Figure::exact(
        Trainable,
        138_357_544,
        "the article's code, counted by Keras",
    )],
    build: article,
    ..FAMILY
};

pub(super) const VGG_19: Entry = Entry {
    name: "vgg-19",
    title: "VGG-19",
    variant: "Column E: 16 convolutions and 3 linear layers.",
    published: &[
        Figure::exact(Trainable, 143_667_240, "torchvision and Keras"),
        Figure::rounded(Macs, 19_632_000_000, 1e-3, "torchvision"),
    ],
    build: |options| vgg(VGG_19.title, options, [2, 2, 4, 4, 4]),
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "vgg-mini",
    title: "VGG mini",
    variant: "Three blocks of two 3×3 at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

/// The channels of the five blocks.
const CHANNELS: [u32; 5] = [64, 128, 256, 512, 512];

fn vgg(title: &str, options: &Options, depths: [u32; 5]) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, options.input_or(3, 224));
    let mut number = 0..;
    let mut feature = || format!("features.{}", number.next().unwrap_or(0));
    for (block, (depth, channels)) in depths.into_iter().zip(CHANNELS).enumerate() {
        net.block(format!("block {}", block + 1), |net| {
            for _ in 0..depth {
                net.then(feature(), padded(channels, 3));
                net.then(feature(), Activation::Relu);
            }
            net.then(feature(), max_pool(2, 2, 0));
        });
    }
    net.then("avgpool", bins(7));
    net.then("flatten", flatten());
    net.then("classifier.0", linear(4096));
    net.then("classifier.1", Activation::Relu);
    net.then("classifier.2", dropout(0.5));
    net.then("classifier.3", linear(4096));
    net.then("classifier.4", Activation::Relu);
    net.then("classifier.5", dropout(0.5));
    net.then("classifier.6", linear(options.classes_or(1000)));
    finish(net)
}

fn article(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(VGG_16_ARTICLE.title, options.input_or(3, 224));
    for (block, (depth, channels)) in (1..).zip([2, 2, 3, 3, 3].into_iter().zip(CHANNELS)) {
        net.block(format!("block {block}"), |net| {
            for conv in 1..=depth {
                net.then(format!("block{block}_conv{conv}"), same(channels, 3));
                net.then(format!("block{block}_relu{conv}"), Activation::Relu);
            }
            net.then(format!("block{block}_pool"), max_pool(2, 2, 0));
        });
    }
    net.then(
        "flatten",
        Flatten {
            order: FlattenOrder::Hwc,
        },
    );
    net.then("fc1", linear(4096));
    net.then("relu1", Activation::Relu);
    net.then("fc2", linear(4096));
    net.then("relu2", Activation::Relu);
    net.then("predictions", linear(options.classes_or(1000)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    for (block, channels) in [(1, 16), (2, 32), (3, 64)] {
        net.block(format!("block {block}"), |net| {
            for conv in 1..=2 {
                net.then(format!("block{block}_conv{conv}"), padded(channels, 3));
                net.then(format!("block{block}_relu{conv}"), Activation::Relu);
            }
            net.then(format!("block{block}_pool"), max_pool(2, 2, 0));
        });
    }
    net.then("flatten", flatten());
    net.then("fc1", linear(96));
    net.then("relu1", Activation::Relu);
    net.then("drop1", dropout(0.5));
    net.then("fc2", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
