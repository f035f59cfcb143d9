//! Making the network smaller: the settings of the next step, what steps came to, and the variants
//! that one can go back to.

pub mod beside;
mod forecast;
pub mod masks;
pub mod pareto;
mod variants;

use std::sync::Arc;

use engine::compress::quantise::Width;
use engine::compress::{Distillation, Prune, Quantise, Report, Sensitivity};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Update, With, WithUntracked};

pub use self::forecast::{Forecast, Step, forecast};
pub use self::variants::{
    MOST, MOST_BYTES, New, Thinned, Variant, VariantError, VariantId, VariantRecord, Variants,
};

/// How the network is made smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Prune,
    Quantise,
    Distil,
}

impl Method {
    pub const ALL: [Self; 3] = [Self::Prune, Self::Quantise, Self::Distil];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Prune => "Prune",
            Self::Quantise => "Quantise",
            Self::Distil => "Distil",
        }
    }

    /// The name in an id.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prune => "prune",
            Self::Quantise => "quantise",
            Self::Distil => "distil",
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    pub method: Method,
    pub prune: Prune,
    pub quantise: Quantise,
    pub distillation: Distillation,
    /// The teacher that is chosen, by the number of its variant.
    pub teacher: Option<VariantId>,
    /// What the last step came to.
    pub report: Option<Arc<Report>>,
    pub sensitivity: Option<Arc<Sensitivity>>,
    pub variants: Variants,
    /// Which variants went to make room, as a sentence.
    pub note: Option<String>,
    /// Why the last step came to nothing, as a sentence with the way out.
    pub failure: Option<String>,
}

/// See the module. `Copy`, because it is a handle.
#[derive(Clone, Copy)]
pub struct Shrinking(RwSignal<Held>);

impl Shrinking {
    pub(crate) fn new() -> Self {
        Self(RwSignal::default())
    }

    /// Reads it, tracked.
    pub fn read<T>(self, read: impl FnOnce(&Held) -> T) -> T {
        self.0.with(read)
    }

    /// Reads it, untracked.
    pub fn peek<T>(self, read: impl FnOnce(&Held) -> T) -> T {
        self.0.with_untracked(read)
    }

    /// Changes it.
    pub fn edit(self, change: impl FnOnce(&mut Held)) {
        self.0.update(change);
    }

    /// A step begins: what the one before failed by is forgotten.
    pub fn begin(self) {
        self.edit(|held| {
            held.failure = None;
            held.note = None;
        });
    }

    /// A step has come to nothing.
    pub fn fail(self, why: String) {
        self.edit(|held| held.failure = Some(why));
    }
}

/// What a width costs in speed and truth, as a sentence.
pub const fn sentence(width: Width) -> &'static str {
    match width {
        Width::Int8 => {
            "Weights and activations of 8 bits run in whole numbers: convolutions and linear layers \
             multiply bytes and add 32-bit sums."
        }
        Width::F16 | Width::Int4 | Width::Int2 | Width::Binary => {
            "Simulated: the weights have these values, and are computed with as floats. The file \
             gets smaller, a pass does not get faster here."
        }
    }
}
