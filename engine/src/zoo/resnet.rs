//! ResNet (He et al. 2016) and ResNeXt (Xie et al. 2017): shortcuts around two or three
//! convolutions.

use super::Quantity::{Macs, Parameters, Trainable};
use super::parts::{
    GLOBAL_AVERAGE, bins, finish, flatten, grouped, linear, max_pool, norm, padded, strided,
    unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, Conv, Merge, Pad};
use crate::{Graph, GraphBuilder, NodeId};

const STORY: &str = "A block computes only what is to be added to its input, and the input goes \
    past it on a shortcut. The gradient comes back along the shortcuts undiminished, so networks \
    of 50, 101 or 152 layers train where plain ones of 30 got worse. Bottlenecks, 1×1 – 3×3 – \
    1×1, keep the deep ones affordable. ResNet-50 is the usual measure of hardware and the usual \
    start for transfer learning, and shortcuts are in nearly every network since, also outside \
    vision. They cost memory, because the input must be kept until it is added, and depth alone \
    neither prevents overfitting nor makes a network light.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2016,
    paper: "He, Zhang, Ren, Sun: Deep residual learning for image recognition. CVPR 2016",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: |options| resnet(RESNET_18.title, options, &Design::basic([2, 2, 2, 2])),
};

pub(super) const RESNET_18: Entry = Entry {
    name: "resnet-18",
    title: "ResNet-18",
    variant: "Two basic blocks in each of four stages.",
    published: &[
        Figure::exact(Trainable, 11_689_512, "torchvision"),
        Figure::exact(Macs, 1_814_073_344, "fvcore"),
    ],
    ..FAMILY
};

pub(super) const RESNET_34: Entry = Entry {
    name: "resnet-34",
    title: "ResNet-34",
    variant: "3, 4, 6 and 3 basic blocks.",
    published: &[
        Figure::exact(Trainable, 21_797_672, "torchvision"),
        Figure::rounded(Macs, 3_600_000_000, 0.02, "He et al. 2016"),
    ],
    build: |options| resnet(RESNET_34.title, options, &Design::basic([3, 4, 6, 3])),
    ..FAMILY
};

pub(super) const RESNET_50: Entry = Entry {
    name: "resnet-50",
    title: "ResNet-50",
    variant: "3, 4, 6 and 3 bottlenecks. As torchvision has it (“v1.5”): the stride sits in the \
        3×3.",
    published: &[
        Figure::exact(Trainable, 25_557_032, "torchvision"),
        Figure::exact(Macs, 4_089_184_256, "fvcore"),
        Figure::differs(
            Macs,
            3_800_000_000,
            "He et al. 2016",
            "the paper puts stride 2 in the first 1×1 of a stage, so its 3×3 works on a quarter \
             of the positions; see resnet-50-v1",
        ),
    ],
    build: |options| resnet(RESNET_50.title, options, &Design::bottleneck([3, 4, 6, 3])),
    ..FAMILY
};

pub(super) const RESNET_50_V1: Entry = Entry {
    name: "resnet-50-v1",
    title: "ResNet-50 v1",
    variant: "As published and as Keras has it: the stride sits in the first 1×1; every \
        convolution has a bias although batch norm follows.",
    published: &[
        Figure::exact(Parameters, 25_636_712, "Keras"),
        Figure::rounded(Macs, 3_800_000_000, 0.02, "He et al. 2016"),
        Figure::differs(
            Trainable,
            25_557_032,
            "torchvision",
            "torchvision leaves out the 26,560 biases before batch norm and does not count \
             running statistics",
        ),
    ],
    build: keras,
    ..FAMILY
};

pub(super) const RESNET_101: Entry = Entry {
    name: "resnet-101",
    title: "ResNet-101",
    variant: "3, 4, 23 and 3 bottlenecks.",
    published: &[
        Figure::exact(Trainable, 44_549_160, "torchvision"),
        Figure::rounded(Macs, 7_801_000_000, 1e-3, "torchvision"),
    ],
    build: |options| {
        resnet(
            RESNET_101.title,
            options,
            &Design::bottleneck([3, 4, 23, 3]),
        )
    },
    ..FAMILY
};

