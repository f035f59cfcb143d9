//! EfficientNet-Lite0 (Tan and Le 2019; Liu 2020): EfficientNet without gates, for phones.
//! Nodes have the names of the PyTorch conversion whose weights are published.

use super::Quantity::{Macs, Trainable};
use super::parts::{
    GLOBAL_AVERAGE, dropout, finish, grouped, linear, norm, same, strided, unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, Merge};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2019,
    paper: "Tan, Le: EfficientNet: Rethinking model scaling for convolutional neural networks. \
        ICML 2019; the Lite variants: Liu, TensorFlow blog, 2020",
    story: "A small network found by search, then grown in depth, width and resolution together \
        by one rule: at each size more accurate than what was grown in one direction only. The \
        Lite variants leave out what phones and integer arithmetic dislike, the \
        squeeze-excitation gates and swish, and are MobileNet V2's inverted residuals with better \
        numbers. Little arithmetic, good accuracy and easy to quantise; but many thin layers and \
        depthwise 5×5 keep wide hardware waiting, and training takes long.",
    variant: "",
    published: &[],
    scalable: false,
    build: lite0,
};

pub(super) const LITE0: Entry = Entry {
    name: "efficientnet-lite0",
    title: "EfficientNet-Lite0",
    variant: "The smallest of the Lite variants: ReLU6, no gates, TensorFlow's SAME padding.",
    published: &[
        Figure::exact(
            Trainable,
            4_652_008,
            "the TensorFlow release, converted to PyTorch",
        ),
        Figure::differs(
            Macs,
            407_000_000,
            "the authors",
            "the release does not say what it counts; convolutions and linear layers alone are \
             385 million, and batch norm, ReLU6 and additions another 13 to 26 million, depending \
             on how they are counted",
        ),
    ],
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "efficientnet-mini",
    title: "EfficientNet-Lite mini",
    variant: "Five blocks with both kernel sizes at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

/// Kernel, repeats, how often the first 1×1 widens, stride of the first, output channels.
struct Stage(u32, u32, u32, u32, u32);

const STAGES: [Stage; 7] = [
    Stage(3, 1, 1, 1, 16),
    Stage(3, 2, 6, 2, 24),
    Stage(5, 2, 6, 2, 40),
    Stage(3, 3, 6, 2, 80),
    Stage(5, 3, 6, 1, 112),
    Stage(5, 4, 6, 2, 192),
    Stage(3, 1, 6, 1, 320),
];

/// A convolution without bias, its batch norm and, when asked for, ReLU6.
fn unit(net: &mut GraphBuilder, conv_name: String, norm_name: String, conv: Conv, relu: bool) {
    net.then(conv_name, unbiased(conv));
    net.then(norm_name.clone(), norm(1e-3, 0.01));
    if relu {
        net.then(format!("{norm_name}_relu6"), Activation::Relu6);
    }
}

/// MobileNet V2's inverted residual under this release's names.
fn inverted(
    net: &mut GraphBuilder,
    number: u32,
    kernel: u32,
    expand: u32,
    stride: u32,
    ends: [u32; 2],
) {
    let [from, to] = ends;
    let name = |part: &str| format!("_blocks.{number}.{part}");
    net.block(format!("_blocks.{number}"), |net| {
        let input = net.last();
        let wide = expand * from;
        if expand > 1 {
            unit(
                net,
                name("_expand_conv"),
                name("_bn0"),
                Conv::new(wide, 1),
                true,
            );
        }
        let depthwise = grouped(wide, strided(stride, same(wide, kernel)));
        unit(net, name("_depthwise_conv"), name("_bn1"), depthwise, true);
        unit(
            net,
            name("_project_conv"),
            name("_bn2"),
            Conv::new(to, 1),
            false,
        );
        if stride == 1 && from == to {
            net.from(&[net.last(), input], name("add"), Merge::Add);
        }
    });
}

/// The stages one after another, from `channels` on.
fn stages(net: &mut GraphBuilder, stages: &[Stage], mut channels: u32) {
    let mut number = 0;
    for &Stage(kernel, repeats, expand, first_stride, width) in stages {
        for repeat in 0..repeats {
            let stride = if repeat == 0 { first_stride } else { 1 };
            inverted(net, number, kernel, expand, stride, [channels, width]);
            (channels, number) = (width, number + 1);
        }
    }
}

fn lite0(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(LITE0.title, options.input_or(3, 224));
    unit(
        &mut net,
        "_conv_stem".into(),
        "_bn0".into(),
        strided(2, same(32, 3)),
        true,
    );
    stages(&mut net, &STAGES, 32);
    unit(
        &mut net,
        "_conv_head".into(),
        "_bn1".into(),
        Conv::new(1280, 1),
        true,
    );
    net.then("_avg_pooling", GLOBAL_AVERAGE);
    net.then("_dropout", dropout(0.2));
    net.then("_fc", linear(options.classes_or(1000)));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    unit(
        &mut net,
        "_conv_stem".into(),
        "_bn0".into(),
        same(16, 3),
        true,
    );
    let small = [
        Stage(3, 1, 1, 1, 16),
        Stage(3, 2, 4, 2, 24),
        Stage(5, 2, 4, 2, 40),
    ];
    stages(&mut net, &small, 16);
    unit(
        &mut net,
        "_conv_head".into(),
        "_bn1".into(),
        Conv::new(160, 1),
        true,
    );
    net.then("_avg_pooling", GLOBAL_AVERAGE);
    net.then("_dropout", dropout(0.2));
    net.then("_fc", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
