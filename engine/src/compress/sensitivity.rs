//! How much each layer bears: the accuracy with one layer pruned or quantised at a time.

use serde::{Deserialize, Serialize};

use crate::NodeId;

use super::quantise::Width;

/// What is changed in one layer at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Levels {
    /// These shares of its smallest weights go.
    Shares { shares: Vec<f64> },
    /// Its weights have these widths, each channel on a grid of its own.
    Widths { widths: Vec<Width> },
}

impl Levels {
    /// Every tenth, up to nine.
    pub fn tenths() -> Self {
        let shares = (1..10).map(|it| f64::from(it) / 10.0).collect();
        Self::Shares { shares }
    }

    /// All widths below 16 bits.
    pub fn widths() -> Self {
        let widths = Width::ALL.into_iter().filter(|it| *it != Width::F16);
        Self::Widths {
            widths: widths.collect(),
        }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::Shares { shares } => shares.len(),
            Self::Widths { widths } => widths.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The level as a number: a share, or bits.
    pub fn number(&self, place: usize) -> f64 {
        match self {
            Self::Shares { shares } => shares.get(place).copied().unwrap_or(0.0),
            Self::Widths { widths } => f64::from(widths.get(place).map_or(32, |it| it.bits())),
        }
    }
}

/// One layer's accuracy at each level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub node: NodeId,
    pub name: String,
    /// The level and the accuracy.
    pub points: Vec<[f64; 2]>,
}

/// All layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    pub levels: Levels,
    /// Of the network as it is.
    pub accuracy: f64,
    /// How many images each point is of.
    pub images: u64,
    pub curves: Vec<Curve>,
}
