//! The slopes of weights: for each weight the sum over positions and pictures of a value times a slope.
//!
//! Maps lie position after position. The values of one channel are then far apart, at powers of two,
//! which fall on few lines of the cache. So each map is copied once: the input channel after channel,
//! the slopes four outputs after four; and both are read in a row.

use super::sums::Sums;
use crate::lanes::F4;
use crate::{Eight, Four};

/// Positions of a block, at least: what a block reads stays in the cache nearest to the arithmetic.
const BLOCK: usize = 48;

/// What the sums of a layer need meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// The input, channel after channel; a row is in parts, one for each place of a stride.
    planes: Vec<Eight>,
    /// The slopes: for each four outputs position after position.
    panels: Vec<Eight>,
}

/// Where the copy of an input has what.
#[derive(Clone, Copy)]
struct Planes {
    height: usize,
    stride: usize,
    /// Places of a part of a row.
    part: usize,
}

impl Planes {
    const fn at(&self, channel: usize, y: usize, x: usize) -> usize {
        let row = channel * self.height + y;
        (row * self.stride + x % self.stride) * self.part + x / self.stride
    }
}

/// Adds the slopes of a window's weights.
pub(super) fn add(sums: &Sums, maps: [&[Eight]; 2], weights: &mut [Four], scratch: &mut Scratch) {
    let Sums {
        kernel,
        inputs,
        width,
        ..
    } = *sums;
    let row = move |y: usize| {
        (0..kernel[1]).flat_map(move |x| (0..inputs).map(move |c| (y * width + x) * inputs + c))
    };
    add_at(sums, maps, (0..kernel[0]).flat_map(row), weights, scratch);
}

/// As [`add`], of the weights whose values lie at these places of the first window.
#[inline(never)]
pub(super) fn add_at(
    sums: &Sums,
    [input, slope]: [&[Eight]; 2],
    places: impl Iterator<Item = usize>,
    weights: &mut [Four],
    scratch: &mut Scratch,
) {
    let Sums {
        stride,
        inputs,
        outputs,
        width,
        output: [rows, columns],
        ..
    } = *sums;
    let stride_x = stride[1].max(1);
    let planes = Planes {
        height: input.len() / (width * inputs).max(1),
        stride: stride_x,
        part: width.div_ceil(stride_x),
    };
    spread(sums, planes, input, &mut scratch.planes);
    gather(outputs, slope, &mut scratch.panels);
    // Where each weight's value lies in the copy, for the first window.
    let starts = places.map(|place| {
        let (position, channel) = (place / inputs, place % inputs);
        planes.at(channel, position / width, position % width)
    });
    let starts: Vec<usize> = starts.collect();
    let row = planes.stride * planes.part * stride[0];
    let block = BLOCK.div_ceil(columns.max(1)).min(rows);
    for first_row in (0..rows).step_by(block.max(1)) {
        let block = Block {
            row,
            first_row,
            rows: block.min(rows - first_row),
            columns,
        };
        let mut panels = scratch.panels.as_slice();
        for (number, weights) in weights.chunks_exact_mut(starts.len().max(1)).enumerate() {
            let count = (outputs - 4 * number).min(4);
            let (panel, rest) = panels.split_at(rows * columns * count);
            panels = rest;
            let planes = scratch.planes.as_slice();
            match count {
                1 => block.tiles::<4, 1>(&starts, planes, panel, weights),
                2 => block.tiles::<4, 2>(&starts, planes, panel, weights),
                3 => block.tiles::<2, 3>(&starts, planes, panel, weights),
                _ => block.tiles::<2, 4>(&starts, planes, panel, weights),
            }
        }
    }
}

/// The copy of an input.
#[inline(never)]
fn spread(sums: &Sums, planes: Planes, input: &[Eight], copy: &mut Vec<Eight>) {
    let length = sums.inputs * planes.height * planes.stride * planes.part;
    copy.resize(length, [[0.0; 4]; 2]);
    let rows = input.chunks_exact((sums.width * sums.inputs).max(1));
    for (y, row) in rows.enumerate() {
        for (x, values) in row.chunks_exact(sums.inputs.max(1)).enumerate() {
            let channel = planes.height * planes.stride * planes.part;
            let copies = copy[planes.at(0, y, x)..]
                .iter_mut()
                .step_by(channel.max(1));
            for (copy, value) in copies.zip(values) {
                *copy = *value;
            }
        }
    }
}

/// The copy of the slopes.
#[inline(never)]
fn gather(outputs: usize, slope: &[Eight], copy: &mut Vec<Eight>) {
    copy.clear();
    for first in (0..outputs).step_by(4) {
        let count = (outputs - first).min(4);
        for slopes in slope.chunks_exact(outputs) {
            copy.extend_from_slice(&slopes[first..first + count]);
        }
    }
}

/// Some rows of the output.
#[derive(Clone, Copy)]
struct Block {
    /// From a row of windows to the next, in the copy of the input.
    row: usize,
    first_row: usize,
    rows: usize,
    columns: usize,
}

impl Block {
    /// All weights of a panel of `J` outputs, `I` at a time.
    #[inline(never)]
    fn tiles<const I: usize, const J: usize>(
        self,
        starts: &[usize],
        planes: &[Eight],
        panel: &[Eight],
        weights: &mut [Four],
    ) {
        let (places, rest) = starts.as_chunks::<I>();
        let (tiles, last) = weights.as_chunks_mut::<I>();
        for (places, weights) in places.iter().zip(tiles) {
            self.tile::<I, J>(places, planes, panel, weights);
        }
        for (place, weight) in rest.iter().zip(last) {
            let (place, weight) = (std::array::from_ref(place), std::array::from_mut(weight));
            self.tile::<1, J>(place, planes, panel, weight);
        }
    }

    #[inline(always)]
    fn tile<const I: usize, const J: usize>(
        self,
        places: &[usize; I],
        planes: &[Eight],
        panel: &[Eight],
        weights: &mut [Four; I],
    ) {
        let mut sums = [[F4::ZERO; J]; I];
        for row in self.first_row..self.first_row + self.rows {
            let slopes = &panel[row * self.columns * J..][..self.columns * J];
            let (slopes, _) = slopes.as_chunks::<J>();
            let count = slopes.len();
            let values = places.map(|place| &planes[place + row * self.row..][..count]);
            // One half after the other: the values of both would not fit the registers.
            for half in 0..2 {
                for (at, slopes) in slopes.iter().enumerate() {
                    let slopes = slopes.each_ref().map(|slope| F4::load(&slope[half]));
                    for (sums, values) in sums.iter_mut().zip(values) {
                        let value = F4::load(&values[at][half]);
                        for (sum, slope) in sums.iter_mut().zip(slopes) {
                            *sum = value.madd(slope, *sum);
                        }
                    }
                }
            }
        }
        for (weight, sums) in weights.iter_mut().zip(sums) {
            let all = std::array::from_fn(|output| sums.get(output).copied().unwrap_or(F4::ZERO));
            F4::load(weight).add(F4::totals(all)).store(weight);
        }
    }
}
