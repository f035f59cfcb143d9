//! How to make a network smaller, as data: what the page edits, a file keeps and the command line
//! takes.

use serde::{Deserialize, Serialize};

use super::error::share;
use super::prune::{Criterion, Scope};
use super::quantise::{Granularity, Method, Scheme, Width};
use super::{ShrinkError, Stored};
use crate::NodeId;
use crate::data::{Means, Split};

/// One step that makes a network smaller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Shrink {
    Prune(Prune),
    Quantise(Quantise),
    /// Batch norms into the layers before them.
    Fold,
}

/// What is pruned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prune {
    pub what: What,
    /// The share that goes; of the 2:4 pattern it is always a half.
    pub share: f64,
    /// The layers that are pruned; all where it is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<NodeId>,
    /// Training images that gradients are computed of.
    pub images: u32,
}

/// Single weights or whole channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// Single weights of smallest absolute value.
    Weights { scope: Scope },
    /// Two of every four consecutive inputs.
    TwoOfFour,
    /// Whole channels.
    Channels { by: Criterion },
}

impl Default for Prune {
    fn default() -> Self {
        Self {
            what: What::Channels { by: Criterion::L1 },
            share: 0.3,
            layers: Vec::new(),
            images: 256,
        }
    }
}

/// How weights and activations are quantised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quantise {
    pub width: Width,
    pub granularity: Granularity,
    pub scheme: Scheme,
    /// How the ranges of 8-bit activations are found; without it they stay floats.
    pub activations: Option<Method>,
    /// Training images to calibrate on.
    pub images: u32,
    /// The layers that are quantised; all where it is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<NodeId>,
}

impl Default for Quantise {
    fn default() -> Self {
        Self {
            width: Width::Int8,
            granularity: Granularity::Channel,
            scheme: Scheme::Symmetric,
            activations: Some(Method::MinMax),
            images: 256,
            layers: Vec::new(),
        }
    }
}

/// Fewer images are too few to calibrate on.
pub const LEAST_IMAGES: usize = 100;

/// On what the accuracy is measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    pub split: Split,
    /// How images are prepared as inputs.
    pub means: Means,
    /// Test images at most.
    pub images: u32,
    /// Of the choice of images, where there are more.
    pub seed: u64,
    /// Time the plan in floats and with layers of 8 bits as well.
    pub timed: bool,
    /// How the weights are stored before the step.
    #[serde(default, skip_serializing_if = "Stored::is_usual")]
    pub stored: Stored,
}

impl Default for Measured {
    fn default() -> Self {
        Self {
            split: Split::default(),
            means: Means::default(),
            images: 1000,
            seed: 0,
            timed: false,
            stored: Stored::default(),
        }
    }
}

impl Prune {
    /// # Errors
    /// When the share is none.
    pub fn check(&self) -> Result<(), ShrinkError> {
        share("the share to prune", self.share)
    }
}

impl Quantise {
    /// # Errors
    /// When a setting makes no sense.
    pub fn check(&self) -> Result<(), ShrinkError> {
        if let Some(Method::Percentile { percentile }) = self.activations
            && !(percentile > 50.0 && percentile <= 100.0)
        {
            return Err(ShrinkError::Range {
                setting: "the percentile".to_owned(),
                value: percentile.to_string(),
                wanted: "above 50, at most 100".to_owned(),
            });
        }
        let images = self.images as usize;
        if self.activations.is_some() && images < LEAST_IMAGES {
            return Err(ShrinkError::TooFewImages {
                got: images,
                wanted: LEAST_IMAGES,
            });
        }
        Ok(())
    }

    /// How the weights are stored.
    pub const fn stored(&self) -> Stored {
        Stored {
            width: Some(self.width),
            granularity: self.granularity,
            scheme: self.scheme,
        }
    }
}

impl Shrink {
    /// For people, in a variant's history.
    pub fn title(&self) -> String {
        match self {
            Self::Prune(prune) => {
                let percent = (1000.0 * prune.share).round() / 10.0;
                match prune.what {
                    What::Weights {
                        scope: Scope::Global,
                    } => {
                        format!("{percent} % of the weights pruned")
                    }
                    What::Weights {
                        scope: Scope::Layer,
                    } => {
                        format!("{percent} % of each layer's weights pruned")
                    }
                    What::TwoOfFour => "2:4 pattern".to_owned(),
                    What::Channels { by } => {
                        format!("{percent} % of the channels pruned ({})", by.title())
                    }
                }
            }
            Self::Quantise(quantise) => {
                let activations = match quantise.activations {
                    Some(_) => ", 8-bit activations",
                    None => "",
                };
                format!("{} weights{activations}", quantise.width.adjective())
            }
            Self::Fold => "batch norms folded".to_owned(),
        }
    }

    /// # Errors
    /// When a setting makes no sense.
    pub fn check(&self) -> Result<(), ShrinkError> {
        match self {
            Self::Prune(prune) => prune.check(),
            Self::Quantise(quantise) => quantise.check(),
            Self::Fold => Ok(()),
        }
    }
}
