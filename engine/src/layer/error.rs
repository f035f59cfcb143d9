//! Why a layer is not valid for its inputs.

use super::grouped;
use crate::Shape;

/// Why a layer is not valid for its inputs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LayerError {
    #[error("{field} is 0; it must be at least 1")]
    Zero { field: &'static str },
    #[error("{field} is {}; the limit is {}", grouped(*.got), grouped(*.limit))]
    TooLarge {
        field: &'static str,
        got: u64,
        limit: u64,
    },
    #[error("{field} is {got:?}; it must lie between {min} and {max}")]
    OutOfRange {
        field: &'static str,
        got: f64,
        min: f64,
        max: f64,
    },
    #[error("takes {wanted} input(s) but has {got}")]
    InputCount { wanted: &'static str, got: usize },
    #[error(
        "{} does not fit a {size}-pixel-{} map ({size} + {before} + {after} < {extent})",
        kernel_words(*.kernel, *.dilation, *.extent),
        if *.axis == "width" { "wide" } else { "high" }
    )]
    KernelTooLarge {
        axis: &'static str,
        size: u32,
        before: u32,
        after: u32,
        kernel: u32,
        dilation: u32,
        extent: u64,
    },
    #[error(
        "{groups} groups do not divide {channels} {side} channels: {channels} / {groups} leaves a remainder"
    )]
    Groups {
        groups: u32,
        channels: u32,
        side: &'static str,
    },
    #[error("the inputs are {first} and {other}; {rule}")]
    Mismatch {
        first: Shape,
        other: Shape,
        rule: &'static str,
    },
    #[error(
        "a linear layer takes a vector, but the input is {got}; put a Flatten or a pooling to 1×1 before it"
    )]
    NotAVector { got: Shape },
    #[error(
        "shares the weights of “{source_name}”, which fit an input of {source_input}; its own is \
         {input}"
    )]
    Shares {
        source_name: String,
        source_input: Shape,
        input: Shape,
    },
    #[error("channels {start}..{end} do not lie within the input's {channels}")]
    Slice { start: u32, end: u32, channels: u32 },
    #[error("the connection table names input map {map}, but there are only {channels}")]
    Table { map: u32, channels: u32 },
    #[error(
        "padding of {padding} is more than half the kernel of {kernel}: a window would see only padding"
    )]
    PoolPadding { padding: u32, kernel: u32 },
}

/// “a 15-pixel kernel”, “a 5-pixel kernel dilated by 40, 161 pixels in all,”.
fn kernel_words(kernel: u32, dilation: u32, extent: u64) -> String {
    let digits = kernel.to_string();
    // As they are said: an eight, an eleven, an eighteen.
    let vowel = digits.starts_with('8') || matches!(kernel, 11 | 18);
    let article = if vowel { "an" } else { "a" };
    let mut words = format!("{article} {digits}-pixel kernel");
    if dilation != 1 {
        words += &format!(" dilated by {dilation}, {extent} pixels in all,");
    }
    words
}
