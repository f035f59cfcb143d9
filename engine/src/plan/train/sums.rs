//! Convolutions and linear layers on eight pictures at once, forward and backward. A map is
//! `[height][width][channels][8]`, the picture innermost; weights are `[outputs / 4][inputs of a
//! window][4]`, a window in the order row, column, channel.

use crate::plan::kernels::Eight;
use crate::plan::kernels::Four;
use crate::plan::kernels::lanes::F4;

/// A window moved over a map without padding. A linear layer's is as large as the map.
#[derive(Clone, Debug)]
pub struct Sums {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub inputs: usize,
    pub outputs: usize,
    /// The width of the map that is read.
    pub width: usize,
    /// Height and width of the map that is written.
    pub output: [usize; 2],
}

/// Inputs whose sums are kept in registers together, backward.
const TILE: usize = 4;

#[inline(always)]
fn load(eight: &Eight) -> [F4; 2] {
    [F4::load(&eight[0]), F4::load(&eight[1])]
}

#[inline(always)]
fn store(sums: [F4; 2], eight: &mut Eight) {
    sums[0].store(&mut eight[0]);
    sums[1].store(&mut eight[1]);
}

#[inline(always)]
fn madd(value: [F4; 2], factor: f32, sums: [F4; 2]) -> [F4; 2] {
    let factor = F4::splat(factor);
    [
        value[0].madd(factor, sums[0]),
        value[1].madd(factor, sums[1]),
    ]
}

impl Sums {
    /// Values of a window.
    pub const fn depth(&self) -> usize {
        self.kernel[0] * self.run()
    }

    /// Outputs, padded to the width of a vector.
    pub const fn padded(&self) -> usize {
        self.outputs.next_multiple_of(4)
    }

    /// Neighbouring values of a window: a row of it.
    const fn run(&self) -> usize {
        self.kernel[1] * self.inputs
    }

    /// For each position of the output its number, and where its window starts.
    fn windows(&self) -> impl Iterator<Item = (usize, usize)> {
        let [height, width] = self.output;
        let start = move |y: usize, x: usize| {
            (y * self.stride[0] * self.width + x * self.stride[1]) * self.inputs
        };
        (0..height).flat_map(move |y| (0..width).map(move |x| (y * width + x, start(y, x))))
    }

    /// `output = bias + weights · input`.
    pub fn forward(&self, weights: &[Four], bias: &[f32], input: &[Eight], output: &mut [Eight]) {
        let (run, depth) = (self.run(), self.depth());
        let (bias, _) = bias.as_chunks::<4>();
        for (position, start) in self.windows() {
            let results = &mut output[position * self.outputs..][..self.outputs];
            let panels = weights.chunks_exact(depth).zip(bias);
            for ((panel, bias), results) in panels.zip(results.chunks_mut(4)) {
                let mut sums = bias.map(|bias| [F4::splat(bias); 2]);
                for (row, weights) in panel.chunks_exact(run).enumerate() {
                    let from = start + row * self.width * self.inputs;
                    for (value, weights) in input[from..][..run].iter().zip(weights) {
                        let value = load(value);
                        for (sums, &weight) in sums.iter_mut().zip(weights) {
                            *sums = madd(value, weight, *sums);
                        }
                    }
                }
                for (sums, result) in sums.into_iter().zip(results) {
                    store(sums, result);
                }
            }
        }
    }

    /// `slope of input += weightsᵀ · slope of output`.
    pub fn backward(&self, weights: &[Four], slope: &[Eight], input: &mut [Eight]) {
        let (run, depth) = (self.run(), self.depth());
        for (position, start) in self.windows() {
            let slope = &slope[position * self.outputs..][..self.outputs];
            for row in 0..self.kernel[0] {
                let from = start + row * self.width * self.inputs;
                let (tiles, rest) = input[from..][..run].as_chunks_mut::<TILE>();
                for (tile, values) in tiles.iter_mut().enumerate() {
                    into_inputs(weights, depth, row * run + tile * TILE, slope, values);
                }
                let done = run - rest.len();
                for (place, value) in rest.iter_mut().enumerate() {
                    let values = std::array::from_mut(value);
                    into_inputs(weights, depth, row * run + done + place, slope, values);
                }
            }
        }
    }

    /// `slopes += slope of output · inputᵀ`, those of the weights and of the bias.
    pub fn slopes(&self, input: &[Eight], slope: &[Eight], weights: &mut [Four], bias: &mut [f32]) {
        let (run, depth) = (self.run(), self.depth());
        for (number, panel) in weights.chunks_exact_mut(depth).enumerate() {
            let first = number * 4;
            let count = (self.outputs - first).min(4);
            for (k, weights) in panel.iter_mut().enumerate() {
                let offset = k / run * self.width * self.inputs + k % run;
                let mut sums = [F4::ZERO; 4];
                for (position, start) in self.windows() {
                    let value = load(&input[start + offset]);
                    let slopes = &slope[position * self.outputs + first..][..count];
                    for (sum, slope) in sums.iter_mut().zip(slopes) {
                        let slope = load(slope);
                        *sum = value[0].madd(slope[0], *sum);
                        *sum = value[1].madd(slope[1], *sum);
                    }
                }
                for (weight, sum) in weights.iter_mut().zip(sums) {
                    *weight += total(sum);
                }
            }
        }
        for slopes in slope.chunks_exact(self.outputs) {
            for (bias, slope) in bias.iter_mut().zip(slopes) {
                let [first, second] = load(slope);
                *bias += total(first.add(second));
            }
        }
    }
}

/// The inputs from the `first` of a window on: `values += Σ weight · slope` over the outputs.
#[inline(always)]
fn into_inputs<const N: usize>(
    weights: &[Four],
    depth: usize,
    first: usize,
    slope: &[Eight],
    values: &mut [Eight; N],
) {
    let mut sums = values.each_ref().map(load);
    for (panel, slopes) in weights.chunks_exact(depth).zip(slope.chunks(4)) {
        let weights = &panel[first..first + N];
        for (output, slope) in slopes.iter().enumerate() {
            let slope = load(slope);
            for (sums, weights) in sums.iter_mut().zip(weights) {
                *sums = madd(slope, weights[output], *sums);
            }
        }
    }
    for (sums, value) in sums.into_iter().zip(values) {
        store(sums, value);
    }
}

/// The sum of the four, always in the same order.
#[inline(always)]
fn total(sum: F4) -> f32 {
    let mut four = [0.0; 4];
    sum.store(&mut four);
    (four[0] + four[2]) + (four[1] + four[3])
}
