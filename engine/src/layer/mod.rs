//! One operation with its hyper-parameters: pure data, and the rule that says what it does to a
//! shape and what it costs. [`Layer`] is the only list of kinds in the lab.

mod activation;
mod conv;
mod error;
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
pub use conv::Conv;
pub use error::LayerError;
pub use lenet::{Rbf, Subsample, TableConv};
pub use linear::Linear;
pub use merge::Merge;
pub use norm::{BatchNorm, Lrn};
pub(crate) use pool::greatest_common_divisor;
pub use pool::{AdaptiveAvgPool, AvgPool, GlobalPool, MaxPool, PoolMode};
pub use regular::Dropout;
pub use rule::{Cost, MAX_ELEMENTS, MAX_FIELD, MAX_OPERATIONS, MAX_PARAMETERS, Rule};
pub use shape::{ChannelShuffle, ChannelSlice, Flatten, FlattenOrder, Pad};
pub use title::Family;
pub use window::{Padding, Sides, Window};

use serde::{Deserialize, Serialize};

use crate::Shape;

/// One operation and its hyper-parameters, in the terms of the papers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Layer {
    Conv(Conv),
    TableConv(TableConv),
    MaxPool(MaxPool),
    AvgPool(AvgPool),
    AdaptiveAvgPool(AdaptiveAvgPool),
    GlobalPool(GlobalPool),
    Subsample(Subsample),
    BatchNorm(BatchNorm),
    Lrn(Lrn),
    Activation(Activation),
    Dropout(Dropout),
    Linear(Linear),
    Rbf(Rbf),
    Merge(Merge),
    Flatten(Flatten),
    Pad(Pad),
    ChannelShuffle(ChannelShuffle),
    ChannelSlice(ChannelSlice),
}

impl Layer {
    /// The rule of this layer's kind: shapes, parameters, cost, window.
    pub fn rule(&self) -> &dyn Rule {
        match self {
            Self::Conv(layer) => layer,
            Self::TableConv(layer) => layer,
            Self::MaxPool(layer) => layer,
            Self::AvgPool(layer) => layer,
            Self::AdaptiveAvgPool(layer) => layer,
            Self::GlobalPool(layer) => layer,
            Self::Subsample(layer) => layer,
            Self::BatchNorm(layer) => layer,
            Self::Lrn(layer) => layer,
            Self::Activation(layer) => layer,
            Self::Dropout(layer) => layer,
            Self::Linear(layer) => layer,
            Self::Rbf(layer) => layer,
            Self::Merge(layer) => layer,
            Self::Flatten(layer) => layer,
            Self::Pad(layer) => layer,
            Self::ChannelShuffle(layer) => layer,
            Self::ChannelSlice(layer) => layer,
        }
    }
}

impl Layer {
    /// The output's shape and what the layer costs on these inputs, all within the lab's limits.
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

/// A layer's settings stand for the layer, so that the zoo reads like a paper's table.
macro_rules! from_settings {
    ($($kind:ident),*) => { $(impl From<$kind> for Layer {
        fn from(settings: $kind) -> Self {
            Self::$kind(settings)
        }
    })* };
}
from_settings!(
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
    ChannelSlice
);
