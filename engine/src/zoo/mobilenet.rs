//! MobileNet V1 (Howard et al. 2017): depthwise separable convolutions, width α, resolution ρ.

use super::Quantity::{Macs, Parameters};
use super::parts::{
    GLOBAL_AVERAGE, dropout, finish, flatten, grouped, linear, norm, same, strided, unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, Pad};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2017,
    paper: "Howard et al.: MobileNets: Efficient convolutional neural networks for mobile vision \
        applications. arXiv:1704.04861, 2017",
    story: "A full convolution is split in two: one 3×3 kernel for each channel, then 1×1 kernels \
        that mix the channels. That takes eight to nine times less arithmetic for about a percent \
        of accuracy. Two sliders trade the rest: the width multiplier α thins every layer, the \
        resolution multiplier ρ shrinks the picture, and cost falls with about the square of \
        each. So the same design fits phones, cameras and microcontrollers, and it fine-tunes \
        well for small tasks. It stays a little behind heavy networks on hard data, has less \
        capacity to spare, and V2 and V3 improved on it.",
    variant: "",
    published: &[],
    scalable: true,
    build: keras,
};

pub(super) const MOBILENET: Entry = Entry {
    name: "mobilenet",
    title: "MobileNet",
    variant: "As Keras has it: no biases before batch norm, explicit padding at stride 2, a 1×1 \
        convolution as classifier.",
    published: &[
        Figure::exact(Parameters, 4_253_864, "Keras"),
        Figure::rounded(Macs, 569_000_000, 0.01, "Howard et al. 2017"),
        Figure::differs(
            Parameters,
            4_264_808,
            "the article's code",
            "there each of the 27 convolutions has a bias although batch norm follows: 10,944 more",
        ),
    ],
    ..FAMILY
};

pub(super) const ARTICLE: Entry = Entry {
    name: "mobilenet-article",
    title: "MobileNet (article)",
    variant: "As the article's code builds it: biases before batch norm, SAME padding, a linear \
        classifier.",
    published: &[
        Figure::exact(
            Parameters,
            4_264_808,
            "the article's code, counted by Keras",
        ),
        Figure::differs(
            Parameters,
            4_253_864,
            "Keras",
            "Keras' own MobileNet leaves out the 10,944 biases that batch norm makes needless",
        ),
        Figure::rounded(Macs, 569_000_000, 0.01, "Howard et al. 2017"),
    ],
    build: article,
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "mobilenet-mini",
    title: "MobileNet mini",
    variant: "Six separable convolutions at a size that trains on 28×28; α and ρ work here too.",
    build: mini,
    ..FAMILY
};

pub(super) const MINI_FASHION: Entry = Entry {
    name: "mobilenet-mini-fashion",
    title: "MobileNet mini, Fashion",
    variant: "The small version, trained by this project on Fashion-MNIST: ten kinds of clothes in \
        place of the digits (Xiao, Rasul, Vollgraf: arXiv:1708.07747, 2017).",
    build: mini_fashion,
    ..FAMILY
};

/// The output channels and stride of each separable convolution (table 1 of the paper).
const BLOCKS: [(u32, u32); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// Batch norm and ReLU6 after the convolution of this name.
fn normed(net: &mut GraphBuilder, name: &str) {
    net.then(format!("{name}_bn"), norm(1e-3, 0.01));
    net.then(format!("{name}_relu"), Activation::Relu6);
}

/// Depthwise 3×3 and pointwise 1×1, each with batch norm and ReLU6.
fn separable(net: &mut GraphBuilder, number: u32, depthwise: Conv, pointwise: Conv) {
    net.then(format!("conv_dw_{number}"), depthwise);
    normed(net, &format!("conv_dw_{number}"));
    net.then(format!("conv_pw_{number}"), pointwise);
    normed(net, &format!("conv_pw_{number}"));
}

fn keras(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MOBILENET.title, options.input_or(3, 224));
    let mut channels = options.widened(32);
    net.then("conv1", unbiased(strided(2, same(channels, 3))));
    normed(&mut net, "conv1");
    for (number, (width, stride)) in (1..).zip(BLOCKS) {
        let width = options.widened(width);
        net.block(format!("separable {number}"), |net| {
            let depthwise = if stride == 1 {
                same(channels, 3)
            } else {
                net.then(
                    format!("conv_pad_{number}"),
                    Pad {
                        sides: [0, 0, 1, 1],
                        value: 0.0,
                    },
                );
                strided(stride, Conv::new(channels, 3))
            };
            let depthwise = grouped(channels, unbiased(depthwise));
            separable(net, number, depthwise, unbiased(same(width, 1)));
        });
        channels = width;
    }
    net.then("global_average_pooling2d", GLOBAL_AVERAGE);
    net.then("dropout", dropout(1e-3));
    net.then("conv_preds", same(options.classes_or(1000), 1));
    net.then("reshape", flatten());
    net.then("predictions", Activation::Softmax);
    finish(net)
}

fn article(options: &Options) -> Result<Graph, ZooError> {
    with_biases(
        ARTICLE.title,
        options,
        options.input_or(3, 224),
        (32, 2),
        &BLOCKS,
        1000,
    )
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    titled_mini(MINI.title, options)
}

fn mini_fashion(options: &Options) -> Result<Graph, ZooError> {
    titled_mini(MINI_FASHION.title, options)
}

fn titled_mini(title: &str, options: &Options) -> Result<Graph, ZooError> {
    let blocks = [(32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1)];
    with_biases(
        title,
        options,
        options.input_or(1, 28),
        (16, 1),
        &blocks,
        10,
    )
}

/// The article's way: SAME padding throughout, biases, a linear classifier.
fn with_biases(
    title: &str,
    options: &Options,
    input: crate::Shape,
    (stem, stem_stride): (u32, u32),
    blocks: &[(u32, u32)],
    classes: u32,
) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, input);
    let mut channels = options.widened(stem);
    net.then("conv1", strided(stem_stride, same(channels, 3)));
    normed(&mut net, "conv1");
    for (number, &(width, stride)) in (1..).zip(blocks) {
        let width = options.widened(width);
        net.block(format!("separable {number}"), |net| {
            let depthwise = grouped(channels, strided(stride, same(channels, 3)));
            separable(net, number, depthwise, same(width, 1));
        });
        channels = width;
    }
    net.then("global_average_pooling2d", GLOBAL_AVERAGE);
    net.then("dense", linear(options.classes_or(classes)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
