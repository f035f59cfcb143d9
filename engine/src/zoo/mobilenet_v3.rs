//! MobileNet V3 (Howard et al. 2019), as torchvision has it: squeeze-excitation, hard swish.

use super::Quantity::{Macs, Trainable};
use super::entry::multiple_of_8;
use super::parts::{
    bins, dropout, finish, flatten, grouped, linear, norm, padded, strided, unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::Activation::{self, HardSigmoid, HardSwish, Relu};
use crate::layer::{Conv, Merge};
use crate::{Graph, GraphBuilder};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2019,
    paper: "Howard et al.: Searching for MobileNetV3. ICCV 2019",
    story: "MobileNet V2's inverted residuals, their sizes found by a search on real phones. Some \
        blocks weigh their channels by what the whole map contains (squeeze-excitation), and the \
        deeper half uses hard swish, a smooth activation cheap enough for a phone. It is faster \
        and more accurate than V2 and comes in two sizes. The irregular table of widths and \
        kernels follows no rule one could extend by hand, it is tuned to one kind of chip, and \
        the gates make quantisation harder.",
    variant: "",
    published: &[],
    scalable: true,
    build: |options| v3(SMALL.title, options, &SMALL_BLOCKS, 1024),
};

pub(super) const SMALL: Entry = Entry {
    name: "mobilenet-v3-small",
    title: "MobileNet V3 small",
    variant: "Eleven blocks, for the smallest budgets.",
    published: &[
        Figure::exact(Trainable, 2_542_856, "torchvision"),
        Figure::exact(Macs, 56_510_400, "fvcore"),
    ],
    ..FAMILY
};

pub(super) const LARGE: Entry = Entry {
    name: "mobilenet-v3-large",
    title: "MobileNet V3 large",
    variant: "Fifteen blocks.",
    published: &[
        Figure::exact(Trainable, 5_483_032, "torchvision"),
        Figure::rounded(Macs, 219_000_000, 0.02, "Howard et al. 2019"),
    ],
    build: |options| v3(LARGE.title, options, &LARGE_BLOCKS, 1280),
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "mobilenet-v3-mini",
    title: "MobileNet V3 mini",
    variant: "Four blocks with both activations and gates, on 28×28; α and ρ work here too.",
    build: mini,
    ..FAMILY
};

/// A row of the paper's tables 1 and 2: kernel, widened channels, output channels, whether it has
/// a squeeze-excitation gate, activation, stride.
#[derive(Clone, Copy)]
struct Bneck(u32, u32, u32, bool, Activation, u32);

const SMALL_BLOCKS: [Bneck; 11] = [
    Bneck(3, 16, 16, true, Relu, 2),
    Bneck(3, 72, 24, false, Relu, 2),
    Bneck(3, 88, 24, false, Relu, 1),
    Bneck(5, 96, 40, true, HardSwish, 2),
    Bneck(5, 240, 40, true, HardSwish, 1),
    Bneck(5, 240, 40, true, HardSwish, 1),
    Bneck(5, 120, 48, true, HardSwish, 1),
    Bneck(5, 144, 48, true, HardSwish, 1),
    Bneck(5, 288, 96, true, HardSwish, 2),
    Bneck(5, 576, 96, true, HardSwish, 1),
    Bneck(5, 576, 96, true, HardSwish, 1),
];

const LARGE_BLOCKS: [Bneck; 15] = [
    Bneck(3, 16, 16, false, Relu, 1),
    Bneck(3, 64, 24, false, Relu, 2),
    Bneck(3, 72, 24, false, Relu, 1),
    Bneck(5, 72, 40, true, Relu, 2),
    Bneck(5, 120, 40, true, Relu, 1),
    Bneck(5, 120, 40, true, Relu, 1),
    Bneck(3, 240, 80, false, HardSwish, 2),
    Bneck(3, 200, 80, false, HardSwish, 1),
    Bneck(3, 184, 80, false, HardSwish, 1),
    Bneck(3, 184, 80, false, HardSwish, 1),
    Bneck(3, 480, 112, true, HardSwish, 1),
    Bneck(3, 672, 112, true, HardSwish, 1),
    Bneck(5, 672, 160, true, HardSwish, 2),
    Bneck(5, 960, 160, true, HardSwish, 1),
    Bneck(5, 960, 160, true, HardSwish, 1),
];

