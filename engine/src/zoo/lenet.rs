//! The LeNets (LeCun et al. 1990–1998): as published, with trainable subsampling, a connection
//! table and radial-basis outputs, and LeNet-5 in its textbook form.

use super::Quantity::{Macs, Trainable};
use super::parts::{finish, flatten, linear};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::TableConv;
use crate::layer::{Activation, AvgPool, Conv, Linear, Rbf, Subsample};
use crate::{Graph, GraphBuilder, GraphError, Shape};

const LECUN_1998: &str = "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to \
    document recognition. Proceedings of the IEEE 86(11), 1998";

const STORY: &str = "Small kernels slide over the picture and look for the same stroke \
    everywhere; subsampling between them makes the answer indifferent to small shifts; a few \
    fully connected layers decide. It was made to read handwritten digits on cheques and is still \
    the first network of most courses: simple to follow, trained on a CPU in minutes. Its \
    capacity is small, its tanh units saturate where ReLU would not, and its layers fit one size \
    of picture, so larger colour photographs are beyond it.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 1998,
    paper: LECUN_1998,
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: textbook,
};

pub(super) const LENET_1: Entry = Entry {
    name: "lenet-1",
    title: "LeNet-1",
    year: 1990,
    paper: "LeCun et al.: Handwritten digit recognition with a back-propagation network. NIPS 1990",
    variant: "The first of them, on 28×28; H3 sees only some of H2's maps.",
    published: &[Figure::exact(Trainable, 2_578, "LeCun et al. 1990")],
    build: lenet1,
    ..FAMILY
};

pub(super) const LENET_4: Entry = Entry {
    name: "lenet-4",
    title: "LeNet-4",
    year: 1995,
    paper: "LeCun et al.: Comparison of learning algorithms for handwritten digit recognition. \
        ICANN 1995",
    variant: "Between LeNet-1 and LeNet-5: each map of C1 is subsampled twice. A reconstruction, \
        because the paper gives the numbers of maps but not every connection.",
    published: &[Figure::differs(
        Trainable,
        17_000,
        "LeCun et al. 1998, “about”",
        "with 16 maps of 5×5 fully connected to 120 units, F5 alone has 48,120 parameters: the \
         published figure needs sparser connections that the paper does not list",
    )],
    build: lenet4,
    ..FAMILY
};

pub(super) const LENET_5: Entry = Entry {
    name: "lenet-5",
    title: "LeNet-5",
    variant: "The textbook form, as the article's code builds it: plain average pooling, C3 sees \
        all of S2, softmax. It is its own small version.",
    published: &[
        Figure::exact(Trainable, 61_706, "the article's code, counted by Keras"),
        Figure::exact(Macs, 416_520, "the article's code, counted by PyTorch"),
        Figure::differs(
            Trainable,
            60_000,
            "LeCun et al. 1998",
            "the paper's C3 sees only some maps of S2 (−900), its subsampling learns a \
             coefficient and a bias per map (+44), its output stores fixed codes (−850)",
        ),
    ],
    ..FAMILY
};

pub(super) const LENET_5_1998: Entry = Entry {
    name: "lenet-5-1998",
    title: "LeNet-5 (1998)",
    variant: "As published: scaled tanh, trainable subsampling, C3's connection table (table I), \
        radial-basis outputs that compare with stylised digits.",
    published: &[
        Figure::exact(Trainable, 60_000, "LeCun et al. 1998"),
        Figure::differs(
            Trainable,
            61_706,
            "the textbook form",
            "there C3 sees every map of S2 (+900), pooling has nothing to learn (−44), and the \
             output is a linear layer (+850)",
        ),
    ],
    build: published,
    ..FAMILY
};

pub(super) const LENET_5_FASHION: Entry = Entry {
    name: "lenet-5-fashion",
    title: "LeNet-5, Fashion",
    variant: "The textbook form, trained by this project on Fashion-MNIST: ten kinds of clothes in \
        place of the digits (Xiao, Rasul, Vollgraf: arXiv:1708.07747, 2017).",
    published: &[Figure::exact(
        Trainable,
        61_706,
        "the article's code, counted by Keras",
    )],
    build: fashion,
    ..FAMILY
};

/// Which maps of S2 each map of C3 sees (LeCun et al. 1998, table I).
const C3: [&[u32]; 16] = [
    &[0, 1, 2],
    &[1, 2, 3],
    &[2, 3, 4],
    &[3, 4, 5],
    &[0, 4, 5],
    &[0, 1, 5],
    &[0, 1, 2, 3],
    &[1, 2, 3, 4],
    &[2, 3, 4, 5],
    &[0, 3, 4, 5],
    &[0, 1, 4, 5],
    &[0, 1, 2, 5],
    &[0, 1, 3, 4],
    &[1, 2, 4, 5],
    &[0, 2, 3, 5],
    &[0, 1, 2, 3, 4, 5],
];

