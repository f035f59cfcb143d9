//! DenseNet (Huang et al. 2017), as torchvision has it: every layer sees all before it.

use super::Quantity::{Macs, Trainable};
use super::parts::{bins, finish, flatten, linear, max_pool, norm, padded, strided, unbiased};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, AvgPool, Conv, Merge};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2017,
    paper: "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks. \
        CVPR 2017",
    story: "Where ResNet adds, DenseNet stacks: each layer reads the maps of all layers before it \
        in its block and adds a few of its own, so nothing has to be learnt twice and the gradient \
        has a short way to every layer. It reaches ResNet's accuracy with a third of the \
        parameters. In return the stacked maps must all be kept, so training needs much memory, \
        and copying them makes it slower than its arithmetic promises.",
    variant: "",
    published: &[],
    scalable: false,
    build: densenet_121,
};

pub(super) const DENSENET_121: Entry = Entry {
    name: "densenet-121",
    title: "DenseNet-121",
    variant: "Blocks of 6, 12, 24 and 16 layers that add 32 maps each.",
    published: &[
        Figure::exact(Trainable, 7_978_856, "torchvision"),
        Figure::rounded(Macs, 2_834_000_000, 1e-3, "torchvision"),
    ],
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "densenet-mini",
    title: "DenseNet mini",
    variant: "Three blocks of four layers that add 12 maps each, on 28×28.",
    build: mini,
    ..FAMILY
};

/// Batch norm, ReLU, convolution without bias: DenseNet's order.
fn unit(net: &mut GraphBuilder, names: [String; 3], conv: Conv) {
    let [norm_name, relu_name, conv_name] = names;
    net.then(norm_name, norm(1e-5, 0.1));
    net.then(relu_name, Activation::Relu);
    net.then(conv_name, unbiased(conv));
}

/// Layers that each add `growth` maps to the stack; gives the number of channels after them.
fn dense_block(net: &mut GraphBuilder, number: u32, layers: u32, growth: u32, start: u32) -> u32 {
    let block = format!("features.denseblock{number}");
    net.block(block.clone(), |net| {
        for layer in 1..=layers {
            let name = format!("{block}.denselayer{layer}");
            let stack = net.last();
            let names = |part| ["norm", "relu", "conv"].map(|word| format!("{name}.{word}{part}"));
            unit(net, names(1), Conv::new(4 * growth, 1));
            unit(net, names(2), padded(growth, 3));
            net.from(&[stack, net.last()], format!("{name}.cat"), Merge::Concat);
        }
    });
    start + layers * growth
}

/// Halves channels and side between two blocks; gives the number of channels after it.
fn transition(net: &mut GraphBuilder, number: u32, channels: u32) -> u32 {
    let name = format!("features.transition{number}");
    net.block(name.clone(), |net| {
        let names = ["norm", "relu", "conv"].map(|word| format!("{name}.{word}"));
        unit(net, names, Conv::new(channels / 2, 1));
        net.then(format!("{name}.pool"), AvgPool::new(2));
    });
    channels / 2
}

/// The blocks with transitions between them, then the classifier.
fn blocks(net: &mut GraphBuilder, layers: &[u32], growth: u32, start: u32, classes: u32) {
    let mut channels = start;
    for (number, &count) in (1..).zip(layers) {
        channels = dense_block(net, number, count, growth, channels);
        if (number as usize) < layers.len() {
            channels = transition(net, number, channels);
        }
    }
    net.then("features.norm5", norm(1e-5, 0.1));
    net.then("relu", Activation::Relu);
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("classifier", linear(classes));
}

fn densenet_121(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(DENSENET_121.title, options.input_or(3, 224));
    net.then("features.conv0", unbiased(strided(2, padded(64, 7))));
    net.then("features.norm0", norm(1e-5, 0.1));
    net.then("features.relu0", Activation::Relu);
    net.then("features.pool0", max_pool(3, 2, 1));
    blocks(&mut net, &[6, 12, 24, 16], 32, 64, options.classes_or(1000));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    net.then("features.conv0", unbiased(padded(24, 3)));
    blocks(&mut net, &[4, 4, 4], 12, 24, options.classes_or(10));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
