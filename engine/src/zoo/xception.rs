//! Xception (Chollet 2017), as Keras has it: depthwise separable convolutions with shortcuts.

use super::Quantity::{Macs, Parameters, Trainable};
use super::parts::{GLOBAL_AVERAGE, finish, grouped, linear, norm, same, strided, unbiased};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, MaxPool, Merge, Padding};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2017,
    paper: "Chollet: Xception: Deep learning with depthwise separable convolutions. CVPR 2017",
    story: "An inception module taken to its end: look at space in each channel by itself, then \
        mix channels at each position by itself. These depthwise separable convolutions need a \
        fraction of the parameters and arithmetic of full ones; Xception spends what is saved on \
        width, adds ResNet's shortcuts, and beats Inception v3 at the same size. The depthwise \
        half moves much memory for little arithmetic, so the time gained is less than the count \
        suggests, and at 299×299 it is no network for a phone.",
    variant: "",
    published: &[],
    scalable: false,
    build: xception,
};

pub(super) const XCEPTION: Entry = Entry {
    name: "xception",
    title: "Xception",
    variant: "Entry, middle (eight times) and exit flow, on 299×299.",
    published: &[
        Figure::exact(Parameters, 22_910_480, "Keras"),
        Figure::exact(Trainable, 22_855_952, "Keras"),
        // huggingface/pytorch-image-models, results/benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv,
        // legacy_xception. Its counter takes batch norm in, 0.5 % here as with its ResNet-50.
        Figure::rounded(Macs, 8_400_000_000, 0.01, "timm: 8.4 billion"),
    ],
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "xception-mini",
    title: "Xception mini",
    variant: "One halving block, two middle blocks and the exit at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

fn bn(net: &mut GraphBuilder, name: &str) {
    net.then(format!("{name}_bn"), norm(1e-3, 0.01));
}

/// Depthwise 3×3, pointwise 1×1, batch norm; `inputs` channels come in.
fn separable(net: &mut GraphBuilder, name: &str, inputs: u32, outputs: u32) {
    net.then(
        format!("{name}_depthwise"),
        grouped(inputs, unbiased(same(inputs, 3))),
    );
    net.then(format!("{name}_pointwise"), unbiased(Conv::new(outputs, 1)));
    bn(net, name);
}

fn relu(net: &mut GraphBuilder, name: &str) {
    net.then(name, Activation::Relu);
}

/// Two separable convolutions and a pool beside a strided 1×1: from `inputs` channels over
/// `inner` to `outputs`, at half the side.
fn halving(
    net: &mut GraphBuilder,
    number: u32,
    [inputs, inner, outputs]: [u32; 3],
    relu_first: bool,
) {
    let name = format!("block{number}");
    net.block(name.clone(), |net| {
        let input = net.last();
        net.then(
            format!("{name}_res_conv"),
            unbiased(strided(2, same(outputs, 1))),
        );
        bn(net, &format!("{name}_res"));
        let shortcut = net.last();
        net.go_to(input);
        if relu_first {
            relu(net, &format!("{name}_sepconv1_act"));
        }
        separable(net, &format!("{name}_sepconv1"), inputs, inner);
        relu(net, &format!("{name}_sepconv2_act"));
        separable(net, &format!("{name}_sepconv2"), inner, outputs);
        let pool = MaxPool {
            stride: [2, 2],
            padding: Padding::Same,
            ..MaxPool::new(3)
        };
        let pooled = net.then(format!("{name}_pool"), pool);
        net.from(&[pooled, shortcut], format!("{name}_add"), Merge::Add);
    });
}

/// Three separable convolutions with ReLU before each, added to their input.
fn middle(net: &mut GraphBuilder, number: u32, channels: u32) {
    let name = format!("block{number}");
    net.block(name.clone(), |net| {
        let input = net.last();
        for part in 1..=3 {
            relu(net, &format!("{name}_sepconv{part}_act"));
            separable(net, &format!("{name}_sepconv{part}"), channels, channels);
        }
        net.from(&[net.last(), input], format!("{name}_add"), Merge::Add);
    });
}

fn xception(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(XCEPTION.title, options.input_or(3, 299));
    net.then("block1_conv1", unbiased(strided(2, Conv::new(32, 3))));
    bn(&mut net, "block1_conv1");
    relu(&mut net, "block1_conv1_act");
    net.then("block1_conv2", unbiased(Conv::new(64, 3)));
    bn(&mut net, "block1_conv2");
    relu(&mut net, "block1_conv2_act");
    halving(&mut net, 2, [64, 128, 128], false);
    halving(&mut net, 3, [128, 256, 256], true);
    halving(&mut net, 4, [256, 728, 728], true);
    for number in 5..=12 {
        middle(&mut net, number, 728);
    }
    halving(&mut net, 13, [728, 728, 1024], true);
    separable(&mut net, "block14_sepconv1", 1024, 1536);
    relu(&mut net, "block14_sepconv1_act");
    separable(&mut net, "block14_sepconv2", 1536, 2048);
    relu(&mut net, "block14_sepconv2_act");
    net.then("avg_pool", GLOBAL_AVERAGE);
    net.then("predictions", linear(options.classes_or(1000)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    net.then("block1_conv1", unbiased(same(16, 3)));
    bn(&mut net, "block1_conv1");
    relu(&mut net, "block1_conv1_act");
    halving(&mut net, 2, [16, 32, 64], false);
    middle(&mut net, 3, 64);
    middle(&mut net, 4, 64);
    halving(&mut net, 5, [64, 64, 96], true);
    separable(&mut net, "block6_sepconv1", 96, 128);
    relu(&mut net, "block6_sepconv1_act");
    net.then("avg_pool", GLOBAL_AVERAGE);
    net.then("predictions", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
