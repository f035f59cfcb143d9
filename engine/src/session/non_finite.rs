//! The first value of a pass that is not a finite number, as data and as a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// The first node of a pass with a value that is not finite; what follows it means nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NonFinite {
    /// [`NodeId::INPUT`] for the picture itself.
    pub node: NodeId,
    /// The node's name; “input” for the picture.
    pub name: String,
    /// Whether the value is NaN rather than infinite.
    pub nan: bool,
    pub cause: Cause,
}

/// Where such a value came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The picture had it.
    Picture,
    /// The node's parameter of this name has it.
    Weights(String),
    /// A batch norm takes the root of its running variance and eps, and this variance with it is
    /// below 0, or divides by that root, and it is 0.
    Variance {
        /// The parameter's name.
        param: String,
        channel: usize,
        value: f32,
        eps: f64,
    },
    /// Picture and weights are finite: the result does not fit a 32-bit float.
    Arithmetic,
}

impl NonFinite {
    /// The picture itself has such a value.
    #[cfg(feature = "plan")]
    pub(crate) fn in_picture(values: &[f32]) -> Option<Self> {
        let value = values.iter().find(|value| !value.is_finite())?;
        Some(Self {
            node: NodeId::INPUT,
            name: "input".to_owned(),
            nan: value.is_nan(),
            cause: Cause::Picture,
        })
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, nan, .. } = self;
        let value = if *nan { "NaN" } else { "an infinite value" };
        write!(f, "“{name}” is the first node with {value}: ")?;
        match &self.cause {
            Cause::Picture => f.write_str("the input has it; load the picture again"),
            Cause::Weights(param) => write!(f, "its “{param}” has it; load the weights again"),
            Cause::Variance {
                param,
                channel,
                value,
                eps,
            } if *value < 0.0 => write!(
                f,
                "its running variance “{param}” is negative, {value} in channel {channel}, and no \
                 variance is; with its eps of {eps} the root is not a number. Load the right \
                 weights: the variance may have been saved as something else, such as its logarithm"
            ),
            Cause::Variance {
                param,
                channel,
                value,
                eps,
            } => write!(
                f,
                "its running variance “{param}” is {value} in channel {channel} and its eps {eps}, \
                 so it divides by 0; give it an eps above 0, such as 0.00001"
            ),
            Cause::Arithmetic if *nan => f.write_str(
                "input and weights are numbers, but the result is not: it divides 0 by 0 or takes \
                 infinity from infinity; normalise before it, or train with a smaller learning \
                 rate",
            ),
            Cause::Arithmetic => f.write_str(
                "input and weights are numbers, but the result does not fit a 32-bit float; \
                 normalise before it, or train with a smaller learning rate",
            ),
        }
    }
}
