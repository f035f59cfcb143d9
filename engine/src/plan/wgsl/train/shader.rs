//! The shaders of a training step.

use super::text;
use crate::plan::wgsl::TrainNumbers;
use crate::plan::wgsl::then::After;

/// A shader, by what its text depends on. A thread of a layer with weights has `own` channels of a
/// group, up to eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrainShader {
    /// A convolution or linear layer.
    Conv {
        own: u8,
        after: After,
    },
    /// The slopes of what it reads. `strided`: its stride is not 1 in both directions.
    ConvInput {
        own: u8,
        strided: bool,
    },
    /// The slopes of its weights, in parts.
    ConvWeights {
        own: u8,
    },
    /// The sums of parts; of one part it copies.
    Sum,
    /// The slopes of a bias.
    Bias,
    /// Multiplies slopes by those of a function, of which it has the values.
    Slope {
        after: After,
    },
    /// Copies or adds, then a function.
    Copy {
        after: After,
    },
    Pool,
    PoolSlopes,
    /// Mean and variance of each channel.
    NormSums,
    Norm {
        after: After,
    },
    /// The sums that the slopes of a batch norm need.
    NormSlopeSums,
    NormSlopes,
    /// The slopes of softmax and cross-entropy.
    Loss,
    /// An extreme of each channel.
    Extreme,
}

impl TrainShader {
    /// In a word or two, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conv { .. } => "conv in training",
            Self::ConvInput { .. } => "slopes of a conv's input",
            Self::ConvWeights { .. } => "slopes of weights",
            Self::Sum => "sum of parts",
            Self::Bias => "slopes of a bias",
            Self::Slope { .. } => "slopes of a function",
            Self::Copy { .. } => "copy",
            Self::Pool => "pool in training",
            Self::PoolSlopes => "slopes of a pool",
            Self::NormSums => "statistics",
            Self::Norm { .. } => "batch norm in training",
            Self::NormSlopeSums => "sums of a batch norm",
            Self::NormSlopes => "slopes of a batch norm",
            Self::Loss => "slopes of the loss",
            Self::Extreme => "extremes of channels",
        }
    }

    /// Its WGSL, with the entry point `main`.
    pub fn text(self) -> String {
        let four = "vec4<f32>";
        let then = |after: After| format!("alias V = {four};\n{}", after.text());
        match self {
            Self::Conv { own, after } => {
                head([four, "f32", "f32", four]) + &then(after) + &text::conv(own.into())
            }
            Self::ConvInput { own, strided } => {
                head([four, "f32", "f32", four]) + &text::conv_input(own.into(), strided)
            }
            Self::ConvWeights { own } => {
                head([four, "f32", four, "f32"]) + &text::conv_weights(own.into())
            }
            Self::Sum => head(["f32", "f32", "f32", "f32"]) + text::SUM,
            Self::Bias => head([four, "f32", "f32", "f32"]) + text::BIAS,
            Self::Slope { after } => {
                let slope = after.slope().unwrap_or("return V(1.0);");
                head([four, "f32", "f32", four])
                    + &format!("alias V = {four};\nfn slope_of(v: V) -> V {{\n  {slope}\n}}\n")
                    + text::SLOPE
            }
            Self::Copy { after } => head([four, "f32", "f32", four]) + &then(after) + text::COPY,
            Self::Pool => head([four, "u32", "f32", four]) + text::POOL,
            Self::PoolSlopes => head([four, "u32", four, four]) + text::POOL_SLOPES,
            Self::NormSums => {
                head([four, "f32", "f32", "f32"]) + &text::channel_sums(text::NORM_SUMS)
            }
            Self::Norm { after } => head([four, "f32", "f32", four]) + &then(after) + text::NORM,
            Self::NormSlopeSums => {
                head([four, "f32", four, "f32"]) + &text::channel_sums(text::NORM_SLOPE_SUMS)
            }
            Self::NormSlopes => head([four, "f32", four, four]) + text::VALID + text::NORM_SLOPES,
            Self::Loss => head([four, "u32", "f32", four]) + text::VALID + text::LOSS,
            Self::Extreme => head([four, "f32", "f32", "f32"]) + text::VALID + text::EXTREME,
        }
    }
}

/// The bindings, with the kinds of their values: what is read, weights, another input, what is
/// written.
fn head([x, w, o, y]: [&str; 4]) -> String {
    format!(
        "{}
@group(0) @binding(0) var<uniform> p: Numbers;
@group(0) @binding(1) var<storage, read> x: array<{x}>;
@group(0) @binding(2) var<storage, read> w: array<{w}>;
@group(0) @binding(3) var<storage, read> o: array<{o}>;
@group(0) @binding(4) var<storage, read_write> y: array<{y}>;
",
        TrainNumbers::TEXT
    )
}
