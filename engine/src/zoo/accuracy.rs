//! Published accuracies of the networks of the zoo.

/// A published top-1 accuracy: the share of images whose most probable class is the right one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Per cent.
    pub top1: f64,
    /// The images that it was measured on.
    pub on: &'static str,
    /// The source.
    pub source: &'static str,
}

const fn of(top1: f64, on: &'static str, source: &'static str) -> Accuracy {
    Accuracy { top1, on, source }
}

const IMAGENET: &str = "ImageNet, validation";
const MNIST: &str = "MNIST, test";
/// `acc@1` of the weights of this name in torchvision 0.23, `torchvision/models/*.py`.
const TORCHVISION: &str = "torchvision, IMAGENET1K_V1";
/// The table “Available models” of <https://keras.io/api/applications/>.
const KERAS: &str = "Keras Applications";

const fn torchvision(top1: f64) -> Accuracy {
    of(top1, IMAGENET, TORCHVISION)
}

const fn keras(top1: f64) -> Accuracy {
    of(top1, IMAGENET, KERAS)
}

/// By the network's name in the zoo. For the others nothing was published: minis, the article's
/// own networks, networks without classes. LeNet-4 is left out because the zoo's is a reconstruction
/// with three times the parameters of the network that was measured.
const PUBLISHED: &[(&str, Accuracy)] = &[
    // An error of 1.7 %, so listed with the data at yann.lecun.com/exdb/mnist as well.
    ("lenet-1", of(98.3, MNIST, "LeCun et al. 1998, figure 9")),
    // An error of 0.95 %, ibid. “[no distortions]”.
    (
        "lenet-5-1998",
        of(99.05, MNIST, "LeCun et al. 1998, without distortions"),
    ),
    // An error of 40.7 %, the row “1 CNN”; Simonyan and Zisserman 2015 repeat it in their table 7.
    (
        "alexnet",
        of(
            59.3,
            IMAGENET,
            "Krizhevsky et al. 2012, table 2, one network, ten crops",
        ),
    ),
    ("alexnet-torchvision", torchvision(56.522)),
    // The readme of gist.github.com/mavenlin/d802a5849de39225bcc6, to which Caffe's model zoo leads.
    ("nin", of(59.36, IMAGENET, "the authors' release")),
    // An error of 8.81 %, the row “NIN + Dropout + Data Augmentation”.
    (
        "nin-cifar-10",
        of(
            91.19,
            "CIFAR-10, test",
            "Lin et al. 2014, table 1, augmented",
        ),
    ),
    ("vgg-11", torchvision(69.020)),
    ("vgg-13", torchvision(69.928)),
    ("vgg-16", torchvision(71.592)),
    ("vgg-16-article", keras(71.3)),
    ("vgg-19", torchvision(72.376)),
    // BVLC/caffe, models/bvlc_googlenet/readme.md: the centre crop.
    ("googlenet", of(68.7, IMAGENET, "bvlc_googlenet")),
    ("googlenet-torchvision", torchvision(69.778)),
    ("inception-v3", torchvision(77.294)),
    ("resnet-18", torchvision(69.758)),
    ("resnet-34", torchvision(73.314)),
    ("resnet-50", torchvision(76.130)),
    ("resnet-50-v1", keras(74.9)),
    ("resnet-101", torchvision(77.374)),
    ("resnet-152", torchvision(78.312)),
    ("resnext-50", torchvision(77.618)),
    ("squeezenet-1.0", torchvision(58.092)),
    // The authors say only “without diminishing accuracy” (forresti/SqueezeNet, readme); torchvision
    // trained its own, on pictures of another size than the zoo's.
    (
        "squeezenet-1.1",
        of(58.178, IMAGENET, "torchvision, IMAGENET1K_V1, at 224×224"),
    ),
    ("densenet-121", torchvision(74.434)),
    ("xception", keras(79.0)),
    ("mobilenet", keras(70.4)),
    ("mobilenet-v2", torchvision(71.878)),
    ("mobilenet-v3-small", torchvision(67.668)),
    ("mobilenet-v3-large", torchvision(74.042)),
    // tensorflow/tpu, models/official/efficientnet/lite/README.md.
    (
        "efficientnet-lite0",
        of(75.1, IMAGENET, "the authors' release, 32-bit floats"),
    ),
];

/// The published accuracy of the network with this name.
pub fn accuracy(name: &str) -> Option<&'static Accuracy> {
    let mut published = PUBLISHED.iter();
    published.find_map(|(of, accuracy)| (*of == name).then_some(accuracy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    #[test]
    fn every_accuracy_is_of_a_network_of_the_zoo_and_a_share() {
        for (name, accuracy) in PUBLISHED {
            assert!(zoo::entry(name).is_ok(), "{name}");
            assert!((50.0..100.0).contains(&accuracy.top1), "{name}");
        }
    }

    #[test]
    fn no_network_is_listed_twice() {
        for (place, (name, _)) in PUBLISHED.iter().enumerate() {
            assert!(
                PUBLISHED[place + 1..]
                    .iter()
                    .all(|(other, _)| other != name)
            );
        }
    }
}
