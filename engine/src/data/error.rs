//! Why data cannot be used: what, where, why and the way out.

use serde::{Deserialize, Serialize};

use crate::Shape;

/// Why data cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DataError {
    #[error(
        "images of {shape} cannot be a data set; they must have 1 or 3 channels and sides from 1 to \
         4096 pixels"
    )]
    Shape { shape: Shape },
    #[error("there is only one class; a network learns to tell at least two apart")]
    OneClass,
    #[error("there are {classes} classes; at most 1000 are taken")]
    Classes { classes: u32 },
    #[error("the images are {got}, those of the data set {wanted}; all must be of one size")]
    Size { got: Shape, wanted: Shape },
    #[error(
        "image {image} (from 0) has the label {label}; with {classes} classes it must be below {classes}"
    )]
    Label {
        image: usize,
        label: u16,
        classes: u32,
    },
    #[error("{images} images of {shape} have {wanted} bytes, but {got} came")]
    Pixels {
        images: usize,
        shape: Shape,
        wanted: u64,
        got: u64,
    },
    #[error("there are {images} images but {labels} labels; each image needs one")]
    Unequal { images: usize, labels: usize },
    #[error(
        "the images have {} MB; at most {} MB are taken. Use fewer or smaller ones",
        bytes / 1_000_000, most / 1_000_000
    )]
    TooLarge { bytes: u64, most: u64 },
    /// `file` says which of several, `why` what is wrong at which byte.
    #[error("{file} is broken: {why}")]
    Broken { file: String, why: String },
    #[error("{file} is not read as a data set: {why}")]
    Unknown { file: String, why: String },
    #[error("there are no images")]
    Empty,
}
