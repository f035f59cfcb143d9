//! Convolutions and linear layers in whole numbers: activations of 8 bits without sign, weights of 8
//! bits with sign, sums of 32 bits.

use super::{Grid, Quantised};
use crate::Shape;
use crate::layer::Conv;

/// A convolution or linear layer in whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerLayer {
    /// Of the weight; one for all, or one for each output channel.
    pub scales: Vec<f32>,
    pub weight: Vec<i8>,
    /// On the grid of the sums.
    pub bias: Vec<i32>,
    /// The grid of its input.
    pub input: Grid,
}

impl IntegerLayer {
    /// From a symmetric weight of 8 bits or less, its bias, and the grid of its input.
    pub fn new(weight: &Quantised, bias: &[f32], outputs: usize, input: Grid) -> Self {
        let scales: Vec<f32> = weight.grids.iter().map(|grid| grid.scale).collect();
        let mut layer = Self {
            weight: weight.q.iter().map(|&it| it as i8).collect(),
            bias: vec![0; outputs],
            scales,
            input,
        };
        for (channel, &value) in bias.iter().enumerate().take(outputs) {
            let step = f64::from(input.scale) * f64::from(layer.scale(channel));
            let place = (f64::from(value) / step).round_ties_even();
            layer.bias[channel] = place as i32;
        }
        layer
    }

    fn scale(&self, channel: usize) -> f32 {
        let only = self.scales.first().copied().unwrap_or(1.0);
        self.scales.get(channel).copied().unwrap_or(only)
    }

    /// What one step of a channel's sum is worth.
    pub fn step(&self, channel: usize) -> f64 {
        f64::from(self.input.scale) * f64::from(self.scale(channel))
    }

    /// What the sums of a channel are multiplied with for the grid of the output.
    pub fn multiplier(&self, channel: usize, output: Grid) -> f64 {
        self.step(channel) / f64::from(output.scale)
    }

    /// The sums of a convolution, one image after the other, bias included; the border is 0.
    pub fn convolve(&self, input: &[u8], from: Shape, conv: &Conv, to: Shape) -> Vec<i32> {
        let [channels, height, width] = sides(from);
        let [outputs, rows, columns] = sides(to);
        let [kernel_rows, kernel_columns] = conv.kernel.map(|it| it as usize);
        let groups = (conv.groups as usize).max(1);
        let (each_in, each_out) = (channels / groups, (outputs / groups).max(1));
        let [top, left, ..] = conv.sliding().sides(from.size()).map(i64::from);
        let zero = self.input.zero_point;
        let mut sums = Vec::with_capacity(input.len() / from.elements().max(1) as usize);
        for image in input.chunks_exact(channels * height * width) {
            for output in 0..outputs {
                let kernels = output * each_in * kernel_rows * kernel_columns;
                for row in 0..rows {
                    for column in 0..columns {
                        let mut sum = self.bias.get(output).copied().unwrap_or(0);
                        for channel in 0..each_in {
                            let map = (output / each_out * each_in + channel) * height;
                            let kernel = kernels + channel * kernel_rows * kernel_columns;
                            for r in 0..kernel_rows {
                                let y = place(row, conv.stride[0], r, conv.dilation[0]) - top;
                                if y < 0 || y >= height as i64 {
                                    continue;
                                }
                                for c in 0..kernel_columns {
                                    let x =
                                        place(column, conv.stride[1], c, conv.dilation[1]) - left;
                                    if x < 0 || x >= width as i64 {
                                        continue;
                                    }
                                    let value = image[(map + y as usize) * width + x as usize];
                                    let weight = self.weight[kernel + r * kernel_columns + c];
                                    sum += (i32::from(value) - zero) * i32::from(weight);
                                }
                            }
                        }
                        sums.push(sum);
                    }
                }
            }
        }
        sums
    }

    /// The sums of a linear layer, one image after the other, bias included.
    pub fn multiply(&self, input: &[u8], features: usize) -> Vec<i32> {
        let outputs = self.bias.len();
        let zero = self.input.zero_point;
        let mut sums = Vec::with_capacity(input.len() / features.max(1) * outputs);
        for image in input.chunks_exact(features.max(1)) {
            let rows = self.weight.chunks_exact(features.max(1)).zip(&self.bias);
            for (row, bias) in rows {
                let products = image.iter().zip(row);
                let sum: i32 = products
                    .map(|(&value, &weight)| (i32::from(value) - zero) * i32::from(weight))
                    .sum();
                sums.push(bias + sum);
            }
        }
        sums
    }

    /// The sums as real numbers; `positions` sums belong to one channel of one image.
    pub fn real(&self, sums: &[i32], positions: usize) -> Vec<f32> {
        let outputs = self.bias.len().max(1);
        let maps = sums.chunks(positions.max(1)).enumerate();
        maps.flat_map(|(map, sums)| {
            let step = self.step(map % outputs);
            sums.iter().map(move |&sum| (f64::from(sum) * step) as f32)
        })
        .collect()
    }

    /// The sums on the grid of the output. Where the grid begins at 0 this is a ReLU as well.
    pub fn requantise(&self, sums: &[i32], positions: usize, output: Grid) -> Vec<u8> {
        let outputs = self.bias.len().max(1);
        let maps = sums.chunks(positions.max(1)).enumerate();
        maps.flat_map(|(map, sums)| {
            let multiplier = self.multiplier(map % outputs, output);
            sums.iter().map(move |&sum| {
                let place = (f64::from(sum) * multiplier).round_ties_even();
                let place = place + f64::from(output.zero_point);
                place.clamp(0.0, 255.0) as u8
            })
        })
        .collect()
    }
}

/// A value's place on a grid of 8 bits.
pub fn bytes(values: &[f32], grid: Grid) -> Vec<u8> {
    values.iter().map(|&it| grid.quantise(it) as u8).collect()
}

fn sides(shape: Shape) -> [usize; 3] {
    [shape.channels, shape.height, shape.width].map(|it| it as usize)
}

fn place(output: usize, stride: u32, kernel: usize, dilation: u32) -> i64 {
    output as i64 * i64::from(stride) + kernel as i64 * i64::from(dilation)
}
