//! GoogLeNet (Szegedy et al. 2015): inception modules; as published and as torchvision has it.

use super::Quantity::{Macs, Trainable};
use super::parts::{
    around, bins, ceil_pool, dropout, finish, flatten, linear, lrn, max_pool, norm, padded,
    strided, unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, AvgPool, Conv, MaxPool, Merge};
use crate::{Graph, GraphBuilder, NodeId};

const STORY: &str = "Which kernel is right, 1×1, 3×3 or 5×5? An inception module takes all of \
    them and a pool side by side and stacks their maps, with 1×1 convolutions that thin out the \
    channels before the costly kernels. Nine of them reach VGG's accuracy with a twentieth of its \
    parameters and see several scales at once. Two auxiliary classifiers help the gradient while \
    training and are cut off afterwards. The price is a design with many numbers to choose, \
    awkward to change by hand, and still heavier than networks made for phones.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2015,
    paper: "Szegedy et al.: Going deeper with convolutions. CVPR 2015",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: |options| googlenet(GOOGLENET.title, options, Style::Published, false),
};

pub(super) const GOOGLENET: Entry = Entry {
    name: "googlenet",
    title: "GoogLeNet",
    variant: "As published, without the auxiliary classifiers: biases, LRN, 5×5 branches.",
    published: &[
        Figure::exact(Trainable, 6_998_552, "bvlc_googlenet, main path"),
        Figure::differs(
            Macs,
            1_500_000_000,
            "Szegedy et al. 2015",
            "the paper names the budget it was designed to keep to; its layers, padding counted, \
             come to 1.58 billion",
        ),
    ],
    ..FAMILY
};

pub(super) const AUX: Entry = Entry {
    name: "googlenet-aux",
    title: "GoogLeNet with auxiliary classifiers",
    variant: "The training graph: both auxiliary classifiers are there and counted.",
    published: &[Figure::exact(Trainable, 13_378_280, "bvlc_googlenet")],
    build: |options| googlenet(AUX.title, options, Style::Published, true),
    ..FAMILY
};

pub(super) const TORCHVISION: Entry = Entry {
    name: "googlenet-torchvision",
    title: "GoogLeNet (torchvision)",
    variant: "Batch norm instead of biases and LRN, and a 3×3 where the paper has the 5×5.",
    published: &[
        Figure::exact(Trainable, 6_624_904, "torchvision"),
        Figure::exact(Macs, 1_498_376_192, "fvcore"),
    ],
    build: |options| googlenet(TORCHVISION.title, options, Style::Torchvision, false),
    ..FAMILY
};

pub(super) const TORCHVISION_AUX: Entry = Entry {
    name: "googlenet-torchvision-aux",
    title: "GoogLeNet (torchvision) with auxiliary classifiers",
    variant: "torchvision's training graph.",
    published: &[Figure::exact(Trainable, 13_004_888, "torchvision")],
    build: |options| googlenet(TORCHVISION_AUX.title, options, Style::Torchvision, true),
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "googlenet-mini",
    title: "GoogLeNet mini",
    variant: "Three inception modules at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

/// In which of two ways a convolution is written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// With a bias, 5×5 in the third branch.
    Published,
    /// With batch norm, 3×3 in the third branch.
    Torchvision,
}

