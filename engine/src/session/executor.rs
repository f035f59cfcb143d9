//! What runs a network, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What runs a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Executor {
    /// The compiled plan.
    #[default]
    Plan,
    /// The tensor library burn.
    Burn(BurnReason),
}

/// Why not the compiled plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BurnReason {
    /// The weights are being trained.
    Training,
    /// Packed weights do not fit beside the others.
    Memory,
    /// The plan's training step lacks a setting of the training. `setting` says which.
    Setting { setting: String },
    /// A layer has no kernel in the plan. `why` says which.
    Layer { why: String },
}

impl Executor {
    /// Whether it is the plan; for the wire, which leaves out what is usual.
    pub const fn is_plan(&self) -> bool {
        matches!(self, Self::Plan)
    }
}

#[cfg(feature = "plan")]
impl BurnReason {
    pub(crate) fn of(error: crate::plan::LowerError) -> Self {
        Self::Layer {
            why: error.to_string(),
        }
    }
}

impl fmt::Display for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan => f.write_str("the compiled plan"),
            Self::Burn(reason) => write!(f, "burn: {reason}"),
        }
    }
}

impl fmt::Display for BurnReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Training => f.write_str("the weights are being trained"),
            Self::Memory => f.write_str("packed weights do not fit the memory"),
            Self::Setting { setting } => {
                write!(f, "the compiled plan does not train this way: {setting}")
            }
            Self::Layer { why } => f.write_str(why),
        }
    }
}
