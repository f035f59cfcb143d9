//! Why there is no attack.

use serde::{Deserialize, Serialize};

use super::{Method, Norm};
use crate::Shape;

/// Why there is no attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AttackError {
    #[error(
        "the network ends in maps of {shape}, so there is no class to change; an attack needs a network \
         that ends in one value a class, for example behind a global average pool or a flatten and a \
         linear layer"
    )]
    Maps { shape: Shape },
    #[error("the network's answer has one value only; an attack needs two classes at least")]
    OneClass,
    #[error("the network has no layers, so it has no answer to change; add one that gives classes")]
    Empty,
    #[error(
        "the input has the value {value} before its normalisation, and a picture has 0 to 1; attack a \
         drawing or a photo, or choose the normalisation that made this input"
    )]
    NoPicture { value: f32 },
    #[error("there is no class {target}; the network has {classes}, from 0 to {}", classes - 1)]
    Target { target: u32, classes: usize },
    #[error("the network answers {target} already; choose another target class")]
    TargetIsAnswer { target: usize },
    #[error("{0} has no {1} form; choose {2}", method.name(), norm.name(), method.norms()[0].name())]
    Norm { method: Method, norm: Norm },
    #[error("{what} is {value}; it must be {range}")]
    Range {
        what: String,
        value: f64,
        range: String,
    },
    #[error(
        "the noise of the picture and this network's answer are not finite numbers; the weights are \
         damaged or the network diverged: load weights again"
    )]
    NotFinite,
    #[error("there are no test images in this data set; add some")]
    NoImages,
    #[error(
        "the pictures have {got} values, and the network takes {wanted} for each; networks are attacked \
         with each other's pictures only when they take the same input"
    )]
    OtherInput { got: usize, wanted: usize },
}