/// The channels of an inception module's branches: 1×1; reduce, 3×3; reduce, 5×5; pool.
struct Module(&'static str, u32, [u32; 2], [u32; 2], u32);

/// The paper's table 1.
const MODULES: [Module; 9] = [
    Module("3a", 64, [96, 128], [16, 32], 32),
    Module("3b", 128, [128, 192], [32, 96], 64),
    Module("4a", 192, [96, 208], [16, 48], 64),
    Module("4b", 160, [112, 224], [24, 64], 64),
    Module("4c", 128, [128, 256], [24, 64], 64),
    Module("4d", 112, [144, 288], [32, 64], 64),
    Module("4e", 256, [160, 320], [32, 128], 128),
    Module("5a", 256, [160, 320], [32, 128], 128),
    Module("5b", 384, [192, 384], [48, 128], 128),
];

/// A convolution and what follows it in this style, up to ReLU.
fn unit(net: &mut GraphBuilder, style: Style, name: &str, conv: Conv) -> NodeId {
    match style {
        Style::Published => {
            net.then(name, conv);
        }
        Style::Torchvision => {
            net.then(format!("{name}.conv"), unbiased(conv));
            net.then(format!("{name}.bn"), norm(1e-3, 0.1));
        }
    }
    net.then(format!("{name}.relu"), Activation::Relu)
}

fn inception(net: &mut GraphBuilder, style: Style, module: &Module) {
    let &Module(name, one, [reduce3, three], [reduce5, five], pool) = module;
    let wide = if style == Style::Published { 5 } else { 3 };
    let beside = match style {
        Style::Published => max_pool(3, 1, 1),
        Style::Torchvision => MaxPool {
            ceil_mode: true,
            ..max_pool(3, 1, 1)
        },
    };
    let name = format!("inception{name}");
    net.block(name.clone(), |net| {
        let input = net.last();
        let first = unit(net, style, &format!("{name}.branch1"), Conv::new(one, 1));
        net.go_to(input);
        unit(
            net,
            style,
            &format!("{name}.branch2.0"),
            Conv::new(reduce3, 1),
        );
        let second = unit(net, style, &format!("{name}.branch2.1"), padded(three, 3));
        net.go_to(input);
        unit(
            net,
            style,
            &format!("{name}.branch3.0"),
            Conv::new(reduce5, 1),
        );
        let third = unit(net, style, &format!("{name}.branch3.1"), padded(five, wide));
        net.go_to(input);
        net.then(format!("{name}.branch4.0"), beside);
        let fourth = unit(net, style, &format!("{name}.branch4.1"), Conv::new(pool, 1));
        net.from(
            &[first, second, third, fourth],
            format!("{name}.cat"),
            Merge::Concat,
        );
    });
}

/// An auxiliary classifier beside the main path, which goes on where it was.
fn auxiliary(net: &mut GraphBuilder, style: Style, name: &str, classes: u32) {
    let main = net.last();
    net.block(name, |net| {
        match style {
            Style::Published => net.then(
                format!("{name}.pool"),
                AvgPool {
                    stride: [3, 3],
                    ..AvgPool::new(5)
                },
            ),
            Style::Torchvision => net.then(format!("{name}.pool"), bins(4)),
        };
        unit(net, style, &format!("{name}.conv"), Conv::new(128, 1));
        net.then(format!("{name}.flatten"), flatten());
        net.then(format!("{name}.fc1"), linear(1024));
        net.then(format!("{name}.relu"), Activation::Relu);
        net.then(format!("{name}.dropout"), dropout(0.7));
        net.then(format!("{name}.fc2"), linear(classes));
    });
    net.go_to(main);
}

fn googlenet(title: &str, options: &Options, style: Style, aux: bool) -> Result<Graph, ZooError> {
    let classes = options.classes_or(1000);
    let mut net = GraphBuilder::new(title, options.input_or(3, 224));
    let stem = Conv {
        padding: around(3),
        ..strided(2, Conv::new(64, 7))
    };
    unit(&mut net, style, "conv1", stem);
    net.then("maxpool1", ceil_pool(3, 2));
    if style == Style::Published {
        net.then("norm1", lrn(1e-4, 1.0));
    }
    unit(&mut net, style, "conv2", Conv::new(64, 1));
    unit(&mut net, style, "conv3", padded(192, 3));
    if style == Style::Published {
        net.then("norm2", lrn(1e-4, 1.0));
    }
    net.then("maxpool2", ceil_pool(3, 2));
    let [first, middle, last] = [&MODULES[..2], &MODULES[2..7], &MODULES[7..]];
    for module in first {
        inception(&mut net, style, module);
    }
    net.then("maxpool3", ceil_pool(3, 2));
    for module in middle {
        inception(&mut net, style, module);
        match module.0 {
            "4a" if aux => auxiliary(&mut net, style, "aux1", classes),
            "4d" if aux => auxiliary(&mut net, style, "aux2", classes),
            _ => {}
        }
    }
    let side = if style == Style::Published { 3 } else { 2 };
    net.then("maxpool4", ceil_pool(side, 2));
    for module in last {
        inception(&mut net, style, module);
    }
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then(
        "dropout",
        dropout(if style == Style::Published { 0.4 } else { 0.2 }),
    );
    net.then("fc", linear(classes));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let style = Style::Published;
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    unit(&mut net, style, "conv1", padded(16, 5));
    net.then("maxpool1", ceil_pool(3, 2));
    unit(&mut net, style, "conv2", Conv::new(16, 1));
    unit(&mut net, style, "conv3", padded(48, 3));
    net.then("maxpool2", ceil_pool(3, 2));
    inception(&mut net, style, &Module("3a", 16, [24, 32], [4, 8], 8));
    inception(&mut net, style, &Module("3b", 32, [32, 48], [8, 24], 16));
    net.then("maxpool3", ceil_pool(3, 2));
    inception(&mut net, style, &Module("4a", 48, [32, 64], [8, 16], 16));
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("dropout", dropout(0.2));
    net.then("fc", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
