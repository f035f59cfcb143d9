//! What is checked, and what was found.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{ExerciseError, malformed};
use super::{Drawing, Question};
use crate::{Layer, Shape};

/// A check of a student's work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum Check {
    /// A number that the analysis knows.
    Count { quantity: Quantity, bound: Bound },
    /// The shape of the network's output.
    Output { shape: Shape },
    /// The share of the first test images of a data set that are answered rightly.
    Accuracy {
        /// Its name, as the page and `--data` have it.
        data: String,
        images: u32,
        /// Of the split, where the set has no test images of its own.
        seed: u64,
        least: f64,
    },
    /// The network reads this drawing as this class.
    Reads { drawing: Drawing, class: u32 },
    /// A picture that is at most ε away from this drawing (L∞, values of 0 to 1) is answered otherwise.
    Flips { drawing: Drawing, epsilon: f32 },
    /// A question is answered rightly.
    Answer { question: Question },
}

/// A number that the analysis knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Quantity {
    Parameters,
    /// Multiply-adds of one pass.
    Macs,
    /// Bytes of 32-bit weights and of the feature maps alive at most.
    Memory,
    /// Convolutions and linear layers on the longest path.
    Depth,
    /// Pixels of the shorter side: at a node, or at the last whose field is not the whole input.
    ReceptiveField {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
    },
    /// Layers of this kind, as documents write it.
    Layers {
        layer: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtMost(u64),
    AtLeast(u64),
}

/// Who finds the value of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Analysis,
    Answer,
    Run,
}

/// The value of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    Count {
        value: u64,
    },
    Shape {
        shape: Shape,
    },
    Share {
        right: u64,
        images: u64,
    },
    Class {
        class: u32,
        probability: f64,
    },
    /// The answers to the drawing and to the picture, and how far the picture is from the drawing.
    Flip {
        before: u32,
        after: u32,
        distance: f32,
    },
    Answer {
        answer: String,
    },
    /// There is none, and why.
    Nothing {
        why: String,
    },
}

/// Rounding of 32-bit values, in units of a picture of 0 to 1.
const ROUNDING: f32 = 1e-5;

/// Every kind of layer, as documents write it.
pub fn kinds() -> Vec<String> {
    Layer::KINDS.iter().map(|kind| snake(kind)).collect()
}

/// `MaxPool` as `max_pool`.
pub(super) fn snake(kind: &str) -> String {
    let mut text = String::new();
    for letter in kind.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

impl Bound {
    pub const fn holds(self, value: u64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(out, "≤ {}", grouped(*most)),
            Self::AtLeast(least) => write!(out, "≥ {}", grouped(*least)),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters => out.write_str("parameters"),
            Self::Macs => out.write_str("multiply-adds"),
            Self::Memory => out.write_str("bytes of memory"),
            Self::Depth => out.write_str("depth"),
            Self::ReceptiveField { node: None } => out.write_str("receptive field"),
            Self::ReceptiveField { node: Some(node) } => {
                write!(out, "receptive field of “{node}”")
            }
            Self::Layers { layer } => write!(out, "layers of kind {layer}"),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { quantity, bound } => write!(out, "{quantity} {bound}"),
            Self::Output { shape } => write!(out, "output {shape}"),
            Self::Accuracy {
                data,
                images,
                least,
                ..
            } => write!(
                out,
                "accuracy ≥ {} on {} test images of {data}",
                percent(*least),
                grouped((*images).into())
            ),
            Self::Reads { class, .. } => write!(out, "the drawing is read as class {class}"),
            Self::Flips { epsilon, .. } => {
                write!(
                    out,
                    "the answer to the drawing is changed with ε ≤ {epsilon}"
                )
            }
            Self::Answer { question } => out.write_str(&question.question),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { value } => out.write_str(&grouped(*value)),
            Self::Shape { shape } => write!(out, "{shape}"),
            Self::Share { right, images } => {
                let share = *right as f64 / (*images).max(1) as f64;
                write!(out, "{} ({right} of {images})", percent(share))
            }
            Self::Class { class, probability } => {
                write!(out, "class {class} ({})", percent(*probability))
            }
            Self::Flip {
                before,
                after,
                distance,
            } => write!(out, "class {before} → {after}, distance {distance:.4}"),
            Self::Answer { answer } => write!(out, "“{answer}”"),
            Self::Nothing { why } => out.write_str(why),
        }
    }
}

