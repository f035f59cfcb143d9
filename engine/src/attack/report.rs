//! What comes out, as data.

use serde::{Deserialize, Serialize};

use super::{Corruption, Settings, Sizes};

/// One picture attacked. The original and the attacked picture are in the payload, values of 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureReport {
    /// The class that the attack leads away from: the right one, or the network's answer.
    pub label: usize,
    /// The probability of each class.
    pub before: Vec<f64>,
    pub after: Vec<f64>,
    /// Whether the attacked network answers as was wanted.
    pub success: bool,
    pub sizes: Sizes,
    /// The loss before each step and at the end, or what the method makes small.
    pub trace: Vec<f64>,
    pub iterations: u32,
    /// The least ε found that changes the answer; `None` where none up to the largest does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest: Option<f32>,
    /// Behind the sanitation, before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defended: Option<[Vec<f64>; 2]>,
    /// The smoothed network, before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoothed: Option<[Certificate; 2]>,
}

/// What the smoothed network answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The class answered most often.
    pub class: usize,
    /// How often, and of how many samples.
    pub count: u64,
    pub samples: u64,
    /// With the asked certainty its share is at least this.
    pub share: f64,
    /// The L2 distance within which the answer is the same; 0 where it abstains.
    pub radius: f64,
}

impl Certificate {
    /// Whether the smoothed network answers at all.
    pub fn answers(&self) -> bool {
        self.share > 0.5
    }
}

/// One line of a robustness curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub settings: Settings,
    /// ε and the share of the images that are answered rightly under the attack.
    pub points: Vec<[f64; 2]>,
}

/// One corruption.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorruptionRow {
    pub corruption: Corruption,
    /// The number of each severity, and the accuracy.
    pub severities: [[f64; 2]; 5],
}

/// A study of a network on images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "study", rename_all = "snake_case")]
pub enum SetReport {
    Curve {
        images: u64,
        /// Without an attack.
        clean: f64,
        curves: Vec<Curve>,
    },
    Corruptions {
        images: u64,
        clean: f64,
        rows: Vec<CorruptionRow>,
    },
    /// The noise is in the payload.
    Universal {
        images: u64,
        clean: f64,
        accuracy: f64,
        /// The share of answers that the noise changes.
        fooled: f64,
        sizes: Sizes,
    },
    Smoothed {
        images: u64,
        /// Of the network itself.
        clean: f64,
        /// Radius and the share of images rightly answered with at least this certified radius.
        points: Vec<[f64; 2]>,
        /// The share for which it abstains.
        abstained: f64,
    },
    /// The attacked pictures are in the payload.
    Crafted {
        images: u64,
        clean: f64,
        accuracy: f64,
        mean: Sizes,
    },
    Judged {
        images: u64,
        accuracy: f64,
    },
}

/// Networks against each other's attacked pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    pub networks: Vec<String>,
    /// Without an attack.
    pub clean: Vec<f64>,
    /// Row by row: the accuracy of the column's network on the pictures made against the row's.
    pub accuracy: Vec<Vec<f64>>,
}
