//! MobileNet V2 (Sandler et al. 2018), as torchvision has it: inverted residuals.

use super::Quantity::{Macs, Parameters, Trainable};
use super::parts::{
    bins, dropout, finish, flatten, grouped, linear, norm, padded, strided, unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, Merge};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2018,
    paper: "Sandler et al.: MobileNetV2: Inverted residuals and linear bottlenecks. CVPR 2018",
    story: "MobileNet's separable convolutions inside a residual block turned inside out: thin \
        between blocks, wide within. A 1×1 widens sixfold, a depthwise 3×3 looks around, a 1×1 \
        thins out again and has no ReLU, which would destroy information where channels are few; \
        the shortcut joins the thin ends. Better than V1 at half the arithmetic, and the usual \
        backbone on phones for detection and segmentation. The wide middle makes for large \
        activations, and depthwise layers use wide hardware poorly.",
    variant: "",
    published: &[],
    scalable: true,
    build: v2,
};

pub(super) const MOBILENET_V2: Entry = Entry {
    name: "mobilenet-v2",
    title: "MobileNet V2",
    variant: "torchvision's graph; α as a multiple of 8 channels.",
    published: &[
        Figure::exact(Trainable, 3_504_872, "torchvision"),
        Figure::exact(Parameters, 3_538_984, "Keras"),
        Figure::exact(Macs, 300_774_272, "fvcore"),
    ],
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "mobilenet-v2-mini",
    title: "MobileNet V2 mini",
    variant: "Five inverted residuals at a size that trains on 28×28; α and ρ work here too.",
    build: mini,
    ..FAMILY
};

/// How often the first 1×1 widens, output channels, repeats, stride of the first (table 2).
const STAGES: [(u32, u32, u32, u32); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// Convolution, batch norm, ReLU6 as `name.0`, `name.1`, `name.2`.
fn unit(net: &mut GraphBuilder, name: &str, conv: Conv) {
    net.then(format!("{name}.0"), unbiased(conv));
    net.then(format!("{name}.1"), norm(1e-5, 0.1));
    net.then(format!("{name}.2"), Activation::Relu6);
}

/// Widens, looks around, thins out; adds its input where that fits.
fn inverted(net: &mut GraphBuilder, name: &str, expand: u32, [from, to]: [u32; 2], stride: u32) {
    net.block(name, |net| {
        let input = net.last();
        let wide = expand * from;
        let mut part = 0;
        if expand > 1 {
            unit(net, &format!("{name}.conv.0"), Conv::new(wide, 1));
            part = 1;
        }
        let depthwise = grouped(wide, strided(stride, padded(wide, 3)));
        unit(net, &format!("{name}.conv.{part}"), depthwise);
        net.then(
            format!("{name}.conv.{}", part + 1),
            unbiased(Conv::new(to, 1)),
        );
        let thin = net.then(format!("{name}.conv.{}", part + 2), norm(1e-5, 0.1));
        if stride == 1 && from == to {
            net.from(&[input, thin], format!("{name}.add"), Merge::Add);
        }
    });
}

fn v2(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MOBILENET_V2.title, options.input_or(3, 224));
    let mut channels = options.widened_by_8(32);
    unit(&mut net, "features.0", strided(2, padded(channels, 3)));
    let mut number = 1;
    for (expand, width, repeats, first_stride) in STAGES {
        let width = options.widened_by_8(width);
        for repeat in 0..repeats {
            let stride = if repeat == 0 { first_stride } else { 1 };
            let name = format!("features.{number}");
            inverted(&mut net, &name, expand, [channels, width], stride);
            (channels, number) = (width, number + 1);
        }
    }
    // The last layer keeps its width when α is below 1, so that the classifier does not starve.
    let last = options.widened_by_8(1280).max(1280);
    unit(&mut net, &format!("features.{number}"), Conv::new(last, 1));
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("classifier.0", dropout(0.2));
    net.then("classifier.1", linear(options.classes_or(1000)));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    let mut channels = options.widened_by_8(16);
    unit(&mut net, "features.0", padded(channels, 3));
    let blocks = [(1, 16, 1), (4, 24, 2), (4, 24, 1), (4, 40, 2), (4, 40, 1)];
    for (number, (expand, width, stride)) in (1..).zip(blocks) {
        let width = options.widened_by_8(width);
        inverted(
            &mut net,
            &format!("features.{number}"),
            expand,
            [channels, width],
            stride,
        );
        channels = width;
    }
    unit(
        &mut net,
        "features.6",
        Conv::new(options.widened_by_8(160), 1),
    );
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("classifier.0", dropout(0.2));
    net.then("classifier.1", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
