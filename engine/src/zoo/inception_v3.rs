//! Inception v3 (Szegedy et al. 2016), as torchvision has it: large kernels factorised.

use super::Quantity::{Macs, Trainable};
use super::parts::{
    around, bins, dropout, finish, flatten, linear, max_pool, norm, padded, strided, unbiased,
};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, AvgPool, Conv, Merge, Padding};
use crate::{Graph, GraphBuilder, NodeId};

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2016,
    paper: "Szegedy et al.: Rethinking the inception architecture for computer vision. CVPR 2016",
    story: "GoogLeNet's modules, made cheaper and deeper: a 5×5 becomes two 3×3, an n×n becomes \
        1×n and n×1, the side is halved by a strided convolution beside a pool, and batch norm \
        follows every convolution. It reads the picture at several scales and was for years the \
        usual base for transfer learning at 299×299. The number of hand-chosen branches makes it \
        hard to tune or to port, and on phones MobileNets do better for the same arithmetic.",
    variant: "",
    published: &[],
    scalable: false,
    build: inception_v3,
};

pub(super) const INCEPTION_V3: Entry = Entry {
    name: "inception-v3",
    title: "Inception v3",
    variant: "torchvision's graph without the auxiliary classifier.",
    published: &[
        Figure::differs(
            Trainable,
            27_161_264,
            "torchvision",
            "that number includes the auxiliary classifier, 3,326,696 parameters that only \
             training uses",
        ),
        // `_ops` of Inception_V3_Weights in torchvision 0.23, torchvision/models/inception.py.
        Figure::rounded(Macs, 5_713_000_000, 1e-3, "torchvision"),
    ],
    ..FAMILY
};

pub(super) const MINI: Entry = Entry {
    name: "inception-v3-mini",
    title: "Inception v3 mini",
    variant: "One module of each kind, 1×5 and 5×1 kernels, at a size that trains on 28×28.",
    build: mini,
    ..FAMILY
};

/// Convolution, batch norm, ReLU under one name.
fn unit(net: &mut GraphBuilder, name: &str, conv: Conv) -> NodeId {
    net.then(format!("{name}.conv"), unbiased(conv));
    net.then(format!("{name}.bn"), norm(1e-3, 0.1));
    net.then(format!("{name}.relu"), Activation::Relu)
}

/// A 1×n convolution that keeps the map's size.
const fn row(channels: u32, length: u32) -> Conv {
    let padding = Padding::Sides([0, length / 2, 0, length / 2]);
    Conv {
        kernel: [1, length],
        padding,
        ..Conv::new(channels, 1)
    }
}

/// An n×1 convolution that keeps the map's size.
const fn column(channels: u32, length: u32) -> Conv {
    let padding = Padding::Sides([length / 2, 0, length / 2, 0]);
    Conv {
        kernel: [length, 1],
        padding,
        ..Conv::new(channels, 1)
    }
}

/// A 3×3 convolution that halves the side.
const fn halving(channels: u32) -> Conv {
    strided(2, Conv::new(channels, 3))
}

/// The branches of one module, each from the same input, put together at the end.
struct Branches<'b> {
    net: &'b mut GraphBuilder,
    module: String,
    input: NodeId,
    ends: Vec<NodeId>,
}

