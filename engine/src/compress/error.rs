//! Why a network cannot be made smaller as asked.

use serde::{Deserialize, Serialize};

use super::structure::Refusal;

/// Why a network cannot be made smaller as asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ShrinkError {
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error("{setting} is {value}; it must be {wanted}")]
    Range {
        setting: String,
        value: String,
        wanted: String,
    },
    #[error(
        "nothing is pruned: the share is so small that not one weight or channel goes; take more"
    )]
    NothingPruned,
    #[error("no channel can go: {}", .0.join("; "))]
    AllTied(Vec<String>),
    #[error(
        "the network has no convolution and no linear layer, so there are no weights to make smaller"
    )]
    NoWeights,
    #[error(
        "no convolution has a batch norm behind it, so channels have no scale to rank them by; rank \
         them by the L1 norm"
    )]
    NoNorm,
    #[error("the 2:4 pattern fits no layer: none has a number of inputs that four divides")]
    NoPattern,
    #[error("no batch norm follows a convolution or a linear layer alone, so none can be folded")]
    NothingToFold,
    #[error(
        "{got} images are too few to calibrate on; take at least {wanted}, or add training images"
    )]
    TooFewImages { got: usize, wanted: usize },
    #[error("this needs images, and no data set was given; choose one")]
    NoData,
    #[error(
        "there are no test images to measure the accuracy on; add some, or keep a share for it"
    )]
    NoTestImages,
    #[error(
        "the teacher tells {teacher} classes apart and the student {student}; distillation needs the \
         same classes"
    )]
    TeacherClasses { teacher: u64, student: u64 },
    #[error(
        "the values of an image are not finite numbers, so the network cannot be measured on it"
    )]
    NotFinite,
}

/// Checks that a share is one that leaves something.
pub(super) fn share(setting: &str, value: f64) -> Result<(), ShrinkError> {
    if (0.0..1.0).contains(&value) {
        return Ok(());
    }
    Err(ShrinkError::Range {
        setting: setting.to_owned(),
        value: value.to_string(),
        wanted: "at least 0 and below 1, so that something is left".to_owned(),
    })
}
