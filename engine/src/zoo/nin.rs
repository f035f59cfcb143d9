//! Network in Network (Lin, Chen and Yan 2014): small multilayer perceptrons slid over the map.

use super::Quantity::{Macs, Trainable};
use super::parts::{bins, ceil_pool, dropout, finish, flatten, padded, strided};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, AvgPool, Conv};
use crate::{Graph, GraphBuilder};

const STORY: &str = "After each convolution two 1×1 convolutions with ReLU work on every position \
    by itself: a little multilayer perceptron that mixes channels. The last one has a map per \
    class, and the mean of each map is the class's score, so that no linear layer is left. This \
    makes features more abstract at few parameters, and both ideas, 1×1 convolution and global \
    average pooling, live on in Inception and nearly all that followed. Left unregularised the \
    extra capacity overfits, and as a network of its own it was soon overtaken.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2014,
    paper: "Lin, Chen, Yan: Network in network. ICLR 2014",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: imagenet,
};

pub(super) const IMAGENET: Entry = Entry {
    name: "nin",
    title: "NiN (ImageNet)",
    variant: "Four mlpconv layers, as the authors released it for ImageNet.",
    published: &[Figure::rounded(
        Trainable,
        7_600_000,
        0.01,
        "the authors' release: 29 MB",
    )],
    ..FAMILY
};

pub(super) const CIFAR_10: Entry = Entry {
    name: "nin-cifar-10",
    title: "NiN (CIFAR-10)",
    variant: "Three mlpconv layers on 32×32, as published; the second pool averages.",
    published: &[
        Figure::exact(Trainable, 966_986, "the authors' release"),
        Figure::exact(Macs, 222_486_528, "an independent count with PyTorch"),
    ],
    build: cifar_10,
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "nin-mini",
    title: "NiN mini",
    variant: "Three mlpconv layers at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

/// A convolution and the two 1×1 after it, each with ReLU, named as the authors do.
fn mlpconv(net: &mut GraphBuilder, names: [&str; 3], conv: Conv, pointwise: [u32; 2]) {
    net.block(names[0], |net| {
        let pointwise = pointwise.map(|channels| Conv::new(channels, 1));
        for (name, conv) in names
            .into_iter()
            .zip([vec![conv], pointwise.to_vec()].concat())
        {
            net.then(name, conv);
            net.then(format!("{name}_relu"), Activation::Relu);
        }
    });
}

fn imagenet(options: &Options) -> Result<Graph, ZooError> {
    let classes = options.classes_or(1000);
    let mut net = GraphBuilder::new(IMAGENET.title, options.input_or(3, 224));
    mlpconv(
        &mut net,
        ["conv1", "cccp1", "cccp2"],
        strided(4, Conv::new(96, 11)),
        [96, 96],
    );
    net.then("pool1", ceil_pool(3, 2));
    mlpconv(
        &mut net,
        ["conv2", "cccp3", "cccp4"],
        padded(256, 5),
        [256, 256],
    );
    net.then("pool2", ceil_pool(3, 2));
    mlpconv(
        &mut net,
        ["conv3", "cccp5", "cccp6"],
        padded(384, 3),
        [384, 384],
    );
    net.then("pool3", ceil_pool(3, 2));
    net.then("drop", dropout(0.5));
    let names = ["conv4-1024", "cccp7-1024", "cccp8-1024"];
    mlpconv(&mut net, names, padded(1024, 3), [1024, classes]);
    net.then("pool4", bins(1));
    net.then("flatten", flatten());
    finish(net)
}

/// Caffe's overlapping average pool.
const AVERAGE: AvgPool = AvgPool {
    stride: [2, 2],
    ceil_mode: true,
    ..AvgPool::new(3)
};

fn cifar_10(options: &Options) -> Result<Graph, ZooError> {
    let classes = options.classes_or(10);
    let mut net = GraphBuilder::new(CIFAR_10.title, options.input_or(3, 32));
    mlpconv(
        &mut net,
        ["conv1", "cccp1", "cccp2"],
        padded(192, 5),
        [160, 96],
    );
    net.then("pool1", ceil_pool(3, 2));
    net.then("drop1", dropout(0.5));
    mlpconv(
        &mut net,
        ["conv2", "cccp3", "cccp4"],
        padded(192, 5),
        [192, 192],
    );
    net.then("pool2", AVERAGE);
    net.then("drop2", dropout(0.5));
    mlpconv(
        &mut net,
        ["conv3", "cccp5", "cccp6"],
        padded(192, 3),
        [192, classes],
    );
    net.then("pool3", bins(1));
    net.then("flatten", flatten());
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let classes = options.classes_or(10);
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    mlpconv(
        &mut net,
        ["conv1", "cccp1", "cccp2"],
        padded(32, 5),
        [32, 24],
    );
    net.then("pool1", ceil_pool(3, 2));
    net.then("drop1", dropout(0.2));
    mlpconv(
        &mut net,
        ["conv2", "cccp3", "cccp4"],
        padded(48, 5),
        [48, 48],
    );
    net.then("pool2", AVERAGE);
    net.then("drop2", dropout(0.2));
    net.block("conv3", |net| {
        net.then("conv3", padded(64, 3));
        net.then("conv3_relu", Activation::Relu);
        net.then("cccp5", Conv::new(64, 1));
        net.then("cccp5_relu", Activation::Relu);
        // No ReLU after the class maps: a score that starts below zero could not learn.
        net.then("cccp6", Conv::new(classes, 1));
    });
    net.then("pool3", bins(1));
    net.then("flatten", flatten());
    net.then("softmax", Activation::Softmax);
    finish(net)
}