pub(super) const RESNET_152: Entry = Entry {
    name: "resnet-152",
    title: "ResNet-152",
    variant: "3, 8, 36 and 3 bottlenecks.",
    published: &[
        Figure::exact(Trainable, 60_192_808, "torchvision"),
        Figure::rounded(Macs, 11_514_000_000, 1e-3, "torchvision"),
    ],
    build: |options| {
        resnet(
            RESNET_152.title,
            options,
            &Design::bottleneck([3, 8, 36, 3]),
        )
    },
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "resnet-mini",
    title: "ResNet mini",
    variant: "The paper's CIFAR design with one basic block a stage (8 layers), on 28×28.",
    build: |options| mini(MINI.title, options, 1),
    ..FAMILY
};

const RESNEXT_STORY: &str = "A ResNet whose 3×3 convolutions are split in 32 groups that do not \
    see each other: many narrow transforms side by side, added up. At the same parameters and \
    arithmetic as ResNet-50 it is more accurate, so the number of groups, its cardinality, is a \
    third size beside depth and width. Grouped convolutions save arithmetic but not always time, \
    and with too many groups channels stop informing each other.";

pub(super) const RESNEXT_50: Entry = Entry {
    name: "resnext-50",
    title: "ResNeXt-50 32×4d",
    year: 2017,
    paper: "Xie, Girshick, Dollár, Tu, He: Aggregated residual transformations for deep neural \
        networks. CVPR 2017",
    story: RESNEXT_STORY,
    variant: "ResNet-50 with 32 groups of 4 channels.",
    published: &[
        Figure::exact(Trainable, 25_028_904, "torchvision"),
        Figure::exact(Macs, 4_230_479_872, "fvcore"),
    ],
    build: |options| {
        let design = Design {
            groups: 32,
            group_width: 4,
            ..Design::bottleneck([3, 4, 6, 3])
        };
        resnet(RESNEXT_50.title, options, &design)
    },
    ..FAMILY
};

pub(super) const RESNEXT_MINI: Entry = Entry {
    name: "resnext-mini",
    title: "ResNeXt mini",
    year: RESNEXT_50.year,
    paper: RESNEXT_50.paper,
    story: RESNEXT_STORY,
    variant: "Three bottlenecks with 8 groups at a size that trains on 28×28.",
    build: |options| mini(RESNEXT_MINI.title, options, 8),
    ..FAMILY
};

/// What sets one network of the family apart.
struct Design {
    /// Blocks in each stage.
    stages: [u32; 4],
    bottleneck: bool,
    groups: u32,
    /// Channels of one group in the first stage.
    group_width: u32,
}

impl Design {
    const fn basic(stages: [u32; 4]) -> Self {
        Self {
            stages,
            bottleneck: false,
            groups: 1,
            group_width: 64,
        }
    }

    const fn bottleneck(stages: [u32; 4]) -> Self {
        Self {
            bottleneck: true,
            ..Self::basic(stages)
        }
    }
}

/// A convolution without bias and its batch norm.
fn normed(net: &mut GraphBuilder, [conv_name, norm_name]: [String; 2], conv: Conv) -> NodeId {
    net.then(conv_name, unbiased(conv));
    net.then(norm_name, norm(1e-5, 0.1))
}

/// Convolutions with ReLU between them, added to the input, which a 1×1 fits where need be.
fn residual(net: &mut GraphBuilder, name: &str, convs: &[Conv], shortcut: Option<Conv>) {
    net.block(name, |net| {
        let input = net.last();
        for (number, conv) in (1..).zip(convs) {
            if number > 1 {
                net.then(format!("{name}.relu{}", number - 1), Activation::Relu);
            }
            let names = [format!("{name}.conv{number}"), format!("{name}.bn{number}")];
            normed(net, names, conv.clone());
        }
        let computed = net.last();
        let kept = match shortcut {
            Some(conv) => {
                net.go_to(input);
                let names = [0, 1].map(|part| format!("{name}.downsample.{part}"));
                normed(net, names, conv)
            }
            None => input,
        };
        net.from(&[computed, kept], format!("{name}.add"), Merge::Add);
        net.then(format!("{name}.relu{}", convs.len()), Activation::Relu);
    });
}

