//! Weights on grids.

use serde::{Deserialize, Serialize};

use super::Grid;

/// How many bits a weight has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Width {
    /// Floats of 16 bits.
    F16,
    #[default]
    Int8,
    Int4,
    Int2,
    /// The sign alone, times the mean absolute weight (Rastegari et al. 2016).
    Binary,
}

impl Width {
    pub const ALL: [Self; 5] = [Self::F16, Self::Int8, Self::Int4, Self::Int2, Self::Binary];

    /// Bits of one weight.
    pub const fn bits(self) -> u32 {
        match self {
            Self::F16 => 16,
            Self::Int8 => 8,
            Self::Int4 => 4,
            Self::Int2 => 2,
            Self::Binary => 1,
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::F16 => "16-bit floats",
            Self::Int8 => "8 bits",
            Self::Int4 => "4 bits",
            Self::Int2 => "2 bits",
            Self::Binary => "binary",
        }
    }

    /// For people, before “weights”.
    pub const fn adjective(self) -> &'static str {
        match self {
            Self::F16 => "16-bit float",
            Self::Int8 => "8-bit",
            Self::Int4 => "4-bit",
            Self::Int2 => "2-bit",
            Self::Binary => "binary",
        }
    }

    /// In a name and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Int8 => "8",
            Self::Int4 => "4",
            Self::Int2 => "2",
            Self::Binary => "binary",
        }
    }
}

/// Which weights have a grid of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    Tensor,
    /// Those of each output channel.
    #[default]
    Channel,
}

/// Where a grid of weights has its 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// In the middle.
    #[default]
    Symmetric,
    /// Anywhere, so that the grid reaches from the least to the greatest weight.
    Affine,
}

/// A weight on grids.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    /// One for all, or one for each output channel; none for 16-bit floats.
    pub grids: Vec<Grid>,
    /// None for 16-bit floats.
    pub q: Vec<i32>,
    /// The values that they stand for.
    pub values: Vec<f32>,
}

/// A weight of `channels` output channels on grids.
pub fn quantise(
    values: &[f32],
    channels: usize,
    width: Width,
    granularity: Granularity,
    scheme: Scheme,
) -> Quantised {
    let blocks = match granularity {
        Granularity::Tensor => 1,
        Granularity::Channel => channels.max(1),
    };
    let each = values.len().div_ceil(blocks).max(1);
    let grid = |block: &[f32]| match (width, scheme) {
        (Width::Binary, _) => binary(block),
        (_, Scheme::Symmetric) => {
            let largest = block.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
            Grid::symmetric(largest, width.bits())
        }
        (_, Scheme::Affine) => {
            let least = block.iter().copied().fold(0.0, f32::min);
            let greatest = block.iter().copied().fold(0.0, f32::max);
            Grid::affine(least, greatest, width.bits())
        }
    };
    match width {
        Width::F16 => Quantised {
            grids: Vec::new(),
            q: Vec::new(),
            values: values.iter().map(|&it| half(it)).collect(),
        },
        Width::Binary => {
            let grids: Vec<Grid> = values.chunks(each).map(grid).collect();
            let blocks = values.chunks(each).zip(&grids);
            let (mut q, mut of) = (Vec::new(), Vec::new());
            for (block, grid) in blocks {
                for &value in block {
                    let sign = if value >= 0.0 { 1 } else { -1 };
                    q.push(sign);
                    of.push(grid.value(sign));
                }
            }
            Quantised {
                grids,
                q,
                values: of,
            }
        }
        Width::Int8 | Width::Int4 | Width::Int2 => {
            let grids: Vec<Grid> = values.chunks(each).map(grid).collect();
            let blocks = values.chunks(each).zip(&grids);
            let q: Vec<i32> = blocks
                .flat_map(|(block, grid)| block.iter().map(|&it| grid.quantise(it)))
                .collect();
            let blocks = q.chunks(each).zip(&grids);
            let values = blocks.flat_map(|(block, grid)| block.iter().map(|&it| grid.value(it)));
            Quantised {
                values: values.collect(),
                grids,
                q,
            }
        }
    }
}

/// The mean absolute value is the step.
fn binary(block: &[f32]) -> Grid {
    let sum: f64 = block.iter().map(|&it| f64::from(it).abs()).sum();
    Grid {
        scale: (sum / block.len().max(1) as f64) as f32,
        zero_point: 0,
        low: -1,
        high: 1,
    }
}

/// The nearest 16-bit float (IEEE 754 binary16), half a step to the even one; beyond the greatest,
/// that.
fn half(value: f32) -> f32 {
    const GREATEST: f32 = 65504.0;
    let size = value.abs();
    if value.is_nan() {
        return value;
    }
    if size >= GREATEST {
        return GREATEST.copysign(value);
    }
    // The step is 2^-10 of the power of two below, and 2^-24 at least.
    let exponent = ((size.to_bits() >> 23) as i32 - 127).max(-14);
    let step = f32::from_bits(((exponent - 10 + 127) as u32) << 23);
    (size / step).round_ties_even() * step * 1.0_f32.copysign(value)
}

#[cfg(test)]
mod tests {
    use super::half;

    /// After IEEE 754: 10 bits of fraction, exponents of −14 to 15, steps of 2⁻²⁴ below.
    #[test]
    fn halves_are_rounded_as_ieee_754_says() {
        let tiny = 1.0 / 16_777_216.0;
        let cases = [
            (1.0, 1.0),
            (1.0 + 1.0 / 2048.0, 1.0),
            (1.0 + 3.0 / 2048.0, 1.0 + 2.0 / 1024.0),
            (-65504.0, -65504.0),
            (1e6, 65504.0),
            (tiny, tiny),
            (0.5 * tiny, 0.0),
            (1.5 * tiny, 2.0 * tiny),
            (0.1, 0.099_975_586),
        ];
        for (value, wanted) in cases {
            assert_eq!(half(value), wanted, "{value}");
        }
    }
}
