//! AlexNet (Krizhevsky, Sutskever and Hinton 2012), as published and as others rebuilt it.

use super::Quantity::{Macs, Trainable};
use super::parts::{
    around, bins, dropout, finish, flatten, grouped, linear, lrn, max_pool, padded, same, strided,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, Flatten, FlattenOrder};
use crate::{Graph, GraphBuilder};

const STORY: &str = "Five convolutions and three very wide linear layers, trained with ReLU and \
    dropout on a million photographs, won ImageNet 2012 by a wide margin and turned computer \
    vision to deep learning. Pooling windows overlap, neighbouring channels compete in local \
    response normalisation, and some convolutions are split in two groups because one GPU of the \
    time could not hold them. Its early layers still serve as general features. It is heavy for \
    what it does: nearly all parameters sit in the linear layers, and its large first kernels and \
    LRN gave way to stacks of 3×3 and batch norm.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2012,
    paper: "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural \
        networks. NIPS 2012",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: two_groups,
};

pub(super) const ALEXNET: Entry = Entry {
    name: "alexnet",
    title: "AlexNet",
    variant: "As published: two groups, LRN, overlapping pooling. The paper says 224×224; only \
        227 (or padding) gives its 55×55.",
    published: &[
        Figure::exact(
            Trainable,
            60_965_224,
            "the two-group network, as Caffe counts it",
        ),
        Figure::rounded(
            Trainable,
            60_000_000,
            0.02,
            "Krizhevsky et al. 2012: 60 million",
        ),
    ],
    ..FAMILY
};

pub(super) const UNGROUPED: Entry = Entry {
    name: "alexnet-ungrouped",
    title: "AlexNet without groups",
    variant: "Every convolution sees all channels: what the groups saved.",
    published: &[Figure::exact(
        Trainable,
        62_378_344,
        "the one-tower count common in courses",
    )],
    build: ungrouped,
    ..FAMILY
};

pub(super) const TORCHVISION: Entry = Entry {
    name: "alexnet-torchvision",
    title: "AlexNet (torchvision)",
    year: 2014,
    paper: "Krizhevsky: One weird trick for parallelizing convolutional neural networks. \
        arXiv:1404.5997, 2014",
    variant: "The later one-tower network with fewer channels and no LRN.",
    published: &[
        Figure::exact(Trainable, 61_100_840, "torchvision"),
        Figure::exact(Macs, 714_188_480, "fvcore"),
    ],
    build: torchvision,
    ..FAMILY
};

pub(super) const ARTICLE: Entry = Entry {
    name: "alexnet-article",
    title: "AlexNet (article)",
    variant: "As the article's code builds it: no groups, no LRN, no dropout, an unpadded first \
        convolution on 224×224.",
    published: &[
        Figure::exact(
            Trainable,
            50_844_008,
            "the article's code, counted by Keras",
        ),
        Figure::differs(
            Trainable,
            60_965_224,
            "the published network; the article says “over 60 million”",
            "the unpadded 11×11 on 224 gives 54×54 instead of 55×55, so the last pool is 5×5 \
             instead of 6×6 and FC6 takes 6,400 values instead of 9,216 (−11.5 million); missing \
             groups add 1.4 million",
        ),
    ],
    build: article,
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "alexnet-mini",
    title: "AlexNet mini",
    variant: "Groups, LRN, overlapping pooling and dropout at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

fn two_groups(options: &Options) -> Result<Graph, ZooError> {
    published(ALEXNET.title, options, 2)
}

fn ungrouped(options: &Options) -> Result<Graph, ZooError> {
    published(UNGROUPED.title, options, 1)
}

fn published(title: &str, options: &Options, groups: u32) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, options.input_or(3, 227));
    net.then("conv1", strided(4, Conv::new(96, 11)));
    net.then("relu1", Activation::Relu);
    net.then("norm1", lrn(5e-4, 2.0));
    net.then("pool1", max_pool(3, 2, 0));
    net.then("conv2", grouped(groups, padded(256, 5)));
    net.then("relu2", Activation::Relu);
    net.then("norm2", lrn(5e-4, 2.0));
    net.then("pool2", max_pool(3, 2, 0));
    net.then("conv3", padded(384, 3));
    net.then("relu3", Activation::Relu);
    net.then("conv4", grouped(groups, padded(384, 3)));
    net.then("relu4", Activation::Relu);
    net.then("conv5", grouped(groups, padded(256, 3)));
    net.then("relu5", Activation::Relu);
    net.then("pool5", max_pool(3, 2, 0));
    net.then("flatten", flatten());
    net.then("fc6", linear(4096));
    net.then("relu6", Activation::Relu);
    net.then("drop6", dropout(0.5));
    net.then("fc7", linear(4096));
    net.then("relu7", Activation::Relu);
    net.then("drop7", dropout(0.5));
    net.then("fc8", linear(options.classes_or(1000)));
    finish(net)
}