fn resnet(title: &str, options: &Options, design: &Design) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, options.input_or(3, 224));
    normed(
        &mut net,
        ["conv1".into(), "bn1".into()],
        strided(2, padded(64, 7)),
    );
    net.then("relu", Activation::Relu);
    net.then("maxpool", max_pool(3, 2, 1));
    let mut channels = 64;
    for (stage, blocks) in (0..).zip(design.stages) {
        let planes = 64 << stage;
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let name = format!("layer{}.{block}", stage + 1);
            let (convs, out) = if design.bottleneck {
                let width = (design.group_width * design.groups) << stage;
                let middle = grouped(design.groups, strided(stride, padded(width, 3)));
                let out = 4 * planes;
                (vec![Conv::new(width, 1), middle, Conv::new(out, 1)], out)
            } else {
                (
                    vec![strided(stride, padded(planes, 3)), padded(planes, 3)],
                    planes,
                )
            };
            let fits = stride == 1 && channels == out;
            let shortcut = (!fits).then(|| strided(stride, Conv::new(out, 1)));
            residual(&mut net, &name, &convs, shortcut);
            channels = out;
        }
    }
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("fc", linear(options.classes_or(1000)));
    finish(net)
}

/// Stages of 16, 32 and 64 channels, one block each; bottlenecks when there are groups.
fn mini(title: &str, options: &Options, groups: u32) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, options.input_or(1, 28));
    normed(&mut net, ["conv1".into(), "bn1".into()], padded(16, 3));
    net.then("relu", Activation::Relu);
    for (stage, width) in [(1, 16), (2, 32), (3, 64)] {
        let stride = if stage > 1 { 2 } else { 1 };
        let name = format!("layer{stage}.0");
        if groups > 1 {
            let middle = grouped(groups, strided(stride, padded(width, 3)));
            let convs = [Conv::new(width, 1), middle, Conv::new(2 * width, 1)];
            residual(
                &mut net,
                &name,
                &convs,
                Some(strided(stride, Conv::new(2 * width, 1))),
            );
        } else {
            let convs = [strided(stride, padded(width, 3)), padded(width, 3)];
            let shortcut = (stride > 1).then(|| strided(stride, Conv::new(width, 1)));
            residual(&mut net, &name, &convs, shortcut);
        }
    }
    net.then("avgpool", GLOBAL_AVERAGE);
    net.then("fc", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}

/// A convolution with a bias and its batch norm, under Keras' names and constants.
fn keras_normed(net: &mut GraphBuilder, name: &str, conv: Conv) -> NodeId {
    net.then(format!("{name}_conv"), conv);
    net.then(format!("{name}_bn"), norm(1.001e-5, 0.01))
}

fn keras(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(RESNET_50_V1.title, options.input_or(3, 224));
    net.then(
        "conv1_pad",
        Pad {
            sides: [3; 4],
            value: 0.0,
        },
    );
    keras_normed(&mut net, "conv1", strided(2, Conv::new(64, 7)));
    net.then("conv1_relu", Activation::Relu);
    net.then(
        "pool1_pad",
        Pad {
            sides: [1; 4],
            value: 0.0,
        },
    );
    net.then("pool1_pool", max_pool(3, 2, 0));
    for (stage, (blocks, width)) in (2..).zip([(3, 64), (4, 128), (6, 256), (3, 512)]) {
        for block in 1..=blocks {
            let stride = if stage > 2 && block == 1 { 2 } else { 1 };
            let name = format!("conv{stage}_block{block}");
            net.block(name.clone(), |net| {
                keras_block(net, &name, width, stride, block == 1)
            });
        }
    }
    net.then("avg_pool", GLOBAL_AVERAGE);
    net.then("predictions", linear(options.classes_or(1000)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}

/// A bottleneck in the order in which Keras lists its layers.
fn keras_block(net: &mut GraphBuilder, name: &str, width: u32, stride: u32, first: bool) {
    let input = net.last();
    keras_normed(
        net,
        &format!("{name}_1"),
        strided(stride, Conv::new(width, 1)),
    );
    net.then(format!("{name}_1_relu"), Activation::Relu);
    keras_normed(net, &format!("{name}_2"), padded(width, 3));
    let inner = net.then(format!("{name}_2_relu"), Activation::Relu);
    let widening = Conv::new(4 * width, 1);
    let sum = if first {
        let conv = strided(stride, widening.clone());
        let shortcut = net.from(&[input], format!("{name}_0_conv"), conv);
        let computed = net.from(&[inner], format!("{name}_3_conv"), widening);
        let kept = net.from(&[shortcut], format!("{name}_0_bn"), norm(1.001e-5, 0.01));
        let added = net.from(&[computed], format!("{name}_3_bn"), norm(1.001e-5, 0.01));
        [kept, added]
    } else {
        [input, keras_normed(net, &format!("{name}_3"), widening)]
    };
    net.from(&sum, format!("{name}_add"), Merge::Add);
    net.then(format!("{name}_out"), Activation::Relu);
}
