//! Published networks as graphs: a file for each family, a line or two for each variant.
//! Node names are those of the reference implementation wherever one has published weights.

mod accuracy;
mod alexnet;
mod autoencoder;
mod context;
mod densenet;
mod domain;
mod efficientnet;
mod entry;
mod googlenet;
mod inception_v3;
mod lenet;
mod mobilenet;
mod mobilenet_v2;
mod mobilenet_v3;
mod nin;
mod parts;
mod pretrained;
mod resnet;
mod squeezenet;
mod stack;
mod vgg;
mod xception;

pub use accuracy::{Accuracy, accuracy};
pub use domain::{Judgement, Kind, expert};
pub use entry::{Agreement, Entry, Figure, Options, Quantity, ZooError};
pub use lenet::lenet5;
pub use pretrained::{Classes, PRETRAINED, Pretrained, means, preparation, pretrained, recipe};
pub use stack::{GRID_STORY, STACK_STORY, Stack, dilated};

use crate::{Graph, near};

/// Every network of the zoo, oldest family first.
pub const CATALOGUE: &[Entry] = &[
    lenet::LENET_1,
    lenet::LENET_4,
    lenet::LENET_5,
    lenet::LENET_5_1998,
    lenet::LENET_5_FASHION,
    autoencoder::UPSAMPLING,
    autoencoder::TRANSPOSED,
    alexnet::ALEXNET,
    alexnet::UNGROUPED,
    alexnet::TORCHVISION,
    alexnet::ARTICLE,
    alexnet::MINI,
    nin::IMAGENET,
    nin::CIFAR_10,
    nin::MINI,
    vgg::VGG_11,
    vgg::VGG_13,
    vgg::VGG_16,
    vgg::VGG_16_ARTICLE,
    vgg::VGG_19,
    vgg::MINI,
    googlenet::GOOGLENET,
    googlenet::AUX,
    googlenet::TORCHVISION,
    googlenet::TORCHVISION_AUX,
    googlenet::MINI,
    inception_v3::INCEPTION_V3,
    inception_v3::MINI,
    resnet::RESNET_18,
    resnet::RESNET_34,
    resnet::RESNET_50,
    resnet::RESNET_50_V1,
    resnet::RESNET_101,
    resnet::RESNET_152,
    resnet::MINI,
    resnet::RESNEXT_50,
    resnet::RESNEXT_MINI,
    context::BASIC,
    context::LARGE,
    context::MINI,
    squeezenet::V1_0,
    squeezenet::V1_1,
    squeezenet::MINI,
    densenet::DENSENET_121,
    densenet::MINI,
    xception::XCEPTION,
    xception::MINI,
    mobilenet::MOBILENET,
    mobilenet::ARTICLE,
    mobilenet::MINI,
    mobilenet::MINI_FASHION,
    mobilenet_v2::MOBILENET_V2,
    mobilenet_v2::MINI,
    mobilenet_v3::SMALL,
    mobilenet_v3::LARGE,
    mobilenet_v3::MINI,
    efficientnet::LITE0,
    efficientnet::MINI,
];

/// The names of all networks.
pub const NAMES: [&str; CATALOGUE.len()] = {
    let mut names = [""; CATALOGUE.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = CATALOGUE[at].name;
        at += 1;
    }
    names
};

/// The entry with this name, in any case and punctuation: “ResNet50” is `resnet-50`.
///
/// # Errors
/// When there is none; the error offers the nearest names.
pub fn entry(name: &str) -> Result<&'static Entry, ZooError> {
    let exact = CATALOGUE.iter().find(|entry| entry.name == name);
    let spelt = || {
        let wanted = near::plain(name);
        let mut entries = CATALOGUE.iter();
        entries.find(|entry| near::plain(entry.name) == wanted)
    };
    exact.or_else(spelt).ok_or_else(|| ZooError::Unknown {
        name: name.to_owned(),
        near: nearest(name),
    })
}

/// The names most like this one, or how to see all of them.
fn nearest(name: &str) -> String {
    const MOST: usize = 6;
    let near = near::nearest(name, CATALOGUE.iter().map(|entry| entry.name));
    if near.is_empty() {
        return "`cnnlab list`".to_owned();
    }
    let near: Vec<&str> = near.into_iter().take(MOST).collect();
    near.join(", ")
}

/// Builds the network with this name.
///
/// # Errors
/// When there is none, or the options do not suit it.
pub fn build(name: &str, options: &Options) -> Result<Graph, ZooError> {
    entry(name)?.graph(options)
}