fn torchvision(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(TORCHVISION.title, options.input_or(3, 224));
    net.then(
        "features.0",
        Conv {
            padding: around(2),
            ..strided(4, Conv::new(64, 11))
        },
    );
    net.then("features.1", Activation::Relu);
    net.then("features.2", max_pool(3, 2, 0));
    net.then("features.3", padded(192, 5));
    net.then("features.4", Activation::Relu);
    net.then("features.5", max_pool(3, 2, 0));
    net.then("features.6", padded(384, 3));
    net.then("features.7", Activation::Relu);
    net.then("features.8", padded(256, 3));
    net.then("features.9", Activation::Relu);
    net.then("features.10", padded(256, 3));
    net.then("features.11", Activation::Relu);
    net.then("features.12", max_pool(3, 2, 0));
    net.then("avgpool", bins(6));
    net.then("flatten", flatten());
    net.then("classifier.0", dropout(0.5));
    net.then("classifier.1", linear(4096));
    net.then("classifier.2", Activation::Relu);
    net.then("classifier.3", dropout(0.5));
    net.then("classifier.4", linear(4096));
    net.then("classifier.5", Activation::Relu);
    net.then("classifier.6", linear(options.classes_or(1000)));
    finish(net)
}

fn article(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(ARTICLE.title, options.input_or(3, 224));
    net.then("conv1", strided(4, Conv::new(96, 11)));
    net.then("relu1", Activation::Relu);
    net.then("pool1", max_pool(3, 2, 0));
    net.then("conv2", same(256, 5));
    net.then("relu2", Activation::Relu);
    net.then("pool2", max_pool(3, 2, 0));
    for (number, channels) in [(3, 384), (4, 384), (5, 256)] {
        net.then(format!("conv{number}"), same(channels, 3));
        net.then(format!("relu{number}"), Activation::Relu);
    }
    net.then("pool5", max_pool(3, 2, 0));
    net.then(
        "flatten",
        Flatten {
            order: FlattenOrder::Hwc,
        },
    );
    net.then("fc6", linear(4096));
    net.then("relu6", Activation::Relu);
    net.then("fc7", linear(4096));
    net.then("relu7", Activation::Relu);
    net.then("fc8", linear(options.classes_or(1000)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    net.then("conv1", padded(16, 5));
    net.then("relu1", Activation::Relu);
    net.then("norm1", lrn(5e-4, 2.0));
    net.then("pool1", max_pool(3, 2, 0));
    net.then("conv2", grouped(2, padded(32, 5)));
    net.then("relu2", Activation::Relu);
    net.then("norm2", lrn(5e-4, 2.0));
    net.then("pool2", max_pool(3, 2, 0));
    net.then("conv3", padded(48, 3));
    net.then("relu3", Activation::Relu);
    net.then("conv4", grouped(2, padded(48, 3)));
    net.then("relu4", Activation::Relu);
    net.then("conv5", grouped(2, padded(32, 3)));
    net.then("relu5", Activation::Relu);
    net.then("pool5", max_pool(3, 2, 0));
    net.then("flatten", flatten());
    net.then("fc6", linear(256));
    net.then("relu6", Activation::Relu);
    net.then("drop6", dropout(0.5));
    net.then("fc7", linear(128));
    net.then("relu7", Activation::Relu);
    net.then("drop7", dropout(0.5));
    net.then("fc8", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
