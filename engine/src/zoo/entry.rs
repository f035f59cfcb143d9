//! The description of a network in the zoo, and the options for building it.

use crate::graph::GraphError;
use crate::{Graph, Shape};

/// A network of the zoo.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Lower case with dashes, as on the command line.
    pub name: &'static str,
    /// The name in its paper, which is the graph's name.
    pub title: &'static str,
    /// The year of the paper.
    pub year: u16,
    /// Authors, title, venue.
    pub paper: &'static str,
    /// Idea, use, strengths and weaknesses of the family.
    pub story: &'static str,
    /// How this variant differs from the others of its family.
    pub variant: &'static str,
    /// Published counts, and how they relate to ours.
    pub published: &'static [Figure],
    /// Whether a width multiplier α and a resolution multiplier ρ may be chosen.
    pub scalable: bool,
    /// Its layers; called by [`Entry::graph`], which checks the options.
    pub build: fn(&Options) -> Result<Graph, ZooError>,
}

/// A published count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub quantity: Quantity,
    pub value: u64,
    pub agreement: Agreement,
    /// The source.
    pub source: &'static str,
}

/// What a published count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Parameters that training changes, as PyTorch counts.
    Trainable,
    /// Trainable parameters and running statistics together, as Keras prints.
    Parameters,
    /// Multiply-adds of convolutions and linear layers for one image.
    Macs,
}

/// How a published count relates to what we count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Agreement {
    /// Exactly equal.
    Exact,
    /// Equal within this share: the source rounds.
    Rounded(f64),
    /// Different, because of the convention or deviation named here.
    Differs(&'static str),
}

impl Figure {
    /// A count that is equal to ours.
    pub const fn exact(quantity: Quantity, value: u64, source: &'static str) -> Self {
        Self {
            quantity,
            value,
            agreement: Agreement::Exact,
            source,
        }
    }

    /// A count that its source rounds; the relative difference is at most `share`.
    pub const fn rounded(quantity: Quantity, value: u64, share: f64, source: &'static str) -> Self {
        Self {
            quantity,
            value,
            agreement: Agreement::Rounded(share),
            source,
        }
    }

    /// A count that differs from ours, and why.
    pub const fn differs(
        quantity: Quantity,
        value: u64,
        source: &'static str,
        why: &'static str,
    ) -> Self {
        Self {
            quantity,
            value,
            agreement: Agreement::Differs(why),
            source,
        }
    }
}

/// Options for building a network; the default is the published network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    /// The shape of the picture.
    pub input: Option<Shape>,
    /// The count of classes.
    pub classes: Option<u32>,
    /// The width multiplier α: every layer has α times the channels.
    pub alpha: Option<f64>,
    /// The resolution multiplier ρ: the picture has ρ times the height and width.
    pub rho: Option<f64>,
}

/// Why a network cannot be built as asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ZooError {
    #[error("the zoo has no network “{name}”; see {near}")]
    Unknown { name: String, near: String },
    #[error("“{name}” takes no width or resolution multiplier; the MobileNets do")]
    NotScalable { name: &'static str },
    #[error("{field} is {got:?}; it must be greater than 0 and at most {limit}")]
    Multiplier {
        field: &'static str,
        got: f64,
        limit: f64,
    },
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// The largest α or ρ: the papers stay at 1.4 and below.
const MAX_MULTIPLIER: f64 = 4.0;

impl Entry {
    /// Builds the network.
    ///
    /// # Errors
    /// When an option is not valid for it. An input too small for the network is not an error here:
    /// the graph's analysis reports the problem and its repairs.
    pub fn graph(&self, options: &Options) -> Result<Graph, ZooError> {
        if !self.scalable && (options.alpha.is_some() || options.rho.is_some()) {
            return Err(ZooError::NotScalable { name: self.name });
        }
        for (field, value) in [("alpha", options.alpha), ("rho", options.rho)] {
            let got = value.unwrap_or(1.0);
            if !(got > 0.0 && got <= MAX_MULTIPLIER) {
                return Err(ZooError::Multiplier {
                    field,
                    got,
                    limit: MAX_MULTIPLIER,
                });
            }
        }
        (self.build)(options)
    }
}

impl Options {
    /// The input shape: the chosen or published one, times ρ.
    pub(super) fn input_or(&self, channels: u32, side: u32) -> Shape {
        let shape = self.input.unwrap_or(Shape::new(channels, side, side));
        let rho = self.rho.unwrap_or(1.0);
        let scaled = |side: u32| ((f64::from(side) * rho).round() as u32).max(1);
        Shape::new(shape.channels, scaled(shape.height), scaled(shape.width))
    }

    /// The number of classes chosen or the published one.
    pub(super) fn classes_or(&self, classes: u32) -> u32 {
        self.classes.unwrap_or(classes)
    }

    /// α times the channels, rounded down, as MobileNet V1's code does; at least 1.
    pub(super) fn widened(&self, channels: u32) -> u32 {
        ((f64::from(channels) * self.alpha.unwrap_or(1.0)) as u32).max(1)
    }

    /// α times the channels as a multiple of 8, as MobileNet V2 and V3 do.
    pub(super) fn widened_by_8(&self, channels: u32) -> u32 {
        multiple_of_8(f64::from(channels) * self.alpha.unwrap_or(1.0))
    }
}

/// The nearest multiple of 8, at least 8, not more than a tenth below `channels`.
pub(super) fn multiple_of_8(channels: f64) -> u32 {
    let nearest = ((channels + 4.0) as u32 / 8 * 8).max(8);
    if f64::from(nearest) < 0.9 * channels {
        nearest + 8
    } else {
        nearest
    }
}
