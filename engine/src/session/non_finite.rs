//! The first value of a pass that is not a finite number, as data and as a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// The first node of a pass with a value that is not finite; what follows it means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The picture had it.
    Picture,
    /// The node's parameter of this name has it.
    Weights(String),
    /// Picture and weights are finite: the result does not fit a 32-bit float.
    Arithmetic,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, nan, .. } = self;
        let value = if *nan { "NaN" } else { "an infinite value" };
        write!(f, "“{name}” is the first node with {value}: ")?;
        match &self.cause {
            Cause::Picture => f.write_str("the input has it; load the picture again"),
            Cause::Weights(param) => write!(f, "its “{param}” has it; load the weights again"),
            Cause::Arithmetic => f.write_str(
                "input and weights are numbers, but the result does not fit a 32-bit float; \
                 normalise before it, or train with a smaller learning rate",
            ),
        }
    }
}
