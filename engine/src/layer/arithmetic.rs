//! The kinds of multiply-adds.

use serde::{Deserialize, Serialize};

/// Kinds of arithmetic that a machine does at different speeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// Convolutions whose kernels see all input channels, wider than 1×1.
    Dense,
    /// 1×1 convolutions over all input channels.
    Pointwise,
    /// Convolutions in groups, depthwise the extreme.
    Grouped,
    Linear,
}

impl Arithmetic {
    /// Every kind, in the order of a table.
    pub const ALL: [Self; 4] = [Self::Dense, Self::Pointwise, Self::Grouped, Self::Linear];

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dense => "convolution",
            Self::Pointwise => "1×1 convolution",
            Self::Grouped => "grouped and depthwise convolution",
            Self::Linear => "linear",
        }
    }
}
