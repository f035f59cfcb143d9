//! Convolutional denoising autoencoders: an encoder that makes maps smaller, a decoder that makes them
//! larger again, and a picture at the end.

use super::Quantity::{Macs, Trainable};
use super::parts::{finish, max_pool, padded};
use super::{Entry, Figure, Options, ZooError};
use crate::layer::{Activation, TransposedConv, Upsample};
use crate::{Graph, GraphBuilder};

const STORY: &str = "A network that gives a picture for a picture: a noisy digit goes in, the clean \
    one is to come out. On the way the maps are halved twice, so that only what recurs over many \
    digits passes, and doubled twice again, so that each pixel gets a value. Convolutions instead of \
    linear layers keep what is learnt at one place for all others; the same shape, with skips between \
    the halves, became U-Net and the networks that generate pictures. Fine strokes that the narrow \
    middle cannot hold come out blurred.";

const FAMILY: Entry = Entry {
    name: "",
    title: "",
    year: 2011,
    paper: "Masci, Meier, Cireşan, Schmidhuber: Stacked convolutional auto-encoders for \
        hierarchical feature extraction. ICANN 2011",
    story: STORY,
    variant: "",
    published: &[],
    scalable: false,
    build: upsampling,
};

pub(super) const UPSAMPLING: Entry = Entry {
    name: "denoising-autoencoder",
    title: "Denoising autoencoder",
    variant: "For 28×28, with nearest upsampling before a convolution, as the Keras blog lists it \
        (Chollet 2016: Building autoencoders in Keras).",
    published: &[
        Figure::exact(Trainable, 28_353, "an independent count with PyTorch"),
        Figure::exact(Macs, 4_515_840, "an independent count with PyTorch"),
    ],
    ..FAMILY
};

pub(super) const TRANSPOSED: Entry = Entry {
    name: "denoising-autoencoder-transposed",
    title: "Denoising autoencoder (transposed)",
    variant: "For 28×28, with transposed convolutions of stride 2, as Keras' code examples have it \
        (Valdarrama 2021); the odd row is cut off at the top, as PyTorch does, not at the bottom.",
    published: &[
        Figure::exact(Trainable, 28_353, "an independent count with PyTorch"),
        Figure::exact(Macs, 4_515_840, "an independent count with PyTorch"),
    ],
    build: transposed,
    ..FAMILY
};

fn encoder(net: &mut GraphBuilder) {
    for number in 1..=2 {
        net.then(format!("encode{number}"), padded(32, 3));
        net.then(format!("encode{number}_relu"), Activation::Relu);
        net.then(format!("pool{number}"), max_pool(2, 2, 0));
    }
}

fn upsampling(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(UPSAMPLING.title, options.input_or(1, 28));
    encoder(&mut net);
    for number in 1..=2 {
        net.then(format!("decode{number}"), padded(32, 3));
        net.then(format!("decode{number}_relu"), Activation::Relu);
        net.then(format!("up{number}"), Upsample::new(2));
    }
    picture(net, options)
}

fn transposed(options: &Options) -> Result<Graph, ZooError> {
    let mut net = GraphBuilder::new(TRANSPOSED.title, options.input_or(1, 28));
    encoder(&mut net);
    for number in 1..=2 {
        let double = TransposedConv {
            stride: [2, 2],
            crop: [1; 4],
            output_padding: [1, 1],
            ..TransposedConv::new(32, 3)
        };
        net.then(format!("decode{number}"), double);
        net.then(format!("decode{number}_relu"), Activation::Relu);
    }
    picture(net, options)
}

/// One map, of values between 0 and 1.
fn picture(mut net: GraphBuilder, options: &Options) -> Result<Graph, ZooError> {
    net.then("picture", padded(options.classes_or(1), 3));
    net.then("sigmoid", Activation::Sigmoid);
    finish(net)
}