/// Which maps of H2 each map of H3 sees: 20 kernels, as the published counts demand.
const H3: [&[u32]; 12] = [
    &[0],
    &[0, 1],
    &[0, 1],
    &[1],
    &[0, 1],
    &[0, 1],
    &[2],
    &[2, 3],
    &[2, 3],
    &[3],
    &[2, 3],
    &[2, 3],
];

fn table_conv(table: &[&[u32]]) -> TableConv {
    TableConv {
        table: table.iter().map(|maps| maps.to_vec()).collect(),
        kernel: [5, 5],
        bias: true,
    }
}

/// The article's LeNet-5: tanh, plain average pooling, a fully connected C3, softmax.
/// 61,706 parameters, 416,520 MACs on 32×32.
///
/// # Errors
/// Never for this fixed list of nodes; the builder checks it all the same.
pub fn lenet5() -> Result<Graph, GraphError> {
    textbook_nodes(LENET_5.title, Shape::new(1, 32, 32), 10).finish()
}

fn textbook(options: &Options) -> Result<Graph, ZooError> {
    titled(LENET_5.title, options)
}

fn fashion(options: &Options) -> Result<Graph, ZooError> {
    titled(LENET_5_FASHION.title, options)
}

fn titled(title: &str, options: &Options) -> Result<Graph, ZooError> {
    let (input, classes) = (options.input_or(1, 32), options.classes_or(10));
    finish(textbook_nodes(title, input, classes))
}

fn textbook_nodes(title: &str, input: Shape, classes: u32) -> GraphBuilder {
    let mut net = GraphBuilder::new(title, input);
    net.then("C1", Conv::new(6, 5));
    net.then("tanh1", Activation::Tanh);
    net.then("S2", AvgPool::new(2));
    net.then("C3", Conv::new(16, 5));
    net.then("tanh3", Activation::Tanh);
    net.then("S4", AvgPool::new(2));
    net.then("flatten", flatten());
    net.then("F5", Linear::new(120));
    net.then("tanh5", Activation::Tanh);
    net.then("F6", Linear::new(84));
    net.then("tanh6", Activation::Tanh);
    net.then("output", Linear::new(classes));
    net.then("softmax", Activation::Softmax);
    net
}

fn published(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(LENET_5_1998.title, options.input_or(1, 32));
    net.then("C1", Conv::new(6, 5));
    net.then("tanh1", Activation::LECUN);
    net.then("S2", Subsample::new(2));
    net.then("tanh2", Activation::LECUN);
    net.then("C3", table_conv(&C3));
    net.then("tanh3", Activation::LECUN);
    net.then("S4", Subsample::new(2));
    net.then("tanh4", Activation::LECUN);
    net.then("C5", Conv::new(120, 5));
    net.then("tanh5", Activation::LECUN);
    net.then("flatten", flatten());
    net.then("F6", linear(84));
    net.then("tanh6", Activation::LECUN);
    net.then(
        "output",
        Rbf {
            classes: options.classes_or(10),
        },
    );
    finish(net)
}

fn lenet4(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(LENET_4.title, options.input_or(1, 32));
    net.then("C1", Conv::new(4, 5));
    net.then("tanh1", Activation::LECUN);
    net.then(
        "S2",
        Subsample {
            fan: 2,
            ..Subsample::new(2)
        },
    );
    net.then("tanh2", Activation::LECUN);
    net.then("C3", Conv::new(16, 5));
    net.then("tanh3", Activation::LECUN);
    net.then("S4", Subsample::new(2));
    net.then("tanh4", Activation::LECUN);
    net.then("flatten", flatten());
    net.then("F5", linear(120));
    net.then("tanh5", Activation::LECUN);
    net.then("output", linear(options.classes_or(10)));
    finish(net)
}

fn lenet1(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(LENET_1.title, options.input_or(1, 28));
    net.then("H1", Conv::new(4, 5));
    net.then("tanh1", Activation::LECUN);
    net.then("H2", Subsample::new(2));
    net.then("tanh2", Activation::LECUN);
    net.then("H3", table_conv(&H3));
    net.then("tanh3", Activation::LECUN);
    net.then("H4", Subsample::new(2));
    net.then("tanh4", Activation::LECUN);
    net.then("flatten", flatten());
    net.then("output", linear(options.classes_or(10)));
    net.then("tanh_output", Activation::LECUN);
    finish(net)
}
