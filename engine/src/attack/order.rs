//! What can be asked for, as data.

use serde::{Deserialize, Serialize};

use super::{Corruption, Sanitation, Settings, Smoothing};
use crate::data::{Means, Part, Split};

/// What is attacked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Order {
    /// The last input.
    Picture(Box<PictureOrder>),
    /// Images of a data set.
    Set { set: u32, order: Box<SetOrder> },
}

/// An attack of one picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PictureOrder {
    /// How the picture became the network's input.
    pub means: Means,
    pub settings: Settings,
    /// The right class; the network's answer without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<u32>,
    /// Look for the least ε that changes the answer, where the method is bounded by one.
    pub smallest: bool,
    /// What the defended network does to the picture first.
    pub sanitation: Vec<Sanitation>,
    /// The attack knows of the sanitation, and is one of the defended network.
    pub adaptive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing: Option<Smoothing>,
}

/// A study of a network on images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetOrder {
    pub means: Means,
    pub split: Split,
    pub part: Part,
    /// How many images: the first of each class, then the second.
    pub images: u32,
    /// Of corruptions.
    pub seed: u64,
    /// What the defended network does to a picture first; attacks know of it when `adaptive`.
    pub sanitation: Vec<Sanitation>,
    pub adaptive: bool,
    pub study: Study,
}

/// What is found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "study", rename_all = "snake_case")]
pub enum Study {
    /// Accuracy under each attack at each ε.
    Curve {
        attacks: Vec<Settings>,
        epsilons: Vec<f32>,
    },
    /// Accuracy under each corruption at severities 1 to 5.
    Corruptions { corruptions: Vec<Corruption> },
    /// One noise for all pictures, found on training images and tried on these.
    Universal { settings: Settings, training: u32 },
    /// Accuracy of the smoothed network within each radius.
    Smoothed {
        smoothing: Smoothing,
        radii: Vec<f64>,
    },
    /// The attacked pictures, in the payload, for other networks.
    Craft { settings: Settings },
    /// This network's accuracy on the pictures in the payload, made by `Craft` of the same images.
    Judge,
}

impl Default for SetOrder {
    fn default() -> Self {
        Self {
            means: Means::default(),
            split: Split::default(),
            part: Part::Test,
            images: 500,
            seed: 1,
            sanitation: Vec::new(),
            adaptive: false,
            study: Study::Judge,
        }
    }
}
