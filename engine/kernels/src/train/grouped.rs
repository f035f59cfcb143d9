//! Convolutions in groups, those of each channel by itself among them, on eight pictures at once.
//! Weights are as PyTorch has them: output, input of the group, row, column.

use super::sums::total;
use crate::Eight;
use crate::lanes::F4;

/// A window moved over a map without padding, in groups.
#[derive(Clone, Debug)]
pub struct Grouped {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub groups: usize,
    pub inputs: usize,
    pub outputs: usize,
    /// The width of the map that is read.
    pub width: usize,
    /// Height and width of the map that is written.
    pub output: [usize; 2],
}

impl Grouped {
    /// Weights of an output.
    pub const fn depth(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.inputs / self.groups
    }

    /// Calls `f` with each weight of an output, and how far its value lies from the window's start.
    #[inline(always)]
    fn each_weight(&self, output: usize, mut f: impl FnMut(usize, usize)) {
        let each = self.inputs / self.groups;
        let first = output / (self.outputs / self.groups) * each;
        let mut place = output * self.depth();
        for input in first..first + each {
            for row in 0..self.kernel[0] {
                for column in 0..self.kernel[1] {
                    f(place, (row * self.width + column) * self.inputs + input);
                    place += 1;
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
    pub fn forward(&self, weights: &[f32], bias: &[f32], input: &[Eight], output: &mut [Eight]) {
        for (position, start) in self.windows() {
            for number in 0..self.outputs {
                let bias = bias.get(number).copied().unwrap_or(0.0);
                let mut sums = [F4::splat(bias); 2];
                self.each_weight(number, |place, offset| {
                    let (value, weight) = (&input[start + offset], F4::splat(weights[place]));
                    sums[0] = F4::load(&value[0]).madd(weight, sums[0]);
                    sums[1] = F4::load(&value[1]).madd(weight, sums[1]);
                });
                let result = &mut output[position * self.outputs + number];
                sums[0].store(&mut result[0]);
                sums[1].store(&mut result[1]);
            }
        }
    }

    /// `slope of input += weightsᵀ · slope of output`.
    #[inline(never)]
    pub fn backward(&self, weights: &[f32], slope: &[Eight], into: &mut [Eight]) {
        for (position, start) in self.windows() {
            for number in 0..self.outputs {
                let slope = &slope[position * self.outputs + number];
                let slope = [F4::load(&slope[0]), F4::load(&slope[1])];
                self.each_weight(number, |place, offset| {
                    let (value, weight) = (&mut into[start + offset], F4::splat(weights[place]));
                    slope[0]
                        .madd(weight, F4::load(&value[0]))
                        .store(&mut value[0]);
                    slope[1]
                        .madd(weight, F4::load(&value[1]))
                        .store(&mut value[1]);
                });
            }
        }
    }

    /// `slopes += slope of output · inputᵀ`, those of the weights and of the bias.
    #[inline(never)]
    pub fn slopes(&self, input: &[Eight], slope: &[Eight], weights: &mut [f32], bias: &mut [f32]) {
        for number in 0..self.outputs {
            self.each_weight(number, |place, offset| {
                let mut sum = F4::ZERO;
                for (position, start) in self.windows() {
                    let value = &input[start + offset];
                    let slope = &slope[position * self.outputs + number];
                    sum = F4::load(&value[0]).madd(F4::load(&slope[0]), sum);
                    sum = F4::load(&value[1]).madd(F4::load(&slope[1]), sum);
                }
                weights[place] += total(sum);
            });
        }
        for slopes in slope.chunks_exact(self.outputs) {
            for (bias, slope) in bias.iter_mut().zip(slopes) {
                *bias += total(F4::load(&slope[0]).add(F4::load(&slope[1])));
            }
        }
    }
}
