//! The shaders: few, so that a network needs few pipelines; sizes are numbers, not text.

use super::then::After;
use super::train::TrainShader;
use super::{Numbers, text};

/// Threads of a workgroup of the shaders in which each thread has its own result.
pub(super) const THREADS: usize = 64;

/// A shader, by what its text depends on. `fours`: it reads and writes vectors of four channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shader {
    /// Some positions × eight outputs a thread.
    Conv {
        positions: u8,
        read: Unit,
        write: Unit,
        /// The four positions are a square that becomes one value.
        halving: bool,
        after: After,
    },
    Depthwise {
        unit: Unit,
        after: After,
    },
    /// 32 outputs a workgroup, the inputs shared among its threads.
    Linear {
        threads: u32,
        /// Of the means of its input's channels.
        means: bool,
        softmax: bool,
        after: After,
    },
    Pool {
        unit: Unit,
    },
    Lrn {
        /// Then the largest value of a window.
        pool: bool,
    },
    Softmax,
    Affine {
        unit: Unit,
        after: After,
    },
    /// A function; also copies.
    Activate {
        unit: Unit,
        after: After,
    },
    /// The sum or product of two maps; with `more` of one and what was written before.
    Combine {
        unit: Unit,
        more: bool,
        after: After,
    },
    Surround,
    Shuffle,
    Flatten,
    Rbf,
    /// Whether values are finite.
    Finite,
    /// Of a training step.
    Train(TrainShader),
}

/// What a value of a shader's buffer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    One,
    Four,
}

impl Unit {
    pub(super) const fn of(in_fours: bool) -> Self {
        if in_fours { Self::Four } else { Self::One }
    }

    pub(super) const fn floats(self) -> usize {
        match self {
            Self::One => 1,
            Self::Four => 4,
        }
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::One => "f32",
            Self::Four => "vec4<f32>",
        }
    }
}

impl Shader {
    /// In a word or two, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conv { halving: true, .. } => "conv + pool",
            Self::Conv { .. } => "conv",
            Self::Depthwise { .. } => "depthwise",
            Self::Linear {
                means: true,
                softmax: true,
                ..
            } => "means + linear + softmax",
            Self::Linear { means: true, .. } => "means + linear",
            Self::Linear { softmax: true, .. } => "linear + softmax",
            Self::Linear { .. } => "linear",
            Self::Pool { .. } => "pool",
            Self::Lrn { pool: true } => "LRN + pool",
            Self::Lrn { .. } => "LRN",
            Self::Softmax => "softmax",
            Self::Affine { .. } => "affine",
            Self::Activate { .. } => "activation",
            Self::Combine { .. } => "combine",
            Self::Surround => "pad",
            Self::Shuffle => "shuffle",
            Self::Flatten => "flatten",
            Self::Rbf => "RBF",
            Self::Finite => "finite",
            Self::Train(shader) => shader.name(),
        }
    }

    /// Its WGSL, with the entry point `main`.
    pub fn text(self) -> String {
        match self {
            Self::Conv {
                positions,
                read,
                write,
                halving,
                after,
            } => {
                let head = head(read.text(), "vec4<f32>", write.text());
                head + &vectors(after) + &text::conv([read, write], halving, positions.into())
            }
            Self::Depthwise { unit, after } => {
                let kind = unit.text();
                head(kind, kind, kind) + &values(unit, after) + text::DEPTHWISE
            }
            Self::Linear {
                threads,
                means,
                softmax,
                after,
            } => {
                let head = head("f32", "vec4<f32>", "f32");
                head + &vectors(after) + &text::linear(threads, means, softmax)
            }
            Self::Pool { unit } => {
                let kind = unit.text();
                let alias = format!("alias V = {kind};\n");
                head(kind, "u32", kind) + &alias + &text::pool(unit)
            }
            Self::Lrn { pool } => head("f32", "u32", "f32") + &text::lrn(pool),
            Self::Softmax => head("f32", "f32", "f32") + text::SOFTMAX,
            Self::Affine { unit, after } => {
                let kind = unit.text();
                let body = "y[to] = then(x[source] * w[c] + w[p.second + c]);";
                head(kind, kind, kind) + &values(unit, after) + &text::each(body)
            }
            Self::Activate { unit, after } => {
                let kind = unit.text();
                let body = "y[to] = then(x[source]);";
                head(kind, kind, kind) + &values(unit, after) + &text::each(body)
            }
            Self::Combine { unit, more, after } => {
                let kind = unit.text();
                let text = values(unit, after) + &text::each(text::combine(more));
                head(kind, kind, kind) + &text
            }
            Self::Surround => head("f32", "f32", "f32") + &text::each(text::SURROUND),
            Self::Shuffle => head("f32", "f32", "f32") + &text::each(text::SHUFFLE),
            Self::Flatten => head("f32", "f32", "f32") + text::FLATTEN,
            Self::Rbf => head("f32", "f32", "f32") + text::RBF,
            Self::Finite => head("f32", "f32", "atomic<u32>") + text::FINITE,
            Self::Train(shader) => shader.text(),
        }
    }
}

/// What follows the sums, on vectors.
fn vectors(after: After) -> String {
    values(Unit::Four, after)
}

fn values(unit: Unit, after: After) -> String {
    format!("alias V = {};\n{}", unit.text(), after.text())
}

/// The bindings: what is read, weights, another input, what is written.
fn head(x: &str, w: &str, y: &str) -> String {
    let o = if y == "atomic<u32>" { "u32" } else { y };
    format!(
        "{}
@group(0) @binding(0) var<uniform> p: Numbers;
@group(0) @binding(1) var<storage, read> x: array<{x}>;
@group(0) @binding(2) var<storage, read> w: array<{w}>;
@group(0) @binding(3) var<storage, read> o: array<{o}>;
@group(0) @binding(4) var<storage, read_write> y: array<{y}>;
",
        Numbers::TEXT
    )
}
