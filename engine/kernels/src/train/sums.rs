//! Convolutions and linear layers on eight pictures at once, forward and backward. A map is
//! `[height][width][channels][8]`, the picture innermost; weights are `[outputs / 4][inputs of a
//! window][4]`, a window in the order row, column, channel.

use super::products::{self, Scratch};
use crate::lanes::F4;
use crate::{Eight, Four};

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

    /// Whether there is one window.
    pub const fn is_linear(&self) -> bool {
        self.output[0] == 1 && self.output[1] == 1
    }

    /// Neighbouring values of a window: a row of it.
    pub(super) const fn run(&self) -> usize {
        self.kernel[1] * self.inputs
    }

    /// Weights as PyTorch has them (output, input, row, column) in the order of this module.
    #[inline(never)]
    pub fn pack(&self, weights: &[f32], packed: &mut [Four]) {
        let (taps, depth) = (self.kernel[0] * self.kernel[1], self.depth());
        for (output, row) in weights.chunks_exact(depth.max(1)).enumerate() {
            let panel = &mut packed[output / 4 * depth..][..depth];
            for (input, kernel) in row.chunks_exact(taps).enumerate() {
                for (tap, &weight) in kernel.iter().enumerate() {
                    panel[tap * self.inputs + input][output % 4] = weight;
                }
            }
        }
    }

    /// Weights of this module's order as PyTorch has them.
    #[inline(never)]
    pub fn unpack(&self, packed: &[Four], weights: &mut [f32]) {
        let (taps, depth) = (self.kernel[0] * self.kernel[1], self.depth());
        for (output, row) in weights.chunks_exact_mut(depth.max(1)).enumerate() {
            let panel = &packed[output / 4 * depth..][..depth];
            for (input, kernel) in row.chunks_exact_mut(taps).enumerate() {
                for (tap, weight) in kernel.iter_mut().enumerate() {
                    *weight = panel[tap * self.inputs + input][output % 4];
                }
            }
        }
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
    #[inline(never)]
    pub fn forward(&self, weights: &[Four], bias: &[f32], input: &[Eight], output: &mut [Eight]) {
        let (bias, _) = bias.as_chunks::<4>();
        for (position, start) in self.windows() {
            let results = &mut output[position * self.outputs..][..self.outputs];
            let panels = weights.chunks_exact(self.depth()).zip(bias);
            for ((panel, bias), results) in panels.zip(results.chunks_mut(4)) {
                match results.len() {
                    1 => self.panel::<1>(panel, bias, &input[start..], results),
                    2 => self.panel::<2>(panel, bias, &input[start..], results),
                    3 => self.panel::<3>(panel, bias, &input[start..], results),
                    _ => self.panel::<4>(panel, bias, &input[start..], results),
                }
            }
        }
    }

    /// The first `N` outputs of a panel at the window that starts with `input`.
    #[inline(always)]
    fn panel<const N: usize>(
        &self,
        panel: &[Four],
        bias: &Four,
        input: &[Eight],
        results: &mut [Eight],
    ) {
        let run = self.run();
        let mut sums: [[F4; 2]; N] = std::array::from_fn(|output| [F4::splat(bias[output]); 2]);
        for (row, weights) in panel.chunks_exact(run).enumerate() {
            let values = &input[row * self.width * self.inputs..][..run];
            for (value, weights) in values.iter().zip(weights) {
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

    /// The weights in the order in which [`Self::backward`] reads them: for each row of the window
    /// and each four of its values those of all outputs.
    #[inline(never)]
    pub fn turn(&self, weights: &[Four], turned: &mut Vec<Four>) {
        turned.clear();
        for row in 0..self.kernel[0] {
            for first in (0..self.run()).step_by(4) {
                self.turn_four(weights, [row, first], turned);
            }
        }
    }

    /// Of the values from the `first` of a row of the window on.
    fn turn_four(&self, weights: &[Four], [row, first]: [usize; 2], turned: &mut Vec<Four>) {
        let (run, depth) = (self.run(), self.depth());
        let count = (run - first).min(4);
        for output in 0..self.outputs {
            let panel = &weights[output / 4 * depth..][row * run + first..][..count];
            let mut four = [0.0; 4];
            for (turned, weights) in four.iter_mut().zip(panel) {
                *turned = weights[output % 4];
            }
            turned.push(four);
        }
    }

    /// As [`Self::backward`], of weights that are not turned: where a copy of them would be large.
    #[inline(never)]
    pub fn backward_turning(
        &self,
        weights: &[Four],
        slope: &[Eight],
        input: &mut [Eight],
        turned: &mut Vec<Four>,
    ) {
        let run = self.run();
        for row in 0..self.kernel[0] {
            for first in (0..run).step_by(4) {
                turned.clear();
                self.turn_four(weights, [row, first], turned);
                for (position, start) in self.windows() {
                    let slope = &slope[position * self.outputs..][..self.outputs];
                    let from = start + row * self.width * self.inputs + first;
                    into_up_to_four(turned, slope, &mut input[from..][..(run - first).min(4)]);
                }
            }
        }
    }

    /// `slope of input += weightsᵀ · slope of output`, of weights that were turned.
    #[inline(never)]
    pub fn backward(&self, turned: &[Four], slope: &[Eight], input: &mut [Eight]) {
        let run = self.run();
        let rows = turned.chunks_exact(run.div_ceil(4) * self.outputs);
        for (row, weights) in rows.enumerate() {
            for (position, start) in self.windows() {
                let slope = &slope[position * self.outputs..][..self.outputs];
                let from = start + row * self.width * self.inputs;
                let tiles = input[from..][..run].chunks_mut(4);
                for (values, weights) in tiles.zip(weights.chunks_exact(self.outputs)) {
                    into_up_to_four(weights, slope, values);
                }
            }
        }
    }

    /// `slopes += slope of output · inputᵀ`, those of the weights and of the bias.
    #[inline(never)]
    pub fn slopes(
        &self,
        [input, slope]: [&[Eight]; 2],
        weights: &mut [Four],
        bias: &mut [f32],
        scratch: &mut Scratch,
    ) {
        products::add(self, [input, slope], weights, scratch);
        add_to_bias(self.outputs, slope, bias);
    }

    /// As [`Self::slopes`] where there is one window, for many maps one behind the other.
    pub fn slopes_of_all(
        &self,
        maps: [&[Eight]; 2],
        weights: &mut [Four],
        bias: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let count = maps[1].len() / self.outputs.max(1);
        let inputs = maps[0].len() / count.max(1);
        // The maps beside each other, each a position. What lies beyond the window is left out.
        let beside = Self {
            kernel: [1, 1],
            stride: [1, 1],
            inputs,
            outputs: self.outputs,
            width: count,
            output: [1, count],
        };
        let run = self.run();
        let places = (0..self.kernel[0]).flat_map(|row| {
            let first = row * self.width * self.inputs;
            first..first + run
        });
        products::add_at(&beside, maps, places, weights, scratch);
        add_to_bias(self.outputs, maps[1], bias);
    }
}

#[inline(never)]
fn add_to_bias(outputs: usize, slope: &[Eight], bias: &mut [f32]) {
    for slopes in slope.chunks_exact(outputs) {
        for (bias, slope) in bias.iter_mut().zip(slopes) {
            let [first, second] = load(slope);
            *bias += total(first.add(second));
        }
    }
}

#[inline(always)]
fn into_up_to_four(weights: &[Four], slope: &[Eight], values: &mut [Eight]) {
    match values.len() {
        1 => into_inputs::<1>(weights, slope, values),
        2 => into_inputs::<2>(weights, slope, values),
        3 => into_inputs::<3>(weights, slope, values),
        _ => into_inputs::<4>(weights, slope, values),
    }
}

/// So many inputs: `values += Σ weight · slope` over the outputs.
#[inline(always)]
fn into_inputs<const N: usize>(weights: &[Four], slope: &[Eight], values: &mut [Eight]) {
    let Some(values) = values.first_chunk_mut::<N>() else {
        return;
    };
    let mut sums = values.each_ref().map(load);
    for (slope, weights) in slope.iter().zip(weights) {
        let slope = load(slope);
        for (sums, &weight) in sums.iter_mut().zip(weights) {
            *sums = madd(slope, weight, *sums);
        }
    }
    for (sums, value) in sums.into_iter().zip(values) {
        store(sums, value);
    }
}

/// The sum of the four, always in the same order.
#[inline(always)]
pub(super) fn total(sum: F4) -> f32 {
    let mut four = [0.0; 4];
    sum.store(&mut four);
    (four[0] + four[2]) + (four[1] + four[3])
}
