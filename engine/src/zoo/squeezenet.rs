//! SqueezeNet (Iandola et al. 2016): fire modules squeeze with 1×1, then expand with 1×1 and 3×3.
//! Nodes have the names of the authors' Caffe model, because its weights are published.

use super::Quantity::{Macs, Trainable};
use super::parts::{
    GLOBAL_AVERAGE, ceil_pool, dropout, finish, flatten, max_pool, padded, strided,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, MaxPool, Merge};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2016,
    paper: "Iandola et al.: SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and \
        <0.5MB model size. arXiv:1602.07360, 2016",
    story: "AlexNet's accuracy in a fiftieth of its parameters. A fire module first squeezes the \
        channels with a few 1×1 kernels, so that the 3×3 after it are cheap, then expands with \
        1×1 and 3×3 side by side; pooling comes late, and the mean of a map per class replaces \
        the linear layers. At 5 MB, or half a megabyte compressed, it goes over any network and \
        onto any chip. Few parameters are not little arithmetic, though: its activations are \
        large, and its accuracy is that of 2012.",
    variant: "",
    published: &[],
    scalable: false,
    build: v1_0,
};

pub(super) const V1_0: Entry = Entry {
    name: "squeezenet-1.0",
    title: "SqueezeNet 1.0",
    variant: "As published: a 7×7 first, pools after conv1, fire4 and fire8.",
    published: &[
        Figure::exact(Trainable, 1_248_424, "torchvision"),
        Figure::rounded(Macs, 819_000_000, 2e-3, "torchvision"),
    ],
    ..FAMILY
};

pub(super) const V1_1: Entry = Entry {
    name: "squeezenet-1.1",
    title: "SqueezeNet 1.1",
    variant: "The authors' later version: a 3×3 first and earlier pools, 2.4 times less \
        arithmetic. At 227×227 with pools that round down, as the shipped weights want it.",
    published: &[
        Figure::exact(Trainable, 1_235_496, "torchvision"),
        // `_ops` of SqueezeNet1_1_Weights in torchvision 0.23, torchvision/models/squeezenet.py.
        Figure::differs(
            Macs,
            349_000_000,
            "torchvision",
            "torchvision counts at 224×224, this is 227×227",
        ),
    ],
    build: v1_1,
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "squeezenet-mini",
    title: "SqueezeNet mini",
    variant: "Four fire modules at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

fn fire(net: &mut GraphBuilder, number: u32, squeeze: u32, expand: u32) {
    let name = format!("fire{number}");
    net.block(name.clone(), |net| {
        net.then(format!("{name}/squeeze1x1"), Conv::new(squeeze, 1));
        let squeezed = net.then(format!("{name}/relu_squeeze1x1"), Activation::Relu);
        net.then(format!("{name}/expand1x1"), Conv::new(expand, 1));
        let narrow = net.then(format!("{name}/relu_expand1x1"), Activation::Relu);
        net.go_to(squeezed);
        net.then(format!("{name}/expand3x3"), padded(expand, 3));
        let wide = net.then(format!("{name}/relu_expand3x3"), Activation::Relu);
        net.from(&[narrow, wide], format!("{name}/concat"), Merge::Concat);
    });
}

/// The squeeze and expand channels of fire2 … fire9.
const FIRES: [(u32, [u32; 2]); 8] = [
    (2, [16, 64]),
    (3, [16, 64]),
    (4, [32, 128]),
    (5, [32, 128]),
    (6, [48, 192]),
    (7, [48, 192]),
    (8, [64, 256]),
    (9, [64, 256]),
];

fn v1_0(options: &Options) -> Result<Graph, ZooError> {
    let stem = strided(2, Conv::new(96, 7));
    squeezenet(V1_0.title, options, 224, stem, ceil_pool(3, 2), [4, 8])
}

fn v1_1(options: &Options) -> Result<Graph, ZooError> {
    let stem = strided(2, Conv::new(64, 3));
    squeezenet(V1_1.title, options, 227, stem, max_pool(3, 2, 0), [3, 5])
}

fn squeezenet(
    title: &str,
    options: &Options,
    side: u32,
    stem: Conv,
    pool: MaxPool,
    pooled: [u32; 2],
) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, options.input_or(3, side));
    net.then("conv1", stem);
    net.then("relu_conv1", Activation::Relu);
    net.then("pool1", pool.clone());
    for (number, [squeeze, expand]) in FIRES {
        fire(&mut net, number, squeeze, expand);
        if pooled.contains(&number) {
            net.then(format!("pool{number}"), pool.clone());
        }
    }
    net.then("drop9", dropout(0.5));
    net.then("conv10", Conv::new(options.classes_or(1000), 1));
    net.then("relu_conv10", Activation::Relu);
    net.then("pool10", GLOBAL_AVERAGE);
    net.then("flatten", flatten());
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    net.then("conv1", padded(32, 3));
    net.then("relu_conv1", Activation::Relu);
    net.then("pool1", max_pool(2, 2, 0));
    fire(&mut net, 2, 8, 32);
    fire(&mut net, 3, 8, 32);
    net.then("pool3", max_pool(2, 2, 0));
    fire(&mut net, 4, 16, 64);
    fire(&mut net, 5, 16, 64);
    net.then("drop5", dropout(0.2));
    // No ReLU after the class maps: a score that starts below zero could not learn.
    net.then("conv6", Conv::new(options.classes_or(10), 1));
    net.then("pool6", GLOBAL_AVERAGE);
    net.then("flatten", flatten());
    net.then("softmax", Activation::Softmax);
    finish(net)
}