/// Convolution, batch norm and, where given, activation, as `name.0`, `name.1`, `name.2`.
fn unit(net: &mut GraphBuilder, name: &str, conv: Conv, activation: Option<Activation>) {
    net.then(format!("{name}.0"), unbiased(conv));
    net.then(format!("{name}.1"), norm(1e-3, 0.01));
    if let Some(activation) = activation {
        net.then(format!("{name}.2"), activation);
    }
}

/// A gate between 0 and 1 for each channel, from the mean of its map (Hu et al. 2018).
fn squeeze_excite(net: &mut GraphBuilder, name: &str, channels: u32) {
    let map = net.last();
    net.then(format!("{name}.avgpool"), bins(1));
    net.then(
        format!("{name}.fc1"),
        Conv::new(multiple_of_8(f64::from(channels / 4)), 1),
    );
    net.then(format!("{name}.activation"), Relu);
    net.then(format!("{name}.fc2"), Conv::new(channels, 1));
    let gate = net.then(format!("{name}.scale_activation"), HardSigmoid);
    net.from(&[map, gate], format!("{name}.mul"), Merge::Multiply);
}

/// One block; gives its output channels.
fn bneck(net: &mut GraphBuilder, name: &str, from: u32, row: Bneck, options: &Options) -> u32 {
    let Bneck(kernel, wide, to, gated, activation, stride) = row;
    let [wide, to] = [wide, to].map(|channels| options.widened_by_8(channels));
    net.block(name, |net| {
        let input = net.last();
        let mut parts = 0..;
        let mut part = || format!("{name}.block.{}", parts.next().unwrap_or(0));
        if wide != from {
            unit(net, &part(), Conv::new(wide, 1), Some(activation));
        }
        let depthwise = grouped(wide, strided(stride, padded(wide, kernel)));
        unit(net, &part(), depthwise, Some(activation));
        if gated {
            squeeze_excite(net, &part(), wide);
        }
        unit(net, &part(), Conv::new(to, 1), None);
        if stride == 1 && from == to {
            net.from(&[net.last(), input], format!("{name}.add"), Merge::Add);
        }
    });
    to
}

fn v3(title: &str, options: &Options, blocks: &[Bneck], last: u32) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(title, options.input_or(3, 224));
    let mut channels = options.widened_by_8(16);
    unit(
        &mut net,
        "features.0",
        strided(2, padded(channels, 3)),
        Some(HardSwish),
    );
    for (number, &row) in (1..).zip(blocks) {
        channels = bneck(
            &mut net,
            &format!("features.{number}"),
            channels,
            row,
            options,
        );
    }
    let name = format!("features.{}", blocks.len() + 1);
    unit(&mut net, &name, Conv::new(6 * channels, 1), Some(HardSwish));
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("classifier.0", linear(options.widened_by_8(last)));
    net.then("classifier.1", HardSwish);
    net.then("classifier.2", dropout(0.2));
    net.then("classifier.3", linear(options.classes_or(1000)));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    let mut channels = options.widened_by_8(16);
    unit(&mut net, "features.0", padded(channels, 3), Some(HardSwish));
    let blocks = [
        Bneck(3, 16, 16, true, Relu, 1),
        Bneck(3, 64, 24, false, Relu, 2),
        Bneck(5, 96, 40, true, HardSwish, 2),
        Bneck(5, 120, 40, true, HardSwish, 1),
    ];
    for (number, row) in (1..).zip(blocks) {
        channels = bneck(
            &mut net,
            &format!("features.{number}"),
            channels,
            row,
            options,
        );
    }
    unit(
        &mut net,
        "features.5",
        Conv::new(4 * channels, 1),
        Some(HardSwish),
    );
    net.then("avgpool", bins(1));
    net.then("flatten", flatten());
    net.then("classifier.0", linear(options.widened_by_8(128)));
    net.then("classifier.1", HardSwish);
    net.then("classifier.2", dropout(0.2));
    net.then("classifier.3", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
