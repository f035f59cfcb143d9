//! Layers: an operation with its hyper-parameters as data, and the rule that computes its output
//! shape and cost. The list of kinds is in this file only.

mod activation;
mod adaptive_max;
mod arithmetic;
mod conv;
mod error;
mod formula;
mod lenet;
mod linear;
mod merge;
mod norm;
mod pool;
mod prelu;
mod regular;
mod rule;
mod shape;
mod statistics;
mod title;
mod transposed;
mod upsample;
mod window;

pub use activation::Activation;
pub use adaptive_max::AdaptiveMaxPool;
pub use arithmetic::Arithmetic;
pub use conv::Conv;
pub use error::LayerError;
pub use formula::{Formula, grouped};
pub(crate) use formula::{difference, named, number, quotient, sum, times};
pub use lenet::{Rbf, Subsample, TableConv};
pub use linear::Linear;
pub use merge::Merge;
pub use norm::{BatchNorm, Lrn};
pub(crate) use pool::greatest_common_divisor;
pub use pool::{AdaptiveAvgPool, AvgPool, GlobalPool, MaxPool, PoolMode};
pub use prelu::PRelu;
pub use regular::Dropout;
pub use rule::{
    Cost, MAX_ELEMENTS, MAX_FIELD, MAX_OPERATIONS, MAX_PARAMETERS, OutputFormula, Rule, Sign,
    Spread,
};
pub use shape::{ChannelShuffle, ChannelSlice, Flatten, FlattenOrder, Pad};
pub use statistics::{GroupNorm, InstanceNorm, LayerNorm, LayerNormAxes};
pub use title::Family;
pub use transposed::TransposedConv;
pub use upsample::{Upsample, UpsampleMode};
pub use window::{Padding, Sides, Window};

use serde::{Deserialize, Serialize};

use crate::Shape;

/// Makes [`Layer`] from the list of kinds; each is a type of its own that implements [`Rule`].
macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        /// One operation and its hyper-parameters, in the terms of the papers.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Layer {
            $($kind($kind)),*
        }

        impl Layer {
            /// The name of every kind.
            pub const KINDS: &[&str] = &[$(stringify!($kind)),*];

            /// The name of this layer's kind, one of [`Self::KINDS`].
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($kind)),*
                }
            }

            /// The rule of this layer's kind: shapes, parameters, cost, window.
            pub fn rule(&self) -> &dyn Rule {
                match self {
                    $(Self::$kind(layer) => layer),*
                }
            }

            /// The rule of this layer's kind, to change its settings.
            pub fn rule_mut(&mut self) -> &mut dyn Rule {
                match self {
                    $(Self::$kind(layer) => layer),*
                }
            }
        }

        // So that the zoo can write the settings alone, as the tables of papers do.
        $(impl From<$kind> for Layer {
            fn from(settings: $kind) -> Self {
                Self::$kind(settings)
            }
        })*
    };
}

kinds!(
    Conv,
    TableConv,
    TransposedConv,
    MaxPool,
    AvgPool,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    GlobalPool,
    Subsample,
    BatchNorm,
    GroupNorm,
    LayerNorm,
    InstanceNorm,
    Lrn,
    Activation,
    PRelu,
    Dropout,
    Linear,
    Rbf,
    Merge,
    Flatten,
    Pad,
    Upsample,
    ChannelShuffle,
    ChannelSlice,
);

impl Layer {
    /// The family this kind belongs to.
    pub fn family(&self) -> Family {
        self.rule().family()
    }

    /// The layer in a few words, as on a card; see [`Rule::title`].
    pub fn title(&self) -> String {
        self.rule().title()
    }

    /// Whether the layer has parameters, whatever its input.
    pub const fn has_parameters(&self) -> bool {
        match self {
            Self::Conv(_)
            | Self::TableConv(_)
            | Self::TransposedConv(_)
            | Self::Subsample(_)
            | Self::BatchNorm(_)
            | Self::PRelu(_)
            | Self::Linear(_)
            | Self::Rbf(_) => true,
            Self::GroupNorm(norm) => norm.scale || norm.shift,
            Self::LayerNorm(norm) => norm.scale || norm.shift,
            Self::InstanceNorm(norm) => norm.scale || norm.shift,
            Self::MaxPool(_)
            | Self::AvgPool(_)
            | Self::AdaptiveAvgPool(_)
            | Self::AdaptiveMaxPool(_)
            | Self::GlobalPool(_)
            | Self::Lrn(_)
            | Self::Activation(_)
            | Self::Dropout(_)
            | Self::Merge(_)
            | Self::Flatten(_)
            | Self::Pad(_)
            | Self::Upsample(_)
            | Self::ChannelShuffle(_)
            | Self::ChannelSlice(_) => false,
        }
    }

    /// Whether the parameters that it has for one of these inputs fit the other as well; both fit the
    /// layer.
    pub(crate) fn has_like_parameters(&self, one: (Shape, Cost), other: (Shape, Cost)) -> bool {
        let counts = |cost: Cost| (cost.trainable, cost.other);
        match self {
            Self::LayerNorm(norm) => norm.weight_dims(one.0) == norm.weight_dims(other.0),
            _ => counts(one.1) == counts(other.1),
        }
    }

    /// The output shape and the cost for these inputs, both within the limits of the lab.
    ///
    /// # Errors
    /// When a hyper-parameter is out of its range or does not fit the inputs, or when the result
    /// is larger than [`MAX_ELEMENTS`], [`MAX_PARAMETERS`] or [`MAX_OPERATIONS`] allow.
    pub fn measure(&self, inputs: &[Shape]) -> Result<(Shape, Cost), LayerError> {
        let rule = self.rule();
        let output = rule.output(inputs)?;
        let cost = rule.cost(inputs, output);
        rule::within_limits(output, cost)?;
        Ok((output, cost))
    }
}