impl Branches<'_> {
    /// A branch of convolutions, each with the rest of its name.
    fn branch(&mut self, units: &[(&str, Conv)]) {
        self.net.go_to(self.input);
        for (name, conv) in units {
            unit(self.net, &format!("{}.{name}", self.module), conv.clone());
        }
        self.ends.push(self.net.last());
    }

    /// A branch that averages 3×3 neighbourhoods, then mixes channels.
    fn average(&mut self, channels: u32) {
        self.net.go_to(self.input);
        let pool = AvgPool {
            stride: [1, 1],
            padding: around(1),
            ..AvgPool::new(3)
        };
        self.net.then(format!("{}.avg_pool", self.module), pool);
        unit(
            self.net,
            &format!("{}.branch_pool", self.module),
            Conv::new(channels, 1),
        );
        self.ends.push(self.net.last());
    }

    /// A branch that halves the side by pooling.
    fn maximum(&mut self) {
        self.net.go_to(self.input);
        self.ends.push(
            self.net
                .then(format!("{}.max_pool", self.module), max_pool(3, 2, 0)),
        );
    }

    /// Two convolutions of the last branch's end, side by side (module E).
    fn fork(&mut self, cat: &str, arms: [(&str, Conv); 2]) {
        let Some(end) = self.ends.pop() else { return };
        let arms = arms.map(|(name, conv)| {
            self.net.go_to(end);
            unit(self.net, &format!("{}.{name}", self.module), conv)
        });
        self.ends.push(
            self.net
                .from(&arms, format!("{}.{cat}", self.module), Merge::Concat),
        );
    }
}