fn grouped(number: u64) -> String {
    crate::analysis::grouped(number)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

impl Check {
    /// Who finds its value.
    pub const fn needs(&self) -> Needs {
        match self {
            Self::Count { .. } | Self::Output { .. } => Needs::Analysis,
            Self::Answer { .. } => Needs::Answer,
            Self::Accuracy { .. } | Self::Reads { .. } | Self::Flips { .. } => Needs::Run,
        }
    }

    /// Whether this value passes.
    pub fn passes(&self, found: &Found) -> bool {
        match (self, found) {
            (Self::Count { bound, .. }, Found::Count { value }) => bound.holds(*value),
            (Self::Output { shape }, Found::Shape { shape: got }) => shape == got,
            (Self::Accuracy { least, images, .. }, Found::Share { right, images: of }) => {
                *of > 0 && *of == u64::from(*images) && *right as f64 / *of as f64 >= *least
            }
            (Self::Reads { class, .. }, Found::Class { class: got, .. }) => class == got,
            (
                Self::Flips { epsilon, .. },
                Found::Flip {
                    before,
                    after,
                    distance,
                },
            ) => before != after && *distance <= *epsilon + ROUNDING,
            (Self::Answer { question }, Found::Answer { answer }) => question.is_right(answer),
            _ => false,
        }
    }

    /// Whether its settings make sense.
    pub(super) fn check(&self, place: &str) -> Result<(), ExerciseError> {
        let refuse = |why: String| Err(malformed(place, why));
        match self {
            Self::Count {
                quantity: Quantity::Layers { layer },
                ..
            } if !kinds().contains(layer) => {
                let near = crate::near::nearest(layer, Layer::KINDS.iter().copied());
                let near = near.into_iter().next().map(snake).unwrap_or_default();
                refuse(format!(
                    "“{layer}” is no kind of layer; “{near}” is, for example"
                ))
            }
            Self::Accuracy { images: 0, .. } => refuse("it is of no images".to_owned()),
            Self::Accuracy { least, data, .. } => {
                if !(0.0..=1.0).contains(least) {
                    return refuse(format!("the accuracy {least} is not within 0 and 1"));
                }
                super::error::bounded(&format!("{place}: the data set's name"), data.len(), 200)
            }
            Self::Flips { epsilon, .. } if !(*epsilon > 0.0 && *epsilon <= 1.0) => {
                refuse(format!("ε is {epsilon}; it is above 0 and at most 1"))
            }
            Self::Answer { question } => question.check(place),
            _ => Ok(()),
        }
    }
}

impl Found {
    /// Whether another program that computes the same finds this. Counts are exact; a run may round
    /// otherwise: one image in a thousand may change its answer, and a probability its third place.
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Share { right, images },
                Self::Share {
                    right: other,
                    images: of,
                },
            ) => images == of && right.abs_diff(*other) <= images.div_ceil(1000),
            (
                Self::Class { class, probability },
                Self::Class {
                    class: other,
                    probability: of,
                },
            ) => class == other && (probability - of).abs() <= 1e-3,
            (
                Self::Flip {
                    before,
                    after,
                    distance,
                },
                Self::Flip {
                    before: other,
                    after: of,
                    distance: far,
                },
            ) => before == other && after == of && (distance - far).abs() <= ROUNDING,
            // Sentences may be of another version.
            (Self::Nothing { .. }, Self::Nothing { .. }) => true,
            _ => self == other,
        }
    }
}
