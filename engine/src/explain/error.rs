//! Why an answer cannot be explained: what, where, why and the way out.

use serde::{Deserialize, Serialize};

use super::{MOST_SAMPLES, SurgeryError};
use crate::Shape;

/// Why an answer cannot be explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ExplainError {
    #[error(
        "the network has no classes to explain: “{node}” gives {shape}; end it with a layer that gives \
         one value for each class, such as a linear layer"
    )]
    NoClasses { node: String, shape: Shape },
    #[error("there is no class {class}; the network has the classes 0 to {last}")]
    NoClass { class: u32, last: u64 },
    #[error("the network has no node number {node}; it may have been removed")]
    NoNode { node: u32 },
    #[error(
        "“{node}” gives one value for each channel, so Grad-CAM has no places to show there; choose a \
         node with maps, such as the last convolution"
    )]
    NoMaps { node: String },
    #[error("the logits do not depend on “{node}”; choose a node on the way to them")]
    NotOnTheWay { node: String },
    #[error(
        "no node before the logits gives maps, so Grad-CAM has no places to show; use the gradient or \
         occlusion"
    )]
    NoMapsAtAll,
    #[error("{samples} samples; SmoothGrad takes 1 to {MOST_SAMPLES}")]
    Samples { samples: u32 },
    #[error("the noise is {spread} times the input's range; take 0 to 10")]
    Spread { spread: f32 },
    #[error("the patch is {patch} pixels; for an input of {shape} take 1 to {most}")]
    Patch { patch: u32, shape: Shape, most: u32 },
    #[error("the stride is {stride} pixels; take 1 to {most}")]
    Stride { stride: u32, most: u32 },
    #[error("the fill is not a finite number; 0 is the mean of a normalised input")]
    Fill,
    #[error("{patches} places to cover; at most {most} are taken. Take a larger stride")]
    Patches { patches: u64, most: u64 },
    #[error("the input has a value that is not a finite number; give another picture")]
    Input,
    #[error(
        "the answer is finite, but its gradient is not at {wrong} of {all} places: a layer has no finite \
         slope here. Occlusion needs no gradient"
    )]
    NotDifferentiable { wrong: u64, all: u64 },
    #[error("the network has no weights, so there is nothing to randomise")]
    NoWeights,
    #[error("“{node}” has {channels} maps or values, so there is no number {channel} (from 0)")]
    NoChannel {
        node: String,
        channels: u32,
        channel: u32,
    },
    #[error("“{node}” gives {shape}, which has no value there")]
    NoUnit { node: String, shape: Shape },
    #[error("“{node}” has no {role} that training changes; choose a convolution or linear layer")]
    NoParameter { node: String, role: String },
    #[error("“{node}” has {count} of these weights, so there is no number {place} (from 0)")]
    NoWeight {
        node: String,
        place: u32,
        count: u64,
    },
    #[error("the learning rate is not a finite number")]
    Rate,
    #[error("after a step of rate {rate} the loss is not a finite number; take a lower rate")]
    StepTooLarge { rate: f32 },
    #[error(transparent)]
    Surgery(#[from] SurgeryError),
    #[error(
        "{images} images with {each} values each at “{node}” are too many to compare; take fewer images or \
         a later layer"
    )]
    TooMany {
        node: String,
        images: u64,
        each: u64,
    },
}
