//! Layers: an operation with its hyper-parameters as data, and the rule that computes its output
//! shape and cost. The list of kinds is in this file only.

mod activation;
mod arithmetic;
mod conv;
mod error;
mod formula;
mod lenet;
mod linear;
mod merge;
mod norm;
mod pool;
mod regular;
mod rule;
mod shape;
mod title;
mod window;

pub use activation::Activation;
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
pub use regular::Dropout;
pub use rule::{
    Cost, MAX_ELEMENTS, MAX_FIELD, MAX_OPERATIONS, MAX_PARAMETERS, OutputFormula, Rule, Sign,
};
pub use shape::{ChannelShuffle, ChannelSlice, Flatten, FlattenOrder, Pad};
pub use title::Family;
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
    MaxPool,
    AvgPool,
    AdaptiveAvgPool,
    GlobalPool,
    Subsample,
    BatchNorm,
    Lrn,
    Activation,
    Dropout,
    Linear,
    Rbf,
    Merge,
    Flatten,
    Pad,
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