fn module(net: &mut GraphBuilder, name: &str, build: impl FnOnce(&mut Branches<'_>)) {
    net.block(name, |net| {
        let input = net.last();
        let mut branches = Branches {
            net,
            module: name.to_owned(),
            input,
            ends: Vec::new(),
        };
        build(&mut branches);
        let Branches {
            net, module, ends, ..
        } = branches;
        net.from(&ends, format!("{module}.cat"), Merge::Concat);
    });
}

/// 1×1, 5×5 and two 3×3, side by side (figure 5 of the paper).
fn module_a(net: &mut GraphBuilder, name: &str, pool: u32) {
    module(net, name, |it| {
        it.branch(&[("branch1x1", Conv::new(64, 1))]);
        it.branch(&[
            ("branch5x5_1", Conv::new(48, 1)),
            ("branch5x5_2", padded(64, 5)),
        ]);
        it.branch(&[
            ("branch3x3dbl_1", Conv::new(64, 1)),
            ("branch3x3dbl_2", padded(96, 3)),
            ("branch3x3dbl_3", padded(96, 3)),
        ]);
        it.average(pool);
    });
}

/// Halves the side from 35 to 17.
fn module_b(net: &mut GraphBuilder, name: &str) {
    module(net, name, |it| {
        it.branch(&[("branch3x3", halving(384))]);
        it.branch(&[
            ("branch3x3dbl_1", Conv::new(64, 1)),
            ("branch3x3dbl_2", padded(96, 3)),
            ("branch3x3dbl_3", halving(96)),
        ]);
        it.maximum();
    });
}

/// 7×7 as rows and columns (figure 6); `inner` channels between them, `outer` after.
fn module_c(net: &mut GraphBuilder, name: &str, inner: u32, outer: u32, side: u32) {
    module(net, name, |it| {
        it.branch(&[("branch1x1", Conv::new(outer, 1))]);
        it.branch(&[
            ("branch7x7_1", Conv::new(inner, 1)),
            ("branch7x7_2", row(inner, side)),
            ("branch7x7_3", column(outer, side)),
        ]);
        it.branch(&[
            ("branch7x7dbl_1", Conv::new(inner, 1)),
            ("branch7x7dbl_2", column(inner, side)),
            ("branch7x7dbl_3", row(inner, side)),
            ("branch7x7dbl_4", column(inner, side)),
            ("branch7x7dbl_5", row(outer, side)),
        ]);
        it.average(outer);
    });
}

/// Halves the side from 17 to 8.
fn module_d(net: &mut GraphBuilder, name: &str) {
    module(net, name, |it| {
        it.branch(&[
            ("branch3x3_1", Conv::new(192, 1)),
            ("branch3x3_2", halving(320)),
        ]);
        it.branch(&[
            ("branch7x7x3_1", Conv::new(192, 1)),
            ("branch7x7x3_2", row(192, 7)),
            ("branch7x7x3_3", column(192, 7)),
            ("branch7x7x3_4", halving(192)),
        ]);
        it.maximum();
    });
}

/// 3×3 as a row beside a column (figure 7).
fn module_e(net: &mut GraphBuilder, name: &str) {
    module(net, name, |it| {
        it.branch(&[("branch1x1", Conv::new(320, 1))]);
        it.branch(&[("branch3x3_1", Conv::new(384, 1))]);
        let arms = [
            ("branch3x3_2a", row(384, 3)),
            ("branch3x3_2b", column(384, 3)),
        ];
        it.fork("branch3x3_cat", arms);
        it.branch(&[
            ("branch3x3dbl_1", Conv::new(448, 1)),
            ("branch3x3dbl_2", padded(384, 3)),
        ]);
        let arms = [
            ("branch3x3dbl_3a", row(384, 3)),
            ("branch3x3dbl_3b", column(384, 3)),
        ];
        it.fork("branch3x3dbl_cat", arms);
        it.average(192);
    });
}

fn inception_v3(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(INCEPTION_V3.title, options.input_or(3, 299));
    unit(&mut net, "Conv2d_1a_3x3", halving(32));
    unit(&mut net, "Conv2d_2a_3x3", Conv::new(32, 3));
    unit(&mut net, "Conv2d_2b_3x3", padded(64, 3));
    net.then("maxpool1", max_pool(3, 2, 0));
    unit(&mut net, "Conv2d_3b_1x1", Conv::new(80, 1));
    unit(&mut net, "Conv2d_4a_3x3", Conv::new(192, 3));
    net.then("maxpool2", max_pool(3, 2, 0));
    module_a(&mut net, "Mixed_5b", 32);
    module_a(&mut net, "Mixed_5c", 64);
    module_a(&mut net, "Mixed_5d", 64);
    module_b(&mut net, "Mixed_6a");
    module_c(&mut net, "Mixed_6b", 128, 192, 7);
    module_c(&mut net, "Mixed_6c", 160, 192, 7);
    module_c(&mut net, "Mixed_6d", 160, 192, 7);
    module_c(&mut net, "Mixed_6e", 192, 192, 7);
    module_d(&mut net, "Mixed_7a");
    module_e(&mut net, "Mixed_7b");
    module_e(&mut net, "Mixed_7c");
    net.then("avgpool", bins(1));
    net.then("dropout", dropout(0.5));
    net.then("flatten", flatten());
    net.then("fc", linear(options.classes_or(1000)));
    finish(net)
}

fn mini(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(MINI.title, options.input_or(1, 28));
    unit(&mut net, "Conv2d_1a_3x3", padded(16, 3));
    unit(
        &mut net,
        "Conv2d_2a_3x3",
        Conv {
            padding: around(1),
            ..halving(32)
        },
    );
    module(&mut net, "Mixed_5b", |it| {
        it.branch(&[("branch1x1", Conv::new(16, 1))]);
        it.branch(&[
            ("branch5x5_1", Conv::new(12, 1)),
            ("branch5x5_2", padded(16, 5)),
        ]);
        it.branch(&[
            ("branch3x3dbl_1", Conv::new(16, 1)),
            ("branch3x3dbl_2", padded(24, 3)),
            ("branch3x3dbl_3", padded(24, 3)),
        ]);
        it.average(16);
    });
    module(&mut net, "Mixed_6a", |it| {
        it.branch(&[("branch3x3", halving(48))]);
        it.branch(&[
            ("branch3x3dbl_1", Conv::new(16, 1)),
            ("branch3x3dbl_2", halving(24)),
        ]);
        it.maximum();
    });
    module_c(&mut net, "Mixed_6b", 24, 40, 5);
    net.then("avgpool", bins(1));
    net.then("dropout", dropout(0.2));
    net.then("flatten", flatten());
    net.then("fc", linear(options.classes_or(10)));
    net.then("softmax", Activation::Softmax);
    finish(net)
}
